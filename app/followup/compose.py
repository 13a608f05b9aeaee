"""From the series of a KPI to what it means now: its course, the finding, the chance to reach a target. Pure."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache

from app.followup.rules import is_charted, is_on, watch_of
from app.followup.series import are_alike, comparable, points_of
from app.followup.values import Chance, Charted, Compared, Finding, Red, Series, Told, WatchSetting
from app.scoring.back_test import BackTest, back_test
from app.scoring.charts import Chart, Side
from app.scoring.courses import Alert, Course, State, Watch, course
from app.scoring.directions import Better
from app.scoring.movers import Moved, movers
from app.scoring.moves import Move, move_between
from app.scoring.phases import Phase
from app.scoring.projection import Whole, project
from app.scoring.results import Interval
from app.scoring.round_signals import Cause, round_course
from app.scoring.run_lengths import Sides, run_length
from app.scoring.seasons import Point
from app.scoring.steps import Length, steps_between
from app.scoring.thresholds import Threshold, crossings

YEAR = timedelta(days=365)
ROUNDS_NEEDED = 2
NOTHING = Finding(State.LEARNING, 0, 0)


def judged_of(
    series: Series, setting: WatchSetting, better: Better, shifts: Sequence[date], *, today: date
) -> tuple[Charted | Compared | None, Finding]:
    """What a series says, and what it says now; nothing where nothing is told yet.

    Parameters
    ----------
    series : of a KPI at a subject
    setting : how the KPI is watched
    better : which way it is better
    shifts : first days of accepted levels
    today : the day of the question
    """
    told = comparable(series.told)
    known = sum(one.value is not None for one in told)
    if not known:
        return None, NOTHING
    is_rated = any(one.definition is not None for one in told)
    if series.length is None or (is_rated and not is_charted(series.length, known)):
        compared = compared_of(series.told, shifts)
        return compared, _finding_of_rounds(compared, max(shifts, default=date.min))
    return _charted(replace(series, told=tuple(told)), watch_of(setting, better, series.length), shifts, today=today)


def is_steady(series: Series, shifts: Sequence[date]) -> bool:
    """Whether the last change between rounds is no real fall: then no rule for rounds warns, whatever came before.

    Of a series that a chart judges that is not known; it is the quick answer for most of many series.
    """
    told = comparable(series.told)
    known = sum(one.value is not None for one in told)
    if series.length is not None and is_charted(series.length, known):
        return False
    since = max(shifts, default=date.min)
    days = {one.first for one in told if one.first >= since}
    for place in range(len(series.told) - 1, 0, -1):
        if series.told[place].first in days and (last := _move(series.told, place, since)) is not None:
            return last.difference >= 0 or not last.is_real()
    return True


def compared_of(told: Sequence[Told], shifts: Sequence[date]) -> Compared:
    """What each change between rounds means, against the last round before it that asked for the same."""
    since = max(shifts, default=date.min)
    moves = [_move(told, place, since) for place in range(1, len(told))]
    return Compared(tuple(told), round_course(moves))


def red_of(told: Sequence[Told], threshold: Threshold | None) -> Red | None:
    """The red line of a series, and since when its figures are beyond it.

    Parameters
    ----------
    told : of a KPI at a subject
    threshold : its red line, none without one
    """
    if threshold is None:
        return None
    found = crossings(points_of(comparable(told)), threshold)
    is_beyond = bool(found) and found[-1].until is None
    return Red(threshold.limits, threshold.margin, found[-1].since if is_beyond else None)


def trial_of(every: Sequence[tuple[Sequence[Point], Watch, Sequence[date]]], *, today: date) -> BackTest:
    """What watches would have done in the year that ended today, each over its series."""
    tested = [_last_year(points, watch, shifts, today) for points, watch, shifts in every]
    return BackTest(
        {f"{place}": alerts for place, one in enumerate(tested) for alerts in one.alerts.values()},
        sum(one.judged for one in tested),
        sum(one.learning for one in tested),
        math.fsum(one.by_chance for one in tested),
    )


def chance_of(told: Sequence[Told], length: Length, period: tuple[date, date], whole: Whole, goal: Interval) -> Chance:
    """The chance that the steps of a period reach a target together."""
    first, last = period
    within = [one for one in told if first <= one.first <= last]
    begun = within[-1].first if within else None
    left = sum(begun is None or start > begun for start in steps_between(length, first, last))
    return Chance(first, last, whole, goal, project([one.value for one in within], left, goal, of=whole))


# ------------------------------------------------------------ charts


def _charted(series: Series, watch: Watch, shifts: Sequence[date], *, today: date) -> tuple[Charted, Finding]:
    points = points_of(series.told)
    found = course(points, watch, acknowledged=shifts)
    alert, gain = _lasting(found, found.alerts, watch), _lasting(found, found.gains, watch)
    moved = movers(series.strands, found, alert, watch) if alert is not None and series.strands else None
    phase = found.phases[-1]
    sides = 0 if phase.baseline is None else len(watch.better.bad_sides(phase.baseline.mean))
    charted = Charted(
        course=found,
        watch=watch,
        moved=moved,
        run_length=run_length_of(watch.chart, sides) if sides else None,
        last_year=_last_year(points, watch, shifts, today),
    )
    finding = Finding(found.state, phase.seen, watch.baseline)
    if found.state is State.SIGNAL and alert is not None:
        return charted, _named(_shifted(finding, alert), moved)
    return charted, finding if gain is None else replace(_shifted(finding, gain), is_gain=True)


def _lasting(found: Course, alerts: Sequence[Alert], watch: Watch) -> Alert | None:
    """The latest shift that lasts, of the phase that lasts."""
    phase: Phase = found.phases[-1]
    since = phase.points[0].on if phase.points else date.max
    return next((one for one in reversed(alerts) if one.on >= since and is_on(found, one, watch)), None)


def _shifted(finding: Finding, alert: Alert) -> Finding:
    return replace(finding, side=alert.side, began=alert.began, on=alert.on)


def _named(finding: Finding, moved: Moved | None) -> Finding:
    """The finding with the item and rater group that moved most, if any went its way."""
    if moved is None or not moved.movers or moved.movers[0].share <= 0:
        return finding
    return replace(finding, item_id=moved.movers[0].item, rater_group=moved.movers[0].group)


def _last_year(points: Sequence[Point], watch: Watch, shifts: Sequence[date], today: date) -> BackTest:
    return back_test({"": points}, watch, first=today - YEAR, last=today, acknowledged={"": shifts})


@cache
def run_length_of(chart: Chart, sides: int) -> float:
    """Mean number of steps until a chart signals by chance, on one side or on both."""
    return run_length(chart, sides=Sides.ONE if sides == 1 else Sides.BOTH)


# ------------------------------------------------------------ rounds


def _move(told: Sequence[Told], place: int, since: date) -> Move | None:
    """The change to a round from the last one before it that can be compared; none across an accepted level."""
    after = told[place]
    if after.value is None:
        return None
    for earlier in range(place - 1, -1, -1):
        before = told[earlier]
        if before.value is not None and are_alike(before.definition, after.definition):
            is_later = before.first >= since
            return move_between(before.value, _ends(before), after.value, _ends(after)) if is_later else None
    return None


def _ends(told: Told) -> Interval:
    value = 0.0 if told.value is None else told.value
    return Interval(value if told.lo is None else told.lo, value if told.hi is None else told.hi)


def _finding_of_rounds(compared: Compared, since: date) -> Finding:
    """What the latest round that could be compared says; a withheld one, or one about days before, says nothing new."""
    alike = [one for one in comparable(compared.told) if one.first >= since]
    known = sum(one.value is not None for one in alike)
    days = {one.first for one in alike}
    judged = [
        (told.first, step, step.move)
        for told, step in zip(compared.told[1:], compared.steps, strict=True)
        if step.move is not None and told.first in days
    ]
    if not judged:
        return Finding(State.LEARNING, known, ROUNDS_NEEDED)
    on, last, _ = judged[-1]
    finding = Finding(last.state, known, ROUNDS_NEEDED)
    if last.cause is None:
        return finding
    began = on if last.cause is Cause.LARGE else _began([(day, move) for day, step, move in judged if step.is_real])
    return replace(finding, side=Side.LOW, on=on, began=began, cause=last.cause)


def _began(real: Sequence[tuple[date, Move]]) -> date:
    """The first of the falls that no real rise has come between; the last change is a fall."""
    falls = itertools.takewhile(lambda change: change[1].difference < 0, reversed(real))
    return min(day for day, _ in falls)


def usual_of(judged: Charted | Compared | None) -> float | None:
    """The usual level: the centre that is known now."""
    if not isinstance(judged, Charted) or not judged.course.phases:
        return None
    baseline = judged.course.phases[-1].baseline
    return None if baseline is None else baseline.mean


def latest_of(told: Sequence[Told]) -> Told | None:
    """The latest figure that is told."""
    return next((one for one in reversed(told) if one.value is not None), None)
