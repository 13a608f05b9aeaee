"""What a release finds beside its scores follows from whole atoms, by hand, and tells no error that R7 hides."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from app.infra.database import WriteSession
from app.releases.findings import findings
from app.releases.lookup import tables_of
from app.releases.observed import row_counts
from app.releases.partition import atom_of_cells, item_ids, judge
from app.releases.queries import load_all_scores, load_findings
from app.releases.score import score_round
from app.releases.values import Release, Score
from app.responses.sheets import load_sheets
from app.responses.values import SheetColumns
from app.rounds.queries import load_frozen_round, load_marks
from tests.crowd import CUSTOMERS, MANAGER, OWN, PEOPLE, TEAMWORK, WELCOME, Crowd, crowd, everybody
from tests.scoring.facts import agrees
from tests.served import ONE_DATABASE

GOOD, WEAK = [5, 5, 5, 5, 5, 4], [2, 2, 3, 2, 2, 2]
SCORES = {WELCOME: 0.6 * 95.8333333333 + 20, TEAMWORK: 0.6 * 29.1666666667 + 20}


@pytest.fixture
def made(session: WriteSession) -> Crowd:
    return crowd(session)


def found_about(made: Crowd, release: Release, name: str) -> Any:
    subject_id = made.subjects[name]
    return load_findings(made.session, release.id, [subject_id])[subject_id]


def scores_of(made: Crowd, release: Release, kpi: str, groups: tuple[str, ...] = ()) -> dict[str, Score]:
    return {
        made.name_of(one.subject_id): one
        for one in load_all_scores(made.session, release.id)
        if one.kpi_id == made.kpis[kpi] and one.item_id is None and one.rater_groups == groups
    }


def named(name: str, value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from named(name, one)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from [one] if key == name else named(name, one)


def test_a_kpi_far_above_the_own_mean_is_a_strength_and_one_far_below_a_development_area(made: Crowd) -> None:
    release = made.released(3, everybody([GOOD], [WEAK]))
    found = found_about(made, release, "p01")["strengths"]
    assert found["reason"] is None
    told = {
        side: [(one["kpi_id"], one["score"], one["deviation"]) for one in found[side]]
        for side in found
        if side != "reason"
    }
    assert told == {
        "strengths": [(made.kpis[WELCOME], agrees(SCORES[WELCOME]), agrees(20))],
        "development_areas": [(made.kpis[TEAMWORK], agrees(SCORES[TEAMWORK]), agrees(-20))],
    }
    assert {one["is_tentative"] for side in ("strengths", "development_areas") for one in found[side]} == {False}


@ONE_DATABASE
def test_what_one_manager_alone_says_is_tentative_and_equal_scores_are_nothing(made: Crowd) -> None:
    said = {(person, MANAGER, kpi): [level] for person in PEOPLE for kpi, level in ((WELCOME, 4), (TEAMWORK, 3))}
    said |= {("p02", MANAGER, kpi): [3] for kpi in (WELCOME, TEAMWORK)}
    release = made.released(3, said, weights={MANAGER: 1})
    found = found_about(made, release, "p01")["strengths"]
    assert [(one["is_tentative"], one["is_relative"]) for one in found["strengths"]] == [(True, False)]
    assert found_about(made, release, "p02")["strengths"] == {
        "reason": "no_difference",
        "strengths": [],
        "development_areas": [],
    }


@ONE_DATABASE
def test_own_ratings_are_held_against_the_others_and_what_is_usual_stands_with_the_whole(made: Crowd) -> None:
    said = everybody([GOOD], [WEAK])
    said |= {(person, OWN, kpi): [4] for person in PEOPLE for kpi in (WELCOME, TEAMWORK)}
    said |= {("p01", OWN, WELCOME): [2], ("p02", CUSTOMERS, TEAMWORK): [2, 2]}
    release = made.released(3, said)
    own = found_about(made, release, "p01")["self"]
    assert [(one["kpi_id"], one["gap"], one["view"]) for one in own["gaps"]] == [
        (made.kpis[WELCOME], agrees(25 - SCORES[WELCOME]), "hidden_strength"),
        (made.kpis[TEAMWORK], agrees(75 - SCORES[TEAMWORK]), "blind_spot"),
    ]
    assert (own["mean_gap"], own["correlation"], own["correlation_reason"]) == (
        agrees((25 - SCORES[WELCOME] + 75 - SCORES[TEAMWORK]) / 2),
        None,
        "too_few_kpis",
    )
    # Two customers are too few, and the manager alone has too little weight: then a gap would give him away.
    assert found_about(made, release, "p02")["self"]["without"] == [
        {"kpi_id": made.kpis[TEAMWORK], "reason": "others_withheld"}
    ]
    usual = found_about(made, release, "crowd")["usual"]
    gaps = {
        made.kpis[WELCOME]: (11 * (75 - SCORES[WELCOME]) + 25 - SCORES[WELCOME]) / 12,
        made.kpis[TEAMWORK]: 75 - SCORES[TEAMWORK],
    }
    assert (usual["subjects"], {one["kpi_id"]: one["gap"] for one in usual["kpis"]}) == (12, agrees(gaps))
    assert {found_about(made, release, name)["usual"] for name in ("p01", "team")} == {None}


@ONE_DATABASE
def test_how_many_could_judge_is_counted_over_whole_atoms(made: Crowd) -> None:
    said = everybody([GOOD], [WEAK])
    said |= {
        ("p01", CUSTOMERS, TEAMWORK): [2, 2, 3, 2, "na", None],
        ("p02", CUSTOMERS, TEAMWORK): [2, "na", "na", "na"],
    }
    release = made.released(3, said)
    kpi = {"kpi_id": made.kpis[TEAMWORK], "item_id": None, "rater_groups": ["customer"]}
    judged = {name: found_about(made, release, name)["judged"] for name in ("p01", "p02", "p03", "team")}
    assert judged["p01"][0] == {**kpi, "could": 4, "not_observed": 1, "skipped": 1}
    assert [one["item_id"] is None for one in judged["p01"]] == [True, False]
    # One number of four is fewer than three: nothing of the row is told, not even how many could not.
    assert (judged["p02"], judged["p03"]) == ([], [])
    assert judged["team"][0] == {**kpi, "could": 10 * 6 + 4, "not_observed": 1, "skipped": 1}


@ONE_DATABASE
def test_how_firmly_a_score_stands_is_told_from_ten_subjects_on(made: Crowd) -> None:
    levels = [[1, 1, 1, 2, 1, 1], [3, 3, 3, 4, 3, 3], [5, 5, 5, 4, 5, 5]]
    release = made.released(3, everybody(levels, [[3, 3, 4, 3, 3, 3]]))
    rows = scores_of(made, release, WELCOME)
    told = [(one.score or 0.0, one.se or 0.0) for name, one in rows.items() if name in PEOPLE]
    assert len(told) == 12
    between = float(np.var([x for x, _ in told], ddof=1) - np.mean([se**2 for _, se in told]))
    expected = between / (between + told[0][1] ** 2)
    words = {found_about(made, release, name)["firmness"]["kpis"][made.kpis[WELCOME]] for name in PEOPLE}
    assert 0.7 < expected < 0.75
    assert words == {"solid"}
    # All alike on the other one: nothing but chance.
    assert {found_about(made, release, name)["firmness"]["kpis"][made.kpis[TEAMWORK]] for name in PEOPLE} == {
        "preliminary"
    }
    nine = {key: levels for key, levels in everybody(levels, levels).items() if key[0] in PEOPLE[:9]}
    few = made.released(5, nine)
    assert found_about(made, few, "p01")["firmness"] == {"composite": None, "kpis": {}}


@ONE_DATABASE
def test_a_small_atom_tells_no_error_and_its_word_follows_from_what_is_shown(made: Crowd) -> None:
    said = everybody([GOOD], [WEAK])
    said |= {("p01", CUSTOMERS, kpi): [5, 1, 5] for kpi in (WELCOME, TEAMWORK)}
    before, after = made.released(3, said), made.released(5, said)
    for release in (before, after):
        row = scores_of(made, release, WELCOME)["p01"]
        assert (row.se, row.lo, row.hi) == (None, math.floor(row.lo or 0.5), math.ceil(row.hi or 0.5))
        document = found_about(made, release, "p01")
        assert [*named("se", document), *named("df", document), *named("bound", document)] == []
    change = found_about(made, after, "p01")["change"]
    assert all(one["lo"] == math.floor(one["lo"]) and one["hi"] == math.ceil(one["hi"]) for one in change["kpis"])
    assert set(named("se", found_about(made, after, "p03")["change"])) != set()


@ONE_DATABASE
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_exchanging_two_sheets_of_an_atom_changes_nothing(made: Crowd, seed: int) -> None:
    said = everybody([GOOD, [1, 2, 3, 4, 5, 1]], [WEAK, [5, "na", 1, 2, None, 4]])
    said |= {(person, OWN, WELCOME): [4] for person in PEOPLE}
    release = made.released(3, said)
    frozen, marks = load_frozen_round(made.session, release.round_id), load_marks(made.session, release.round_id)
    sheets = load_sheets(made.session, release.round_id, item_ids(frozen))

    def all_of(some: SheetColumns) -> list[Any]:
        judged = judge(frozen, some, marks)
        tables = tables_of(frozen, score_round(frozen, judged, []), marks.cells)
        return list(findings(tables, row_counts(judged, some), {}))

    judged = judge(frozen, sheets, marks)
    atom = atom_of_cells(judged.made, judged.cells)[sheets.cell_of_sheet]
    new = np.arange(len(atom))
    random = np.random.default_rng(seed)
    for one in range(len(judged.made.atoms)):
        inside = np.flatnonzero(atom == one)
        new[inside] = random.permutation(inside)
    assert (new != np.arange(len(new))).any()
    swapped = SheetColumns(
        sheets.cells,
        sheets.cell_of_sheet,
        new[sheets.answer_sheets],
        sheets.answer_items,
        sheets.levels,
        sheets.comments,
    )
    assert all_of(swapped) == all_of(sheets)
