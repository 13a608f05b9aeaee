"""The chance that a total or an average still reaches its target, from the steps so far.

============  ======================================
Name          Meaning
============  ======================================
Whole         total or average
Projection    forecast, error, chance
TooEarly      fewer steps than a forecast needs
project       the same from the steps so far
============  ======================================
"""

import math
import statistics
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import scipy

from app.deferred import dataclass
from app.scoring.autocorrelation import autocorrelation, persistence, summed_variance, unbiased
from app.scoring.errors import ScoringError
from app.scoring.results import Interval

LEAST_STEPS = 8
LEAST_DF = 2.0
SHOWN_STEP, LEAST_SHOWN, MOST_SHOWN = 5, 5, 95
ROUNDING = 1e-12  # ten times 0.1 and twice 0.1 are not twelve times 0.1 to the last bit


class Whole(StrEnum):
    """What the steps of a period make together."""

    TOTAL = "total"
    AVERAGE = "average"


class TooEarly(NamedTuple):
    """Fewer steps than a forecast needs.

    seen, needed : steps with a value
    """

    seen: int
    needed: int


@dataclass(frozen=True, slots=True)
class Projection:
    """What the end of the period is likely to bring.

    forecast : of the total or the average
    se : its standard error, in the same unit, >= 0
    df : degrees of freedom, >= 2
    persistence : autocorrelation it was made with, 0..0.8
    chance : probability that the target is reached, 0..1
    steps_left : 0 if the period is over
    """

    forecast: float
    se: float
    df: float
    persistence: float
    chance: float
    steps_left: int

    @property
    def shown(self) -> int:
        """Chance in per cent as it is shown: 5 to 95 in steps of 5; 0 or 100 only when the period is over.

        >>> Projection(227.5, 9.2, 7, 0.0, 0.2216, 12).shown, Projection(227.5, 9.2, 7, 0.0, 0.999, 12).shown
        (20, 95)
        """
        if not self.steps_left:
            return round(100 * self.chance)
        steps = math.floor(100 * self.chance / SHOWN_STEP + 0.5)
        return min(max(SHOWN_STEP * steps, LEAST_SHOWN), MOST_SHOWN)


def project(
    values: Sequence[float | None], steps_left: int, goal: Interval, *, of: Whole = Whole.TOTAL
) -> Projection | TooEarly:
    """Chance that a total or an average over the steps of a period reaches its target.

    Parameters
    ----------
    values : of the steps so far, in order of time; missing ones are skipped
    steps_left : steps to come, >= 0
    goal : where the figure has reached its target, ends included, one of them infinite where only one way is better
        (`directions.good_values`)
    of : sum or mean over all steps

    Returns
    -------
    The projection, or `TooEarly` below 8 values.

    Raises
    ------
    ScoringError : steps left are negative, a value is not finite, or the goal is not in order

    Formula: forecast = sum + h m; V(n) = s^2 [n (1 + r)/(1 - r) - 2 r (1 - r^n)/(1 - r)^2];
    SE^2 = V(h) + h^2 V(k)/k^2; df = max(2, k (1 - r)/(1 + r) - 1); chance = 1 - F_t((T - forecast)/SE; df); r = lag-1
    autocorrelation, unbiased, cut to 0..0.8; a mean as the sum with its target times (k + h). SE = 0: reached or not, but for rounding.
    Source: prediction of a sum of a first-order autoregression; docs/scoring.md, section "Chance to reach a target".

    >>> seen = [10, 12, 9, 14, 11, 13, 12, 10]
    >>> projection = project(seen, 12, Interval(235, math.inf))
    >>> projection.forecast, round(projection.se, 6), round(projection.chance, 6), projection.shown
    (227.5, 9.229224, 0.221591, 20)
    >>> round(project(seen, 12, Interval(11.75, math.inf), of=Whole.AVERAGE).chance, 6)
    0.221591
    """
    seen = [value for value in values if value is not None]
    _check(seen, steps_left, goal)
    k, h = len(seen), steps_left
    if k < LEAST_STEPS:
        return TooEarly(k, LEAST_STEPS)
    parts = 1 if of is Whole.TOTAL else k + h
    r = persistence(unbiased(autocorrelation(seen), k))
    forecast = math.fsum(seen) + h * statistics.fmean(seen)
    variance = summed_variance(h, r) + h * h * summed_variance(k, r) / (k * k)
    se = statistics.stdev(seen) * math.sqrt(variance)
    df = max(LEAST_DF, k * (1 - r) / (1 + r) - 1)
    ends = Interval(goal.lo * parts, goal.hi * parts)
    return Projection(forecast / parts, se / parts, df, r, _chance(forecast, se, df, ends), h)


def _chance(forecast: float, se: float, df: float, ends: Interval) -> float:
    if se == 0:
        slack = ROUNDING * abs(forecast)
        return float(ends.lo - slack <= forecast <= ends.hi + slack)
    above = 0.0 if math.isinf(ends.lo) else scipy.special.stdtr(df, (ends.lo - forecast) / se)
    below = 1.0 if math.isinf(ends.hi) else scipy.special.stdtr(df, (ends.hi - forecast) / se)
    return float(below - above)


def _check(seen: Sequence[float], steps_left: int, goal: Interval) -> None:
    if steps_left < 0:
        msg = f"steps left must be 0 or more, got {steps_left}"
        raise ScoringError(msg)
    if not all(math.isfinite(value) for value in seen):
        msg = "a value must be a finite number"
        raise ScoringError(msg)
    if not goal.lo <= goal.hi:
        msg = f"a goal needs its lower end first, got {goal.lo} and {goal.hi}"
        raise ScoringError(msg)
