"""A course learns first, warns on the bad side only, once for each shift, and starts again after an accepted one."""

import math
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.charts import Chart, Cusum, Ewma, Side, Single
from app.scoring.courses import Alert, State, Watch, course
from app.scoring.directions import Better, Direction
from app.scoring.errors import ScoringError
from app.scoring.phases import Phase
from app.scoring.results import Interval
from app.scoring.seasons import Point, Season
from tests.scoring.facts import agrees
from tests.scoring.series import MONDAY, days, weeks

QUIET = [80.0, 82.0] * 10
FALLEN = [*QUIET, *[70.0] * 6]
CHARTS: list[Chart] = [Ewma(), Ewma(0.1, 2.814), Cusum(), Single()]

levels = st.integers(0, 100).map(float)


@st.composite
def shifted(draw: st.DrawFn) -> list[float]:
    """Noise, then noise that lies elsewhere, then anything: series that do signal."""
    noise = st.integers(78, 84).map(float)
    shift = draw(st.integers(-20, 20))
    head, tail = draw(st.lists(noise, min_size=20, max_size=30)), draw(st.lists(noise, max_size=20))
    return [*head, *(value + shift for value in tail), *draw(st.lists(levels, max_size=10))]


series = st.one_of(shifted(), st.lists(levels, min_size=20, max_size=60))


def week(number: int) -> date:
    return MONDAY + timedelta(weeks=number)


def states(values: Sequence[float | None], watch: Watch | None = None, **settings: list[date]) -> list[str]:
    return [step.state.value for step in course(weeks(values), watch, **settings).steps]


def test_the_first_twenty_points_are_learnt_from() -> None:
    assert states([*QUIET, 81]) == ["learning"] * 20 + ["in_control"]


def test_a_longer_baseline_learns_longer() -> None:
    assert states([*QUIET, 81, 81, 81], Watch(baseline=22)) == ["learning"] * 22 + ["in_control"]


def test_a_fall_signals_once_and_says_since_when() -> None:
    found = course(weeks([*QUIET, 82, *[76] * 6]))
    assert found.alerts == (Alert(week(22), Side.LOW, week(21)),)
    assert (found.alerts[0].on, found.state) == (week(22), State.SIGNAL)


def test_a_shift_began_after_the_chart_was_last_at_the_centre() -> None:
    assert course(weeks([*QUIET, 80, 83, *[70] * 6])).alerts == (Alert(week(22), Side.LOW, week(22)),)
    assert course(weeks([*QUIET, 80, 80, *[70] * 6])).alerts == (Alert(week(22), Side.LOW, week(20)),)


def test_a_rise_is_no_warning_where_higher_is_better() -> None:
    risen = [*QUIET, *[95.0] * 6]
    found = course(weeks(risen))
    assert (found.alerts, found.state, [alert.on for alert in found.gains]) == ((), State.IN_CONTROL, [week(20)])
    assert course(weeks(risen), Watch(better=Better(Direction.LOWER))).alerts[0].side is Side.HIGH


@pytest.mark.parametrize(("best", "sides"), [((70, 90), ["low", "high"]), ((85, 90), ["low"]), ((60, 70), ["high"])])
def test_in_a_range_the_way_out_of_it_warns(best: tuple[float, float], sides: list[str]) -> None:
    watch = Watch(better=Better(Direction.IN_RANGE, Interval(*best)))
    values = [*QUIET, *[70.0] * 3, *[81.0] * 20, *[95.0] * 3]
    assert [alert.side.value for alert in course(weeks(values), watch).alerts] == sides


def test_one_best_value_is_a_range_that_is_left_either_way() -> None:
    assert [side.value for side in Better(Direction.IN_RANGE, Interval(7, 7)).bad_sides(7)] == ["low", "high"]


def test_what_leads_into_the_best_range_is_a_gain() -> None:
    watch = Watch(better=Better(Direction.IN_RANGE, Interval(90, 95)))
    found = course(weeks([*QUIET, *[93.0] * 4]), watch)
    assert (found.alerts, [gain.side for gain in found.gains]) == ((), [Side.HIGH])


def test_the_team_of_the_demo_is_seen_long_before_any_red_line() -> None:
    first = [81, 83, 80, 79, 82, 81, 84, 80, 78, 81, 82, 80, 83, 81, 79, 82, 81, 80, 82, 81, 83, 79, 81, 82]
    found = course(weeks([*first, 76, 74, 75, 73, 74]))
    assert [step.state.value for step in found.steps[24:]] == ["in_control", "signal", "signal", "signal", "signal"]


