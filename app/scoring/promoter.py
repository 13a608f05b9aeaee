"""Net promoter score of recommend answers with its interval; inside a KPI such answers count by `scales`.

=============  ==========================================
Name           Meaning
=============  ==========================================
NetPromoter    the score, its error and its interval
net_promoter   the same from answers 0..10
net_of         the same from counts
=============  ==========================================
"""

import math

import numpy as np
import numpy.typing as npt
import scipy

from app.deferred import dataclass
from app.scoring.errors import ScoringError
from app.scoring.results import Interval
from app.scoring.scales import recommend


@dataclass(frozen=True, slots=True)
class NetPromoter:
    """Net promoter score of a set of recommend answers.

    score : -100..100
    se : plain standard error, >= 0
    interval : 95 %, adjusted Wald, cut to -100..100
    n : answers, >= 1
    """

    score: float
    se: float
    interval: Interval
    n: int


def net_promoter(answers: npt.ArrayLike) -> NetPromoter | None:
    """Share of promoters less share of detractors, in points.

    Parameters
    ----------
    answers : 0..10, NaN where there is none; shape (n,)

    Returns
    -------
    The score; none without answers.

    Raises
    ------
    ScoringError : an answer that is no whole number from 0 to 10

    Formula: p = share of 9 and 10, d = share of 0..6; the rest as `net_of`.

    >>> nps = net_promoter([10, 9, 9, 8, 7, 6, 10, 3, 9, 10])
    >>> round(nps.score, 6), round(nps.se, 6), round(nps.interval.lo, 2), round(nps.interval.hi, 2)
    (40.0, 25.298221, -12.59, 74.12)
    """
    points = recommend().map(answers)
    points = points[~np.isnan(points)]
    return net_of(int((points >= 90).sum()), int((points <= 60).sum()), len(points))


def net_of(promoters: int, detractors: int, n: int) -> NetPromoter | None:
    """Share of promoters less share of detractors, from counts, as they are left of an anonymous atom.

    Parameters
    ----------
    promoters, detractors : answers of 9 and 10, and of 0..6; >= 0
    n : all answers, at least both together

    Returns
    -------
    The score, inside its interval; none without answers.

    Raises
    ------
    ScoringError : a count is negative, or there are more promoters and detractors than answers

    Formula: 100(p - d); SE = 100 sqrt((p + d - (p - d)^2)/n). The interval adds 3 answers, 3/4 promoters and
    3/4 detractors, and is never of width 0; it is widened to hold the score, which one single answer leaves.
    Source: Rocks 2016, adjusted Wald.

    >>> net_of(6, 2, 10).score
    40.0
    >>> net_of(1, 0, 1).interval.hi
    100.0
    """
    if min(promoters, detractors) < 0 or promoters + detractors > n:
        msg = f"promoters and detractors must be 0 or more and {n} at most, got {promoters} and {detractors}"
        raise ScoringError(msg)
    if not n:
        return None
    score, se = _net(promoters / n, detractors / n, n)
    centre, error = _net((promoters + 0.75) / (n + 3), (detractors + 0.75) / (n + 3), n + 3)
    half = float(scipy.special.ndtri(0.975)) * error
    ends = Interval(max(-100.0, min(score, centre - half)), min(100.0, max(score, centre + half)))
    return NetPromoter(score, se, ends, n)


def _net(p: float, d: float, n: int) -> tuple[float, float]:
    return 100 * (p - d), 100 * math.sqrt(max(0.0, p + d - (p - d) ** 2) / n)
