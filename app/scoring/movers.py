"""Naming what moved: how much each item and rater group adds to the shift that a signal is about.

===========  ==========================================================
Name         Meaning
===========  ==========================================================
Strand       the series of one item as one rater group answered it
Mover        what a strand adds to the shift
Moved        all of them, the largest first
movers       the same for one alert
===========  ==========================================================
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from app.deferred import dataclass
from app.scoring.baselines import LEAST_BASELINE
from app.scoring.charts import Side, Smoothed
from app.scoring.courses import Alert, Course, Watch
from app.scoring.errors import ScoringError
from app.scoring.phases import Phase, phase_of
from app.scoring.seasons import Point, against_last_year, in_order

LEAST_STRAND = LEAST_BASELINE // 2


class Strand(NamedTuple):
    """The series of one item as one rater group answered it.

    item, group : names
    weight : of the strand in the KPI, >= 0; item weight times group share, so that all add up to 1
    points : over the same steps as the KPI, in the same unit
    """

    item: str
    group: str
    weight: float
    points: Sequence[Point]


class Mover(NamedTuple):
    """What a strand adds to a shift.

    item, group : names
    shift : its own smoothed value less its centre
    part : weight times shift; the parts and the rest add up to the shift of the KPI
    share : part divided by the shift of the KPI
    is_beyond : whether its own shift is beyond its own limits, so that it moved by itself
    """

    item: str
    group: str
    shift: float
    part: float
    share: float
    is_beyond: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """Where a shift of a KPI comes from.

    shift : of the KPI, smoothed value less centre at the signalling step, in its unit
    movers : the largest part in the direction of the alert first; ties in the order given
    rest : shift less all parts: strands that are unknown, weights that changed, missing steps
    """

    shift: float
    movers: tuple[Mover, ...]
    rest: float


def movers(strands: Sequence[Strand], found: Course, alert: Alert, watch: Watch | None = None) -> Moved:
    """What each item and rater group adds to the shift behind an alert.

    Parameters
    ----------
    strands : of the KPI; those with fewer than 10 points in the baseline of the KPI are left in the rest
    found : the course of the KPI
    alert : one of its alerts
    watch : as the course was made with

    Returns
    -------
    Parts of the smoothed shift at the signalling step.

    Raises
    ------
    ScoringError : the alert is not of this course, or a weight is negative

    Formula: E_KPI - mu_KPI = sum a (E - mu) over strands, since smoothing is linear; a = weight.
    Source: docs/scoring.md, section "What moved".

    >>> from datetime import date, timedelta
    >>> from app.scoring.courses import course
    >>> weeks = [date(2026, 1, 5) + timedelta(weeks=week) for week in range(24)]
    >>> fell = [Point(week, 80 + 2.0 * (place % 2) - 20 * (place > 20)) for place, week in enumerate(weeks)]
    >>> stood = [Point(week, 80 + 2.0 * (place % 2)) for place, week in enumerate(weeks)]
    >>> kpi = [Point(a.on, 0.6 * a.value + 0.4 * b.value) for a, b in zip(fell, stood)]
    >>> found = course(kpi)
    >>> strands = [Strand("plan", "colleague", 0.4, stood), Strand("welcome", "customer", 0.6, fell)]
    >>> moved = movers(strands, found, found.alerts[0])
    >>> moved.movers[0].item, moved.movers[0].group, moved.movers[0].is_beyond, moved.movers[1].is_beyond
    ('welcome', 'customer', True, False)
    """
    watch = watch or Watch()
    smoothed = next((step.smoothed for step in found.steps if step.on == alert.on), None)
    if smoothed is None or alert not in found.alerts:
        msg = f"there is no alert on {alert.on} in this course"
        raise ScoringError(msg)
    phase = next(phase for phase in found.phases if phase.points and phase.points[-1].on >= alert.on)
    shift = smoothed.value - smoothed.centre
    own = [(strand, _shift(strand, phase, alert, watch)) for strand in strands]
    parts = [_mover(strand, moved, shift) for strand, moved in own if moved is not None]
    sign = -1 if alert.side is Side.LOW else 1
    order = sorted(parts, key=lambda mover: -sign * mover.part)
    return Moved(shift, tuple(order), shift - math.fsum(mover.part for mover in parts))


def _shift(strand: Strand, phase: Phase, alert: Alert, watch: Watch) -> Smoothed | None:
    """Where a strand stands at the alert, against the days that the KPI learnt from; none if too little is known."""
    if not strand.weight >= 0:
        msg = f"weight of {strand.item} by {strand.group} must be 0 or more, got {strand.weight}"
        raise ScoringError(msg)
    points = against_last_year(in_order(strand.points), watch.season)
    within = [point for point in points if phase.points[0].on <= point.on <= alert.on]
    own = phase_of(within, watch.season, LEAST_STRAND, learnt_until=phase.learnt_until)
    values = own.judged()
    return watch.smoother.smoothed(own.baseline, values)[-1] if own.baseline is not None and values else None


def _mover(strand: Strand, moved: Smoothed, whole: float) -> Mover:
    shift = moved.value - moved.centre
    part = strand.weight * shift
    share = part / whole if whole else 0.0
    return Mover(strand.item, strand.group, shift, part, share, is_beyond=abs(shift) > moved.half)
