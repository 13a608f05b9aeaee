"""A baseline says where a series lies, how far it spreads and how much it remembers, and never divides by zero."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.autocorrelation import autocorrelation, persistence, summed_variance, unbiased
from app.scoring.baselines import Baseline, baseline_of
from app.scoring.errors import ScoringError
from tests.scoring.facts import agrees

values = st.lists(st.integers(-1000, 1000).map(float), min_size=2, max_size=40)


def test_the_spread_is_the_larger_of_the_two_estimates() -> None:
    up_and_down, drifting = baseline_of([0, 10, 0, 10]), baseline_of([0, 1, 2, 3, 4])
    assert up_and_down.sigma == agrees(10 * math.sqrt(math.pi) / 2)
    assert (drifting.sd, drifting.sigma) == (agrees(math.sqrt(2.5)), drifting.sd)


def test_limits_of_the_picture_are_multiples_of_the_mean_moving_range() -> None:
    found = baseline_of([50, 54, 50, 54])
    assert (found.moving_range, found.natural.lo, found.natural.hi, found.largest_range) == agrees(
        (4, 52 - 2.66 * 4, 52 + 2.66 * 4, 3.267 * 4)
    )


def test_memory_is_cut_to_what_limits_can_use() -> None:
    assert baseline_of([0, 10] * 10).persistence == 0
    assert baseline_of([0.0] * 30 + [10.0] * 30).persistence == 0.8


def test_memory_widens_the_limits_of_smoothed_values_less_the_less_they_are_smoothed() -> None:
    baseline = Baseline(20, 0, 1, 1, 0.35)
    widths = [baseline.widening(smoothing) for smoothing in (0.05, 0.2, 0.5, 1)]
    assert widths == sorted(widths, reverse=True)
    assert (widths[1], widths[3]) == (agrees(math.sqrt(1.28 / 0.72)), 1)


@pytest.mark.parametrize("level", [0.0, 0.1, 81.3, 1e9])
@pytest.mark.parametrize("n", [20, 21, 49])
def test_a_series_that_never_changes_has_no_spread_but_can_be_divided_by(level: float, n: int) -> None:
    found = baseline_of([level] * n)
    assert (found.mean, found.sd, found.moving_range, found.persistence) == (level, 0, 0, 0)
    assert 0 < found.sigma <= 1e-12 * max(level, 1)


@given(values, st.integers(-1000, 1000), st.sampled_from([0.25, 0.5, 2.0, 8.0]))
def test_a_baseline_moves_and_stretches_with_its_values(series: list[float], shift: int, scale: float) -> None:
    before, after = baseline_of(series), baseline_of([shift + scale * value for value in series])
    assert after.mean == pytest.approx(shift + scale * before.mean, abs=1e-9)
    assert (after.sd, after.moving_range, after.persistence) == pytest.approx(
        (scale * before.sd, scale * before.moving_range, before.persistence), abs=1e-9
    )


@given(values)
def test_a_mirrored_series_has_the_mirrored_baseline(series: list[float]) -> None:
    before, after = baseline_of(series), baseline_of([-value for value in series])
    assert after == Baseline(before.n, -before.mean, before.sd, before.moving_range, before.persistence)


@given(values)
def test_autocorrelation_stays_between_minus_one_and_one(series: list[float]) -> None:
    assert -1 <= autocorrelation(series) <= 1


@pytest.mark.parametrize("series", [[], [1.0]])
def test_a_baseline_needs_two_values(series: list[float]) -> None:
    with pytest.raises(ScoringError, match="a baseline needs at least 2 values"):
        baseline_of(series)


@pytest.mark.parametrize("r", [0.0, 0.3, 0.8])
@pytest.mark.parametrize("n", [0, 1, 2, 7])
def test_the_variance_of_a_sum_adds_up_all_covariances(n: int, r: float) -> None:
    expected = sum(r ** abs(one - other) for one in range(n) for other in range(n))
    assert summed_variance(n, r) == agrees(expected)


def test_the_correction_for_short_series_fades_as_they_grow() -> None:
    assert unbiased(0.2, 10) == agrees(0.5)
    assert unbiased(0.2, 10**6) == pytest.approx(0.2, abs=1e-5)
    assert [persistence(unbiased(r, 8)) for r in (-0.5, 0.75)] == [0, 0.8]
