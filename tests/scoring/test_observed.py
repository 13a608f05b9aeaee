"""Whoever could not judge is counted and lowers nothing."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.errors import ScoringError
from app.scoring.observed import Judged, JudgedCounts, judged_items, judged_kpi
from app.scoring.raters import rater_scores

NAN = math.nan
POINTS: list[list[float]] = [[75, NAN, 50], [NAN, NAN, NAN], [25, 50, NAN], [100, 100, 100]]
UNSEEN = [[False, True, False], [True, True, False], [False, False, False], [False, False, False]]
answers = st.lists(
    st.tuples(st.integers(-1, 2), *[st.sampled_from([0.0, 50.0, 100.0, "unseen", "open"])] * 3), max_size=12
)


def columns(rows: list[tuple[Any, ...]]) -> tuple[list[int], Any, Any]:
    table = [[cell if isinstance(cell, float) else NAN for cell in row[1:]] for row in rows]
    return (
        [row[0] for row in rows],
        np.array(table).reshape(-1, 3),
        np.array([[cell == "unseen" for cell in row[1:]] for row in rows], np.bool_).reshape(-1, 3),
    )


def test_every_item_says_how_many_could_judge() -> None:
    found = judged_items([0, 0, 0, 1], POINTS, UNSEEN, n_atoms=2)
    assert [found.judged(0, item) for item in range(3)] == [Judged(2, 1, 0), Judged(1, 2, 0), Judged(1, 0, 2)]
    assert [found.judged(1, item) for item in range(3)] == [Judged(1, 0, 0)] * 3
    assert {found.judged(0, item).of for item in range(3)} == {3}


def test_a_kpi_says_how_many_have_a_score() -> None:
    found = judged_kpi([0] * 4, POINTS, UNSEEN, [1, 1, 1], n_atoms=1)
    assert found.judged(0) == Judged(3, 1, 0)
    assert judged_kpi([0], [[25, NAN, NAN]], [[False] * 3], [1, 1, 1], n_atoms=1).judged(0) == Judged(0, 0, 1)


def test_sheets_in_no_atom_count_nowhere() -> None:
    assert judged_items([-1, 0], [[50.0], [NAN]], [[False], [False]], n_atoms=1).judged(0) == Judged(0, 0, 1)


@given(answers)
def test_counts_add_up_to_the_sheets_and_in_any_order(rows: list[tuple[Any, ...]]) -> None:
    found = judged_items(*columns(rows), n_atoms=3)
    sheets = [sum(row[0] == atom for row in rows) for atom in range(3)]
    assert (found.could + found.not_observed + found.skipped).tolist() == [[n] * 3 for n in sheets]
    turned = judged_items(*columns(rows[::-1]), n_atoms=3)
    halves = [judged_items(*columns(half), n_atoms=3) for half in (rows[:5], rows[5:])]
    assert [column.tolist() for column in turned] == [column.tolist() for column in found]
    assert [(a + b).tolist() for a, b in zip(*halves, strict=True)] == [column.tolist() for column in found]


@given(answers)
def test_as_many_could_judge_a_kpi_as_have_a_rater_score(rows: list[tuple[Any, ...]]) -> None:
    atoms, points, unseen = columns(rows)
    found: JudgedCounts = judged_kpi(atoms, points, unseen, [1, 2, 1], n_atoms=3)
    valid = ~np.isnan(rater_scores(points, [1, 2, 1]))
    assert found.could[:, 0].tolist() == [int((valid & (np.array(atoms, int) == atom)).sum()) for atom in range(3)]


@pytest.mark.parametrize(
    ("atoms", "points", "unseen", "message"),
    [
        ([0], [50.0], [[False]], "points and flags need a row for each of the 1 sheets"),
        ([0], [[50.0]], [[False, False]], "points and flags need a row for each of the 1 sheets"),
        ([0, 0], [[50.0]], [[False]], "points and flags need a row for each of the 2 sheets"),
        ([1], [[50.0]], [[False]], "atom of a sheet must be from -1 to 0, got 1 to 1"),
        ([-2], [[50.0]], [[False]], "atom of a sheet must be from -1 to 0, got -2 to -2"),
        ([0], [[50.0]], [[True]], "an answer is a number or not observed, not both"),
    ],
)
def test_answers_that_make_no_sense_are_refused(atoms: Any, points: Any, unseen: Any, message: str) -> None:
    with pytest.raises(ScoringError, match=message):
        judged_items(atoms, points, unseen, n_atoms=1)
