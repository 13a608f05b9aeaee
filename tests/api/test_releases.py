"""Released figures as another system reads them: at full precision, within its subtree, errors for analysts only."""

from datetime import datetime
from typing import Any

import pytest

from app.infra.database import Database
from tests.scoring.facts import agrees
from tests.served import Served
from tests.summaries.built import S1, S4, S5, Quarter, served_quarter


@pytest.fixture
def read(engine: Database, now: datetime) -> tuple[Served, Quarter]:
    return served_quarter(engine, now)


def test_a_release_is_listed_and_read_with_its_figures(read: tuple[Served, Quarter]) -> None:
    served, made = read
    analyst = served.with_key()
    [release] = analyst.get("/api/v1/releases").json()["items"]
    assert (release["id"], release["round_id"], release["input_digest"]) == (made.release.id, made.round_id, None)
    one = analyst.get(f"/api/v1/releases/{made.release.id}")
    assert (len(one.json()["input_digest"]), one.headers["etag"]) == (64, '"2"')
    path, sofie = f"/api/v1/releases/{made.release.id}", made.subjects["sofie.berg"]
    found = analyst.get(f"{path}/scores/{sofie}")
    assert (found.json()["scale"], found.headers["etag"]) == ({"min": 0, "max": 100}, '"1"')
    rows = {(row["kpi_id"], row["item_id"], *row["rater_groups"]): row for row in found.json()["items"]}
    assert rows[None, None]["score"] == agrees(79.1775000599)
    assert [rows[made.kpis[name], None]["score"] for name in (S1, S4, S5)] == [
        agrees(77.0588235294),
        agrees(68.2142857143),
        None,
    ]
    assert rows[made.kpis[S1], None, "customer"]["raters"] == 12
    hidden = rows[made.kpis[S1], None, "colleague"]
    assert (hidden["status"], hidden["reason"], hidden["raters"], hidden["details"]["minimum"]) == (
        "suppressed",
        "fewer_than_k",
        None,
        3,
    )
    assert rows[made.kpis[S1], None]["se"] > 0


def test_the_explanation_adds_up_to_the_figures(read: tuple[Served, Quarter]) -> None:
    served, made = read
    path = f"/api/v1/releases/{made.release.id}/explanations/{made.subjects['sofie.berg']}"
    document = served.with_key().get(path).json()["document"]
    composite = document["composite"]
    assert sum(part["points"] for part in composite["parts"]) == agrees(composite["score"])
    assert [(part["kpi_id"], part["weight"]) for part in composite["excluded"]] == [(made.kpis[S5], 10)]
    for kpi in document["kpis"]:
        if kpi["kind"] == "soft" and kpi["score"] is not None:
            assert sum(group["points"] for group in kpi["groups"]) == agrees(kpi["score"])
    assert _named("se", document)
    plain = served.with_key("results:read").get(path).json()["document"]
    assert (_named("se", plain), _named("df", plain)) == ([], [])
    assert plain["composite"] == composite


def test_standard_errors_are_for_analysts(read: tuple[Served, Quarter]) -> None:
    served, made = read
    base, sofie = f"/api/v1/releases/{made.release.id}", made.subjects["sofie.berg"]
    reader = served.with_key("results:read")
    # Ids decide the order of the list, so its first page might hold nothing but what is withheld.
    for path in (f"{base}/scores?status=ok", f"{base}/scores/{sofie}", f"{base}/summaries/{sofie}"):
        assert set(_named("se", reader.get(path).json()) + _named("df", reader.get(path).json())) == {None}, path
        assert set(_named("se", served.with_key().get(path).json())) > {None}, path
    assert reader.get(base).json()["input_digest"] is None


def test_scores_come_in_slices_and_by_what_is_asked_for(read: tuple[Served, Quarter]) -> None:
    served, made = read
    client, path = served.with_key("results:read"), f"/api/v1/releases/{made.release.id}/scores"
    everything = client.get(path, params={"limit": 200}).json()["items"]
    seen: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        part = client.get(path, params={"limit": 50, **({"cursor": cursor} if cursor else {})}).json()
        seen, cursor = seen + part["items"], part["next_cursor"]
    assert (seen[:200], len(seen) > 100) == (everything, True)
    levels = {
        level: client.get(path, params={"level": level, "limit": 200}).json()["items"]
        for level in ("composite", "kpi", "group", "item")
    }
    assert sum(map(len, levels.values())) == len(seen)
    assert {row["kpi_id"] for row in levels["composite"]} == {None}
    hidden = client.get(path, params={"status": "suppressed", "subject_id": made.subjects["sofie.berg"]}).json()[
        "items"
    ]
    assert {(row["kpi_id"], *row["rater_groups"]) for row in hidden} == {
        *((made.kpis[name], "colleague") for name in (S1, S4, S5)),
        (made.kpis[S5], "self"),
    }
    for wrong in ({"level": "rater"}, {"status": "fine"}, {"kpi": "x"}, {"limit": "0"}):
        assert client.get(path, params=wrong).status_code == 422, wrong
    assert client.get(path, params={"cursor": "x"}).status_code == 400
    assert client.get(path, params={"subject_id": "x"}).json()["items"] == []


def test_a_key_reads_its_subtree_and_nothing_else(read: tuple[Served, Quarter]) -> None:
    served, made = read
    base = f"/api/v1/releases/{made.release.id}"
    key = served.with_key("results:read", subject_id=made.subjects["team-sor"])
    listed = key.get(f"{base}/scores", params={"limit": 200}).json()["items"]
    assert made.subjects["elias.dahl"] in {row["subject_id"] for row in listed}
    assert not {made.subjects[name] for name in ("sofie.berg", "team-nord", "fjellbris")} & {
        row["subject_id"] for row in listed
    }
    for part in ("scores", "explanations", "summaries"):
        assert key.get(f"{base}/{part}/{made.subjects['elias.dahl']}").status_code == 200, part
        assert key.get(f"{base}/{part}/{made.subjects['sofie.berg']}").status_code == 404, part
        assert key.get(f"{base}/{part}/nothing").status_code == 404, part
        assert served.signed_in("admin").get(f"{base}/{part}/{made.subjects['sofie.berg']}").status_code == 404, part
        lacking = served.with_key("rounds:read").get(f"{base}/{part}/{made.subjects['sofie.berg']}")
        assert (lacking.status_code, lacking.json()["code"]) == (403, "scope_missing"), part
    assert served.signed_in("admin").get(base).status_code == 404
    assert served.signed_in("admin").get("/api/v1/releases").json()["items"] == []
    assert served.anonymous().get(base).status_code == 401


def _named(name: str, value: Any) -> list[Any]:
    if isinstance(value, list):
        return [one for part in value for one in _named(name, part)]
    if isinstance(value, dict):
        return [one for key, part in value.items() for one in ([part] if key == name else _named(name, part))]
    return []
