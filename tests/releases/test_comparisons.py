"""A release compares like with like: over one card and the groups that all have, and names whoever is left out."""

from typing import Any

import pytest
from sqlalchemy import select

from app.errors import NotFound
from app.infra.database import WriteSession
from app.organisation.values import SubjectKind
from app.releases.tables import ComparisonRow
from app.releases.values import Release
from app.summaries.ranked import Wanted
from app.summaries.standings import get_comparison
from tests.crowd import CUSTOMERS, MANAGER, ON, PEOPLE, TEAMWORK, WELCOME, Crowd, crowd, everybody
from tests.scoring.facts import agrees
from tests.served import ONE_DATABASE
from tests.summaries.built import quarter

LEVELS = [[1, 1, 2, 1, 1, 1], [3, 3, 3, 4, 3, 3], [5, 5, 5, 4, 5, 5]]


@pytest.fixture
def made(session: WriteSession) -> Crowd:
    return crowd(session)


def comparison(session: WriteSession, release: Release, unit_id: str, kind: SubjectKind) -> Any:
    query = select(ComparisonRow.document).where(
        ComparisonRow.release_id == release.id, ComparisonRow.unit_id == unit_id, ComparisonRow.kind == kind
    )
    return session.scalar(query)


def people_of(made: Crowd, release: Release) -> Any:
    return comparison(made.session, release, made.team_id, SubjectKind.PERSON)


def named(made: Crowd, left_out: list[list[str]]) -> dict[str, str]:
    return {made.name_of(subject_id): why for subject_id, why in left_out}


def test_all_who_have_the_same_are_compared_over_the_whole_card(made: Crowd) -> None:
    release = made.released(3, everybody(LEVELS, [[3] * 6]))
    found = people_of(made, release)
    whole = found["composite"]
    assert (whole["reason"], whole["coverage"], whole["left_out"], whole["unsure"]) == (None, 1.0, [], [])
    assert [(one["kpi_id"], one["share"]) for one in whole["basis"]] == [
        (made.kpis[WELCOME], 0.5),
        (made.kpis[TEAMWORK], 0.5),
    ]
    assert {tuple(map(tuple, one["rater_groups"])) for one in whole["basis"]} == {(("manager",), ("customer",))}
    first = {made.name_of(one["subject_id"]): one for one in whole["entries"]}["p01"]
    welcome, teamwork = 0.6 * 100 / 4 / 6 + 0.4 * 50, 50
    assert first["score"] == agrees((welcome + teamwork) / 2)
    assert first["lo"] < first["score"] < first["hi"]
    assert first["se"] > 0
    assert found["kpis"].keys() == {made.kpis[WELCOME], made.kpis[TEAMWORK]}
    assert comparison(made.session, release, made.company_id, SubjectKind.PERSON)["composite"] == whole
    assert comparison(made.session, release, made.company_id, SubjectKind.TEAM) is None


@ONE_DATABASE
def test_one_of_twelve_without_customers_takes_them_from_nobody(made: Crowd) -> None:
    said = everybody(LEVELS, LEVELS)
    said = {key: levels for key, levels in said.items() if key[:2] != ("p05", CUSTOMERS)}
    release = made.released(3, said, weights={CUSTOMERS: 50, MANAGER: 50})
    whole = people_of(made, release)["composite"]
    assert (named(made, whole["left_out"]), len(whole["entries"])) == ({"p05": "other_groups"}, 11)
    assert whole["basis"][0]["rater_groups"] == [["manager"], ["customer"]]


@ONE_DATABASE
def test_where_three_of_twelve_lack_a_group_it_goes_for_all(made: Crowd) -> None:
    said = everybody(LEVELS, LEVELS)
    without = {"p01", "p02", "p03"}
    said = {key: levels for key, levels in said.items() if key[0] not in without or key[1] is not CUSTOMERS}
    release = made.released(3, said, weights={CUSTOMERS: 50, MANAGER: 50})
    whole = people_of(made, release)["composite"]
    assert (whole["left_out"], len(whole["entries"])) == ([], 12)
    assert [one["rater_groups"] for one in whole["basis"]] == [[["manager"]], [["manager"]]]
    assert {one["score"] for one in whole["entries"]} == {50.0}


