"""Confidence intervals for scores, shares, means and rates, and their outward rounding; 95 % unless told.

==================  ==========================================================
Function            For
==================  ==========================================================
moderated_wilson    scores on 0..100 with a moderated standard error
score_interval      one such score, with or without hard parts
wilson              shares: k of n
t_interval          means of plain readings
poisson_rate        events per exposure, exact
outward             whole points, for scores from small atoms
t_quantile          Student quantile, the normal one for infinite df
==================  ==========================================================
"""

import math

import numpy as np
import numpy.typing as npt
import scipy

from app.scoring.errors import ScoringError
from app.scoring.results import Interval, Uncertainty

LEVEL = 0.95

Floats = npt.NDArray[np.float64]


def t_quantile(probability: float, df: float) -> float:
    """Quantile of Student's t.

    Parameters
    ----------
    probability : 0..1, both ends excluded
    df : degrees of freedom, > 0, may be infinite

    >>> round(t_quantile(0.975, 9.259566319436265), 6), round(t_quantile(0.975, math.inf), 6)
    (2.252528, 1.959964)
    """
    return float(scipy.special.ndtri(probability) if math.isinf(df) else scipy.special.stdtrit(df, probability))


def moderated_wilson(
    score: npt.ArrayLike, se: npt.ArrayLike, df: npt.ArrayLike, kish_n: npt.ArrayLike, *, level: float = LEVEL
) -> tuple[Floats, Floats]:
    """Wilson interval whose sample size is read off a moderated standard error; elementwise.

    Parameters
    ----------
    score : 0..100
    se : moderated standard error in points, > 0
    df : its degrees of freedom, > 0
    kish_n : effective number of raters, > 0
    level : confidence, 0..1

    Returns
    -------
    Lower and upper ends, 0 <= lower <= score <= upper <= 100.

    Formula: p~ = (N p + 1)/(N + 2), n_eff = max(N, 10^4 p~(1 - p~)/SE^2), then Wilson with q = t(df).
    Source: Wilson 1927 with the moderated variance of Smyth 2004; see docs/scoring.md, section "Interval".

    >>> lo, hi = moderated_wilson(70.3125, 12.979783778315346, 9.259566319436265, 2.3486238532110093)
    >>> round(float(lo), 6), round(float(hi), 6)
    (40.85092, 89.037514)
    """
    p, error, size = (np.asarray(column, np.float64) for column in (np.divide(score, 100), se, kish_n))
    centre = (size * p + 1) / (size + 2)
    n_eff = np.maximum(size, 1e4 * centre * (1 - centre) / error**2)
    lo, hi = _wilson_columns(p, n_eff, scipy.special.stdtrit(np.asarray(df, np.float64), 0.5 + level / 2))
    return np.minimum(100 * lo, score), np.maximum(100 * hi, score)


def score_interval(score: float, uncertainty: Uncertainty, *, floored: bool = True, level: float = LEVEL) -> Interval:
    """Moderated Wilson interval of one score, in plain numbers.

    Parameters
    ----------
    score : 0..100
    uncertainty : kish_n 0 means that no rater is involved
    floored : whether the kish size is the least effective sample size; off where hard KPIs take part
    level : confidence, 0..1

    Returns
    -------
    0 <= lo <= score <= hi <= 100; of width 0 only if the score has no error at all.

    Formula: as `moderated_wilson`; without raters p~ = p cut to .02 - .98; SE = 0: both ends are the score.

    >>> ends = score_interval(75.0, Uncertainty(20.0, 8.0, 1.0))
    >>> round(ends.lo, 6), round(ends.hi, 6)
    (31.532932, 95.131828)
    >>> score_interval(80.0, Uncertainty(0.0, math.inf, 0.0))
    Interval(lo=80.0, hi=80.0)
    """
    square, df, size = uncertainty.se**2, uncertainty.df, uncertainty.kish_n
    if square == 0:  # also of an error so small that its square is nothing
        return Interval(score, score)
    p = score / 100
    centre = (size * p + 1) / (size + 2) if size else min(max(p, 0.02), 0.98)
    n_eff = max(size if floored else 0.0, 1e4 * centre * (1 - centre) / square)
    lo, hi = _wilson_ends(p, n_eff, t_quantile(0.5 + level / 2, df))
    return Interval(min(100 * lo, score), max(100 * hi, score))  # 100 (x/100) may miss x by the last bit


