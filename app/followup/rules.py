"""Pure decisions of follow-up: how a KPI is watched, which figures can be compared, what belongs together."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta

from app.errors import Conflict, FieldError
from app.followup.values import Method, WatchDraft, WatchSetting
from app.kpis.values import Aggregation, Cadence, Direction, RaterGroup, Target
from app.rounds.values import FrozenKpi
from app.scoring.baselines import LEAST_BASELINE
from app.scoring.charts import Chart, Cusum, Ewma
from app.scoring.courses import Alert, Course, Watch
from app.scoring.directions import Better, good_values
from app.scoring.directions import Direction as Way
from app.scoring.goalposts import DEFAULT_TARGET_SCORE
from app.scoring.moves import LEAST_CHANGE
from app.scoring.projection import LEAST_STEPS, Whole
from app.scoring.results import Interval
from app.scoring.seasons import Season
from app.scoring.steps import Length, length_of, start_of, step_after, steps_between
from app.scoring.thresholds import Threshold
from app.scoring.trend import Definition

YEARS_WATCHED = 2
"""So many whole years before the present one are looked at; what has been so for longer is usual by now."""

LONGEST_BASELINE = 200
POINTS = (0.0, 100.0)
SINGLY = frozenset({Length.DAY, Length.WEEK})
"""Single days and weeks are too unsure to be compared one by one: they wait until a chart has learnt enough."""

_SEASON_FITS: Mapping[Season, frozenset[Length]] = {
    Season.WEEKDAY: frozenset({Length.DAY}),
    Season.WEEKS: frozenset({Length.DAY, Length.WEEK}),
    Season.YEAR: frozenset({Length.MONTH, Length.QUARTER, Length.YEAR}),
}
_WHOLES: Mapping[Aggregation, Whole] = {
    Aggregation.SUM: Whole.TOTAL,
    Aggregation.COUNT: Whole.TOTAL,
    Aggregation.MEAN: Whole.AVERAGE,
}
MOST_POINTS = POINTS[1]
_YIELDS = frozenset({Aggregation.RATIO, Aggregation.RATE, Aggregation.SHARE})
_SPANS = ((1, Length.DAY), (7, Length.WEEK), (31, Length.MONTH), (92, Length.QUARTER))

NO_RANGE_BY_YEAR = "A KPI that is best inside a range cannot be compared with the year before."
NO_RED_LINE_OF_HARD = "The red line of a hard KPI is the floor of its target."
NOT_IN_COURSE = "Choose a day from the first to the last figure of this course."


class ShiftKnown(Conflict):
    """The day was accepted before as the beginning of a new level."""

    code = "shift_known"
    message = "A new level from this day on is accepted already."


class NothingToAccept(Conflict):
    """A new level needs figures that can be watched."""

    code = "nothing_to_accept"
    message = "There are no figures here yet whose level could be accepted."


# ------------------------------------------------------------ the watch


def watched_since(today: date) -> date:
    """The first day that is looked at: a new year begins a new history, so that no day by day moves the baseline.

    >>> watched_since(date(2026, 11, 23)).isoformat()
    '2024-01-01'
    """
    return date(today.year - YEARS_WATCHED, 1, 1)


def chart_of(method: Method) -> Chart:
    """The chart of a method, with its published settings.

    >>> chart_of(Method.CUSUM)
    Cusum(reference=0.5, decision=5.0)
    """
    return Cusum() if method is Method.CUSUM else Ewma()


def watch_of(setting: WatchSetting, better: Better, length: Length) -> Watch:
    """The watch of a series; a season that steps of its length cannot show is left out.

    >>> watch_of(WatchSetting("k", season=Season.WEEKDAY), Better(), Length.WEEK).season.value
    'none'
    """
    fits = length in _SEASON_FITS.get(setting.season, frozenset())
    season = setting.season if fits else Season.NONE
    return Watch(chart_of(setting.method), better, season, max(LEAST_BASELINE, setting.baseline))


def watch_problems(draft: WatchDraft, direction: Direction | None) -> list[FieldError]:
    """What is wrong with the watch that is wanted for a KPI of a direction; soft ones have no direction.

    >>> watch_problems(WatchDraft(Method.EWMA, Season.YEAR, 20), Direction.IN_RANGE)[0].field
    'season'
    """
    found = []
    if direction is Direction.IN_RANGE and draft.season in {Season.WEEKS, Season.YEAR}:
        found.append(FieldError("season", NO_RANGE_BY_YEAR, f"{Season.NONE}, {Season.WEEKDAY}"))
    if direction is not None and draft.red_line is not None:
        found.append(FieldError("red_line", NO_RED_LINE_OF_HARD))
    return found


def is_charted(length: Length | None, figures: int) -> bool:
    """Whether released figures are judged by a chart, or change by change until there are enough of them.

    Readings know no error of their own and hence are always charted.

    >>> is_charted(Length.WEEK, 3), is_charted(Length.QUARTER, 3), is_charted(Length.MONTH, 20), is_charted(None, 40)
    (True, False, True, False)
    """
    return length is not None and (length in SINGLY or figures >= LEAST_BASELINE)


def is_on(found: Course, alert: Alert, watch: Watch) -> bool:
    """Whether a shift lasts: since it was noticed the chart has never come back as far as the watch calls calm."""
    later = (step.distance for step in found.steps if step.on >= alert.on and step.distance is not None)
    return all(distance.on(alert.side) > watch.calm for distance in later)


def checked_start(days: Sequence[date], starts_on: date) -> list[FieldError]:
    """What is wrong with the day from which a new level is to hold.

    Parameters
    ----------
    days : first days of the figures, in order; at least one
    starts_on : the day that is wanted
    """
    if days[0] <= starts_on <= days[-1]:
        return []
    return [FieldError("starts_on", NOT_IN_COURSE, f"{days[0].isoformat()} – {days[-1].isoformat()}")]


# ------------------------------------------------------------ the red line


def threshold_of(setting: WatchSetting, direction: Direction | None, target: Target | None) -> Threshold | None:
    """The red line of a KPI: that of the watch for a soft one, the floor of its goalposts for a hard one.

    Parameters
    ----------
    setting : how the KPI is watched
    direction : of a hard KPI; soft ones have none
    target : goalposts of a hard KPI that apply to the subject

    Returns
    -------
    The line with a margin of 5 points, the least change that matters, on the scale of the goalposts; none without one.

    >>> line = threshold_of(WatchSetting("k", red_line=50.0), None, None)
    >>> line.limits.lo, line.margin
    (50.0, 5.0)
    """
    if direction is None:
        return None if setting.red_line is None else Threshold(good_values(setting.red_line, Way.HIGHER), LEAST_CHANGE)
    if target is None:
        return None
    return _range_line(target) if direction is Direction.IN_RANGE else _floor_line(target, Way(direction))


def _floor_line(target: Target, way: Way) -> Threshold | None:
    if target.floor is None or target.target is None:
        return None
    points = MOST_POINTS if target.stretch is None else DEFAULT_TARGET_SCORE
    return Threshold(good_values(target.floor, way), LEAST_CHANGE / points * abs(target.target - target.floor))


def _range_line(target: Target) -> Threshold | None:
    if target.low is None or target.best_low is None or target.best_high is None or target.high is None:
        return None
    nearest = min(target.best_low - target.low, target.high - target.best_high)
    return Threshold(Interval(target.low, target.high), LEAST_CHANGE / MOST_POINTS * nearest)


# ------------------------------------------------------------ what can be compared


def definition_of(kpi: FrozenKpi) -> Definition:
    """What a soft KPI asked in a round, as far as figures hang on it."""
    scales = {item.id: asdict(item.scale) for item in kpi.scored_items}
    return Definition(
        content=kpi.version_id,
        scale=json.dumps(scales, sort_keys=True),
        item_weights={item.id: item.weight for item in kpi.scored_items},
        group_weights={
            group.value: weight for group, weight in kpi.weights.items() if group is not RaterGroup.SELF and weight > 0
        },
    )


def step_of(cadence: Cadence | None, spans: Iterable[tuple[date, date]]) -> Length:
    """How long the steps of a hard KPI are: its cadence, or else the shortest that holds each of its readings.

    Parameters
    ----------
    cadence : of the KPI
    spans : first and last day of each reading

    >>> step_of(None, [(date(2026, 11, 16), date(2026, 11, 22))]), step_of(Cadence.MONTH, [])
    (<Length.WEEK: 'week'>, <Length.MONTH: 'month'>)
    """
    if cadence is not None:
        return Length(cadence)
    longest = max(((last - first).days + 1 for first, last in spans), default=1)
    return next((length for days, length in _SPANS if longest <= days), Length.YEAR)


def better_of(direction: Direction | None, target: Target | None, values: Sequence[float]) -> Better:
    """Which way a hard KPI is better; one that is best in a range without one has no better side than where it lies.

    >>> better_of(Direction.LOWER, None, []).direction.value, better_of(Direction.IN_RANGE, None, [4.0, 7.0]).best
    ('lower', Interval(lo=4.0, hi=7.0))
    """
    if direction is not Direction.IN_RANGE:
        return Better(Way.LOWER if direction is Direction.LOWER else Way.HIGHER)
    if target is not None and target.best_low is not None and target.best_high is not None:
        return Better(Way.IN_RANGE, Interval(target.best_low, target.best_high))
    return Better(Way.IN_RANGE, Interval(min(values, default=0.0), max(values, default=0.0)))


def upward(value: float, better: Better) -> float:
    """A hard value as a figure that is better the higher it is; in a range, the distance to it, at most 0.

    >>> upward(52.0, Better(Way.LOWER)), upward(9.0, Better(Way.IN_RANGE, Interval(4, 7)))
    (-52.0, -2.0)
    """
    if better.best is not None:
        return min(0.0, value - better.best.lo, better.best.hi - value)
    return value if better.direction is Way.HIGHER else -value


# ------------------------------------------------------------ the chance to reach a target


def whole_of(aggregation: Aggregation | None) -> Whole | None:
    """What the steps of a period make together; none where they make neither a total nor an average."""
    return None if aggregation is None else _WHOLES.get(aggregation)


def goal_of(target: Target | None, direction: Direction | None) -> Interval | None:
    """Where a hard KPI has reached its target; none without one."""
    if target is None or direction is None:
        return None
    if target.best_low is not None and target.best_high is not None:
        return Interval(target.best_low, target.best_high)
    if target.target is None or direction is Direction.IN_RANGE:
        return None
    return good_values(target.target, Way(direction))


def target_period(
    whole: Whole, length: Length, today: date, under_way: Sequence[tuple[date, date]]
) -> tuple[date, date]:
    """The period at whose end a target is looked at.

    Parameters
    ----------
    whole : what is forecast
    length : of the steps
    under_way : first and last days of the periods of rounds that hold today and the subject

    Returns
    -------
    The shortest of them that is longer than a step, or the present quarter. Where it has too few steps for any
    forecast, an average is looked at over the year: its target holds for any period.

    >>> days = target_period(Whole.AVERAGE, Length.MONTH, date(2026, 11, 23), [])
    >>> [day.isoformat() for day in days]
    ['2026-01-01', '2026-12-31']
    """
    longer = [(first, last) for first, last in under_way if length_of(first, last) is not length]
    first, last = min(longer, key=lambda span: span[1] - span[0], default=_step_with(Length.QUARTER, today))
    if whole is Whole.AVERAGE and len(steps_between(length, first, last)) <= LEAST_STEPS:
        return _step_with(Length.YEAR, today)
    return first, last


def _step_with(length: Length, day: date) -> tuple[date, date]:
    start = start_of(length, day)
    return start, step_after(length, start) - timedelta(1)


# ------------------------------------------------------------ what belongs together


def are_related(one: str | None, other: str | None, parents: Mapping[str, str | None]) -> bool:
    """Whether two KPIs serve the same goal, or one serves a goal above that of the other; unknown goals keep none apart.

    Parameters
    ----------
    one, other : their goals
    parents : the goal above each

    >>> are_related("service", "growth", {"service": "growth", "sales": "growth", "growth": None})
    True
    >>> are_related("service", "sales", {"service": "growth", "sales": "growth", "growth": None})
    False
    """
    return one is None or other is None or one in _upward(other, parents) or other in _upward(one, parents)


def is_amount_with_yield(
    amount: tuple[Aggregation | None, Direction | None], each: tuple[Aggregation | None, Direction | None]
) -> bool:
    """Whether the first KPI says how much there is and the second how much comes of each; more is better for both.

    >>> sales, orders = (Aggregation.SUM, Direction.HIGHER), (Aggregation.RATIO, Direction.HIGHER)
    >>> is_amount_with_yield(sales, orders), is_amount_with_yield(orders, sales)
    (True, False)
    """
    grow = amount[1] is Direction.HIGHER and each[1] is Direction.HIGHER
    return grow and whole_of(amount[0]) is not None and each[0] in _YIELDS


def _upward(goal: str, parents: Mapping[str, str | None]) -> list[str]:
    """A goal and those above it."""
    found: list[str] = []
    above: str | None = goal
    while above is not None and above not in found:
        found.append(above)
        above = parents.get(above)
    return found


# ------------------------------------------------------------ what a false alarm costs


def steps_a_year(length: Length) -> float:
    """Steps of a length in a year.

    >>> steps_a_year(Length.WEEK)
    52.18
    """
    return {
        Length.DAY: 365.25,
        Length.WEEK: 52.18,
        Length.MONTH: 12.0,
        Length.QUARTER: 4.0,
        Length.YEAR: 1.0,
    }[length]


def years_between_alarms(run_length: float, length: Length) -> float:
    """Years until chance alone is expected to signal once.

    >>> round(years_between_alarms(1002.358, Length.WEEK), 1)
    19.2
    """
    return run_length / steps_a_year(length) if math.isfinite(run_length) else math.inf
