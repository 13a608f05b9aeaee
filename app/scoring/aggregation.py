"""Readings of a hard KPI as plain numbers, and how they are to become one figure; the figure is made in `metrics`.

============  =================================================
Name          Meaning
============  =================================================
Observation   one reading as plain numbers
Method        how readings become one figure
Comparison    how a reading is compared with the limit of a share
Rule          what a reading must meet to count in a share
Aggregation   method with its settings, checked
check_number  refuse what is no number to reckon with
============  =================================================
"""

from datetime import datetime
from enum import StrEnum

from app.deferred import dataclass
from app.scoring.errors import ScoringError

LARGEST = 1e15
"""Beyond it whole numbers are no longer exact; squares and sums of readings up to here stay finite."""


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
    """What a reading must meet to count in a share: a comparison with a limit in the unit of the reading."""

    comparison: Comparison
    limit: float

    def __post_init__(self) -> None:
        """Refuse a limit that nothing can be compared with."""
        check_number("limit of a share", self.limit)

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
        if not 0 < self.per <= LARGEST:
            msg = f"per must be a number above 0, at most 1e15, got {self.per}"
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


def check_number(what: str, number: float) -> None:
    """Refuse what is no number to reckon with: infinite, beyond 1e15 either way, or true and false.

    >>> check_number("value", 1e15)
    >>> check_number("value", float("nan"))
    Traceback (most recent call last):
    ...
    app.scoring.errors.ScoringError: value must be a number from -1e15 to 1e15, got nan
    """
    if isinstance(number, bool) or not -LARGEST <= number <= LARGEST:
        msg = f"{what} must be a number from -1e15 to 1e15, got {number}"
        raise ScoringError(msg)
