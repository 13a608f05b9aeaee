"""Intervals of weighted sums from the published intervals of their parts alone; nothing of the raters is needed.

==================  =================================================================
Name                Meaning
==================  =================================================================
Known               a score with the distances to both ends of its interval
thinned             the same, of another number of raters
recovered_interval  interval of a weighted sum
==================  =================================================================
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from app.scoring.errors import ScoringError
from app.scoring.pooling import PRIOR_CORRELATION
from app.scoring.results import Interval


class Known(NamedTuple):
    """A score with what its interval says of its error.

    score : 0..100
    below, above : distances to the lower and the upper end, >= 0
    source : parts with equal sources come from the same raters and err together; -1 for one that errs alone
    """

    score: float
    below: float
    above: float
    source: int = -1


def thinned(known: Sequence[Known], sizes: Sequence[int], size: int) -> tuple[float, float]:
    """Distances to the ends of a mean over other raters than those whose intervals are known.

    Parameters
    ----------
    known, sizes : means with their intervals, and the raters behind each, >= 1; at least one
    size : raters behind the mean that is asked about, >= 1

    Formula: the distances of the mean over all the known raters, times sqrt(N/n), N = sum of the sizes.

    >>> thinned([Known(70.0, 12.0, 10.0)], [16], 4)
    (24.0, 20.0)
    """
    whole = sum(sizes)
    if not whole:
        msg = "raters must be known to say how sure the mean of others is"
        raise ScoringError(msg)
    total = math.fsum(n * one.score for one, n in zip(known, sizes, strict=True)) / whole
    alone = [one._replace(source=-1) for one in known]
    ends = recovered_interval(total, [n / whole for n in sizes], alone)
    stretch = math.sqrt(whole / size)
    return (total - ends.lo) * stretch, (ends.hi - total) * stretch


def recovered_interval(total: float, weights: Sequence[float], known: Sequence[Known]) -> Interval:
    """Interval of a weighted sum of scores.

    Parameters
    ----------
    total : the sum, 0..100
    weights : >= 0, of each part
    known : the parts

    Returns
    -------
    0 <= lo <= total <= hi <= 100; the interval of the part itself for a single one of weight 1.

    Formula: lo = total - sqrt(sum_ij w_i w_j r_ij b_i b_j), b the distances below; hi likewise with those above;
    r = 1 for a part with itself, .5 for two from the same raters, 0 else.
    Source: the method of variance estimates recovery, Zou, Huang and Zhang 2009 (a note on confidence interval
    estimation for a linear function of binomial proportions); .5 is the correlation that scores of two KPIs by one
    rater have where nothing was pooled, see docs/scoring.md, section "Standard error".

    >>> recovered_interval(60.0, [0.5, 0.5], [Known(70.0, 30.0, 10.0), Known(50.0, 40.0, 20.0)])
    Interval(lo=35.0, hi=71.18033988749895)
    """
    lower = _spread(weights, [one.below for one in known], known)
    upper = _spread(weights, [one.above for one in known], known)
    return Interval(min(total, max(0.0, total - lower)), max(total, min(100.0, total + upper)))


def _spread(weights: Sequence[float], distances: Sequence[float], known: Sequence[Known]) -> float:
    parts = [weight * distance for weight, distance in zip(weights, distances, strict=True)]
    by_source: dict[int, list[float]] = {}
    for part, one in zip(parts, known, strict=True):
        if one.source >= 0:
            by_source.setdefault(one.source, []).append(part)
    # Two different parts of one source stand in the double sum twice.
    together = math.fsum(math.fsum(some) ** 2 - math.fsum(part**2 for part in some) for some in by_source.values())
    return math.sqrt(math.fsum(part**2 for part in parts) + PRIOR_CORRELATION * max(0.0, together))