@ONE_DATABASE
def test_another_card_and_no_score_are_left_out_by_name(made: Crowd) -> None:
    made.card({WELCOME: 90, TEAMWORK: 10}, of="p01")
    said = {key: levels for key, levels in everybody(LEVELS, LEVELS).items() if key[0] != "p02"}
    release = made.released(3, said)
    found = people_of(made, release)
    assert named(made, found["composite"]["left_out"]) == {"p01": "other_card", "p02": "no_score"}
    assert len(found["composite"]["entries"]) == 10
    # On one KPI cards do not matter.
    assert named(made, found["kpis"][made.kpis[WELCOME]]["left_out"]) == {"p02": "no_score"}


@ONE_DATABASE
def test_each_card_that_five_share_has_its_own_group_of_like(made: Crowd) -> None:
    others = PEOPLE[:5]
    for person in others:
        made.card({WELCOME: 90, TEAMWORK: 10}, of=person)
    made.card({WELCOME: 10, TEAMWORK: 90}, of=PEOPLE[5])
    release = made.released(3, everybody(LEVELS, [[3] * 6]))
    found = people_of(made, release)
    (peers,) = found["peers"]
    assert [[share for _, share in one["card"]] for one in (found["composite"], peers)] == [[0.5, 0.5], [0.9, 0.1]]
    assert sorted(made.name_of(one["subject_id"]) for one in peers["entries"]) == list(others)
    assert {why for _, why in peers["left_out"]} == {"other_card"}
    assert [one["share"] for one in peers["basis"]] == [0.9, 0.1]
    whole, second = (
        get_comparison(made.session, made.viewer(), release.id, made.team_id, Wanted(card=card), on=ON)
        for card in (0, 1)
    )
    assert whole.peers == second.peers
    assert [(one.card, [line.share for line in one.lines], one.count) for one in whole.peers] == [
        (0, [0.5, 0.5], 6),
        (1, [0.9, 0.1], 5),
    ]
    assert (second.card, second.count, len(second.bands) > 0) == (1, 5, True)
    with pytest.raises(NotFound):
        get_comparison(made.session, made.viewer(), release.id, made.team_id, Wanted(card=2), on=ON)


@ONE_DATABASE
def test_too_few_or_too_little_in_common_is_no_comparison(made: Crowd) -> None:
    four = {key: levels for key, levels in everybody(LEVELS, LEVELS).items() if key[0] in PEOPLE[:4]}
    few = people_of(made, made.released(3, four))["composite"]
    assert (few["reason"], few["entries"], len(few["left_out"])) == ("too_few_subjects", [], 8)
    nobody = people_of(made, made.released(5, {("team", CUSTOMERS, WELCOME): [3] * 6}))["composite"]
    assert (nobody["reason"], {why for _, why in nobody["left_out"]}) == ("too_few_subjects", {"no_score"})
    # Half of them have only the one half of the card, half only the other.
    halves = {
        key: levels
        for key, levels in everybody(LEVELS, LEVELS).items()
        if (key[1] is MANAGER) == (PEOPLE.index(key[0]) % 2 == 0)
    }
    split = people_of(made, made.released(7, halves, weights={CUSTOMERS: 50, MANAGER: 50}))["composite"]
    assert (split["reason"], split["entries"]) == ("too_little_shared", [])


@ONE_DATABASE
def test_a_small_atom_leaves_no_error_in_the_database(made: Crowd) -> None:
    said = everybody(LEVELS, LEVELS) | {("p01", CUSTOMERS, kpi): [5, 1, 5] for kpi in (WELCOME, TEAMWORK)}
    found = people_of(made, made.released(3, said))
    for document in (found["composite"], *found["kpis"].values()):
        errors = {made.name_of(one["subject_id"]): one["se"] for one in document["entries"]}
        assert [name for name, error in errors.items() if error is None] == ["p01"]
        small = next(one for one in document["entries"] if one["se"] is None)
        assert (small["lo"], small["hi"]) == (round(small["lo"]), round(small["hi"]))


@ONE_DATABASE
def test_a_competitor_stands_beside_us_as_the_same_raters_see_both(session: WriteSession) -> None:
    made = quarter(session)
    document = comparison(session, made.release, made.company_id, SubjectKind.COMPETITOR)
    assert {tuple(one["rater_groups"]) for one in document["kpis"]} == {("mystery_shopper",)}
    assert [one["subject_id"] for one in document["kpis"][0]["entries"]] == [
        made.company_id,
        made.subjects["lunvik"],
    ]
    measured = comparison(session, made.release, made.company_id, SubjectKind.PERSON)["kpis"]
    assert {why for _, why in measured[made.kpis["phone-answer-time"]]["left_out"]} == {"error_unknown", "no_score"}