def test_a_course_that_learns_says_how_much_it_has_seen() -> None:
    assert course(weeks([None, 80, 81, None])).phases[0].seen == 2


def test_a_signal_lasts_until_the_chart_is_well_inside() -> None:
    sigma = 2 * math.sqrt(math.pi) / 2
    back = [81 - share * 3 * sigma for share in (1.1, 0.9, 0.6, 0.4, 0.9)]
    calm, touchy = (states([*QUIET, *back], Watch(Single(), calm=share))[20:] for share in (0.5, 1.0))
    assert calm == ["signal", "signal", "signal", "in_control", "in_control"]
    assert states([*QUIET, *back], Watch(Single()))[20:] == calm
    assert touchy == ["signal", "in_control", "in_control", "in_control", "in_control"]


def test_a_value_that_dithers_around_the_limit_is_one_alert() -> None:
    sigma = course(weeks(QUIET)).phases[0].baseline
    assert sigma is not None
    limit = 81 - 3 * sigma.sigma
    dither = [limit - 0.1, limit + 0.1] * 5
    calm, touchy = (course(weeks([*QUIET, *dither]), Watch(Single(), calm=calm)) for calm in (0.5, 1.0))
    assert (len(calm.alerts), len(touchy.alerts)) == (1, 5)


def test_a_step_without_figure_keeps_the_state_before_it() -> None:
    assert states([None, *QUIET, None, *[70.0] * 3, None])[20:] == [
        "learning",
        "learning",
        "signal",
        "signal",
        "signal",
        "signal",
    ]


def test_an_accepted_shift_begins_a_new_baseline() -> None:
    values = [*FALLEN, *[70.0, 72.0] * 10, 71.0, *[60.0] * 4]
    watched = course(weeks(values), acknowledged=[week(26)])
    assert [alert.on for alert in watched.alerts] == [week(20), week(47)]
    assert [step.state.value for step in watched.steps[26:46]] == ["learning"] * 20
    assert [phase.baseline.mean for phase in watched.phases if phase.baseline] == [81, 71]


def test_days_outside_the_course_begin_no_baseline() -> None:
    plain = course(weeks(FALLEN))
    assert course(weeks(FALLEN), acknowledged=[week(-5), week(0), week(99)]) == plain


def test_a_step_carries_what_its_picture_shows() -> None:
    found = course(weeks([*QUIET, 78, None, 80]))
    learnt, judged, missing, last = found.steps[19], found.steps[20], found.steps[21], found.steps[22]
    assert learnt.baseline == judged.baseline == found.phases[0].baseline
    assert (learnt.smoothed, learnt.distance, learnt.moving_range) == (None, None, 2)
    assert judged.smoothed is not None
    assert judged.smoothed.value == 81 + 0.2 * (78 - 81)
    assert sum(judged.smoothed.limits) == agrees(162)
    assert (judged.value, judged.adjusted, judged.moving_range) == (78, 78, 4)
    assert (missing.value, missing.smoothed, missing.moving_range, last.moving_range) == (None, None, None, 2)


def test_the_picture_marks_unusual_values_and_jumps_without_warning() -> None:
    steps = course(weeks([*QUIET, 88.0, None, 75.0, 81.0, 86.4, 82.0])).steps
    assert [step.is_unusual for step in steps[19:]] == [False, True, False, True, False, True, False]
    assert [step.is_jump for step in steps[19:]] == [False, False, False, True, False, False, False]
    learning = course(weeks([80.0, 99.0])).steps[1]
    assert (learning.is_unusual, learning.is_jump) == (False, False)


def test_a_course_without_points_is_learning() -> None:
    found = course([])
    assert (found.steps, found.alerts, found.state) == ((), (), State.LEARNING)


def test_steps_keep_the_raw_value_beside_the_one_without_weekday() -> None:
    by_weekday = [20.0, 10.0, 11.0, 9.0, 10.0, 4.0, 4.0]
    found = course(days([*by_weekday * 4, 20.0, 10.0]), Watch(season=Season.WEEKDAY))
    assert [(step.value, step.adjusted) for step in found.steps[-2:]] == [(20, 10), (10, 10)]
    assert found.state is State.IN_CONTROL


def test_a_year_that_is_like_the_last_one_gives_no_alert() -> None:
    wave = [80.0 + 15 * (week % 52 > 25) + week % 2 for week in range(52)]
    rise = Better(Direction.LOWER)
    plain, compared = (
        course(weeks(wave * 3), Watch(better=rise, season=season)) for season in (Season.NONE, Season.WEEKS)
    )
    assert (plain.alerts[0].on, compared.alerts) == (week(26), ())
    assert [step.state.value for step in compared.steps[71:]] == ["learning", *["in_control"] * 84]


