"""What-ifs over HTTP: a question that writes nothing, an adoption that begins on a day, and who may ask and adopt."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.accounts.tables import IdempotentAnswerRow
from app.http.service import RERUNS
from app.infra.database import Database
from app.journal.tables import JournalRow
from app.kpis.tables import KpiVersionRow, ScorecardRow, TargetRow
from tests.client import Client
from tests.scoring.facts import agrees
from tests.served import Served
from tests.shelf import Shelf
from tests.summaries.built import S1, Quarter, served_quarter, shown_quarter


@pytest.fixture
def read(shelf: Shelf, now: datetime) -> tuple[Served, Quarter]:
    return shown_quarter(shelf, now)


@pytest.fixture
def own(engine: Database, now: datetime) -> tuple[Served, Quarter]:
    """For tests that write."""
    return served_quarter(engine, now)


def customers(made: Quarter, weight: float) -> dict[str, Any]:
    return {"rater_weights": [{"kpi_id": made.kpis[S1], "weights": {"customer": weight}}]}


def asked(client: Client, made: Quarter, sent: Any, **query: Any) -> Any:
    answer = client.post(f"/api/v1/releases/{made.release.id}/what-if", json=sent, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def written(served: Served) -> list[int | None]:
    tables = (JournalRow, KpiVersionRow, ScorecardRow, TargetRow, IdempotentAnswerRow)
    with served.engine.read() as session:
        return [session.scalar(select(func.count()).select_from(table)) for table in tables]


def test_who_moves_is_told_with_both_sides_and_parts_that_add_up(read: tuple[Served, Quarter]) -> None:
    served, made = read
    found = asked(served.with_key("results:read"), made, customers(made, 10))
    assert (found["scale"], found["moving"], len(found["items"])) == ({"min": 0, "max": 100}, 7, 7)
    sofie = next(one for one in found["items"] if (one["name"], one["kpi_id"]) == ("Sofie Berg", made.kpis[S1]))
    assert (sofie["kind"], sofie["way"], sofie["before"]["score"]) == ("person", "down", agrees(77.0588235294))
    assert sofie["after"]["score"] == agrees((15 * 75 + 10 * 81.25 + 30 * 72.5) / 55)
    assert sum(part["by_score"] + part["by_weight"] for part in sofie["parts"]) == agrees(sofie["change"])
    sizes = [abs(one["change"]) for one in found["items"]]
    assert sizes == sorted(sizes, reverse=True)
    assert {"se", "df"} & {name for one in found["items"] for name in one["after"]} == set()


def test_moves_come_in_slices_and_by_level(read: tuple[Served, Quarter]) -> None:
    served, made = read
    client, sent = served.with_key(), customers(made, 10)
    everything = asked(client, made, sent)["items"]
    seen: list[Any] = []
    cursor: str | None = None
    while True:
        part = asked(client, made, sent, limit=10, **({"cursor": cursor} if cursor else {}))
        seen, cursor = seen + part["items"], part["next_cursor"]
        if cursor is None:
            break
    assert seen == everything
    levels = {level: asked(client, made, sent, level=level)["items"] for level in ("composite", "kpi")}
    assert {one["kpi_id"] for one in levels["composite"]} == {None}
    assert sum(map(len, levels.values())) == len(everything)
    path = f"/api/v1/releases/{made.release.id}/what-if"
    for query in ({"level": "item"}, {"limit": "0"}, {"x": "1"}):
        assert client.post(path, json=sent, params=query).status_code == 422, query


def test_asking_writes_nothing_not_even_with_an_idempotency_key(read: tuple[Served, Quarter]) -> None:
    served, made = read
    client = served.with_key()
    before = written(served)
    for weight in (10, 20):
        path = f"/api/v1/releases/{made.release.id}/what-if"
        answer = client.post(path, json=customers(made, weight), headers={"idempotency-key": "one"})
        assert (answer.status_code, "idempotency-replayed" in answer.headers) == (200, False)
    assert written(served) == before


def test_who_asks_too_often_is_told_when_to_come_back_on_page_and_api(
    read: tuple[Served, Quarter], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A what-if scores the whole round: one share of it with computing it again."""
    served, made = read
    path, analyst = f"/releases/{made.release.id}/what-if", served.signed_in("analyst")
    page = f"/results/{made.release.id}/what-if?weights.{made.kpis[S1]}.customer=10"
    reruns = served.app.state.service.reruns
    monkeypatch.setattr(reruns, "_counts", {})  # the others of this service have their share afterwards
    assert analyst.get(page).status_code == 200
    (actor,) = reruns._counts
    for _ in range(RERUNS - 1):
        reruns.count(actor)
    refused = analyst.post(f"/api/v1{path}", json=customers(made, 10))
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_attempts")
    assert 50 <= int(refused.headers["retry-after"]) <= 60
    for asked_for in (page, f"/api/v1/releases/{made.release.id}/recomputation"):
        assert analyst.get(asked_for).status_code == 429
    assert analyst.get(f"/results/{made.release.id}/what-if").status_code == 200, "nothing is asked there"


