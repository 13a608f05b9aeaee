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

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import itemgetter

from app.scoring.errors import ScoringError
from app.scoring.figures import Figure, certain, mean, percentile, rate, ratio, share
from app.scoring.results import Certainty, Measured, NotScored, Reason
from app.scoring.weights import reaches

LEAST_COMPLETENESS = 0.6


@dataclass(frozen=True, slots=True)
class Observation:
    """One reading as plain numbers.

    at : event time (all aware, or all naive)
    value : the value; the numerator of a ratio; the count of a rate; the part of a share without a rule
    base : the denominator of a ratio, the exposure of a rate, the whole of a share, >= 0; otherwise unused
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
    rule : for a share only, what a reading must meet; none: each reading says how many (value) of all (base)
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
        if self.rule is not None and self.method is not Method.SHARE:
            msg = f"a rule is for the method share only; the method is {self.method}"
            raise ScoringError(msg)
        if not (math.isfinite(self.per) and self.per > 0):
            msg = f"per must be a finite number above 0, got {self.per}"
            raise ScoringError(msg)
        if self.prorate and self.method not in {Method.SUM, Method.COUNT}:
            msg = f"only a sum or a count can be prorated, not a {self.method}"
            raise ScoringError(msg)

    @property
    def counts_parts(self) -> bool:
        """Whether each reading is a part of its base: a share without a rule."""
        return self.method is Method.SHARE and self.rule is None

    @property
    def has_base(self) -> bool:
        """Whether the bases of the readings matter."""
        return self.counts_parts or self.method in {Method.RATIO, Method.RATE}


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
    share = part that meets the rule, or sum(part)/sum(whole).
    Source: as each estimator in `figures`.

    >>> day = datetime(2026, 1, 1)
    >>> readings = [Observation(day, 9, 10), Observation(day, 30, 50)]
    >>> measure(Aggregation(Method.RATIO, per=100), readings).value
    65.0
    >>> measure(Aggregation(Method.SUM), readings, expected=4)
    NotScored(reason=<Reason.INCOMPLETE: 'incomplete'>, coverage=0.5)
    """
    ordered = _checked(aggregation, observations)
    completeness = _completeness(len(ordered) if observed is None else observed, expected)
    if not ordered or (aggregation.has_base and not math.fsum(o.base for o in ordered) > 0):
        return NotScored(Reason.NO_VALUE, completeness if ordered else 0.0)
    if not reaches(completeness, LEAST_COMPLETENESS):
        return NotScored(Reason.INCOMPLETE, completeness)
    figure = _figure(aggregation, ordered)
    prorated = aggregation.prorate and completeness < 1
    if prorated:
        figure = certain(figure.value / completeness, Certainty.UNKNOWN)
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
    figure = certain(value, Certainty.EXACT)
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
        if aggregation.counts_parts and not 0 <= observation.value <= observation.base:
            msg = f"a part must be from 0 to its whole {observation.base}, got {observation.value}"
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


def _figure(aggregation: Aggregation, observations: Sequence[Observation]) -> Figure:
    values = [observation.value for observation in observations]
    bases = [observation.base for observation in observations]
    if aggregation.method in _EXACT:
        return certain(_EXACT[aggregation.method](values), Certainty.EXACT)
    if aggregation.method is Method.MEAN:
        return mean(values)
    if aggregation.method in {Method.MEDIAN, Method.PERCENTILE}:
        return percentile(values, 0.5 if aggregation.percentile is None else aggregation.percentile)
    return _per(aggregation, values, bases).times(aggregation.per)


def _per(aggregation: Aggregation, values: Sequence[float], bases: Sequence[float]) -> Figure:
    if aggregation.method is Method.RATIO:
        return ratio(values, bases)
    if aggregation.method is Method.RATE:
        return rate(values, bases)
    if aggregation.rule is None:
        return share(math.fsum(values), math.fsum(bases))
    return share(sum(aggregation.rule.is_met(value) for value in values), len(values))


_EXACT: dict[Method, Callable[[Sequence[float]], float]] = {
    Method.SUM: math.fsum,
    Method.LAST: itemgetter(-1),
    Method.MIN: min,
    Method.MAX: max,
    Method.COUNT: len,
}
