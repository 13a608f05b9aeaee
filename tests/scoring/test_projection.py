"""The chance to reach a target moves the right way with target, steps and noise, and is never shown as certain."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.errors import ScoringError
from app.scoring.projection import Projection, TooEarly, Whole, project
from app.scoring.results import Interval
from tests.scoring.facts import agrees

SEEN = [10.0, 12, 9, 14, 11, 13, 12, 10]
values = st.lists(st.integers(0, 50).map(float), min_size=8, max_size=30)


def at_least(target: float) -> Interval:
    return Interval(target, math.inf)


def told(*args: Any, **settings: Any) -> Projection:
    found = project(*args, **settings)
    assert isinstance(found, Projection)
    return found


def test_a_forecast_needs_eight_values() -> None:
    assert project([*SEEN[:7], None], 12, at_least(235)) == TooEarly(7, 8)
    assert told([None, *SEEN, None], 12, at_least(235)).chance == told(SEEN, 12, at_least(235)).chance


def test_the_error_is_that_of_values_that_remember() -> None:
    series = [float(value) for value in (4, 5, 7, 3, 4, 6, 7, 6, 2, 3, 5, 4, 1, 2)]
    away = np.array(series) - np.mean(series)
    r = (14 * float(away[1:] @ away[:-1]) / float(away @ away) + 1) / 10
    assert 0 < r < 0.8
    covariance = np.var(series, ddof=1) * r ** np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
    past = np.var(series, ddof=1) * r ** np.abs(np.subtract.outer(np.arange(14), np.arange(14)))
    found = told(series, 5, at_least(60))
    assert (found.persistence, found.se) == agrees((r, math.sqrt(covariance.sum() + 25 * past.sum() / 14**2)))
    assert found.df == agrees(max(2, 14 * (1 - r) / (1 + r) - 1))


def test_where_less_is_better_the_chance_is_the_other_part() -> None:
    more, less = told(SEEN, 12, at_least(235)), told(SEEN, 12, Interval(-math.inf, 235))
    assert more.chance + less.chance == agrees(1)


def test_a_range_has_the_chance_between_its_ends() -> None:
    above, below = told(SEEN, 12, at_least(240)).chance, told(SEEN, 12, Interval(-math.inf, 220)).chance
    assert told(SEEN, 12, Interval(220, 240)).chance == agrees(1 - above - below)


@pytest.mark.parametrize(("target", "chance"), [(40.0, 1), (40.1, 0)])
def test_without_any_noise_a_target_is_reached_or_not_but_shown_with_doubt(target: float, chance: int) -> None:
    found = told([2.0] * 10, 10, at_least(target))
    assert (found.se, found.chance, found.shown) == (0, chance, 95 if chance else 5)


@pytest.mark.parametrize(("target", "chance", "shown"), [(91, 1, 100), (92, 0, 0)])
def test_when_the_period_is_over_nothing_is_left_to_chance(target: float, chance: float, shown: int) -> None:
    found = told(SEEN, 0, at_least(target))
    assert (found.forecast, found.chance, found.shown) == (91, chance, shown)


def test_rounding_takes_nobody_off_a_target_that_is_met_exactly() -> None:
    # Their mean is 5.9 and nothing else; as floats they add up to a little less, or to a little more than 9 times 5.9.
    seen = [9.6, 5.0, 3.8, 9.2, 6.3, 2.3, 8.2, 7.2, 1.5]
    for goal in (Interval(5.9, math.inf), Interval(-math.inf, 5.9), Interval(5.9, 5.9)):
        assert told(seen, 0, goal, of=Whole.AVERAGE).shown == 100
    assert told([0.1] * 10, 2, at_least(0.1), of=Whole.AVERAGE).chance == 1
    assert told(seen, 0, at_least(5.900001), of=Whole.AVERAGE).shown == 0


@pytest.mark.parametrize(("chance", "shown"), [(0.0, 5), (0.07, 5), (0.08, 10), (0.424, 40), (0.926, 95), (1.0, 95)])
def test_a_chance_is_shown_in_steps_of_five(chance: float, shown: int) -> None:
    assert Projection(1.0, 1.0, 3.0, 0.0, chance, 4).shown == shown


@given(values, st.integers(1, 30), st.integers(-500, 3000), st.integers(0, 100))
def test_a_harder_target_is_never_more_likely(series: list[float], left: int, target: int, more: int) -> None:
    assert told(series, left, at_least(target + more)).chance <= told(series, left, at_least(target)).chance


@given(values, st.integers(1, 30), st.integers(0, 1500), st.sampled_from([0.25, 2.0, 8.0]))
def test_another_unit_changes_no_chance(series: list[float], left: int, target: int, scale: float) -> None:
    before = told(series, left, at_least(target))
    after = told([scale * value for value in series], left, at_least(scale * target))
    assert after.chance == pytest.approx(before.chance, abs=1e-9)


@given(values, st.integers(0, 30), st.integers(0, 1500))
def test_a_mirrored_series_has_the_mirrored_chance(series: list[float], left: int, target: int) -> None:
    mirrored = told([-value for value in series], left, Interval(-math.inf, -target))
    assert mirrored.chance == pytest.approx(told(series, left, at_least(target)).chance, abs=1e-9)


@given(values, st.integers(1, 30), st.integers(0, 50))
def test_an_average_is_the_total_divided(series: list[float], left: int, target: int) -> None:
    steps = len(series) + left
    total, average = (
        told(series, left, at_least(target * steps)),
        told(series, left, at_least(target), of=Whole.AVERAGE),
    )
    within = Interval(target, target + 5)
    whole = told(series, left, Interval(within.lo * steps, within.hi * steps))
    assert told(series, left, within, of=Whole.AVERAGE).chance == pytest.approx(whole.chance, abs=1e-9)
    assert average.chance == pytest.approx(total.chance, abs=1e-9)
    assert (average.forecast * steps, average.se * steps) == pytest.approx((total.forecast, total.se))


@pytest.mark.parametrize(
    ("series", "left", "goal", "message"),
    [
        (SEEN, -1, at_least(1), "steps left must be 0 or more, got -1"),
        ([*SEEN, math.nan], 3, at_least(1), "a value must be a finite number"),
        (SEEN, 3, Interval(2, 1), "a goal needs its lower end first, got 2 and 1"),
        (SEEN, 3, at_least(math.nan), "a goal needs its lower end first"),
    ],
)
def test_what_cannot_be_projected_is_refused(series: list[float], left: int, goal: Interval, message: str) -> None:
    with pytest.raises(ScoringError, match=message):
        project(series, left, goal)