def wilson(successes: float, n: float, *, level: float = LEVEL) -> Interval:
    """Wilson interval of a share.

    Parameters
    ----------
    successes : 0..n
    n : > 0
    level : confidence, 0..1

    Returns
    -------
    Ends in 0..1.

    Source: Wilson 1927.

    >>> ends = wilson(8, 10)
    >>> round(ends.lo, 6), round(ends.hi, 6)
    (0.490162, 0.943318)
    """
    if not 0 <= successes <= n or not n > 0:
        msg = f"a share needs 0 <= successes <= n and n > 0, got {successes} of {n}"
        raise ScoringError(msg)
    return Interval(*_wilson_ends(successes / n, n, float(scipy.special.ndtri(0.5 + level / 2))))


def t_interval(mean: float, se: float, df: float, *, level: float = LEVEL) -> Interval:
    """Student interval of a mean.

    Parameters
    ----------
    mean, se : in one unit, se >= 0
    df : degrees of freedom, > 0
    level : confidence, 0..1

    >>> ends = t_interval(65.0, 28.504385627478448 / math.sqrt(5), 4)
    >>> round(ends.lo, 6), round(ends.hi, 6)
    (29.607131, 100.392869)
    """
    half = t_quantile(0.5 + level / 2, df) * se
    return Interval(mean - half, mean + half)


def poisson_rate(count: float, exposure: float, *, level: float = LEVEL) -> Interval:
    """Exact interval of a rate of events.

    Parameters
    ----------
    count : events, >= 0
    exposure : > 0, any unit
    level : confidence, 0..1

    Returns
    -------
    Events per unit of exposure; the lower end is 0 if there was no event.

    Formula: chi2(a/2; 2k)/(2E), chi2(1 - a/2; 2k + 2)/(2E).
    Source: Garwood 1936.

    >>> ends = poisson_rate(7, 3.5)
    >>> round(ends.lo, 6), round(ends.hi, 6)
    (0.804104, 4.120764)
    """
    if count < 0 or not exposure > 0:
        msg = f"a rate needs a count of 0 or more and an exposure above 0, got {count} per {exposure}"
        raise ScoringError(msg)
    tail = (1 - level) / 2
    lo = float(scipy.special.gammaincinv(count, tail)) if count else 0.0
    return Interval(lo / exposure, float(scipy.special.gammaincinv(count + 1, 1 - tail)) / exposure)


def outward(interval: Interval, *, least: float = 0.0, most: float = 100.0) -> Interval:
    """Ends in whole points, never narrower, cut to the scale.

    Parameters
    ----------
    interval : on the scale of the figure
    least, most : ends of that scale, whole; -100 and 100 for a difference of scores

    >>> outward(Interval(40.85, 89.04))
    Interval(lo=40.0, hi=90.0)
    >>> outward(Interval(-9.08, 34.08), least=-100, most=100)
    Interval(lo=-10.0, hi=35.0)
    """
    return Interval(float(max(least, math.floor(interval.lo))), float(min(most, math.ceil(interval.hi))))


def _wilson_ends(p: float, n: float, q: float) -> tuple[float, float]:
    stretch = 1 + q * q / n
    centre = (p + q * q / (2 * n)) / stretch
    half = q * math.sqrt(p * (1 - p) / n + q * q / (4 * n * n)) / stretch
    return max(0.0, min(p, centre - half)), min(1.0, max(p, centre + half))


def _wilson_columns(p: Floats, n: Floats, q: Floats) -> tuple[Floats, Floats]:
    stretch = 1 + q * q / n
    centre = (p + q * q / (2 * n)) / stretch
    half = q * np.sqrt(p * (1 - p) / n + q * q / (4 * n * n)) / stretch
    return np.clip(centre - half, 0, p), np.clip(centre + half, p, 1)
