"""A red line alerts when it is crossed and does not flap when a value dithers around it."""

import math
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.directions import Direction, good_values
from app.scoring.errors import ScoringError
from app.scoring.results import Interval
from app.scoring.seasons import Point
from app.scoring.thresholds import Crossing, Threshold, crossings
from tests.scoring.series import MONDAY, days

RED = Threshold(good_values(50, Direction.HIGHER), margin=3)
values = st.lists(st.integers(30, 70).map(float), max_size=40)


def day(number: int) -> date:
    return MONDAY + timedelta(number)


def test_an_alert_ends_only_when_the_value_is_well_back() -> None:
    assert crossings(days([51, 49, 51, 52.9, 49, 53, 51, 50]), RED) == [Crossing(day(1), day(5))]


def test_a_target_that_is_just_reached_is_reached() -> None:
    lower = Threshold(good_values(90, Direction.LOWER), margin=0)
    assert (crossings(days([50.0, 50.0]), RED), crossings(days([90.0]), lower)) == ([], [])
    assert crossings(days([90.1]), lower) == [Crossing(day(0), None)]


def test_a_range_alerts_on_either_side() -> None:
    inside = Threshold(Interval(4, 7), margin=1)
    assert crossings(days([5, 3.9, 4.5, 5, 7.1, 6.5, 6]), inside) == [
        Crossing(day(1), day(3)),
        Crossing(day(4), day(6)),
    ]


def test_a_step_without_figure_changes_nothing() -> None:
    assert crossings(days([None, 49, None, 52, None, 53, None]), RED) == [Crossing(day(1), day(5))]


@given(values, st.integers(0, 8).map(float))
def test_a_margin_never_gives_more_alerts_nor_another_first_one(series: list[float], margin: float) -> None:
    limits = good_values(50, Direction.HIGHER)
    calm, touchy = (crossings(days(series), Threshold(limits, size)) for size in (margin, 0.0))
    assert len(calm) <= len(touchy)
    assert [crossing.since for crossing in calm[:1]] == [crossing.since for crossing in touchy[:1]]


@given(st.lists(st.floats(47.1, 52.9), max_size=40))
def test_values_between_line_and_margin_never_end_an_alert(series: list[float]) -> None:
    found = crossings(days([40.0, *series]), RED)
    assert found == [Crossing(day(0), None)]


@given(values)
def test_mirrored_values_cross_the_mirrored_line_on_the_same_days(series: list[float]) -> None:
    mirrored = Threshold(good_values(-50, Direction.LOWER), margin=3)
    assert crossings(days([-value for value in series]), mirrored) == crossings(days(series), RED)


@given(values, st.data())
def test_the_order_in_which_points_are_given_changes_nothing(series: list[float], data: st.DataObject) -> None:
    points: list[Point] = days(series)
    assert crossings(data.draw(st.permutations(points)), RED) == crossings(points, RED)


@pytest.mark.parametrize(
    ("limits", "margin", "message"),
    [
        (Interval(-math.inf, math.inf), 1, "a threshold needs a limit"),
        (Interval(5, 4), 0, "the lower one first, got 5 and 4"),
        (Interval(math.nan, 4), 0, "a threshold needs a limit"),
        (Interval(4, 7), 1.6, "leave room between the limits, got 1.6"),
        (Interval(4, math.inf), -1, "a margin must be 0 or more"),
        (Interval(4, math.inf), math.inf, "a margin must be 0 or more"),
    ],
)
def test_a_line_that_nothing_can_cross_is_refused(limits: Interval, margin: float, message: str) -> None:
    with pytest.raises(ScoringError, match=message):
        Threshold(limits, margin)
