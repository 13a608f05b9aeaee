"""Intervals of weighted sums from the published intervals of their parts alone; nothing of the raters is needed.

===============  =================================================================
Name             Meaning
===============  =================================================================
Known            a score with the distances to both ends of its interval
distances        how far the ends of a weighted sum lie from it
thinned          the same for a mean over another number of raters
interval_within  an interval from distances, cut to the scale
===============  =================================================================
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


def distances(weights: Sequence[float], known: Sequence[Known]) -> tuple[float, float]:
    """Distances from a weighted sum of scores to the lower and the upper end of its interval.

    Parameters
    ----------
    weights : >= 0, of each part
    known : the parts

    Returns
    -------
    Both >= 0; those of the part itself for a single one of weight 1.

    Formula: below = sqrt(sum_ij w_i w_j r_ij b_i b_j), b the distances below; above likewise; r = 1 for a part with
    itself, .5 for two from the same raters, 0 else.
    Source: the method of variance estimates recovery, Zou, Huang and Zhang 2009 (a note on confidence interval
    estimation for a linear function of binomial proportions); .5 is the correlation that scores of two KPIs by one
    rater have where nothing was pooled, see docs/scoring.md, section "Standard error".

    >>> distances([0.5, 0.5], [Known(70.0, 30.0, 9.0), Known(50.0, 40.0, 12.0)])
    (25.0, 7.5)
    """
    return _spread(weights, [one.below for one in known], known), _spread(weights, [one.above for one in known], known)


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
    alone = [one._replace(source=-1) for one in known]
    below, above = distances([n / whole for n in sizes], alone)
    stretch = math.sqrt(whole / size)
    return below * stretch, above * stretch


def interval_within(score: float, below: float, above: float) -> Interval:
    """The interval around a score, cut to 0..100.

    >>> interval_within(90.0, 12.5, 20.0)
    Interval(lo=77.5, hi=100.0)
    """
    return Interval(min(score, max(0.0, score - below)), max(score, min(100.0, score + above)))


def _spread(weights: Sequence[float], ends: Sequence[float], known: Sequence[Known]) -> float:
    parts = [weight * end for weight, end in zip(weights, ends, strict=True)]
    by_source: dict[int, list[float]] = {}
    for part, one in zip(parts, known, strict=True):
        if one.source >= 0:
            by_source.setdefault(one.source, []).append(part)
    # Two different parts of one source stand in the double sum twice.
    together = math.fsum(math.fsum(some) ** 2 - math.fsum(part**2 for part in some) for some in by_source.values())
    return math.sqrt(math.fsum(part**2 for part in parts) + PRIOR_CORRELATION * max(0.0, together))
