"""A change between two rounds or periods, and whether it is real; how the error is made up is decided by the caller.

================  ==========================================================
Name              Meaning
================  ==========================================================
Move              a difference with its standard error
move_between      the same from two published figures alone
real_moves        which of many are real, with few false ones among them
================  ==========================================================
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from app.scoring.discoveries import discoveries, two_sided_p
from app.scoring.intervals import t_interval, t_quantile
from app.scoring.results import Interval
from app.scoring.weights import TOLERANCE

LEAST_CHANGE = 5.0


class Move(NamedTuple):
    """A difference between two rounds or periods.

    difference : later less earlier, in one unit; in points on 0..100 unless said otherwise
    se : its standard error, >= 0; 0 where both figures are exact
    df : degrees of freedom of the error, > 0; infinite if it is known
    """

    difference: float
    se: float
    df: float = math.inf

    @property
    def interval(self) -> Interval:
        """95 % interval of the difference.

        >>> ends = Move(12.5, 10.400665, 21.873028).interval
        >>> round(ends.lo, 4), round(ends.hi, 4)
        (-9.0769, 34.0769)
        """
        return t_interval(self.difference, self.se, self.df)

    @property
    def chance(self) -> float:
        """Probability of a difference at least as large, either way, if nothing had changed.

        >>> round(Move(12.5, 10.400665, 21.873028).chance, 4), Move(1.0, 0.0).chance, Move(0.0, 0.0).chance
        (0.2423, 0.0, 1.0)
        """
        return two_sided_p(self.difference, self.se, self.df)

    def is_significant(self) -> bool:
        """Whether the 95 % interval excludes 0.

        >>> Move(6.0, 2.0).is_significant(), Move(6.0, 4.0).is_significant()
        (True, False)
        """
        lo, hi = self.interval
        return lo > 0 or hi < 0

    def is_real(self, least: float = LEAST_CHANGE) -> bool:
        """Whether it is significant and large enough to matter.

        Parameters
        ----------
        least : smallest change that matters, in the unit of the difference, >= 0

        Source: docs/scoring.md, section "Real changes".

        >>> Move(6.0, 2.0).is_real(), Move(4.0, 1.0).is_real(), Move(4.0, 1.0).is_real(least=3)
        (True, False, True)
        """
        return abs(self.difference) >= least - TOLERANCE and self.is_significant()


def move_between(before: float, before_ends: Interval, after: float, after_ends: Interval) -> Move:
    """The change between two figures from their published intervals alone: it tells nothing that they do not tell.

    Parameters
    ----------
    before, after : the earlier and the later figure, in one unit
    before_ends, after_ends : their 95 % intervals, as published

    Returns
    -------
    The change; its error is that towards no change, so that the interval excludes 0 exactly when that of the formula
    does. People who rated both times are not known here, so it errs on the side of no change.

    Formula: for d = after - before < 0 upper end d + sqrt((hi_2 - m_2)^2 + (m_1 - lo_1)^2), for d > 0 lower end
    d - sqrt((m_2 - lo_2)^2 + (hi_1 - m_1)^2); SE = distance to that end/1.959964.
    Source: recovery of variance from limits, Zou & Donner 2008; on Wilson intervals, Newcombe 1998, method 10.

    >>> move = move_between(81.0, Interval(70.0, 89.0), 61.0, Interval(48.0, 73.0))
    >>> round(move.difference, 1), round(move.interval.hi, 4), move.is_significant()
    (-20.0, -3.7212, True)
    """
    difference = after - before
    if difference < 0:
        distance = math.hypot(after_ends.hi - after, before - before_ends.lo)
    else:
        distance = math.hypot(after - after_ends.lo, before_ends.hi - before)
    return Move(difference, distance / t_quantile(0.975, math.inf))


def real_moves(moves: Sequence[Move], least: Sequence[float] | None = None) -> list[bool]:
    """Which changes of a list are real.

    Parameters
    ----------
    moves : of many KPIs or subjects
    least : smallest change that matters for each; 5 points if none

    Returns
    -------
    One answer per change: real by itself, and kept by Benjamini-Hochberg at 10 % over the list.

    >>> real_moves([Move(9.0, 2.0), Move(6.0, 2.9)] + [Move(0.0, 2.0)] * 8)
    [True, False, False, False, False, False, False, False, False, False]
    """
    limits = [LEAST_CHANGE] * len(moves) if least is None else least
    kept = discoveries([move.chance for move in moves])
    return [move.is_real(limit) and is_kept for move, limit, is_kept in zip(moves, limits, kept, strict=True)]
