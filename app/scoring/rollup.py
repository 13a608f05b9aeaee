"""Hard figures of a unit from the readings below it; soft groups roll up by their atoms, in `linear`.

===========  =========================================================
Name         Meaning
===========  =========================================================
RollUp       how a unit gets a figure when it has no readings
Readings     what one subject brings
unit_figure  the figure of a unit
===========  =========================================================
"""

import math
from collections.abc import Sequence
from enum import StrEnum

from app.deferred import dataclass
from app.scoring.errors import ScoringError
from app.scoring.intervals import t_interval
from app.scoring.linear import combined
from app.scoring.metrics import Aggregation, Observation, measure
from app.scoring.results import Certainty, Interval, Measured, NotScored, Reason
from app.scoring.weights import normalise, reaches

LEAST_COMPLETENESS = 0.6


class RollUp(StrEnum):
    """How a unit gets a figure when it has no readings of its own.

    pooled : the KPI's aggregation over all readings below
    mean : every subject below has one voice
    weighted : every subject below weighs as many people as it has
    sum : the figures below added up
    none : the unit has no figure
    """

    POOLED = "pooled"
    MEAN = "mean"
    WEIGHTED = "weighted"
    SUM = "sum"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Readings:
    """What one subject brings to a figure.

    observations : its own readings in the period, in any order
    people : its number of people, >= 1
    expected : steps of the cadence in the period; none: complete
    observed : steps with at least one reading; none: one step per reading
    """

    observations: tuple[Observation, ...]
    people: int = 1
    expected: int | None = None
    observed: int | None = None

    def __post_init__(self) -> None:
        """Refuse a subject that cannot be weighed."""
        if self.people < 1:
            msg = f"a subject has 1 person or more, got {self.people}"
            raise ScoringError(msg)


def unit_figure(
    rule: RollUp, aggregation: Aggregation, own: Readings, below: Sequence[Readings]
) -> Measured | NotScored:
    """Figure of a unit: from its own readings if there are any, else from those below it.

    Parameters
    ----------
    rule : how figures roll up
    aggregation : how readings become a figure
    own : readings about the unit itself
    below : of every subject below that is expected to have readings, also of those without

    Returns
    -------
    The figure; `no_value` if nobody has readings or the rule is none; `incomplete` below .6.

    Formula: mean: sum p_j v_j with equal p; weighted: p by people; sum: p = 1; SE^2 = sum p_j^2 SE_j^2 with
    Satterthwaite's degrees of freedom; completeness = mean completeness of all below, 0 for those without.
    Source: docs/scoring.md, section "Roll-up".

    >>> from datetime import datetime
    >>> from app.scoring.metrics import Method
    >>> day = datetime(2026, 1, 1)
    >>> teams = [Readings((Observation(day, 10),), people=2), Readings((Observation(day, 40),), people=6)]
    >>> last, nothing = Aggregation(Method.LAST), Readings(())
    >>> [unit_figure(rule, last, nothing, teams).value for rule in (RollUp.MEAN, RollUp.WEIGHTED, RollUp.SUM)]
    [25.0, 32.5, 50.0]
    """
    if own.observations:
        return _measured(aggregation, own)
    if rule is RollUp.NONE or not any(readings.observations for readings in below):
        return NotScored(Reason.NO_VALUE)
    if rule is RollUp.POOLED:
        return _measured(aggregation, _pooled(below))
    return _combined(rule, [(readings.people, _measured(aggregation, readings)) for readings in below])


def _measured(aggregation: Aggregation, readings: Readings) -> Measured | NotScored:
    return measure(aggregation, readings.observations, expected=readings.expected, observed=readings.observed)


def _pooled(below: Sequence[Readings]) -> Readings:
    """All readings as of one subject; steps add up where a cadence expects them."""
    observations = tuple(observation for readings in below for observation in readings.observations)
    counted = [readings for readings in below if readings.expected is not None]
    if not counted:
        return Readings(observations)
    observed = sum(min(_steps(readings), readings.expected or 0) for readings in counted)
    return Readings(observations, 1, sum(readings.expected or 0 for readings in counted), observed)


def _steps(readings: Readings) -> int:
    return len(readings.observations) if readings.observed is None else readings.observed


def _combined(rule: RollUp, figures: Sequence[tuple[int, Measured | NotScored]]) -> Measured | NotScored:
    found = [(people, figure) for people, figure in figures if isinstance(figure, Measured)]
    completeness = math.fsum(figure.completeness for _, figure in found) / len(figures)
    if not reaches(completeness, LEAST_COMPLETENESS):
        return NotScored(Reason.INCOMPLETE, completeness)
    shares = _shares(rule, [people for people, _ in found])
    value = math.fsum(share * figure.value for share, (_, figure) in zip(shares, found, strict=True))
    weighed = list(zip(shares, (figure for _, figure in found), strict=True))
    squares = [((share * figure.se) ** 2, figure.df) for share, figure in weighed]
    se, df = combined(math.fsum(a for a, _ in squares), math.fsum(a * a / df for a, df in squares))
    interval = t_interval(value, se, df) if se else Interval(value, value)
    n = sum(figure.n for _, figure in found)
    prorated = any(figure.prorated for _, figure in found)
    return Measured(value, se, df, interval, _certainty([f for _, f in found]), n, completeness, prorated)


def _shares(rule: RollUp, people: Sequence[int]) -> list[float]:
    if rule is RollUp.SUM:
        return [1.0] * len(people)
    return normalise(people if rule is RollUp.WEIGHTED else [1.0] * len(people))


def _certainty(figures: Sequence[Measured]) -> Certainty:
    """Unknown if any is, else estimated if any is."""
    found = {figure.certainty for figure in figures}
    for certainty in (Certainty.UNKNOWN, Certainty.ESTIMATED):
        if certainty in found:
            return certainty
    return Certainty.EXACT
