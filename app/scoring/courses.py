"""The course of a KPI: learning, in control or signalling, step by step, and the alerts that it gave.

==========  ===================================================================
Name        Meaning
==========  ===================================================================
State       learning, in control, signal
Watch       how a series is watched
Step        one step: raw, adjusted and smoothed value, limits, state
Alert       a shift that chance does not explain
Course      all steps and alerts
course      the same from points
==========  ===================================================================
"""

import itertools
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import field
from datetime import date
from enum import StrEnum

from app.deferred import dataclass
from app.scoring.baselines import LEAST_BASELINE, Baseline
from app.scoring.charts import Chart, Distance, Ewma, Side, Smoothed
from app.scoring.directions import Better, Direction
from app.scoring.errors import ScoringError
from app.scoring.phases import Phase, phase_of
from app.scoring.seasons import Point, Season, against_last_year, in_order
from app.scoring.weights import TOLERANCE


class State(StrEnum):
    """What can be said about a step."""

    LEARNING = "learning"
    IN_CONTROL = "in_control"
    SIGNAL = "signal"


@dataclass(frozen=True, slots=True)
class Watch:
    """How a series is watched.

    chart : what signals
    better : which way is better; only the bad side signals
    season : what is taken out first
    baseline : points to learn from, at least 20
    calm : a signal lasts until the chart is this share of the way to its limit or nearer to the centre, 0..1;
        at 1 it ends with the first step inside the limit

    Raises
    ------
    ScoringError : a setting is out of range, or a best range is watched through differences from last year
    """

    chart: Chart = field(default_factory=Ewma)
    better: Better = field(default_factory=Better)
    season: Season = Season.NONE
    baseline: int = LEAST_BASELINE
    calm: float = 0.5

    def __post_init__(self) -> None:
        """Refuse settings that cannot be watched by."""
        if self.baseline < LEAST_BASELINE:
            msg = f"a baseline needs at least {LEAST_BASELINE} points, got {self.baseline}"
            raise ScoringError(msg)
        if not 0 <= self.calm <= 1:
            msg = f"calm must be from 0 to 1, got {self.calm}"
            raise ScoringError(msg)
        if self.better.direction is Direction.IN_RANGE and self.season in {Season.WEEKS, Season.YEAR}:
            msg = "a best range cannot be watched through differences from last year"
            raise ScoringError(msg)

    @property
    def smoother(self) -> Ewma:
        """What draws the smoothed line: the chart if it smooths, else an EWMA with its defaults."""
        return self.chart if isinstance(self.chart, Ewma) else Ewma()


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a course, values in the unit of the KPI.

    on : first day of the step
    value : raw; none where there is no figure
    adjusted : without season; none where it cannot be compared
    state : a step without figure keeps the state before it
    baseline : centre and limits of the picture; none while learning has not ended
    moving_range : distance to the value before, adjusted
    smoothed : by `Watch.smoother`, with its limits; none in the baseline
    distance : towards the limits of the chart; none likewise
    """

    on: date
    value: float | None
    adjusted: float | None
    state: State
    baseline: Baseline | None
    moving_range: float | None = None
    smoothed: Smoothed | None = None
    distance: Distance | None = None

    @property
    def is_unusual(self) -> bool:
        """Whether the value lies outside the natural limits, which the picture marks and nobody is warned about."""
        if self.baseline is None or self.adjusted is None:
            return False
        return not self.baseline.natural.lo <= self.adjusted <= self.baseline.natural.hi

    @property
    def is_jump(self) -> bool:
        """Whether the distance to the value before is beyond its limit, likewise."""
        if self.baseline is None or self.moving_range is None:
            return False
        return self.moving_range > self.baseline.largest_range


@dataclass(frozen=True, slots=True)
class Alert:
    """A shift that chance does not explain, to the bad side unless it is a gain.

    on : the step that crossed the limit
    side : where it went
    began : since when the chart is on that side of the centre: the likely beginning of the shift
    """

    on: date
    side: Side
    began: date


@dataclass(frozen=True, slots=True)
class Course:
    """The course of a KPI.

    steps : one per point, in order of time
    alerts : in order of time; a signal that lasts gives one
    gains : likewise on the good side; nobody is warned, but a gain that lasts should be accepted as the new level, or a
        fall back to the old one goes unseen
    phases : one per baseline
    """

    steps: tuple[Step, ...]
    alerts: tuple[Alert, ...]
    gains: tuple[Alert, ...]
    phases: tuple[Phase, ...]

    @property
    def state(self) -> State:
        """What can be said now."""
        return self.steps[-1].state if self.steps else State.LEARNING


def course(points: Sequence[Point], watch: Watch | None = None, *, acknowledged: Sequence[date] = ()) -> Course:
    """The course of a KPI.

    Parameters
    ----------
    points : one per equal step, in any order
    watch : how it is watched; with its defaults if none
    acknowledged : first days of new baselines, one for each shift that was accepted as the new level

    Returns
    -------
    Steps, alerts and phases. No step signals before a baseline is complete.

    Raises
    ------
    ScoringError : a day comes twice, or a value is not finite

    Source: docs/scoring.md, section "Early warning".

    >>> from datetime import timedelta
    >>> values = [80, 82] * 10 + [81, 76, 74, 75, 74]
    >>> weeks = [Point(date(2026, 1, 5) + timedelta(weeks=week), value) for week, value in enumerate(values)]
    >>> found = course(weeks)
    >>> [step.state.value for step in found.steps[-4:]], found.alerts[0].side.value
    (['in_control', 'signal', 'signal', 'signal'], 'low')
    """
    watch = watch or Watch()
    raw = in_order(points)
    clean = against_last_year(raw, watch.season)
    days = [point.on for point in raw]
    starts = [0, *sorted({bisect_left(days, day) for day in acknowledged} - {0, len(days)}), len(days)]
    steps: list[Step] = []
    alerts: list[Alert] = []
    gains: list[Alert] = []
    phases = [phase_of(clean[one:other], watch.season, watch.baseline) for one, other in itertools.pairwise(starts)]
    for start, phase in zip(starts, phases, strict=False):
        bad = () if phase.baseline is None else watch.better.bad_sides(phase.baseline.mean)
        warnings, improvements = (
            _Signals(bad, watch.calm),
            _Signals([side for side in Side if side not in bad], watch.calm),
        )
        steps += _judged(raw[start : start + len(phase.points)], phase, watch, (warnings, improvements))
        alerts += warnings.alerts
        gains += improvements.alerts
    return Course(tuple(steps), tuple(alerts), tuple(gains), tuple(phases))


def _judged(raw: Sequence[Point], phase: Phase, watch: Watch, signals: tuple["_Signals", "_Signals"]) -> Iterator[Step]:
    """Steps of a phase; the signals of the bad and of the good side are kept on the way."""
    if phase.baseline is None:
        for point, clean in zip(raw, phase.points, strict=True):
            yield Step(point.on, point.value, clean.value, State.LEARNING, None)
        return
    values = phase.judged()
    smoothed_values = watch.smoother.smoothed(phase.baseline, values)
    following = zip(smoothed_values, watch.chart.distances(phase.baseline, values), strict=True)
    state = State.LEARNING
    before: float | None = None
    for point, clean in zip(raw, phase.points, strict=True):
        smoothed, distance = next(following) if phase.is_judged(clean) else (None, None)
        if distance is not None:
            state = signals[0].after(clean.on, distance)
            signals[1].after(clean.on, distance)
        moved = None if clean.value is None or before is None else abs(clean.value - before)
        before = before if clean.value is None else clean.value
        yield Step(point.on, point.value, clean.value, state, phase.baseline, moved, smoothed, distance)


class _Signals:
    """Remembers, along the judged steps of a phase, whether a signal is on and since when the chart leans to a side."""

    def __init__(self, sides: Sequence[Side], calm: float) -> None:
        self.alerts: list[Alert] = []
        self._calm = calm
        self._sides = sides
        self._since: dict[Side, date] = {}
        self._on: set[Side] = set()

    def after(self, day: date, distance: Distance) -> State:
        for side in self._sides:
            reached = distance.on(side)
            if reached <= 0:
                self._since.pop(side, None)
            began = day if reached <= 0 else self._since.setdefault(side, day)
            if reached > 1 + TOLERANCE and side not in self._on:
                self._on.add(side)
                self.alerts.append(Alert(day, side, began))
            elif reached <= self._calm:
                self._on.discard(side)
        return State.SIGNAL if self._on else State.IN_CONTROL
