"""How much a series remembers itself from step to step, and what that does to sums; no chart and no forecast.

==================  ===============================================================
Function            Gives
==================  ===============================================================
autocorrelation     lag-1 autocorrelation of a series
persistence         the same, cut to 0..0.8
unbiased            the same, corrected for a short series
summed_variance     variance of a sum of n values that remember their predecessor
==================  ===============================================================
"""

import itertools
import math
from collections.abc import Sequence

from app.scoring.figures import LARGEST_AUTOCORRELATION


def autocorrelation(values: Sequence[float]) -> float:
    """Lag-1 autocorrelation of a series.

    Parameters
    ----------
    values : in order of time, any unit, at least one

    Returns
    -------
    -1..1; 0 where nothing varies.

    Formula: sum (x_t - m)(x_(t+1) - m)/sum (x_t - m)^2, m = mean.
    Source: Box & Jenkins 1976, section 2.1.5.

    >>> round(autocorrelation([1, 2, 3, 4]), 6), autocorrelation([5, 5, 5])
    (0.25, 0.0)
    """
    # From the first value: a series that never changes must not leave rounding errors that look like variation.
    away = [value - values[0] for value in values]
    centre = math.fsum(away) / len(away)
    away = [distance - centre for distance in away]
    squares = math.fsum(distance * distance for distance in away)
    following = math.fsum(one * other for one, other in itertools.pairwise(away))
    return following / squares if squares else 0.0


def persistence(coefficient: float) -> float:
    """Autocorrelation as it enters limits and forecasts, 0..0.8.

    Negative memory is not believed, since it would make limits narrower; above 0.8 the formulas that use it know too
    little to be trusted.

    >>> [persistence(r) for r in (-0.2, 0.3, 0.95)]
    [0.0, 0.3, 0.8]
    """
    return min(max(coefficient, 0.0), LARGEST_AUTOCORRELATION)


def unbiased(coefficient: float, n: int) -> float:
    """Lag-1 autocorrelation corrected for its bias in a short series.

    Parameters
    ----------
    coefficient : as from `autocorrelation`
    n : values in the series, above 4

    Returns
    -------
    Any number; cut it with `persistence`.

    Formula: (n r + 1)/(n - 4), which undoes E r = rho - (1 + 4 rho)/n.
    Source: Marriott & Pope 1954; Kendall 1954.

    >>> round(unbiased(0.12278417208972683, 12), 6)
    0.309176
    """
    return (n * coefficient + 1) / (n - 4)


def summed_variance(n: int, coefficient: float) -> float:
    """Variance of a sum of n values of variance 1, each of which remembers the one before.

    Parameters
    ----------
    n : values in the sum, >= 0
    coefficient : lag-1 autocorrelation, 0..0.8

    Returns
    -------
    n for values without memory, more for others; 0 for an empty sum.

    Formula: n (1 + r)/(1 - r) - 2 r (1 - r^n)/(1 - r)^2.
    Source: first-order autoregression, Box & Jenkins 1976, section 3.2; sum of r^|i - j| over all pairs.

    >>> summed_variance(3, 0.0), summed_variance(2, 0.5)
    (3.0, 3.0)
    """
    r = coefficient
    return n * (1 + r) / (1 - r) - 2 * r * (1 - r**n) / (1 - r) ** 2