def test_a_smaller_minimum_is_refused_with_the_allowed_range(read: tuple[Served, Quarter]) -> None:
    served, made = read
    for client in (served.with_key("results:read"), served.signed_in("analyst"), served.signed_in("sofie.berg")):
        path = f"/api/v1/releases/{made.release.id}/what-if"
        answer = client.post(path, json={"minimums": [{"rater_group": "customer", "k": 3}]})
        [error] = answer.json()["errors"]
        assert (answer.status_code, error["field"], error["allowed"]) == (422, "minimums.0.k", "5–20")


def test_everybody_is_told_of_what_they_may_read(read: tuple[Served, Quarter]) -> None:
    served, made = read
    names = {
        who: {one["name"] for one in asked(served.signed_in(who), made, customers(made, 10))["items"]}
        for who in ("analyst", "amir.haddad", "sofie.berg", "viewer")
    }
    assert names["sofie.berg"] == {"Sofie Berg"}
    assert names["amir.haddad"] == {"Sofie Berg", "Team Nord"}
    assert (names["viewer"], names["analyst"] > names["amir.haddad"]) == (set(), True)
    path = f"/api/v1/releases/{made.release.id}/what-if"
    assert served.signed_in("admin").post(path, json={}).status_code == 404
    assert served.with_key("results:analyse").post(path, json={}).json()["code"] == "scope_missing"
    assert served.anonymous().post(path, json={}).status_code == 401
    assert served.with_key().post(f"/api/v1/releases/{made.round_id}/what-if", json={}).status_code == 404


def test_an_adoption_is_written_once_and_read_from_its_day_on(own: tuple[Served, Quarter], now: datetime) -> None:
    served, made = own
    client = served.with_key()
    begins = (now + timedelta(days=2)).date().isoformat()
    phone = made.kpis["phone-answer-time"]
    sent = {
        "starts_on": begins,
        **customers(made, 10),
        "scorecards": [{"subject_id": made.subjects["team-nord"], "level": "person", "weights": {made.kpis[S1]: 80}}],
        "targets": [{"kpi_id": phone, "floor": 180, "target": 60, "stretch": 20}],
    }
    path = f"/api/v1/releases/{made.release.id}/what-if/adoption"
    first, again = (client.post(path, json=sent, headers={"idempotency-key": "adopt"}) for _ in range(2))
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    made_ids = first.json()
    assert [len(made_ids[name]) for name in ("kpi_versions", "scorecards", "targets")] == [1, 1, 1]
    versions = client.get(f"/api/v1/kpis/{made.kpis[S1]}/versions").json()["items"]
    assert (versions[0]["id"], versions[0]["starts_on"], versions[0]["rater_weights"]["customer"]) == (
        made_ids["kpi_versions"][0],
        begins,
        10,
    )
    lines = client.get(f"/api/v1/scorecards/{made_ids['scorecards'][0]}").json()["lines"]
    assert [line["weight"] for line in lines if line["kpi_id"] == made.kpis[S1]] == [80]
    targets = client.get(f"/api/v1/kpis/{phone}/targets").json()["items"]
    assert (begins, 60) in [(one["starts_on"], one["target"]) for one in targets]
    assert asked(client, made, {})["items"] == []


def test_an_adoption_that_does_not_fit_writes_nothing(own: tuple[Served, Quarter], now: datetime) -> None:
    served, made = own
    path = f"/api/v1/releases/{made.release.id}/what-if/adoption"
    today, yesterday = now.date().isoformat(), (now - timedelta(days=1)).date().isoformat()
    before = written(served)
    for sent, status in (
        ({"starts_on": today}, 422),
        ({"starts_on": "tomorrow", **customers(made, 10)}, 422),
        (customers(made, 10), 422),
        ({"starts_on": today, **customers(made, 10), "minimums": [{"rater_group": "customer", "k": 9}]}, 422),
        ({"starts_on": yesterday, **customers(made, 10)}, 409),
        (
            {
                "starts_on": today,
                **customers(made, 10),
                "targets": [{"kpi_id": made.kpis["phone-answer-time"], "floor": 1, "target": 2}],
            },
            422,
        ),
    ):
        assert served.with_key().post(path, json=sent).status_code == status, sent
    assert served.with_key("results:read").post(path, json={"starts_on": today}).json()["code"] == "scope_missing"
    for who in ("amir.haddad", "analyst", "viewer", "sofie.berg", "admin"):
        answer = served.signed_in(who).post(path, json={"starts_on": today, **customers(made, 10)})
        assert answer.status_code in {403, 404}, who
    assert written(served)[1:4] == before[1:4]
