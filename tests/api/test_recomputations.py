"""A release computed again, and one figure with its parts, as another system asks for them."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import update

from app.http.service import RERUNS
from app.infra.database import Database
from app.releases.tables import ReleaseRow, ScoreRow
from tests.scoring.facts import agrees
from tests.served import ONE_DATABASE, Served
from tests.shelf import Shelf
from tests.summaries.built import S1, S4, S5, Quarter, served_quarter, shown_quarter


@pytest.fixture
def read(shelf: Shelf, now: datetime) -> tuple[Served, Quarter]:
    return shown_quarter(shelf, now)


@pytest.fixture
def own(engine: Database, now: datetime) -> tuple[Served, Quarter]:
    """For tests that write."""
    return served_quarter(engine, now)


# ------------------------------------------------------------ one figure


def figure_of(read: tuple[Served, Quarter], **asked: str) -> Any:
    """A figure of Sofie, or without a name of one her whole arithmetic."""
    served, made = read
    path = f"/api/v1/releases/{made.release.id}/explanations/{made.subjects['sofie.berg']}"
    answer = served.with_key("results:read").get(path, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_kpi_opens_to_its_groups_and_up_to_the_composite(read: tuple[Served, Quarter]) -> None:
    made = read[1]
    kpi = figure_of(read, kpi_id=made.kpis[S4])
    assert kpi["figure"]["score"] == agrees(68.2142857143)
    counting = [term for term in kpi["terms"] if term["points"] is not None]
    assert sum(term["points"] for term in counting) == agrees(kpi["figure"]["score"])
    assert [(term["rater_groups"], term["reason"]) for term in kpi["terms"] if term["score"] is None] == [
        (["colleague"], "fewer_than_k")
    ]
    assert next(term for term in kpi["terms"] if term["rater_groups"] == ["self"])["share"] is None
    whole = figure_of(read)
    part = next(one for one in whole["document"]["composite"]["parts"] if one["kpi_id"] == made.kpis[S4])
    assert kpi["used_in"] == {
        **dict.fromkeys(("kpi_id", "item_id", "raters", "reason")),
        "rater_groups": [],
        "score": whole["document"]["composite"]["score"],
        **{name: part[name] for name in ("weight", "share", "points")},
    }


def test_a_group_opens_to_its_items_and_an_item_up_to_its_group(read: tuple[Served, Quarter]) -> None:
    made = read[1]
    group = figure_of(read, kpi_id=made.kpis[S1], group="customer")
    assert (group["figure"]["raters"], group["document"]["n"], len(group["terms"])) == (12, 12, 2)
    assert sum(term["points"] for term in group["terms"]) == agrees(group["figure"]["score"])
    assert (group["used_in"]["kpi_id"], group["used_in"]["rater_groups"]) == (made.kpis[S1], [])

    item = figure_of(read, kpi_id=made.kpis[S1], group="customer", item_id=group["terms"][0]["item_id"])
    assert (item["figure"]["score"], item["terms"]) == (group["terms"][0]["score"], [])
    assert item["used_in"]["points"] == group["terms"][0]["points"]
    assert item["used_in"]["rater_groups"] == ["customer"]

    hidden = figure_of(read, kpi_id=made.kpis[S5], group="colleague")
    assert (hidden["figure"]["status"], hidden["terms"], hidden["used_in"]) == ("suppressed", [], None)
    hard = figure_of(read, kpi_id=made.kpis["phone-answer-time"])
    assert (hard["document"]["value"], hard["terms"], hard["used_in"]["share"] > 0) == (52, [], True)


def test_the_composite_is_asked_for_by_no_kpi(read: tuple[Served, Quarter]) -> None:
    served, made = read
    path = f"/api/v1/releases/{made.release.id}/explanations/{made.subjects['sofie.berg']}"
    found = served.with_key().get(path, params={"kpi_id": ""}).json()
    assert (found["figure"]["kpi_id"], found["figure"]["score"]) == (None, agrees(79.1775000599))
    assert sum(term["points"] for term in found["terms"] if term["points"]) == agrees(found["figure"]["score"])
    assert [term["reason"] for term in found["terms"] if term["reason"]] == ["too_little_weight"]


def test_what_is_no_figure_is_not_there_and_half_a_name_is_refused(read: tuple[Served, Quarter]) -> None:
    served, made = read
    client, kpi = served.with_key(), made.kpis[S1]
    path = f"/api/v1/releases/{made.release.id}/explanations/{made.subjects['sofie.berg']}"
    for missing in ({"kpi_id": kpi, "group": "direct_report"}, {"kpi_id": "x"}, {"kpi_id": kpi, "group": "x"}):
        assert client.get(path, params=missing).status_code == 404, missing
    strange = {"kpi_id": kpi, "group": "customer", "item_id": "x"}
    assert client.get(path, params=strange).status_code == 404
    for half, field in (({"group": "customer"}, "kpi_id"), ({"kpi_id": kpi, "item_id": "x"}, "group")):
        answer = client.get(path, params=half)
        assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field])
    lunvik = f"/api/v1/releases/{made.release.id}/explanations/{made.subjects['lunvik']}"
    assert client.get(lunvik, params={"kpi_id": ""}).status_code == 404


# ------------------------------------------------------------ all of them


def test_a_release_is_computed_again_figure_by_figure(read: tuple[Served, Quarter]) -> None:
    served, made = read
    path = f"/api/v1/releases/{made.release.id}/recomputation"
    client = served.with_key()
    found = client.get(path, params={"limit": 200}).json()
    assert (found["state"], found["different"], found["problems"], found["arithmetic_different"]) == ("done", 0, [], [])
    assert found["input"] == {"digest": "equal", "atoms": 12, "atoms_wrong": 0}
    seen = found["items"]
    rest = client.get(path, params={"limit": 200, "cursor": found["next_cursor"]}).json()
    seen += rest["items"]
    assert (len(seen), rest["next_cursor"], {one["outcome"] for one in seen}) == (found["figures"], None, {"equal"})
    assert [one["stored"] for one in seen] == [one["again"] for one in seen]
    assert {len(one["atoms"]) for one in seen} == {0}
    assert client.get(path, params={"outcome": "different"}).json()["items"] == []
    for wrong in ("x", "W10", "WyIiLDk5OTldfQ"):
        assert client.get(path, params={"cursor": wrong}).status_code == 400, wrong


@ONE_DATABASE
def test_a_figure_that_was_altered_is_named_with_both_digits(own: tuple[Served, Quarter]) -> None:
    served, made = own
    sofie = made.subjects["sofie.berg"]
    with served.engine.write() as session:
        about = (ScoreRow.subject_id == sofie, ScoreRow.kpi_id == made.kpis[S1], ScoreRow.rater_groups == "")
        session.execute(update(ScoreRow).where(*about).values(score=77.0))
    path = f"/api/v1/releases/{made.release.id}/recomputation"
    [altered] = served.with_key().get(path, params={"outcome": "different"}).json()["items"]
    assert (altered["subject_id"], altered["kpi_id"]) == (sofie, made.kpis[S1])
    assert (altered["stored"]["score"], altered["again"]["score"]) == (77.0, agrees(77.0588235294))


def test_a_subject_shows_the_atoms_its_groups_stand_on_and_the_errors_of_nobody(read: tuple[Served, Quarter]) -> None:
    served, made = read
    path = f"/api/v1/releases/{made.release.id}/recomputation"
    found = served.with_key("results:read").get(path, params={"subject_id": made.subjects["team-nord"], "limit": 200})
    rows = {(one["kpi_id"], one["item_id"], *one["rater_groups"]): one for one in found.json()["items"]}
    customers = rows[made.kpis[S4], None, "customer"]
    total = sum(atom["raters"] for atom in customers["atoms"])
    mean = sum(atom["raters"] * atom["mean"] for atom in customers["atoms"]) / total
    assert (len(customers["atoms"]), mean) == (3, agrees(customers["stored"]["score"]))
    assert {"se", "df"} & customers["stored"].keys() == set()
    assert served.with_key().get(path, params={"subject_id": "nothing"}).json()["items"] == []
    whole = served.with_key().get(path, params={"subject_id": made.subjects["team-nord"]}).json()
    assert (whole["state"], whole["different"], whole["input"], whole["arithmetic_different"]) == ("done", 0, None, [])


def test_who_has_it_computed_too_often_is_told_when_to_come_back(read: tuple[Served, Quarter]) -> None:
    served, made = read
    path = f"/api/v1/releases/{made.release.id}/recomputation"
    client, asked = served.with_key(), {"subject_id": made.subjects["sofie.berg"]}
    assert client.get(path, params=asked).status_code == 200
    reruns = served.app.state.service.reruns
    actor = list(reruns._counts)[-1]
    for _ in range(RERUNS - 1):
        reruns.count(actor)
    second = client.get(path, params=asked)
    assert (second.status_code, second.json()["code"]) == (429, "too_many_attempts")
    assert 50 <= int(second.headers["retry-after"]) <= 60
    assert served.with_key().get(path).status_code == 200, "another key has minutes of its own"


def test_only_who_analyses_the_whole_scope_is_told_of_the_input(read: tuple[Served, Quarter]) -> None:
    served, made = read
    path = f"/api/v1/releases/{made.release.id}/recomputation"
    assert served.signed_in("analyst").get(path).json()["input"] is not None
    for who in ("amir.haddad", "sofie.berg", "viewer"):
        found = served.signed_in(who).get(path).json()
        assert (found["input"], found["problems"], found["different"], found["figures"] > 0) == (None, [], 0, True), who
    assert served.signed_in("admin").get(path).status_code == 404
    assert served.with_key("rounds:read").get(path).json()["code"] == "scope_missing"
    assert served.anonymous().get(path).status_code == 401


@ONE_DATABASE
def test_a_release_of_an_unknown_method_says_so(own: tuple[Served, Quarter]) -> None:
    served, made = own
    with served.engine.write() as session:
        session.execute(update(ReleaseRow).values(method_version="17"))
    found = served.with_key().get(f"/api/v1/releases/{made.release.id}/recomputation").json()
    assert (found["state"], found["figures"], found["input"], found["items"]) == ("unknown_method", 0, None, [])
