"""Which way a KPI is better, and hence on which sides it warns; scoring by goalposts is in `goalposts`.

===========  =============================================================
Name         Meaning
===========  =============================================================
Direction    higher, lower, or inside a range
Better       the same with the range, and what follows from it
good_values  everything at a limit or better
===========  =============================================================
"""

import math
from enum import StrEnum

from app.deferred import dataclass
from app.scoring.charts import Side
from app.scoring.errors import ScoringError
from app.scoring.results import Interval


class Direction(StrEnum):
    """Which way a KPI is better."""

    HIGHER = "higher"
    LOWER = "lower"
    IN_RANGE = "in_range"


@dataclass(frozen=True, slots=True)
class Better:
    """Which way a KPI is better.

    direction : higher for every figure in points
    best : the best range, lo < hi or equal, for `in_range` and for nothing else

    Raises
    ------
    ScoringError : a range is missing, not asked for, not finite or not in order
    """

    direction: Direction = Direction.HIGHER
    best: Interval | None = None

    def __post_init__(self) -> None:
        """Refuse a direction that does not say what is bad."""
        if (self.direction is Direction.IN_RANGE) != (self.best is not None):
            msg = f"a best range belongs to {Direction.IN_RANGE} only, and is needed there"
            raise ScoringError(msg)
        if self.best is not None and not (
            math.isfinite(self.best.lo) and math.isfinite(self.best.hi) and self.best.lo <= self.best.hi
        ):
            msg = f"a best range needs lo <= hi, got {self.best.lo} and {self.best.hi}"
            raise ScoringError(msg)

    def bad_sides(self, centre: float) -> tuple[Side, ...]:
        """Sides on which leaving the centre is bad.

        Parameters
        ----------
        centre : usual value of the KPI, in its unit

        Returns
        -------
        One side; both if the usual value lies in the best range, where either way leads out.

        >>> [side.value for side in Better(Direction.LOWER).bad_sides(52)]
        ['high']
        >>> handling_time = Better(Direction.IN_RANGE, Interval(4, 7))
        >>> [[side.value for side in handling_time.bad_sides(centre)] for centre in (3, 6, 8)]
        [['low'], ['low', 'high'], ['high']]
        """
        if self.best is None:
            return (Side.LOW,) if self.direction is Direction.HIGHER else (Side.HIGH,)
        if centre < self.best.lo:
            return (Side.LOW,)
        return (Side.HIGH,) if centre > self.best.hi else (Side.LOW, Side.HIGH)


def good_values(limit: float, direction: Direction) -> Interval:
    """Everything at a limit or better.

    Parameters
    ----------
    limit : in the unit of the KPI
    direction : higher or lower

    Raises
    ------
    ScoringError : the KPI is best in a range, which is two limits

    >>> good_values(50, Direction.HIGHER), good_values(90, Direction.LOWER)
    (Interval(lo=50, hi=inf), Interval(lo=-inf, hi=90))
    """
    if direction is Direction.IN_RANGE:
        msg = "a kpi that is best in a range has two limits"
        raise ScoringError(msg)
    return Interval(limit, math.inf) if direction is Direction.HIGHER else Interval(-math.inf, limit)
