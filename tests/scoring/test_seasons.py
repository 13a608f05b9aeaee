"""Seasons are taken out before a series is judged: weekdays by their medians, years by the year before."""

from datetime import date, timedelta

import pytest

from app.scoring.errors import ScoringError
from app.scoring.phases import phase_of
from app.scoring.seasons import Point, Season, against_last_year, in_order, weekday_effect
from tests.scoring.series import MONDAY, days, weeks

HIGH_MONDAY = [20.0, 10.0, 11.0, 9.0, 10.0, 4.0, 4.0]


def test_the_effect_of_a_weekday_is_its_median_less_that_of_all() -> None:
    effect = weekday_effect(days([*HIGH_MONDAY * 3, 60.0, *HIGH_MONDAY[1:]]))
    assert effect.above == {0: 10, 1: 0, 2: 1, 3: -1, 4: 0, 5: -6, 6: -6}


def test_a_weekday_that_comes_up_less_than_four_times_is_no_regular_one() -> None:
    effect = weekday_effect([*days(HIGH_MONDAY[:5] * 4), Point(MONDAY - timedelta(1), 99.0)])
    assert 6 not in effect.above
    assert effect.without(Point(MONDAY - timedelta(1), 99.0)) is None
    assert effect.without(Point(MONDAY, None)) is None


def test_without_any_regular_weekday_there_is_no_effect() -> None:
    assert weekday_effect(days(HIGH_MONDAY)).above == {}
    assert weekday_effect([Point(MONDAY, None)]).above == {}


def test_a_baseline_of_whole_weeks_waits_for_four_of_each_weekday() -> None:
    phase = phase_of(days(HIGH_MONDAY * 5), Season.WEEKDAY, 20)
    assert phase.learnt_until == MONDAY + timedelta(27)
    assert phase.baseline is not None
    assert (phase.baseline.mean, phase.baseline.sd, set(phase.judged())) == (10, 0, {10})


def test_a_baseline_does_not_wait_for_a_weekday_that_was_open_once() -> None:
    weekdays = [point for point in days(HIGH_MONDAY * 6) if point.on.weekday() < 5]
    sunday = Point(MONDAY + timedelta(6), 500.0)
    phase = phase_of(in_order([*weekdays, sunday]), Season.WEEKDAY, 20)
    assert phase.baseline is not None
    assert (phase.baseline.n, phase.baseline.mean, phase.learnt_until) == (20, 10, MONDAY + timedelta(25))
    assert [point.value for point in phase.points if point.on.weekday() == 6] == [None]


def test_too_few_points_leave_a_phase_without_baseline() -> None:
    phase = phase_of(days(HIGH_MONDAY * 2), Season.NONE, 20)
    assert (phase.baseline, phase.learnt_until, phase.judged()) == (None, None, [])


def test_a_baseline_that_is_settled_elsewhere_still_needs_its_points() -> None:
    points = days([1.0, 2.0] * 15)
    assert phase_of(points, Season.NONE, 20, learnt_until=MONDAY + timedelta(18)).baseline is None
    longer = phase_of(points, Season.NONE, 20, learnt_until=MONDAY + timedelta(24)).baseline
    assert longer is not None
    assert longer.n == 25


def test_weeks_are_compared_with_the_week_52_weeks_before() -> None:
    points = weeks([float(week) for week in range(60)])
    values = [point.value for point in against_last_year(points, Season.WEEKS)]
    assert values == [None] * 52 + [52.0] * 8


def test_months_are_compared_with_the_same_date_a_year_before() -> None:
    points = [Point(date(2023, 3, 1), 5.0), Point(date(2024, 2, 29), 7.0), Point(date(2024, 3, 1), 9.0)]
    points += [Point(date(2023, 2, 28), 4.0), Point(date(2025, 3, 1), None)]
    found = {point.on: point.value for point in against_last_year(points, Season.YEAR)}
    assert found == {
        date(2023, 3, 1): None,
        date(2024, 2, 29): 3,
        date(2024, 3, 1): 4,
        date(2023, 2, 28): None,
        date(2025, 3, 1): None,
    }


@pytest.mark.parametrize("season", [Season.NONE, Season.WEEKDAY])
def test_other_seasons_compare_nothing_with_last_year(season: Season) -> None:
    assert against_last_year(weeks([1.0, 2.0]), season) == weeks([1.0, 2.0])


def test_a_day_comes_once() -> None:
    with pytest.raises(ScoringError, match="one point a step, got 2 on 2026-01-05"):
        in_order([Point(MONDAY, 1.0), Point(MONDAY, 1.0)])


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_are_finite(value: float) -> None:
    with pytest.raises(ScoringError, match="must be a finite number"):
        in_order([Point(MONDAY, value)])
