"""Goalposts turn a figure into points on straight lines, capped outside, whichever way is better."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.errors import ScoringError
from app.scoring.goalposts import Goalposts, RangeGoalposts, score_metric
from app.scoring.metrics import Aggregation, Method, known, measure
from app.scoring.results import Interval
from tests.scoring.facts import agrees
from tests.scoring.readings import days, told

HIGHER, LOWER = Goalposts(50, 80, 100), Goalposts(180, 45, 20)
HANDLING = RangeGoalposts(2, 4, 7, 12)
values = st.floats(-1000, 1000)
steps = st.floats(1e-6, 1e6)


@st.composite
def goalposts(draw: st.DrawFn) -> Goalposts:
    """Rising or falling, with or without a stretch, with any score for the target."""
    floor, first, second = draw(values), draw(steps), draw(steps)
    sign = draw(st.sampled_from([1, -1]))
    target = floor + sign * first
    stretch = draw(st.sampled_from([None, target + sign * second]))
    return Goalposts(floor, target, stretch, draw(st.floats(0.01, 99.99)))


@st.composite
def ranges(draw: st.DrawFn) -> RangeGoalposts:
    low_floor, best = draw(values), draw(st.just(0.0) | steps)
    low_best = low_floor + draw(steps)
    return RangeGoalposts(low_floor, low_best, low_best + best, low_best + best + draw(steps))


@pytest.mark.parametrize(
    ("posts", "points"),
    [
        (HIGHER, {49: 0, 50: 0, 80: 75, 90: 87.5, 100: 100, 101: 100}),
        (LOWER, {181: 0, 180: 0, 112.5: 37.5, 45: 75, 32.5: 87.5, 20: 100, 0: 100}),
        (Goalposts(0, 10), {-1: 0, 0: 0, 5: 50, 10: 100, 11: 100}),
        (Goalposts(10, 0), {11: 0, 5: 50, 0: 100, -1: 100}),
        (Goalposts(50, 80, 100, 60), {65: 30, 80: 60, 90: 80}),
        (HANDLING, {1: 0, 2: 0, 3: 50, 4: 100, 5: 100, 7: 100, 9.5: 50, 12: 0, 13: 0}),
        (RangeGoalposts(-1, 0, 0, 5), {-0.5: 50, 0: 100, 1: 80}),
    ],
)
def test_a_figure_has_the_points_of_its_piece(posts: Goalposts | RangeGoalposts, points: dict[float, float]) -> None:
    assert {value: posts.points(value) for value in points} == points


@given(goalposts() | ranges(), values)
def test_points_stay_within_0_to_100(posts: Goalposts | RangeGoalposts, value: float) -> None:
    assert 0 <= posts.points(value) <= 100


@given(goalposts(), values, values)
def test_a_better_figure_never_has_fewer_points(posts: Goalposts, one: float, other: float) -> None:
    worse, better = sorted((one, other), reverse=posts.target < posts.floor)
    assert posts.points(worse) <= posts.points(better)


@given(ranges(), values, values)
def test_a_range_rises_to_its_best_and_falls_after_it(posts: RangeGoalposts, one: float, other: float) -> None:
    low, high = sorted((one, other))
    if high <= posts.low_best:
        assert posts.points(low) <= posts.points(high)
    if low >= posts.high_best:
        assert posts.points(low) >= posts.points(high)


@given(goalposts())
def test_a_target_that_is_reached_is_reached_exactly(posts: Goalposts) -> None:
    reached = 100 if posts.stretch is None else posts.target_score
    ends = {posts.floor: 0, posts.target: reached} | ({} if posts.stretch is None else {posts.stretch: 100})
    assert {end: posts.points(end) for end in ends} == ends


@given(goalposts() | ranges())
def test_the_slope_is_how_much_the_points_move_per_unit(posts: Goalposts | RangeGoalposts) -> None:
    ends = (posts.floor, posts.target) if isinstance(posts, Goalposts) else (posts.low_floor, posts.low_best)
    quarter, half = (ends[0] + part * (ends[1] - ends[0]) for part in (0.25, 0.5))
    moved = (posts.points(half) - posts.points(quarter)) / abs(half - quarter)
    assert posts.slope(half) == pytest.approx(moved, rel=1e-6)


@given(ranges(), values)
def test_a_score_stays_with_its_figure_when_the_scale_is_turned_round(posts: RangeGoalposts, value: float) -> None:
    turned = RangeGoalposts(-posts.high_floor, -posts.high_best, -posts.low_best, -posts.low_floor)
    assert turned.points(-value) == posts.points(value)


@given(goalposts() | ranges(), values, values, st.floats(0, 1))
def test_a_mapped_interval_holds_the_points_of_everything_inside(
    posts: Goalposts | RangeGoalposts, one: float, other: float, within: float
) -> None:
    lo, hi = sorted((one, other))
    mapped = posts.map_interval(Interval(lo, hi))
    value = min(hi, max(lo, lo + within * (hi - lo)))
    assert mapped.lo <= posts.points(value) <= mapped.hi


@pytest.mark.parametrize(
    ("posts", "slopes"),
    [
        (HIGHER, {40: 0, 50: 2.5, 72: 2.5, 80: 2.5, 81: 1.25, 100: 1.25, 101: 0}),
        (LOWER, {181: 0, 180: 75 / 135, 45: 75 / 135, 44: 1, 20: 1, 19: 0}),
        (HANDLING, {1: 0, 3: 50, 5: 0, 9: 20, 13: 0}),
    ],
)
def test_the_slope_is_that_of_the_piece(posts: Goalposts | RangeGoalposts, slopes: dict[float, float]) -> None:
    assert {value: posts.slope(value) for value in slopes} == agrees(slopes)


def test_the_interval_of_a_range_touches_100_where_it_meets_the_best() -> None:
    intervals = [Interval(1, 3), Interval(3, 5), Interval(5, 6), Interval(3, 9.5), Interval(8, 14), Interval(13, 14)]
    assert [HANDLING.map_interval(interval) for interval in intervals] == [
        (0, 50),
        (50, 100),
        (100, 100),
        (50, 100),
        (0, 80),
        (0, 0),
    ]


def test_the_error_of_a_score_is_that_of_the_figure_times_the_slope() -> None:
    figure = told(measure(Aggregation(Method.MEAN), days([70, 74, 72, 72])))
    score = score_metric(4, figure, HIGHER)
    assert (score.kpi, score.score, score.df, score.measured) == (4, 55, 3, figure)
    assert score.se == agrees(2.5 * figure.se)
    assert score.interval == agrees((2.5 * (figure.interval.lo - 50), 2.5 * (figure.interval.hi - 50)))


def test_attainment_is_uncapped_and_beside_the_score() -> None:
    assert [score_metric(0, known(120), posts).attainment for posts in (HIGHER, HANDLING, Goalposts(-10, 0))] == [
        1.5,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("floor", "target", "stretch"),
    [
        *[(50, 50, None), (50, 80, 80), (50, 80, 60), (80, 50, 60)],
        *[(math.nan, 1, 2), (0, math.inf, None), (0, 1, math.nan)],
        *[(0, 5e-324, None), (-1e308, 1e308, None)],
    ],
)
def test_goalposts_must_say_which_way_is_better(floor: float, target: float, stretch: float | None) -> None:
    with pytest.raises(ScoringError, match="must rise or fall strictly"):
        Goalposts(floor, target, stretch)


@pytest.mark.parametrize("target_score", [0, 100, -1, math.nan])
def test_a_target_gives_points_between_0_and_100(target_score: float) -> None:
    with pytest.raises(ScoringError, match="target_score must be between 0 and 100"):
        Goalposts(50, 80, 100, target_score)


@pytest.mark.parametrize(
    "ends", [(2, 2, 7, 12), (2, 7, 4, 12), (2, 4, 7, 7), (math.nan, 4, 7, 12), (2, 4, 7, math.inf)]
)
def test_a_range_must_be_in_order(ends: tuple[float, float, float, float]) -> None:
    with pytest.raises(ScoringError, match="a range needs low floor < low best <= high best < high floor"):
        RangeGoalposts(*ends)
