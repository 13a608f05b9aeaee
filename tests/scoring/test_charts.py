"""Charts measure how far a series is towards its limits, whatever their settings, and refuse settings without sense."""

import math
from collections.abc import Callable

import pytest

from app.scoring.baselines import Baseline
from app.scoring.charts import Chart, Cusum, Distance, Ewma, Side, Single
from app.scoring.directions import Better, Direction, good_values
from app.scoring.errors import ScoringError
from app.scoring.results import Interval
from tests.scoring.facts import agrees

KNOWN = Baseline(24, 50.0, 2.0, 0.0, 0.0)
EXAMPLE = [52.0, 47.0, 44.0, 43.0]


def test_the_worked_example_signals_at_the_fourth_value() -> None:
    steps = Ewma().smoothed(KNOWN, EXAMPLE)
    assert [step.value for step in steps] == agrees([50.4, 49.72, 48.576, 47.4608])
    assert [round(step.half, 4) for step in steps] == [1.1848, 1.5173, 1.6962, 1.8014]
    assert [distance.low > 1 for distance in Ewma().distances(KNOWN, EXAMPLE)] == [False, False, False, True]


def test_an_ewma_of_full_weight_is_a_chart_of_single_values() -> None:
    ewma, single = Ewma(1.0, 3.0).distances(KNOWN, EXAMPLE), Single(3.0).distances(KNOWN, EXAMPLE)
    assert ewma == [agrees(distance) for distance in single]


def test_limits_widen_to_their_full_width() -> None:
    halves = [step.half for step in Ewma().smoothed(KNOWN, [50.0] * 80)]
    assert halves == sorted(halves)
    assert halves[-1] == agrees(2.962 * 2 / 3)


def test_a_series_that_remembers_has_wider_limits_in_an_ewma_only() -> None:
    remembers = Baseline(24, 50.0, 2.0, 0.0, 0.35)
    ratio = math.sqrt((1 + 0.28) / (1 - 0.28))
    plain, wider = (Ewma().smoothed(baseline, EXAMPLE) for baseline in (KNOWN, remembers))
    assert [step.half for step in wider] == agrees([ratio * step.half for step in plain])
    assert Cusum().sums(remembers, EXAMPLE) == Cusum().sums(KNOWN, EXAMPLE)


def test_a_cusum_adds_up_what_exceeds_its_reference() -> None:
    assert Cusum().sums(KNOWN, [52, 47, 44, 43, 57]) == [
        Distance(0, 0.5),
        Distance(1, 0),
        Distance(3.5, 0),
        Distance(6.5, 0),
        Distance(2.5, 3),
    ]
    assert Cusum(1.0).sums(KNOWN, [57, 44]) == [Distance(0, 2.5), Distance(2, 0)]
    assert Cusum(0.5, 4).distances(KNOWN, EXAMPLE)[-1] == Distance(6.5 / 4, 0)


def test_a_distance_has_two_sides() -> None:
    assert [Distance(0.2, 0.7).on(side) for side in Side] == [0.2, 0.7]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Ewma(0.0), "smoothing must be from 0.01 to 1, got 0.0"),
        (lambda: Ewma(1.1), "smoothing must be from 0.01 to 1, got 1.1"),
        (lambda: Ewma(math.nan), "smoothing must be"),
        (lambda: Ewma(0.2, 0.0), "width must be above 0 and at most 10, got 0.0"),
        (lambda: Cusum(-0.1), "reference must be from 0 to 10, got -0.1"),
        (lambda: Cusum(0.5, 51), "decision must be above 0 and at most 50, got 51"),
        (lambda: Single(math.nan), "width must be"),
    ],
)
def test_settings_without_sense_are_refused(make: Callable[[], Chart], message: str) -> None:
    with pytest.raises(ScoringError, match=message):
        make()


def test_the_bad_side_is_the_other_one_of_the_better() -> None:
    assert Better().bad_sides(50) == (Side.LOW,)
    assert Better(Direction.LOWER).bad_sides(50) == (Side.HIGH,)


def test_in_a_range_the_bad_side_leads_away_from_it() -> None:
    best = Better(Direction.IN_RANGE, Interval(4, 7))
    sides = {centre: best.bad_sides(centre) for centre in (3.9, 4, 7, 7.1)}
    both = (Side.LOW, Side.HIGH)
    assert sides == {3.9: (Side.LOW,), 4: both, 7: both, 7.1: (Side.HIGH,)}


@pytest.mark.parametrize(
    ("direction", "best", "message"),
    [
        (Direction.IN_RANGE, None, "a best range belongs to in_range only, and is needed there"),
        (Direction.HIGHER, Interval(1, 2), "a best range belongs to in_range only"),
        (Direction.IN_RANGE, Interval(2, 1), "a best range needs lo <= hi, got 2 and 1"),
        (Direction.IN_RANGE, Interval(2, math.inf), "a best range needs"),
        (Direction.IN_RANGE, Interval(math.nan, 2), "a best range needs"),
    ],
)
def test_a_direction_must_say_what_is_bad(direction: Direction, best: Interval | None, message: str) -> None:
    with pytest.raises(ScoringError, match=message):
        Better(direction, best)


def test_a_range_has_two_limits_where_others_have_one() -> None:
    assert good_values(3, Direction.LOWER) == (-math.inf, 3)
    with pytest.raises(ScoringError, match="two limits"):
        good_values(3, Direction.IN_RANGE)
