"""What a series means: a chart where there is enough, changes between rounds else; gains, levels, chances."""

import math
from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from app.followup.compose import chance_of, compared_of, is_steady, judged_of, latest_of, red_of, trial_of, usual_of
from app.followup.rules import watch_of
from app.followup.values import Charted, Compared, Finding, Red, Series, Told, WatchSetting
from app.scoring.charts import Side
from app.scoring.courses import State
from app.scoring.directions import Better, Direction
from app.scoring.movers import Strand
from app.scoring.projection import Projection, Whole
from app.scoring.results import Interval
from app.scoring.round_signals import Cause
from app.scoring.seasons import Point
from app.scoring.steps import Length
from app.scoring.thresholds import Threshold
from tests.followup.told import ASKED, MONDAY, OTHERWISE, readings, series, told
from tests.scoring.facts import agrees

SETTING = WatchSetting("kpi")
TODAY = date(2026, 12, 1)
USUAL = [80.0, 82.0] * 12
FALL = [75.0, 73.0, 74.0]
RISE = [87.0, 89.0, 88.0]
WEEK = timedelta(weeks=1)


def judged(
    found: Series, *, better: Better | None = None, shifts: Sequence[date] = (), setting: WatchSetting = SETTING
) -> tuple[Charted | Compared | None, Finding]:
    made = judged_of(found, setting, better or Better(), shifts, today=TODAY)
    # The quick answer about figures of rounds never hides a warning.
    is_rated = any(one.definition is not None for one in found.told)
    assert not (is_rated and is_steady(found, shifts) and made[1].side is not None)
    return made


def test_rounds_are_steady_until_the_last_change_is_a_real_fall() -> None:
    rounds = {"rise": [60.0, 90.0], "little": [80.0, 77.0], "fall": [90.0, 60.0], "first": [90.0], "none": []}
    found = {name: is_steady(series(told(values, half=1.0), Length.MONTH), ()) for name, values in rounds.items()}
    assert found == {"rise": True, "little": True, "fall": False, "first": True, "none": True}
    assert not is_steady(series(told([80.0, 80.0])), ()), "a chart judges weeks"


def test_nothing_told_says_nothing() -> None:
    for found in (series([]), series(told([None, None]))):
        assert judged(found) == (None, Finding(State.LEARNING, 0, 0))


def test_few_weeks_are_learnt_and_not_compared() -> None:
    meaning, finding = judged(series(told([80.0, 20.0])))
    assert isinstance(meaning, Charted)
    assert (finding.state, finding.seen, finding.needed, meaning.run_length) == (State.LEARNING, 2, 20, None)


def test_a_fall_after_the_baseline_is_a_signal() -> None:
    meaning, finding = judged(series(told(USUAL + FALL)))
    assert isinstance(meaning, Charted)
    assert (finding.state, finding.side, finding.is_gain) == (State.SIGNAL, Side.LOW, False)
    assert finding.began == MONDAY + 24 * WEEK
    assert (usual_of(meaning), meaning.moved) == (agrees(81.0), None)


def test_a_rise_is_a_gain_that_warns_nobody() -> None:
    _, finding = judged(series(told(USUAL + RISE)))
    assert (finding.state, finding.side, finding.is_gain) == (State.IN_CONTROL, Side.HIGH, True)


def test_where_lower_is_better_a_rise_warns() -> None:
    _, finding = judged(series(readings(USUAL + RISE)), better=Better(Direction.LOWER))
    assert (finding.state, finding.side, finding.is_gain) == (State.SIGNAL, Side.HIGH, False)


def test_a_fall_that_is_over_is_no_finding_any_more() -> None:
    _, finding = judged(series(told(USUAL + FALL + [85.0] * 3 + USUAL)))
    assert (finding.state, finding.side) == (State.IN_CONTROL, None)


def test_an_accepted_level_is_learnt_afresh() -> None:
    found = series(told(USUAL + FALL))
    meaning, finding = judged(found, shifts=[MONDAY + 24 * WEEK])
    assert (finding.state, finding.seen, finding.side) == (State.LEARNING, 3, None)
    assert usual_of(meaning) is None
    assert isinstance(meaning, Charted)
    assert len(meaning.course.phases) == 2


def test_another_definition_begins_another_course() -> None:
    asked = [ASKED] * 24 + [OTHERWISE] * 3
    _, finding = judged(series(told(USUAL + FALL, asked=asked)))
    assert (finding.state, finding.seen) == (State.LEARNING, 3)


def test_the_item_that_moved_is_named() -> None:
    found = told(USUAL + FALL)
    strands = (
        Strand("tone", "customer", 0.5, [Point(one.first, 81.0) for one in found]),
        Strand("welcome", "customer", 0.5, [Point(one.first, 2 * (one.value or 0) - 81.0) for one in found]),
    )
    _, finding = judged(Series(Length.WEEK, tuple(found), strands))
    assert (finding.item_id, finding.rater_group) == ("welcome", "customer")


def test_what_is_not_known_by_item_names_nothing() -> None:
    found = told(USUAL + FALL)
    strands = (Strand("tone", "customer", 1.0, [Point(one.first, 81.0 + n) for n, one in enumerate(found)]),)
    _, finding = judged(Series(Length.WEEK, tuple(found), strands))
    assert (finding.state, finding.item_id) == (State.SIGNAL, None)


def test_few_readings_are_never_compared_like_rounds() -> None:
    meaning, _ = judged(series(readings([100.0, 10.0, 1.0], length=Length.MONTH), Length.MONTH))
    assert isinstance(meaning, Charted)


