"""Pure decisions of follow-up: seasons that fit, goals that belong together, periods of targets."""

import math
from datetime import date

import pytest

from app.followup.rules import (
    NO_RED_LINE_OF_HARD,
    NOT_IN_COURSE,
    are_related,
    better_of,
    chart_of,
    checked_start,
    goal_of,
    is_amount_with_yield,
    step_of,
    target_period,
    threshold_of,
    upward,
    watch_of,
    watch_problems,
    whole_of,
    years_between_alarms,
)
from app.followup.values import Method, WatchDraft, WatchSetting
from app.kpis.values import Aggregation, Cadence, Direction, KpiId, Target
from app.scoring.charts import Cusum, Ewma, Side
from app.scoring.directions import Better
from app.scoring.directions import Direction as Way
from app.scoring.projection import Whole
from app.scoring.results import Interval
from app.scoring.seasons import Season
from app.scoring.steps import Length
from tests.scoring.facts import agrees

TODAY = date(2026, 11, 23)
GOALS = {"service": "growth", "sales": "growth", "growth": None}


def target(**posts: float) -> Target:
    names = ("floor", "target", "stretch", "low", "best_low", "best_high", "high")
    return Target("t", KpiId("k"), None, TODAY, *(posts.get(name) for name in names))


@pytest.mark.parametrize(
    ("season", "length", "kept"),
    [
        (Season.WEEKDAY, Length.DAY, True),
        (Season.WEEKDAY, Length.WEEK, False),
        (Season.WEEKS, Length.WEEK, True),
        (Season.WEEKS, Length.MONTH, False),
        (Season.YEAR, Length.MONTH, True),
        (Season.YEAR, Length.DAY, False),
        (Season.NONE, Length.DAY, True),
    ],
)
def test_a_season_is_taken_out_where_the_steps_can_show_it(season: Season, length: Length, *, kept: bool) -> None:
    watch = watch_of(WatchSetting("k", season=season), Better(), length)
    assert (watch.season is season) is kept


def test_the_method_chooses_the_chart_and_the_baseline_is_never_too_short() -> None:
    assert (chart_of(Method.EWMA), chart_of(Method.CUSUM)) == (Ewma(), Cusum())
    assert watch_of(WatchSetting("k", Method.CUSUM, baseline=30), Better(), Length.WEEK).baseline == 30
    assert watch_of(WatchSetting("k", baseline=3), Better(), Length.WEEK).baseline == 20


def test_a_best_range_cannot_be_compared_with_the_year_before() -> None:
    drafts = {season: WatchDraft(Method.EWMA, season, 20) for season in Season}
    refused = [season for season, draft in drafts.items() if watch_problems(draft, Direction.IN_RANGE)]
    assert refused == [Season.WEEKS, Season.YEAR]
    assert watch_problems(drafts[Season.YEAR], None) == watch_problems(drafts[Season.YEAR], Direction.LOWER) == []


def test_a_red_line_is_that_of_the_watch_for_a_soft_kpi_and_the_floor_of_a_hard_one() -> None:
    def line(direction: Direction | None, **posts: float) -> tuple[Interval, float] | None:
        found = threshold_of(WatchSetting("k", red_line=50.0), direction, target(**posts) if posts else None)
        return None if found is None else (found.limits, found.margin)

    assert line(None) == (Interval(50, math.inf), 5)
    assert line(Direction.LOWER, floor=180, target=45, stretch=30) == (Interval(-math.inf, 180), agrees(9.0))
    assert line(Direction.HIGHER, floor=2, target=6) == (Interval(2, math.inf), agrees(0.2))
    assert line(Direction.IN_RANGE, low=2, best_low=4, best_high=7, high=12) == (Interval(2, 12), agrees(0.1))
    for direction in (Direction.LOWER, Direction.IN_RANGE):
        assert line(direction) is line(direction, stretch=4) is None
    assert threshold_of(WatchSetting("k"), None, None) is None


def test_a_hard_kpi_takes_no_red_line_of_its_own() -> None:
    draft = WatchDraft(Method.EWMA, Season.NONE, 20, 50.0)
    assert watch_problems(draft, None) == []
    [refused] = watch_problems(draft, Direction.HIGHER)
    assert (refused.field, refused.message) == ("red_line", NO_RED_LINE_OF_HARD)


def test_a_new_level_begins_within_the_course() -> None:
    days = [date(2026, 1, 5), date(2026, 2, 2)]
    assert [checked_start(days, day) for day in (*days, date(2026, 1, 20))] == [[], [], []]
    for day in (date(2026, 1, 4), date(2026, 2, 3)):
        [refused] = checked_start(days, day)
        assert (refused.field, refused.message) == ("starts_on", NOT_IN_COURSE)


@pytest.mark.parametrize(
    ("days", "length"),
    [
        (1, Length.DAY),
        (2, Length.WEEK),
        (8, Length.MONTH),
        (31, Length.MONTH),
        (92, Length.QUARTER),
        (200, Length.YEAR),
    ],
)
def test_without_a_cadence_steps_hold_the_longest_reading(days: int, length: Length) -> None:
    first = date(2026, 1, 1)
    assert step_of(Cadence.MONTH, []) is Length.MONTH
    assert step_of(None, [(first, date.fromordinal(first.toordinal() + days - 1)), (first, first)]) is length


