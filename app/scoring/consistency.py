"""Whether the items of a scale say the same thing: coefficient alpha, its interval, and what each item does to it.

=========  =======================================================================
Name       Meaning
=========  =======================================================================
Alpha      coefficient alpha and what belongs to it
alpha      compute it
=========  =======================================================================
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy

from app.scoring.columns import Floats
from app.scoring.errors import ScoringError
from app.scoring.intervals import LEVEL
from app.scoring.reliability import Gap, NotDefined
from app.scoring.results import Interval

LEAST_SHEETS, LEAST_ITEMS = 10, 2


class Standardised(NamedTuple):
    """Alpha of items that were brought to one variance.

    value : at most 1
    mean_correlation : between two items, -1..1
    """

    value: float
    mean_correlation: float


class Alpha(NamedTuple):
    """Coefficient alpha and what belongs to it.

    value : at most 1; below 0 if the items contradict each other
    interval : 95 % unless asked otherwise
    standardised : the same from correlations; none if all sheets agree on an item
    without : alpha without each item, in the order of the items; none where it is not defined
    items, n : items and sheets
    """

    value: float
    interval: Interval
    standardised: Standardised | NotDefined
    without: tuple[float | NotDefined, ...]
    items: int
    n: int


def alpha(answers: npt.ArrayLike, *, level: float = LEVEL) -> Alpha | NotDefined:
    """Internal consistency of a scale.

    Parameters
    ----------
    answers : sheets by items, finite, reversed items already turned; sheets with gaps are left out before
    level : confidence, 0..1

    Returns
    -------
    Alpha; none below 10 sheets or 2 items, or if the sums of the sheets do not differ.

    Formula: K/(K - 1) (1 - sum s_i^2/s_T^2), s_T^2 the variance of the sums over K items; interval
    1 - (1 - alpha) F(.975), 1 - (1 - alpha) F(.025), F with n - 1 and (n - 1)(K - 1) degrees of freedom;
    standardised K r/(1 + (K - 1) r), r the mean correlation.
    Source: Cronbach 1951; Feldt 1965 for the interval.

    >>> found = alpha([[1, 2], [2, 2], [3, 3], [4, 5], [5, 4], [1, 1], [2, 3], [3, 2], [4, 4], [5, 5]])
    >>> round(found.value, 6), [round(end, 6) for end in found.interval]
    (0.928882, [0.713681, 0.982335])
    """
    x = np.asarray(answers, np.float64)
    if x.ndim != 2 or not np.isfinite(x).all():
        msg = "answers must be a finite number for every sheet and item"
        raise ScoringError(msg)
    n, items = x.shape
    if n < LEAST_SHEETS or items < LEAST_ITEMS:
        return NotDefined(Gap.TOO_FEW)
    covariance = np.cov(x, rowvar=False)
    value = _alpha(covariance)
    if isinstance(value, NotDefined):
        return value
    df, tail = (n - 1, (n - 1) * (items - 1)), 0.5 + level / 2
    lo, hi = (1 - (1 - value) * float(scipy.special.fdtri(*df, share)) for share in (tail, 1 - tail))
    others = [[other for other in range(items) if other != item] for item in range(items)]
    without = tuple(_alpha(covariance[np.ix_(kept, kept)]) for kept in others)
    return Alpha(value, Interval(lo, hi), _standardised(covariance), without, items, n)


def _alpha(covariance: Floats) -> float | NotDefined:
    """Alpha from the covariance of the items, whose sum is the variance of the sums."""
    items, total = len(covariance), float(covariance.sum())
    if items < LEAST_ITEMS:
        return NotDefined(Gap.TOO_FEW)
    single = float(np.trace(covariance))
    if total <= 1e-12 * single or single == 0:
        return NotDefined(Gap.NO_SPREAD)
    return items / (items - 1) * (1 - single / total)


def _standardised(covariance: Floats) -> Standardised | NotDefined:
    if (np.diagonal(covariance) <= 0).any():
        return NotDefined(Gap.NO_SPREAD)
    items, sd = len(covariance), np.sqrt(np.diagonal(covariance))
    mean = (float((covariance / np.outer(sd, sd)).sum()) - items) / (items * (items - 1))
    return Standardised(items * mean / (1 + (items - 1) * mean), mean)