def test_a_red_line_that_is_crossed_ends_only_well_back() -> None:
    line = Threshold(Interval(50, math.inf), 5)
    for values, since in (
        ([60.0, 49.0, None, 54.0], MONDAY + WEEK),
        ([49.0, 55.0], None),
        ([60.0, 50.0], None),
        ([], None),
    ):
        assert red_of(told(values), line) == Red(line.limits, 5, since), values
    otherwise = told([49.0, 52.0], asked=[OTHERWISE, ASKED])
    assert red_of(otherwise, line) == Red(line.limits, 5, None), "another question has another line"
    assert red_of(told([49.0]), None) is None


# ------------------------------------------------------------ rounds


def quarters(values: Sequence[float | None], **options: object) -> list[Told]:
    return told(values, length=Length.QUARTER, first=date(2024, 1, 1), **options)  # type: ignore[arg-type]


def test_one_large_fall_between_rounds_signals() -> None:
    meaning, finding = judged(series(quarters([80.0, 60.0]), Length.QUARTER))
    assert isinstance(meaning, Compared)
    assert (finding.state, finding.cause, finding.side) == (State.SIGNAL, Cause.LARGE, Side.LOW)
    assert finding.began == finding.on == date(2024, 4, 1)
    assert usual_of(meaning) is None


def test_the_second_real_fall_signals_and_begins_with_the_first() -> None:
    _, finding = judged(series(quarters([80.0, 71.0, 70.0, 61.0]), Length.QUARTER))
    assert (finding.state, finding.cause) == (State.SIGNAL, Cause.REPEATED)
    assert (finding.began, finding.on) == (date(2024, 4, 1), date(2024, 10, 1))


def test_a_change_that_chance_explains_is_none() -> None:
    _, finding = judged(series(quarters([80.0, 74.0], half=20.0), Length.QUARTER))
    assert (finding.state, finding.side, finding.seen) == (State.IN_CONTROL, None, 2)


def test_a_round_that_says_nothing_leaves_the_signal_before_it_as_it_is() -> None:
    _, finding = judged(series(quarters([80.0, 60.0, None]), Length.QUARTER))
    assert (finding.state, finding.side, finding.on) == (State.SIGNAL, Side.LOW, date(2024, 4, 1))


def test_another_question_ends_a_signal_between_rounds() -> None:
    asked = [ASKED, ASKED, OTHERWISE]
    _, finding = judged(series(quarters([80.0, 60.0, 58.0], asked=asked), Length.QUARTER))
    assert (finding.state, finding.side, finding.seen) == (State.LEARNING, None, 1)


def test_falls_that_follow_each_other_began_with_the_first_of_them() -> None:
    _, finding = judged(series(quarters([60.0, 80.0, 71.0, 62.0, 53.0], half=2.0), Length.QUARTER))
    assert (finding.cause, finding.began, finding.on) == (Cause.REPEATED, date(2024, 7, 1), date(2025, 1, 1))


def test_rounds_of_different_lengths_are_compared_one_after_the_other() -> None:
    _, finding = judged(series(quarters([80.0, 60.0]), None))
    assert finding.state is State.SIGNAL


def test_a_round_is_compared_with_the_last_one_that_asked_for_the_same() -> None:
    asked = [ASKED, OTHERWISE, ASKED, ASKED]
    steps = compared_of(quarters([80.0, 20.0, None, 60.0], asked=asked), []).steps
    assert [None if step.move is None else step.move.difference for step in steps] == [None, None, -20.0]


def test_an_accepted_level_is_not_compared_with_what_came_before() -> None:
    found = quarters([80.0, 60.0, 61.0])
    _, finding = judged(series(found, Length.QUARTER), shifts=[date(2024, 4, 1)])
    assert (finding.state, finding.side) == (State.IN_CONTROL, None)


def test_twenty_quarters_are_enough_for_a_chart() -> None:
    meaning, _ = judged(series(quarters(USUAL), Length.QUARTER))
    assert isinstance(meaning, Charted)


def test_figures_without_an_interval_are_taken_as_exact() -> None:
    found = [Told(date(2024, month, 1), date(2024, month, 28), value) for month, value in ((1, 80.0), (2, 60.0))]
    assert compared_of(found, []).steps[0].is_real


# ------------------------------------------------------------ chances and trials


def test_steps_still_to_come_are_those_after_the_last_figure() -> None:
    values = [10.0, 12.0, 9.0, 14.0, 11.0, 13.0, 12.0, 10.0]
    period = (MONDAY, MONDAY + 20 * WEEK - timedelta(1))
    chance = chance_of(readings(values), Length.WEEK, period, Whole.TOTAL, Interval(235, math.inf))
    assert isinstance(chance.projection, Projection)
    assert (chance.projection.steps_left, chance.projection.forecast) == (12, 227.5)
    assert chance.projection.chance == pytest.approx(0.221591, abs=1e-6)


def test_before_the_first_figure_all_steps_are_to_come() -> None:
    chance = chance_of([], Length.WEEK, (MONDAY, MONDAY + timedelta(20)), Whole.TOTAL, Interval(1, math.inf))
    assert getattr(chance.projection, "seen", None) == 0


def test_trials_add_up_over_their_series() -> None:
    watch = watch_of(SETTING, Better(), Length.WEEK)
    points = [Point(one.first, one.value) for one in told(USUAL + FALL)]
    alone, twice = (trial_of([(points, watch, ())] * count, today=MONDAY + 27 * WEEK) for count in (1, 2))
    assert (alone.count, alone.judged, alone.learning) == (1, 7, 20)
    assert (twice.count, twice.judged, twice.by_chance) == (2, 14, agrees(2 * alone.by_chance))
    assert trial_of([], today=TODAY).count == 0


def test_the_latest_figure_is_the_last_that_is_told() -> None:
    assert latest_of(told([80.0, 81.0, None])) == told([80.0, 81.0])[1]
    assert latest_of(told([None])) is None
