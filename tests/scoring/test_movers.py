"""The item and rater group that moved are named, and their parts add up to the shift that signalled."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.charts import Cusum, Side, Single
from app.scoring.courses import Alert, Watch, course
from app.scoring.directions import Better, Direction
from app.scoring.errors import ScoringError
from app.scoring.movers import Strand, movers
from app.scoring.seasons import Point, Season
from tests.scoring.facts import agrees
from tests.scoring.series import MONDAY, days, weeks

STEADY = [80.0, 82.0] * 10 + [81.0] * 5
FALLING = [78.0, 84.0] * 10 + [60.0] * 5
WEIGHTS = {
    ("welcome", "customer"): 0.4,
    ("welcome", "colleague"): 0.3,
    ("plan", "customer"): 0.2,
    ("plan", "colleague"): 0.1,
}
FALLERS = {("welcome", "customer")}


def strands(fallers: set[tuple[str, str]], *, sign: int = 1) -> list[Strand]:
    return [
        Strand(
            item, group, weight, weeks([sign * value for value in (FALLING if (item, group) in fallers else STEADY)])
        )
        for (item, group), weight in WEIGHTS.items()
    ]


def kpi_of(parts: list[Strand]) -> list[Point]:
    columns = zip(*(part.points for part in parts), strict=True)
    return [
        Point(row[0].on, sum(part.weight * (point.value or 0) for part, point in zip(parts, row, strict=True)))
        for row in columns
    ]


def test_the_strand_that_fell_is_named_first_and_the_parts_add_up() -> None:
    parts = strands(FALLERS)
    found = course(kpi_of(parts))
    moved = movers(parts, found, found.alerts[0])
    assert (moved.movers[0].item, moved.movers[0].group) == ("welcome", "customer")
    assert [mover.is_beyond for mover in moved.movers] == [True, False, False, False]
    assert moved.movers[0].share == pytest.approx(1, abs=1e-9)
    assert sum(mover.part for mover in moved.movers) == agrees(moved.shift)
    assert moved.rest == pytest.approx(0, abs=1e-9)


def test_where_lower_is_better_the_strand_that_rose_is_named() -> None:
    watch = Watch(better=Better(Direction.LOWER))
    parts = strands(FALLERS, sign=-1)
    found = course(kpi_of(parts), watch)
    moved = movers(parts, found, found.alerts[0], watch)
    assert (moved.movers[0].item, moved.movers[0].group, moved.movers[0].shift > 0) == ("welcome", "customer", True)


def test_a_strand_that_is_not_known_long_enough_is_left_in_the_rest() -> None:
    whole = strands(FALLERS)
    found = course(kpi_of(whole))
    late = [part if part.item == "plan" else part._replace(points=part.points[11:]) for part in whole]
    silent = [part if part.item == "plan" else part._replace(points=part.points[:20]) for part in whole]
    for parts in (late, silent):
        moved = movers(parts, found, found.alerts[0])
        assert [mover.item for mover in moved.movers] == ["plan", "plan"]
        assert moved.rest == agrees(moved.shift - sum(mover.part for mover in moved.movers))
        assert moved.rest < -2


def test_a_strand_is_judged_against_the_days_the_kpi_learnt_from() -> None:
    parts = strands(FALLERS)
    found = course(kpi_of(parts))
    gap = parts[0]._replace(points=[point for place, point in enumerate(parts[0].points) if place not in {3, 4, 5}])
    moved = movers([gap, *parts[1:]], found, found.alerts[0])
    assert moved.movers[0].item == "welcome"
    assert moved.movers[0].is_beyond


def test_after_an_accepted_shift_the_new_baseline_counts() -> None:
    values = [*[90.0, 92.0] * 10, *STEADY[:20], *[60.0] * 4]
    start = MONDAY + timedelta(weeks=20)
    found = course(weeks(values), acknowledged=[start])
    moved = movers([Strand("welcome", "customer", 1.0, weeks(values))], found, found.alerts[-1])
    assert (moved.movers[0].share, moved.rest) == pytest.approx((1, 0), abs=1e-12)
    assert moved.shift == agrees(0.2 * (60 - 81))


@pytest.mark.parametrize("chart", [Cusum(), Single(2.0)])
def test_other_charts_are_explained_by_their_smoothed_line(chart: Cusum | Single) -> None:
    parts, watch = strands(FALLERS), Watch(chart)
    found = course(kpi_of(parts), watch)
    moved = movers(parts, found, found.alerts[0], watch)
    step = next(step for step in found.steps if step.on == found.alerts[0].on)
    assert step.smoothed is not None
    assert moved.shift == agrees(step.smoothed.value - step.smoothed.centre)
    assert moved.movers[0].item == "welcome"


def test_weekdays_are_taken_out_of_strands_as_well() -> None:
    by_weekday = [20.0, 10.0, 11.0, 9.0, 10.0, 4.0, 4.0] * 4
    values = [
        *(value + (place % 3) for place, value in enumerate(by_weekday)),
        *(value - 9 for value in by_weekday[:7]),
    ]
    watch = Watch(season=Season.WEEKDAY)
    found = course(days(values), watch)
    moved = movers([Strand("welcome", "customer", 1.0, days(values))], found, found.alerts[0], watch)
    assert (moved.movers[0].share, moved.movers[0].is_beyond) == (agrees(1), True)


def test_a_course_that_did_not_move_where_its_chart_signalled_has_no_shares() -> None:
    values = [*[80.0, 82.0] * 10, *[81.0] * 2]
    plain = course(weeks(values))
    alert = Alert(plain.steps[-1].on, Side.LOW, plain.steps[-1].on)
    claimed = replace(plain, alerts=(alert,))
    moved = movers([Strand("welcome", "customer", 1.0, weeks(values))], claimed, alert)
    assert (moved.shift, moved.movers[0].share) == (0, 0)


def test_an_alert_of_another_course_is_refused() -> None:
    found = course(weeks(FALLING))
    for day in (MONDAY, MONDAY + timedelta(weeks=24), MONDAY - timedelta(1)):
        with pytest.raises(ScoringError, match="there is no alert on"):
            movers([], found, Alert(day, Side.LOW, day))


@pytest.mark.parametrize("weight", [-0.1, float("nan")])
def test_weights_are_not_negative(weight: float) -> None:
    found = course(weeks(FALLING))
    with pytest.raises(ScoringError, match="weight of welcome by customer must be 0 or more"):
        movers([Strand("welcome", "customer", weight, weeks(STEADY))], found, found.alerts[0])


@given(
    st.lists(st.lists(st.integers(70, 90).map(float), min_size=20, max_size=20), min_size=3, max_size=3),
    st.lists(st.integers(1, 5), min_size=3, max_size=3),
    st.lists(st.integers(0, 60).map(float), min_size=3, max_size=3),
)
def test_parts_always_add_up_to_the_shift_of_a_weighted_mean(
    heads: list[list[float]], weights: list[int], tails: list[float]
) -> None:
    parts = [
        Strand(str(place), "customer", weight / sum(weights), weeks([*head, *[tail] * 3]))
        for place, (head, weight, tail) in enumerate(zip(heads, weights, tails, strict=True))
    ]
    found = course(kpi_of(parts), Watch(Single(0.5)))
    for alert in found.alerts:
        moved = movers(parts, found, alert, Watch(Single(0.5)))
        assert moved.rest == pytest.approx(0, abs=1e-9)
        assert [mover.part for mover in moved.movers] == sorted(mover.part for mover in moved.movers)
