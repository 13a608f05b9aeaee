"""Estimators behind hard KPIs: a figure with its error from plain numbers; which one is used is decided in `metrics`.

===========  ================================================
Name         Figure
===========  ================================================
Figure       a value with its error and interval
certain      a value without an error to speak of
mean         mean in order of time
percentile   any percentile, the median included
ratio        sum of numerators by sum of denominators
rate         events per exposure
share        part of all
===========  ================================================
"""

import itertools
import math
from collections.abc import Sequence

import numpy as np
import scipy

from app.deferred import dataclass
from app.scoring.intervals import poisson_rate, t_interval, wilson
from app.scoring.results import Certainty, Interval

LARGEST_AUTOCORRELATION = 0.8
Q = 1.96


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its error and interval, in one unit; df infinite where none are spent."""

    value: float
    se: float
    df: float
    interval: Interval
    certainty: Certainty

    def times(self, factor: float) -> "Figure":
        """In another unit; factor > 0.

        >>> certain(0.79, Certainty.EXACT).times(100).value
        79.0
        """
        ends = Interval(self.interval.lo * factor, self.interval.hi * factor)
        return Figure(self.value * factor, self.se * factor, self.df, ends, self.certainty)


def certain(value: float, certainty: Certainty) -> Figure:
    """A value without an error to speak of: exact, or of unknown error.

    >>> certain(7.0, Certainty.EXACT).interval
    Interval(lo=7.0, hi=7.0)
    """
    return Figure(value, 0.0, math.inf, Interval(value, value), certainty)


def mean(values: Sequence[float]) -> Figure:
    """Mean of values in order of time, n >= 1.

    Formula: SE = s/sqrt(n) sqrt((1 + r)/(1 - r)), r = lag-1 autocorrelation cut to 0..0.8; t with n - 1.
    Source: large-sample variance of the mean of a first-order autoregression, Bartlett 1946.

    >>> figure = mean([62.5, 81.25, 70, 90])
    >>> figure.value, round(figure.se, 6)
    (75.9375, 6.067652)
    """
    n = len(values)
    if n == 1:
        return certain(values[0], Certainty.UNKNOWN)
    # From the first value: what never changes has itself as its mean, to the last bit, and no error.
    away = [value - values[0] for value in values]
    shift = math.fsum(away) / n
    centre, away = values[0] + shift, [distance - shift for distance in away]
    squares = math.fsum(d * d for d in away)
    following = math.fsum(d * e for d, e in itertools.pairwise(away))
    r = min(max(following / squares, 0.0), LARGEST_AUTOCORRELATION) if squares else 0.0
    se = math.sqrt(squares / (n - 1) / n * (1 + r) / (1 - r))
    return Figure(centre, se, n - 1, t_interval(centre, se, n - 1), Certainty.ESTIMATED)


def percentile(values: Sequence[float], p: float) -> Figure:
    """Percentile of values in any order, n >= 1; p in 0..1.

    Formula: linear, h = (n - 1)p; interval Q(p - d) .. Q(p + d), d = 1.96 sqrt(p(1 - p)/n), cut to 0..1;
    SE = width/(2 * 1.96).
    Source: Hyndman & Fan 1996, type 7; interval: normal form of the order-statistic interval.

    >>> percentile([1, 2, 3, 4], 0.5).value
    2.5
    """
    n = len(values)
    d = Q * math.sqrt(p * (1 - p) / n)
    lo, at, hi = np.quantile(np.array(values, np.float64), [max(0.0, p - d), p, min(1.0, p + d)]).tolist()
    if n == 1:
        return certain(at, Certainty.UNKNOWN)
    return Figure(at, (hi - lo) / (2 * Q), n - 1, Interval(lo, hi), Certainty.ESTIMATED)


def ratio(numerators: Sequence[float], denominators: Sequence[float]) -> Figure:
    """Ratio of sums over D units, D >= 1, never the mean of ratios; denominators >= 0 with a sum above 0.

    Formula: R = sum(num)/sum(den); e = (num - R den)/mean(den); SE = sqrt(sum e^2/(D(D - 1))); t with D - 1.
    Source: linearisation of a ratio, Cochran 1977, section 6.4.

    >>> figure = ratio([9, 30], [10, 50])
    >>> figure.value, round(figure.se, 6), figure.df
    (0.65, 0.083333, 1)
    """
    n = len(numerators)
    base = math.fsum(denominators)
    value = math.fsum(numerators) / base
    if n == 1:
        return certain(value, Certainty.UNKNOWN)
    errors = [(a - value * b) / (base / n) for a, b in zip(numerators, denominators, strict=True)]
    se = math.sqrt(math.fsum(e * e for e in errors) / (n * (n - 1)))
    return Figure(value, se, n - 1, t_interval(value, se, n - 1), Certainty.ESTIMATED)


def rate(counts: Sequence[float], exposures: Sequence[float]) -> Figure:
    """Events per exposure; counts whole and >= 0, exposures >= 0 with a sum above 0.

    Formula: sum(count)/sum(exposure); exact Poisson interval; SE = width/(2 q).

    >>> figure = rate([3, 4], [1.5, 2.0])
    >>> figure.value, round(figure.interval.hi, 6)
    (2.0, 4.120764)
    """
    count, exposure = math.fsum(counts), math.fsum(exposures)
    return _from_interval(count / exposure, poisson_rate(count, exposure))


def share(part: float, whole: float) -> Figure:
    """Part of all, 0 <= part <= whole, whole > 0.

    Formula: part/whole; Wilson interval; SE = width/(2 q).

    >>> figure = share(8, 10)
    >>> figure.value, round(figure.interval.lo, 6)
    (0.8, 0.490162)
    """
    return _from_interval(part / whole, wilson(part, whole))


def _from_interval(value: float, ends: Interval) -> Figure:
    """The error is read off the interval, so that it is never 0 where nothing, or only one thing, was seen."""
    se = (ends.hi - ends.lo) / (2 * float(scipy.special.ndtri(0.975)))
    return Figure(value, se, math.inf, ends, Certainty.ESTIMATED)
