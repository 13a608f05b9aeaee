"""Readings of a hard KPI to one figure of a period, with its error and completeness; no scale of 0..100 yet.

===========  =========================================================
Name         Meaning
===========  =========================================================
measure      the figure of a period
known        a figure that was given as such
===========  =========================================================

How readings become a figure is said with the names of `aggregation`, which can be had from here as well.
"""

import math
from collections.abc import Callable, Sequence
from operator import itemgetter

from app.scoring.aggregation import Aggregation, Comparison, Method, Observation, Rule, check_number
from app.scoring.errors import ScoringError
from app.scoring.figures import Figure, certain, mean, percentile, rate, ratio, share
from app.scoring.results import Certainty, Measured, NotScored, Reason
from app.scoring.weights import reaches

__all__ = ["Aggregation", "Comparison", "Method", "Observation", "Rule", "known", "measure"]

LEAST_COMPLETENESS = 0.6
LEAST_BASE = 1e-12
"""Denominators and exposures that add up to less add up to nothing but rounding errors."""


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
    ScoringError : a number is beyond 1e15, a base is negative, a count is no whole number of 0 or more

    Formula: sum, mean, last (greatest event time, then sequence), min, max, count; percentile linear with
    h = (n-1)p; ratio = sum(num)/sum(den), never the mean of ratios; rate = sum(count)/sum(exposure);
    share = part that meets the rule, or sum(part)/sum(whole).
    Source: as each estimator in `figures`.

    >>> from datetime import datetime
    >>> day = datetime(2026, 1, 1)
    >>> readings = [Observation(day, 9, 10), Observation(day, 30, 50)]
    >>> measure(Aggregation(Method.RATIO, per=100), readings).value
    65.0
    >>> measure(Aggregation(Method.SUM), readings, expected=4)
    NotScored(reason=<Reason.INCOMPLETE: 'incomplete'>, coverage=0.5)
    """
    ordered = _checked(aggregation, observations)
    completeness = _completeness(len(ordered) if observed is None else observed, expected)
    if not ordered or (aggregation.has_base and math.fsum(o.base for o in ordered) < LEAST_BASE):
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
    value : -1e15..1e15, in the unit of the KPI

    >>> known(52).interval
    Interval(lo=52, hi=52)
    """
    check_number("value", value)
    figure = certain(value, Certainty.EXACT)
    return Measured(value, figure.se, figure.df, figure.interval, figure.certainty, 1, 1.0, prorated=False)


def _checked(aggregation: Aggregation, observations: Sequence[Observation]) -> list[Observation]:
    """In order of event time, all numbers possible."""
    for observation in observations:
        check_number("value", observation.value)
        check_number("denominator or exposure", observation.base)
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