def test_a_kpi_is_better_the_way_it_says_or_inside_its_range() -> None:
    assert better_of(None, None, []).direction is Way.HIGHER
    assert better_of(Direction.HIGHER, target(target=4), []).best is None
    inside = target(low=2, best_low=4, best_high=7, high=12)
    assert better_of(Direction.IN_RANGE, inside, [1, 20]).best == Interval(4, 7)
    assert better_of(Direction.IN_RANGE, None, [5.0, 3.0]).bad_sides(4) == (Side.LOW, Side.HIGH)
    assert better_of(Direction.IN_RANGE, target(target=4), []).best == Interval(0, 0)


def test_turned_upward_every_kpi_is_better_the_higher_it_is() -> None:
    inside = Better(Way.IN_RANGE, Interval(4, 7))
    assert [upward(value, inside) for value in (3, 4, 6, 7, 9)] == [-1, 0, 0, 0, -2]
    assert (upward(5, Better()), upward(5, Better(Way.LOWER))) == (5, -5)


def test_a_goal_is_reached_at_the_target_or_inside_the_best_range() -> None:
    assert goal_of(target(floor=180, target=45), Direction.LOWER) == Interval(-math.inf, 45)
    assert goal_of(target(floor=2, target=6), Direction.HIGHER) == Interval(6, math.inf)
    assert goal_of(target(low=2, best_low=4, best_high=7, high=12), Direction.IN_RANGE) == Interval(4, 7)
    nothing = [(None, Direction.HIGHER), (target(target=4), None), (target(target=4), Direction.IN_RANGE)]
    assert [goal_of(*one) for one in nothing] == [None, None, None]
    assert goal_of(target(), Direction.HIGHER) is None


def test_sums_counts_and_means_have_a_whole() -> None:
    assert [
        whole_of(one) for one in (Aggregation.SUM, Aggregation.COUNT, Aggregation.MEAN, Aggregation.MEDIAN, None)
    ] == [
        Whole.TOTAL,
        Whole.TOTAL,
        Whole.AVERAGE,
        None,
        None,
    ]


def test_a_target_is_looked_at_over_the_shortest_round_under_way_else_over_the_quarter() -> None:
    quarter, half = (date(2026, 10, 1), date(2026, 12, 31)), (date(2026, 7, 1), date(2026, 12, 31))
    week = (date(2026, 11, 23), date(2026, 11, 29))
    assert target_period(Whole.TOTAL, Length.WEEK, TODAY, [half, quarter]) == quarter
    assert target_period(Whole.TOTAL, Length.WEEK, TODAY, [half, week]) == half
    assert target_period(Whole.TOTAL, Length.WEEK, TODAY, []) == quarter


def test_an_average_of_months_is_looked_at_over_the_year_but_no_total_is() -> None:
    assert target_period(Whole.AVERAGE, Length.MONTH, TODAY, []) == (date(2026, 1, 1), date(2026, 12, 31))
    assert target_period(Whole.TOTAL, Length.MONTH, TODAY, []) == (date(2026, 10, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("one", "other", "related"),
    [
        ("service", "service", True),
        ("service", "growth", True),
        ("growth", "sales", True),
        ("service", "sales", False),
        (None, "sales", True),
        ("sales", None, True),
    ],
)
def test_kpis_belong_together_on_one_way_to_a_goal(one: str | None, other: str | None, *, related: bool) -> None:
    assert are_related(one, other, GOALS) is related


def test_goals_that_hang_on_themselves_do_not_hang_the_service() -> None:
    assert not are_related("a", "c", {"a": "b", "b": "a", "c": None})


@pytest.mark.parametrize(
    ("amount", "each", "belong"),
    [
        ((Aggregation.SUM, Direction.HIGHER), (Aggregation.RATIO, Direction.HIGHER), True),
        ((Aggregation.MEAN, Direction.HIGHER), (Aggregation.SHARE, Direction.HIGHER), True),
        ((Aggregation.MEAN, Direction.LOWER), (Aggregation.RATIO, Direction.HIGHER), False),
        ((Aggregation.SUM, Direction.HIGHER), (Aggregation.RATIO, Direction.LOWER), False),
        ((Aggregation.MEDIAN, Direction.HIGHER), (Aggregation.RATIO, Direction.HIGHER), False),
        ((Aggregation.SUM, Direction.HIGHER), (Aggregation.MEAN, Direction.HIGHER), False),
    ],
)
def test_how_much_there_is_belongs_to_how_much_comes_of_each(
    amount: tuple[Aggregation, Direction], each: tuple[Aggregation, Direction], *, belong: bool
) -> None:
    assert is_amount_with_yield(amount, each) is belong


def test_what_never_alarms_by_chance_costs_nothing() -> None:
    assert years_between_alarms(math.inf, Length.DAY) == math.inf
    assert [round(years_between_alarms(100, length), 2) for length in Length] == [0.27, 1.92, 8.33, 25.0, 100.0]
