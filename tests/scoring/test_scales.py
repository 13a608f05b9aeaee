"""Answers become points exactly, and what is no answer is refused with the allowed range."""

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.scoring.errors import ScoringError
from app.scoring.scales import AnchoredScale, LinearScale, Scale, point_scale, recommend, slider, yes_partly_no
from tests.scoring.facts import agrees

BARS = AnchoredScale({1: 10, 3: 60, 5: 100})
SCALES: list[tuple[Scale, dict[float, float]]] = [
    (point_scale(2), {1: 0, 2: 100}),
    (point_scale(4), {1: 0, 2: 100 / 3, 3: 200 / 3, 4: 100}),
    (point_scale(11), {1: 0, 6: 50, 11: 100}),
    (yes_partly_no(), {0: 0, 1: 50, 2: 100}),
    (recommend(), {0: 0, 7: 70, 10: 100}),
    (slider(-5, 15), {-5: 0, 0.5: 27.5, 15: 100}),
    (BARS, {1: 10, 3: 60, 5: 100}),
]


@pytest.mark.parametrize(("scale", "points"), SCALES)
def test_an_answer_has_the_points_of_its_scale(scale: Scale, points: dict[float, float]) -> None:
    assert {level: scale.points(level) for level in points} == agrees(points)


@pytest.mark.parametrize(("scale", "points"), SCALES)
def test_a_reversed_answer_has_the_rest_to_100(scale: Scale, points: dict[float, float]) -> None:
    turned = {level: 100 - point for level, point in points.items()}
    assert {level: scale.points(level, is_reversed=True) for level in points} == agrees(turned)


@pytest.mark.parametrize(("scale", "points"), SCALES)
@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_column_gives_the_same_points_as_single_answers(
    scale: Scale, points: dict[float, float], is_reversed: bool
) -> None:
    column = scale.map([*points, math.nan], is_reversed=is_reversed)
    single = [scale.points(level, is_reversed=is_reversed) for level in points]
    assert column[:-1].tolist() == single
    assert math.isnan(column[-1])


def test_whole_numbers_of_any_kind_are_answers() -> None:
    levels: list[Any] = [4, 4.0, np.int64(4), np.float32(4)]
    assert [point_scale(5).points(level) for level in levels] == [75.0] * 4


@pytest.mark.parametrize("level", [0, 6, 2.5, -1, math.nan, math.inf, True, "3", None, Decimal(3), 10**400])
def test_what_is_no_answer_is_refused_and_never_clamped(level: Any) -> None:
    with pytest.raises(ScoringError, match="an answer must be a whole number from 1 to 5, got"):
        point_scale(5).points(level)


@pytest.mark.parametrize("level", [0, 2, 3.5, 6, math.nan, True])
def test_a_level_that_is_not_listed_is_refused(level: Any) -> None:
    with pytest.raises(ScoringError, match="an answer must be one of 1, 3, 5, got"):
        BARS.points(level)


@pytest.mark.parametrize("scale", [point_scale(5), BARS])
@pytest.mark.parametrize("column", [[1, 6], [1, 2.5], [3, math.inf], [0, math.nan]])
def test_a_column_with_one_wrong_answer_is_refused(scale: Scale, column: list[float]) -> None:
    with pytest.raises(ScoringError, match=f"an answer must be {scale.allowed}, got"):
        scale.map(column)


@pytest.mark.parametrize("column", [[True, False], ["3"], [None]])
def test_a_column_of_anything_but_numbers_is_refused(column: list[Any]) -> None:
    with pytest.raises(ScoringError, match="answers must be a number from 0 to 10, got a column of"):
        slider(0, 10).map(column)


def test_a_slider_says_what_it_allows() -> None:
    assert slider(0.5, 2).allowed == "a number from 0.5 to 2"


@pytest.mark.parametrize("points", [1, 12, True, 2.5])
def test_a_point_scale_has_2_to_11_points(points: Any) -> None:
    with pytest.raises(ScoringError, match=f"a scale has 2 to 11 points, got {points}"):
        point_scale(points)


@pytest.mark.parametrize(("lo", "hi"), [(1, 1), (2, 1), (math.nan, 1), (0, math.inf)])
def test_a_scale_needs_room_between_its_ends(lo: float, hi: float) -> None:
    with pytest.raises(ScoringError, match="a scale needs two finite numbers lo < hi"):
        LinearScale(lo, hi, whole=False)


@pytest.mark.parametrize("anchors", [{}, {1: 0}, {1: 0, 2: 0}, {1: 50, 2: 40}, {1: -1, 2: 50}, {1: 0, 2: 101}])
def test_anchor_values_increase_strictly_within_0_to_100(anchors: dict[float, float]) -> None:
    with pytest.raises(ScoringError, match="anchor values must increase strictly within 0 to 100"):
        AnchoredScale(anchors)


def test_anchor_levels_may_be_listed_in_any_order() -> None:
    assert AnchoredScale({5: 100, 1: 0, 3: 60}).map([1, 3, 5]).tolist() == [0, 60, 100]


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.floats(0, 1), st.booleans())
@example(0.0, 0.69, 1.0, False)  # 100 * .69 / .69 is 100.00000000000001
def test_every_answer_of_a_slider_is_worth_0_to_100(lo: float, width: float, part: float, turned: bool) -> None:
    scale = slider(lo, lo + width)
    level = min(scale.hi, max(scale.lo, lo + part * width))
    ends = [scale.points(end, is_reversed=turned) for end in (scale.lo, level, scale.hi)]
    assert (ends[::2], ends) == ([100, 0] if turned else [0, 100], sorted(ends, reverse=turned))
    assert scale.map([scale.lo, level, scale.hi], is_reversed=turned).tolist() == ends
