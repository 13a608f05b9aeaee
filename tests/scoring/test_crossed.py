"""Rows become the counts and sums of a crossed model, whatever the labels are."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.crossed import RATER, SUBJECT, Crossed, Levels
from app.scoring.errors import ScoringError
from tests.scoring.crossings import Rated, crossings


@given(crossings())
def test_sums_are_those_of_the_matrices(rated: Rated) -> None:
    rows, written = rated.rows, rated.written
    xy = np.concatenate([written.x, (written.y - written.y.mean())[:, None]], axis=1)
    assert (rows.n, rows.p, rows.levels) == (len(xy), written.x.shape[1], tuple(z.shape[1] for z in written.z))
    assert rows.products == pytest.approx(xy.T @ xy, abs=1e-9)
    for role in (SUBJECT, RATER):
        own, other = written.z[role], written.z[1 - role]
        assert rows.sums[role] == pytest.approx(own.T @ xy, abs=1e-9)
        assert rows.across(role).tolist() == (own.T @ other).tolist()
        assert rows.counts[role].tolist() == own.sum(axis=0).tolist()
        weights = np.arange(1.0, other.shape[1] + 1)
        assert rows.squares_by(role, weights) == pytest.approx((own.T @ other) ** 2 @ weights)


@pytest.mark.parametrize(
    "labels",
    [
        [3, 1, 3, 0],
        [-1, -3, -1, -4],
        [3_000_000_000, 10, 3_000_000_000, 7],
        ["c", "b", "c", "a"],
        [3.5, 1.5, 3.5, -1.0],
        np.array([3, 1, 3, 0], np.uint8),
    ],
)
def test_labels_of_any_kind_are_numbered_in_their_order(labels: Any) -> None:
    levels = Levels.of(labels)
    assert levels.place.tolist() == [2, 1, 2, 0]
    assert levels.labels.tolist() == sorted(set(np.asarray(labels).tolist()))


@given(st.lists(st.integers(-5, 40), max_size=30))
def test_numbers_get_the_levels_that_sorting_gives(numbers: list[int]) -> None:
    found, expected = Levels.of(np.array(numbers, np.int64)), np.unique(numbers, return_inverse=True)
    assert [found.labels.tolist(), found.place.tolist()] == [column.tolist() for column in expected]


def test_a_fixed_effect_that_repeats_another_has_no_column_of_its_own() -> None:
    group = ["a", "a", "b", "b", "c", "c"]
    rows = Crossed.of([1, 2, 1, 2, 1, 2], [1, 1, 2, 2, 3, 3], [1, 2, 3, 4, 5, 6], [group, [1, 1, 2, 2, 2, 2]])
    assert (rows.p, rows.columns.tolist()) == (3, [0, 1, 2])


def test_a_mix_weighs_the_levels_that_are_there() -> None:
    rows = Crossed.of([1, 1, 2], [1, 2, 2], [1, 2, 4], [["a", "b", "b"], [7, 8, 7]])
    assert rows.mix([{"a": 1, "b": 2, "gone": 7}, {7: 5, 8: 5}]).tolist() == [1, pytest.approx(2 / 3), 0.5]
    with pytest.raises(ScoringError, match="at least one level of a fixed effect needs a weight above 0"):
        rows.mix([{"gone": 1}, {7: 1}])


@pytest.mark.parametrize(
    ("subject", "rater", "y", "message"),
    [
        ([1, 2], [1], [1, 2], "one label in every column"),
        ([1, 2], [1, 2], [1], "one label in every column"),
        ([], [], [], "at least one row"),
        ([1, 2], [1, 2], [1, math.nan], "finite"),
        ([1, 2], [1, 2], [1, math.inf], "finite"),
        ([[1, 2]], [1, 2], [1, 2], "2 dimensions"),
    ],
)
def test_rows_that_cannot_be_read_are_refused(subject: Any, rater: Any, y: Any, message: str) -> None:
    with pytest.raises(ScoringError, match=message):
        Crossed.of(subject, rater, y)
