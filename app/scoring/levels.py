"""Units of one kind seen together: the plain mean over them, each as much as the other, however many rated it.

==============  ==============================================================
Name            Meaning
==============  ==============================================================
LevelMean       the mean and its interval
mean_of_units   from published scores and their intervals alone
==============  ==============================================================
"""

import math
from collections.abc import Sequence

from app.deferred import dataclass
from app.scoring.errors import ScoringError
from app.scoring.firm import TWO_SIDED, Told
from app.scoring.intervals import outward
from app.scoring.results import Interval


@dataclass(frozen=True, slots=True)
class LevelMean:
    """The mean over units of one kind.

    score : 0..100
    interval : 95 %, in whole points
    units : how many units it is made of
    """

    score: float
    interval: Interval
    units: int


def mean_of_units(units: Sequence[Told]) -> LevelMean:
    """The plain mean over units, with an interval that follows from theirs.

    Parameters
    ----------
    units : published score and error of each, as `Told.from_ends` reads them off the interval; one or more

    Returns
    -------
    The mean, 0..100, with its interval in whole points, outward, cut to 0..100.

    Raises
    ------
    ScoringError : no unit

    Formula: m = sum(s_i)/u; SE = sqrt(sum(SE_i^2))/u; interval m -+ 1.96 SE. The units are all there are, so what they
    differ by is no error; units share no sheet, so their errors add as squares. Only published figures enter, hence
    nothing can be solved from the mean that could not be solved from them.
    Source: variance of a linear form of independent estimates; docs/scoring.md, section "Benchmarks".

    >>> mean_of_units([Told(60.0, 3.0), Told(70.0, 4.0), Told(80.0, 0.0)])
    LevelMean(score=70.0, interval=Interval(lo=66.0, hi=74.0), units=3)
    """
    if not units:
        msg = "a mean needs one unit or more"
        raise ScoringError(msg)
    count = len(units)
    score = math.fsum(one.score for one in units) / count
    half = TWO_SIDED * math.sqrt(math.fsum(one.se**2 for one in units)) / count
    return LevelMean(score, outward(Interval(score - half, score + half)), count)