def test_a_series_that_never_changed_signals_with_its_first_change() -> None:
    assert states([100.0] * 20 + [100.0, 99.0]) == ["learning"] * 20 + ["in_control", "signal"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"baseline": 19}, "a baseline needs at least 20 points, got 19"),
        ({"calm": 1.5}, "calm must be from 0 to 1, got 1.5"),
        (
            {"better": Better(Direction.IN_RANGE, Interval(4, 7)), "season": Season.WEEKS},
            "a best range cannot be watched through differences",
        ),
    ],
)
def test_a_watch_without_sense_is_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ScoringError, match=message):
        Watch(**settings)  # type: ignore[arg-type]


@given(series, st.integers(-50, 50), st.sampled_from([0.25, 0.5, 2.0, 4.0]), st.sampled_from(CHARTS))
def test_moving_and_stretching_a_series_changes_no_state(
    values: list[float], shift: int, scale: float, chart: Chart
) -> None:
    before, after = (
        course(weeks(shown), Watch(chart)) for shown in (values, [shift + scale * value for value in values])
    )
    assert [step.state for step in after.steps] == [step.state for step in before.steps]
    assert [(alert.on, alert.side) for alert in after.alerts] == [(alert.on, alert.side) for alert in before.alerts]


@given(series, st.sampled_from(CHARTS))
def test_a_mirrored_series_of_the_opposite_direction_has_the_mirrored_course(values: list[float], chart: Chart) -> None:
    before = course(weeks(values), Watch(chart))
    after = course(weeks([-value for value in values]), Watch(chart, Better(Direction.LOWER)))
    assert [step.state for step in after.steps] == [step.state for step in before.steps]
    assert [(alert.on, alert.began) for alert in after.alerts] == [(alert.on, alert.began) for alert in before.alerts]
    assert {alert.side for alert in after.alerts} <= {Side.HIGH}


@given(series, st.data())
def test_the_order_in_which_points_are_given_changes_nothing(values: list[float], data: st.DataObject) -> None:
    points = weeks(values)
    assert course(data.draw(st.permutations(points))) == course(points)


@given(series, st.data(), st.sampled_from(CHARTS))
def test_steps_without_figure_change_nothing_about_the_others(
    values: list[float], data: st.DataObject, chart: Chart
) -> None:
    gaps = data.draw(st.lists(st.integers(0, len(values)), max_size=8))
    filled = [Point(point.on, point.value) for point in weeks(values)]
    empty = [Point(day, None) for day in {week(gap) - timedelta(days=3) for gap in gaps}]
    with_gaps, without = course([*filled, *empty], Watch(chart)), course(filled, Watch(chart))
    assert with_gaps.alerts == without.alerts
    assert [step for step in with_gaps.steps if step.value is not None] == list(without.steps)


@given(st.lists(levels, max_size=60), st.integers(20, 30), st.sampled_from(CHARTS))
def test_nothing_signals_before_the_baseline_is_complete(values: list[float], baseline: int, chart: Chart) -> None:
    found = course(weeks(values), Watch(chart, baseline=baseline))
    assert {step.state for step in found.steps[:baseline]} <= {State.LEARNING}
    assert all(step.state is not State.LEARNING for step in found.steps[baseline:])


@given(series, st.integers(0, 70), st.sampled_from(CHARTS))
def test_a_new_baseline_forgets_what_was_before(values: list[float], cut: int, chart: Chart) -> None:
    points = weeks(values)
    whole = course(points, Watch(chart), acknowledged=[week(cut)])
    head, tail = (course(part, Watch(chart)) for part in (points[:cut], points[cut:]))
    assert whole.steps == head.steps + tail.steps
    assert whole.alerts == head.alerts + tail.alerts


@given(series, st.sampled_from(CHARTS), st.floats(0, 1))
def test_more_calm_never_gives_more_alerts(values: list[float], chart: Chart, calm: float) -> None:
    calmer, plain = (course(weeks(values), Watch(chart, calm=share)) for share in (calm, 1.0))
    assert len(calmer.alerts) <= len(plain.alerts)
    assert [alert.on for alert in calmer.alerts[:1]] == [alert.on for alert in plain.alerts[:1]]


def test_what_is_seen_of_a_phase_are_its_values() -> None:
    mondays = [date(2026, 1, 5) + timedelta(weeks=week) for week in range(4)]
    phase = Phase(
        tuple(Point(day, value) for day, value in zip(mondays, (50.0, None, 52.0, 51.0), strict=True)), None, None
    )
    assert phase.seen == 3
