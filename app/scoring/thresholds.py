"""A red line that does not flap: on when a KPI is beyond it, off only when it is well back.

=============  ======================================================
Name           Meaning
=============  ======================================================
Threshold      a red line, or a range to stay in, with a margin
Crossing       one time beyond it
crossings      all of them from points
=============  ======================================================
"""

import math
from collections.abc import Sequence
from datetime import date

from app.deferred import dataclass
from app.scoring.errors import ScoringError
from app.scoring.results import Interval
from app.scoring.seasons import Point, in_order


@dataclass(frozen=True, slots=True)
class Threshold:
    """A red line, or a range to stay in, in the unit of the KPI.

    limits : lowest and highest value that is still good; one of them infinite where only one side is bad
        (`directions.good_values`)
    margin : how far inside it must be before the alert ends, >= 0

    A value equal to the limit has reached it and is good.

    Raises
    ------
    ScoringError : no limit is finite, they are not in order, or the margin leaves no room between them
    """

    limits: Interval
    margin: float

    def __post_init__(self) -> None:
        """Refuse a line that nothing can cross, or come back over."""
        lo, hi = self.limits
        if not lo <= hi or (math.isinf(lo) and math.isinf(hi)):
            msg = f"a threshold needs a limit, the lower one first, got {lo} and {hi}"
            raise ScoringError(msg)
        if not 0 <= self.margin < math.inf or lo + self.margin > hi - self.margin:
            msg = f"a margin must be 0 or more and leave room between the limits, got {self.margin}"
            raise ScoringError(msg)

    def after(self, value: float, *, is_on: bool) -> bool:
        """Whether the alert is on after a value.

        Parameters
        ----------
        value : in the unit of the KPI
        is_on : whether it was on before

        Formula: on beyond the limit, off at the limit plus margin or better, else as before (Schmitt trigger).

        >>> line = Threshold(Interval(50, math.inf), 3)
        >>> [line.after(49, is_on=False), line.after(52, is_on=True), line.after(52, is_on=False)]
        [True, True, False]
        >>> line.after(50, is_on=False), line.after(53, is_on=True)
        (False, False)
        """
        depth = self.margin if is_on else 0.0
        return not self.limits.lo + depth <= value <= self.limits.hi - depth


@dataclass(frozen=True, slots=True)
class Crossing:
    """One time beyond a red line.

    since : the step that crossed it
    until : the step that was well back; none as long as it is on
    """

    since: date
    until: date | None


def crossings(points: Sequence[Point], threshold: Threshold) -> list[Crossing]:
    """Times beyond a red line.

    Parameters
    ----------
    points : in any order; a step without a figure changes nothing
    threshold : the red line with its margin

    Raises
    ------
    ScoringError : a day comes twice, or a value is not finite

    >>> from app.scoring.directions import Direction, good_values
    >>> line = Threshold(good_values(50, Direction.HIGHER), margin=3)
    >>> days = [Point(date(2026, 3, day), value) for day, value in enumerate([51, 49, 51, 49, 53, 51], 1)]
    >>> [(str(found.since), str(found.until)) for found in crossings(days, line)]
    [('2026-03-02', '2026-03-05')]
    """
    found: list[Crossing] = []
    is_on = False
    for point in in_order(points):
        if point.value is None:
            continue
        was_on, is_on = is_on, threshold.after(point.value, is_on=is_on)
        if is_on and not was_on:
            found.append(Crossing(point.on, None))
        elif was_on and not is_on:
            found[-1] = Crossing(found[-1].since, point.on)
    return found
