"""Whether something that was done had an effect: a change beside the changes of units where it was not done.

================  ==========================================================
Name              Meaning
================  ==========================================================
Verdict           it worked, it did not, or nobody can tell
effect            the change less what happened elsewhere, with its error
verdict           what the interval of an effect says
================  ==========================================================
"""

import math
from collections.abc import Sequence
from enum import StrEnum

from app.scoring.moves import Move

LEAST_OTHERS = 3
"""With fewer units beside it the drift from one period to the next is not known at all."""


class Verdict(StrEnum):
    """What can be said of an action.

    worked : the interval of the effect lies on the good side of 0
    did_not : the interval leaves out what was expected
    unclear : neither, or there is too little to compare with
    """

    WORKED = "worked"
    DID_NOT = "did_not"
    UNCLEAR = "unclear"


def effect(own: Move, others: Sequence[float]) -> Move | None:
    """The change of a unit less what happened where nothing was done.

    Parameters
    ----------
    own : the change of the unit, in points, later less earlier, with its own error
    others : changes of units without the action over the same two periods, in points

    Returns
    -------
    The effect with its error, on m - 1 degrees of freedom; None with fewer than three other units.

    Formula: d = own - mean(others); SE^2 = max(s^2, own SE^2) + s^2/m, with s^2 the variance of the m other changes.
    That is the error of a new unit's change (drift and sampling together); where the unit itself is known less well
    than the others, its own error counts instead.
    Source: difference in differences with one treated unit; the t distribution for few units after Donald & Lang 2007,
    equation 8, and Conley & Taber 2011.

    >>> found = effect(Move(8.0, 2.0), [1.0, -1.0, 2.0, 0.0, -2.0])
    >>> found.difference, round(found.se, 4), found.df
    (8.0, 2.1213, 4)
    >>> effect(Move(8.0, 2.0), [1.0, -1.0]) is None
    True
    """
    m = len(others)
    if m < LEAST_OTHERS:
        return None
    mean = math.fsum(others) / m
    variance = math.fsum((one - mean) ** 2 for one in others) / (m - 1)
    return Move(own.difference - mean, math.sqrt(max(variance, own.se**2) + variance / m), m - 1)


def verdict(found: Move | None, expected: float) -> Verdict:
    """What can be said of an action whose effect was found.

    Parameters
    ----------
    found : the effect; None where there was too little to compare with
    expected : effect that was expected, in points, > 0

    Returns
    -------
    Worked where the 95 % interval lies above 0, did not where it lies below what was expected, else unclear.

    >>> verdict(Move(8.0, 2.1213, 4), 5.0), verdict(Move(-1.0, 2.0, 4), 5.0), verdict(Move(3.0, 2.1213, 4), 5.0)
    (<Verdict.WORKED: 'worked'>, <Verdict.DID_NOT: 'did_not'>, <Verdict.UNCLEAR: 'unclear'>)
    """
    if found is None:
        return Verdict.UNCLEAR
    lo, hi = found.interval
    if lo > 0:
        return Verdict.WORKED
    return Verdict.DID_NOT if hi < expected else Verdict.UNCLEAR
