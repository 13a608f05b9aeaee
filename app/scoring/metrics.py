"""Readings of a hard KPI to one figure of a period, with its error and completeness; no scale of 0..100 yet.

===========  =========================================================
Name         Meaning
===========  =========================================================
Observation  one reading as plain numbers
Method       how readings become one figure
Rule         what a reading must meet to count in a share
Aggregation  method with its settings, checked
measure      the figure of a period
known        a figure that was given as such
===========  =========================================================
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from scipy import special

from app.scoring.errors import ScoringError
from app.scoring.intervals import poisson_rate, t_interval, wilson
from app.scoring.results import Certainty, Interval, Measured, NotScored, Reason
from app.scoring.weights import reaches

LEAST_COMPLETENESS = 0.6
LARGEST_AUTOCORRELATION = 0.8
Q = 1.96


@dataclass(frozen=True, slots=True)
class Observation:
    """One reading as plain numbers.

    at : event time (all aware, or all naive)
    value : the value; the numerator of a ratio; the count of a rate
    base : the denominator of a ratio, the exposure of a rate, >= 0; otherwise unused
    sequence : order of entry, decides between readings of one event time
    """

    at: datetime
    value: float
    base: float = 1.0
    sequence: int = 0


class Method(StrEnum):
    """How readings become one figure; min, max and count are the plain ones of the readings there are."""

    SUM = "sum"
    MEAN = "mean"
    MEDIAN = "median"
    PERCENTILE = "percentile"
    LAST = "last"
    MIN = "min"
    MAX = "max"
    COUNT = "count"
    RATIO = "ratio"
    RATE = "rate"
    SHARE = "share"


class Comparison(StrEnum):
    """How a reading is compared with the limit of a share."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    ABOVE = "above"
    BELOW = "below"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a reading must meet to count in a share: a comparison with a finite limit in the unit of the reading."""

    comparison: Comparison
    limit: float

    def __post_init__(self) -> None:
        """Refuse a limit that nothing can be compared with."""
        _check_finite("limit of a share", self.limit)

    def is_met(self, value: float) -> bool:
        """Whether a value counts.

        >>> Rule(Comparison.AT_LEAST, 95).is_met(95), Rule(Comparison.ABOVE, 95).is_met(95)
        (True, False)
        """
        return {
            Comparison.AT_LEAST: value >= self.limit,
            Comparison.AT_MOST: value <= self.limit,
            Comparison.ABOVE: value > self.limit,
            Comparison.BELOW: value < self.limit,
        }[self.comparison]


@dataclass(frozen=True, slots=True)
class Aggregation:
    """Method with its settings.

    method : how readings become one figure
    percentile : share below the percentile, 0..1, for that method only
    per : multiplies a ratio, rate or share: 100 for per cent, 1000 for events per thousand; > 0
    rule : for a share only
    prorate : divide a sum or count by the completeness, flagged

    Raises
    ------
    ScoringError : a setting is missing, not allowed for the method, or out of range

    >>> Aggregation(Method.PERCENTILE, percentile=90)
    Traceback (most recent call last):
    ...
    app.scoring.errors.ScoringError: percentile must be from 0 to 1, got 90
    """

    method: Method
    percentile: float | None = None
    per: float = 1.0
    rule: Rule | None = None
    prorate: bool = False

    def __post_init__(self) -> None:
        """Refuse settings that do not belong together."""
        if (self.percentile is not None) != (self.method is Method.PERCENTILE):
            msg = f"percentile is needed for the method percentile, and for no other; the method is {self.method}"
            raise ScoringError(msg)
        if self.percentile is not None and not 0 <= self.percentile <= 1:
            msg = f"percentile must be from 0 to 1, got {self.percentile}"
            raise ScoringError(msg)
        if (self.rule is not None) != (self.method is Method.SHARE):
            msg = f"a rule is needed for the method share, and for no other; the method is {self.method}"
            raise ScoringError(msg)
        if not (math.isfinite(self.per) and self.per > 0):
            msg = f"per must be a finite number above 0, got {self.per}"
            raise ScoringError(msg)
        if self.prorate and self.method not in {Method.SUM, Method.COUNT}:
            msg = f"only a sum or a count can be prorated, not a {self.method}"
            raise ScoringError(msg)


@dataclass(frozen=True, slots=True)
class _Figure:
    """A figure and its error, before completeness."""

    value: float
    se: float
    df: float
    interval: Interval
    certainty: Certainty


def measure(
    aggregation: Aggregation,
    observations: Sequence[Observation],
    *,
    expected: int | None = None,
    observed: int | None = None,
) -> Measured | NotScored:
    """One figure from the readings of a period.

    Parameters
    ----------
    aggregation : the method and its settings
    observations : in any order
    expected : steps of the KPI's cadence in the period, >= 1; none: the period is complete
    observed : steps with at least one reading; none: one step per reading

    Returns
    -------
    The figure; `no_value` without readings or where denominators or exposures add up to 0; `incomplete` below
    .6 of the expected steps. Nothing is scaled up unless the aggregation says so.

    Raises
    ------
    ScoringError : a number is not finite, a base is negative, a count is no whole number of 0 or more

    Formula: sum, mean, last (greatest event time, then sequence), min, max, count; percentile linear with
    h = (n-1)p; ratio = sum(num)/sum(den), never the mean of ratios; rate = sum(count)/sum(exposure);
    share = part that meets the rule.
    Source: percentile: Hyndman & Fan 1996, type 7; ratio: linearisation as in Cochran 1977, section 6.

    >>> day = datetime(2026, 1, 1)
    >>> readings = [Observation(day, 9, 10), Observation(day, 30, 50)]
    >>> measure(Aggregation(Method.RATIO, per=100), readings).value
    65.0
    >>> measure(Aggregation(Method.SUM), readings, expected=4)
    NotScored(reason=<Reason.INCOMPLETE: 'incomplete'>, coverage=0.5)
    """
    ordered = _checked(aggregation, observations)
    completeness = _completeness(len(ordered) if observed is None else observed, expected)
    if not ordered or (aggregation.method in _BASED and not math.fsum(o.base for o in ordered) > 0):
        return NotScored(Reason.NO_VALUE, completeness if ordered else 0.0)
    if not reaches(completeness, LEAST_COMPLETENESS):
        return NotScored(Reason.INCOMPLETE, completeness)
    figure = _FIGURES[aggregation.method](aggregation, ordered)
    prorated = aggregation.prorate and completeness < 1
    if prorated:
        figure = _certain(figure.value / completeness, Certainty.UNKNOWN)
    return Measured(
        figure.value,
        figure.se,
        figure.df,
        figure.interval,
        figure.certainty,
        len(ordered),
        completeness,
        prorated,
    )


def known(value: float) -> Measured:
    """A figure that was given as such, one exact observation.

    Parameters
    ----------
    value : finite, in the unit of the KPI

    >>> known(52).interval
    Interval(lo=52, hi=52)
    """
    _check_finite("value", value)
    figure = _certain(value, Certainty.EXACT)
    return Measured(value, figure.se, figure.df, figure.interval, figure.certainty, 1, 1.0, prorated=False)


def _checked(aggregation: Aggregation, observations: Sequence[Observation]) -> list[Observation]:
    """In order of event time, all numbers possible."""
    for observation in observations:
        _check_finite("value", observation.value)
        _check_finite("denominator or exposure", observation.base)
        if observation.base < 0:
            msg = f"denominator or exposure must be 0 or more, got {observation.base}"
            raise ScoringError(msg)
        if aggregation.method is Method.RATE and not (observation.value >= 0 and float(observation.value).is_integer()):
            msg = f"a count must be a whole number of 0 or more, got {observation.value}"
            raise ScoringError(msg)
    return sorted(observations, key=lambda observation: (observation.at, observation.sequence))


def _check_finite(what: str, number: float) -> None:
    if isinstance(number, bool) or not math.isfinite(number):
        msg = f"{what} must be a finite number, got {number}"
        raise ScoringError(msg)


def _completeness(observed: int, expected: int | None) -> float:
    if expected is None:
        return 1.0
    if expected < 1 or observed < 0:
        msg = f"a period expects 1 step or more, got {observed} of {expected}"
        raise ScoringError(msg)
    return min(1.0, observed / expected)


def _certain(value: float, certainty: Certainty) -> _Figure:
    return _Figure(value, 0.0, math.inf, Interval(value, value), certainty)


def _values(observations: Sequence[Observation]) -> list[float]:
    return [observation.value for observation in observations]


def _sum(_: Aggregation, observations: Sequence[Observation]) -> _Figure:
    return _certain(math.fsum(_values(observations)), Certainty.EXACT)


def _last(_: Aggregation, observations: Sequence[Observation]) -> _Figure:
    return _certain(observations[-1].value, Certainty.EXACT)


def _min(_: Aggregation, observations: Sequence[Observation]) -> _Figure:
    return _certain(min(_values(observations)), Certainty.EXACT)


def _max(_: Aggregation, observations: Sequence[Observation]) -> _Figure:
    return _certain(max(_values(observations)), Certainty.EXACT)


def _count(_: Aggregation, observations: Sequence[Observation]) -> _Figure:
    return _certain(float(len(observations)), Certainty.EXACT)


def _mean(_: Aggregation, observations: Sequence[Observation]) -> _Figure:
    """Mean; s/sqrt(n) widened by sqrt((1+r)/(1-r)) for lag-1 autocorrelation r cut to 0..0.8."""
    values = _values(observations)
    n = len(values)
    mean = math.fsum(values) / n
    if n == 1:
        return _certain(mean, Certainty.UNKNOWN)
    away = [value - mean for value in values]
    squares = math.fsum(d * d for d in away)
    following = math.fsum(d * e for d, e in itertools.pairwise(away))
    r = min(max(following / squares, 0.0), LARGEST_AUTOCORRELATION) if squares else 0.0
    se = math.sqrt(squares / (n - 1) / n * (1 + r) / (1 - r))
    return _Figure(mean, se, n - 1, t_interval(mean, se, n - 1), Certainty.ESTIMATED)


def _percentile(aggregation: Aggregation, observations: Sequence[Observation]) -> _Figure:
    """Percentile; interval between those at p - d and p + d, d = 1.96 sqrt(p(1-p)/n), SE from its width."""
    values = _values(observations)
    n = len(values)
    p = 0.5 if aggregation.percentile is None else aggregation.percentile
    d = Q * math.sqrt(p * (1 - p) / n)
    lo, at, hi = np.quantile(np.array(values, np.float64), [max(0.0, p - d), p, min(1.0, p + d)]).tolist()
    if n == 1:
        return _certain(at, Certainty.UNKNOWN)
    return _Figure(at, (hi - lo) / (2 * Q), n - 1, Interval(lo, hi), Certainty.ESTIMATED)


def _ratio(aggregation: Aggregation, observations: Sequence[Observation]) -> _Figure:
    """Ratio of sums; e_d = (num_d - R den_d)/mean(den), SE = sqrt(sum e^2/(D(D-1)))."""
    n = len(observations)
    base = math.fsum(observation.base for observation in observations)
    ratio = math.fsum(_values(observations)) / base
    value = aggregation.per * ratio
    if n == 1:
        return _certain(value, Certainty.UNKNOWN)
    errors = [(observation.value - ratio * observation.base) / (base / n) for observation in observations]
    se = aggregation.per * math.sqrt(math.fsum(e * e for e in errors) / (n * (n - 1)))
    return _Figure(value, se, n - 1, t_interval(value, se, n - 1), Certainty.ESTIMATED)


def _rate(aggregation: Aggregation, observations: Sequence[Observation]) -> _Figure:
    exposure = math.fsum(observation.base for observation in observations)
    count = math.fsum(_values(observations))
    return _from_interval(aggregation, count / exposure, poisson_rate(count, exposure))


def _share(aggregation: Aggregation, observations: Sequence[Observation]) -> _Figure:
    n = len(observations)
    met = sum(aggregation.rule is not None and aggregation.rule.is_met(value) for value in _values(observations))
    return _from_interval(aggregation, met / n, wilson(met, n))


def _from_interval(aggregation: Aggregation, value: float, ends: Interval) -> _Figure:
    """A figure with a known interval; SE = its width over 2 q, so that it is never 0 where nothing was seen."""
    per = aggregation.per
    interval = Interval(per * ends.lo, per * ends.hi)
    se = (interval.hi - interval.lo) / (2 * float(special.ndtri(0.975)))
    return _Figure(per * value, se, math.inf, interval, Certainty.ESTIMATED)


_BASED = {Method.RATIO, Method.RATE}

_FIGURES: dict[Method, Callable[[Aggregation, Sequence[Observation]], _Figure]] = {
    Method.SUM: _sum,
    Method.MEAN: _mean,
    Method.MEDIAN: _percentile,
    Method.PERCENTILE: _percentile,
    Method.LAST: _last,
    Method.MIN: _min,
    Method.MAX: _max,
    Method.COUNT: _count,
    Method.RATIO: _ratio,
    Method.RATE: _rate,
    Method.SHARE: _share,
}
