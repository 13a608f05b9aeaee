"""Intervals stay on their scale and hold their figure; how often they cover the truth is under test in `test_coverage`."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.scoring.errors import ScoringError
from app.scoring.intervals import moderated_wilson, outward, poisson_rate, score_interval, t_quantile, wilson
from app.scoring.results import Interval, Uncertainty
from tests.scoring.facts import agrees

scores, errors = st.floats(0, 100), st.floats(0.01, 60)
degrees, sizes = st.floats(0.5, 1e6), st.floats(0.2, 1e6)


@given(scores, errors, degrees, sizes)
@example(6.4703102955992285e-71, 1.0, 1.0, 1.0)
@example(29.0, 1e-9, 8.0, 1e30)
def test_a_score_lies_inside_its_interval_and_the_interval_inside_the_scale(
    score: float, se: float, df: float, kish_n: float
) -> None:
    found = score_interval(score, Uncertainty(se, df, kish_n))
    lo, hi = (float(end) for end in moderated_wilson(score, se, df, kish_n))
    assert 0 <= found.lo <= score <= found.hi <= 100
    assert 0 <= lo <= score <= hi <= 100


@given(st.lists(st.tuples(scores, errors, degrees, sizes), min_size=1, max_size=5))
def test_columns_of_intervals_are_those_of_single_scores(rows: list[tuple[float, float, float, float]]) -> None:
    lo, hi = moderated_wilson(*(list(column) for column in zip(*rows, strict=True)))
    single = [score_interval(score, Uncertainty(*error)) for score, *error in rows]
    assert lo.tolist() == pytest.approx([ends.lo for ends in single], rel=1e-9, abs=1e-9)
    assert hi.tolist() == pytest.approx([ends.hi for ends in single], rel=1e-9, abs=1e-9)


def test_a_share_of_all_or_of_none_ends_at_the_end_whatever_the_rounding() -> None:
    assert {wilson(n, n, level=level).hi for n in range(1, 60) for level in (0.9, 0.95, 0.99)} == {1.0}
    assert {wilson(0, n, level=level).lo for n in range(1, 60) for level in (0.9, 0.95, 0.99)} == {0.0}


def test_more_raters_never_widen_an_interval() -> None:
    widths = [
        ends.hi - ends.lo for n in range(1, 50) for ends in [score_interval(80, Uncertainty(20 / n**0.5, 7 + n, n))]
    ]
    assert widths == sorted(widths, reverse=True)


def test_without_a_floor_precision_comes_from_the_error_alone() -> None:
    unsure = Uncertainty(60, 8, 50)
    floored, free = score_interval(50, unsure), score_interval(50, unsure, floored=False)
    assert (floored.hi - floored.lo < 35, free.hi - free.lo > 50) == (True, True)


@pytest.mark.parametrize(("score", "p"), [(0, 0.02), (100, 0.98), (50, 0.5)])
def test_without_raters_the_share_is_cut_for_the_effective_size(score: float, p: float) -> None:
    n, q = 1e4 * p * (1 - p) / 25, 1.959963984540054
    centre = (score / 100 + q * q / (2 * n)) / (1 + q * q / n)
    half = q * math.sqrt(score / 100 * (1 - score / 100) / n + q * q / (4 * n * n)) / (1 + q * q / n)
    found = score_interval(score, Uncertainty(5, math.inf, 0), floored=False)
    assert (found.lo, found.hi) == (agrees(100 * max(0, centre - half)), agrees(100 * min(1, centre + half)))


def test_a_score_without_error_has_no_width() -> None:
    assert score_interval(33.3, Uncertainty(0, math.inf, 0)) == Interval(33.3, 33.3)
    assert score_interval(33.3, Uncertainty(1e-200, 3, 0), floored=False) == Interval(33.3, 33.3)


def test_outward_ends_are_whole_and_never_narrower() -> None:
    assert outward(Interval(40.85, 89.04)) == Interval(40, 90)
    assert outward(Interval(40.0, 89.0)) == Interval(40, 89)
    assert outward(Interval(-0.3, 100.2)) == Interval(0, 100)


def test_a_quantile_with_endless_degrees_of_freedom_is_the_normal_one() -> None:
    assert t_quantile(0.975, math.inf) == agrees(1.959963984540054)


@pytest.mark.parametrize(("successes", "n"), [(-1, 5), (6, 5), (0, 0), (math.nan, 5)])
def test_a_share_of_nothing_has_no_interval(successes: float, n: float) -> None:
    with pytest.raises(ScoringError, match="a share needs 0 <= successes <= n and n > 0"):
        wilson(successes, n)


@pytest.mark.parametrize(("count", "exposure"), [(-1, 5), (1, 0), (1, math.nan)])
def test_a_rate_without_exposure_has_no_interval(count: float, exposure: float) -> None:
    with pytest.raises(ScoringError, match="a rate needs a count of 0 or more and an exposure above 0"):
        poisson_rate(count, exposure)


def test_a_column_of_200_000_intervals_is_quick_and_finite() -> None:
    draw = np.random.default_rng(1)
    lo, hi = moderated_wilson(draw.uniform(0, 100, 200_000), draw.uniform(1, 40, 200_000), 9.5, 4)
    assert np.flatnonzero(~(np.isfinite(lo) & np.isfinite(hi) & (lo < hi))).tolist() == []
