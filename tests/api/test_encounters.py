"""Encounters and programmes as another system meets them: taken in, told what became of each, out of reach of others."""

import pytest

from app.encounters_due import begin_due
from tests.api.test_kpis import created, soft_kpi
from tests.served import Served


@pytest.fixture
def programme(served: Served) -> dict[str, object]:
    client = served.with_key()
    goal = created(client, "/goals", {"name": {"nb": "Mål", "en": "Goal"}})["id"]
    scale = created(client, "/scales", {"kind": "points", "points": 5, "name": {"nb": "Fem", "en": "Five"}})["id"]
    kpi = created(client, "/kpis", soft_kpi(goal, served.company.owner, scale))["id"]
    assert client.post(f"/api/v1/kpis/{kpi}/activate").status_code == 200
    made = created(
        client,
        "/programmes",
        {
            "scope_id": served.company.north,
            "external_id": "voice",
            "name": {"nb": "Kundens stemme", "en": "The customer's voice"},
            "purpose": {"nb": "Slik møter vi kundene", "en": "How we meet customers"},
            "asked_by": "Ida Øst",
            "kpi_ids": [kpi],
            "starts_on": "2026-11-23",
        },
    )
    assert (made["rhythm"], made["k"], made["quota"], made["pause_days"], made["state"]) == (
        "week",
        5,
        10,
        90,
        "running",
    )
    return made


def test_an_encounter_says_at_once_what_becomes_of_its_request(served: Served, programme: dict[str, object]) -> None:
    client, path = served.with_key(), f"/api/v1/programmes/{programme['id']}"
    assert begin_due(served.engine, served.clock.now) == 1
    sent = {
        "encounters": [
            {
                "external_id": "case-1",
                "subject": "sofie",
                "occurred_at": "2026-11-23T09:00:00+01:00",
                "email": "kunde@kunder.example",
            },
            {
                "external_id": "case-2",
                "subject": "kari",
                "occurred_at": "2026-11-23T09:00:00+01:00",
                "email": "kunde@kunder.example",
            },
        ]
    }
    dry = client.post("/api/v1/encounters?dry_run=true", json=sent).json()
    first, again = (client.post("/api/v1/encounters", json=sent).json() for _ in range(2))
    assert [(row["state"], row["reason"]) for row in first["rows"]] == [
        ("delayed", "awaits_draw"),
        ("dropped", "no_programme"),
    ]
    assert (dry["created"], first["created"], again["created"], again["unchanged"]) == (2, 2, 0, 2)
    listed = client.get(f"{path}/encounters").json()["items"]
    assert [(one["external_id"], one["round_id"]) for one in listed] == [("case-1", None)]
    assert "kunde" not in client.get(f"{path}/encounters").text
    assert client.get(f"{path}/tallies").json()["items"] == [{"state": "delayed", "reason": "awaits_draw", "count": 1}]
    [period] = client.get(f"{path}/periods").json()["items"]
    assert (period["start"], period["end"], period["drawn_on"], period["seed"]) == (
        "2026-11-23",
        "2026-11-29",
        None,
        None,
    )
    beside = served.with_key(subject_id=served.company.south).post("/api/v1/encounters", json=sent)
    assert (beside.status_code, beside.json()["code"]) == (422, "rows_refused"), beside.text


def test_a_programme_is_changed_by_its_version_and_out_of_reach_of_others(
    served: Served, programme: dict[str, object]
) -> None:
    client, path = served.with_key(), f"/api/v1/programmes/{programme['id']}"
    changed = client.patch(path, json={"quota": 3}, headers={"if-match": '"1"'})
    assert (changed.status_code, changed.json()["quota"], changed.headers["etag"]) == (200, 3, '"2"')
    assert client.patch(path, json={"quota": 4}, headers={"if-match": '"1"'}).status_code == 412
    wrong = client.patch(path, json={"k": 2, "rhythm": "year"}, headers={"if-match": '"2"'}).json()
    assert [one["field"] for one in wrong["errors"]] == ["rhythm", "k"]
    for who, status in (("foreign", 404), ("viewer", 403), ("analyst", 403)):
        assert served.signed_in(who).post(f"{path}/stop").status_code == status
    assert served.with_key(subject_id=served.company.south).get(path).status_code == 404
    assert client.post(f"{path}/stop").json()["state"] == "stopped"
