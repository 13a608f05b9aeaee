"""Frozen values that the scoring functions return; no arithmetic beyond what a value says about itself.

============  ==============================================================
Value         Stands for
============  ==============================================================
Reason        why a score cannot be told
NotScored     a score that cannot be told
Interval      two ends on the scale of the figure
Uncertainty   standard error, its degrees of freedom, effective raters
GroupScore    mean of one released rater group on one soft KPI
KpiScore      subject score of one soft KPI
Certainty     how a hard figure knows its own error
Measured      one hard figure in its own unit
HardScore     one hard figure on 0..100
Part          what one KPI adds to a composite
Composite     several KPIs as one score
============  ==============================================================
"""

from enum import StrEnum
from typing import NamedTuple

from app.deferred import dataclass


class Reason(StrEnum):
    """Why a score cannot be told; the set is closed, pages have one sentence for each.

    suppressed : too few people answered, below the k of the group
    insufficient : the parts that may be shown weigh too little
    required_missing : a KPI that the scorecard requires has no score
    incomplete : too few of the expected units of a hard KPI were observed
    no_value : no reading, or a denominator or exposure that adds up to zero
    """

    SUPPRESSED = "suppressed"
    INSUFFICIENT = "insufficient"
    REQUIRED_MISSING = "required_missing"
    INCOMPLETE = "incomplete"
    NO_VALUE = "no_value"


@dataclass(frozen=True, slots=True)
class NotScored:
    """A score that cannot be told, and how much of it was there.

    reason : one of the closed set
    coverage : share of the weight (or of the expected units) that was present, 0..1
    """

    reason: Reason
    coverage: float = 0.0


class Interval(NamedTuple):
    """Lower and upper end on the scale of the figure, lo <= figure <= hi; scores stay in 0..100."""

    lo: float
    hi: float


class Uncertainty(NamedTuple):
    """How far a score may be off.

    se : standard error in points, >= 0
    df : degrees of freedom of the standard error, > 0; infinite if known without estimation
    kish_n : effective number of raters, from the weights alone; 0 if no rater is involved
    """

    se: float
    df: float
    kish_n: float


class GroupScore(NamedTuple):
    """Mean of one released rater group on one soft KPI.

    groups : the rater groups it holds; more than one only under the policy `pool`
    mean : 0..100, plain mean over its raters
    n : raters with a valid score on this KPI, >= 1
    weight : nominal weight W_g, the sum over `groups`
    share : W_g divided by the released weight, 0..1; 0 for a group that never counts (self)
    uncertainty, interval : of the mean alone
    """

    groups: tuple[str, ...]
    mean: float
    n: int
    weight: float
    share: float
    uncertainty: Uncertainty
    interval: Interval


@dataclass(frozen=True, slots=True)
class KpiScore:
    """Subject score of one soft KPI.

    kpi : the caller's number of the KPI
    score : 0..100, sum of share times mean over the released groups
    coverage : released weight divided by all weight, 0.5..1
    n : raters behind it, over the groups with weight
    uncertainty, interval : of the score
    groups : every released group, also those without weight, in the caller's order
    """

    kpi: int
    score: float
    coverage: float
    n: int
    uncertainty: Uncertainty
    interval: Interval
    groups: tuple[GroupScore, ...]


class Certainty(StrEnum):
    """How a hard figure knows its own error.

    exact : a count of everything there is; the error is 0
    estimated : the error was estimated from the readings
    unknown : one single observation, or a figure scaled up; the error is set to 0 and must be said so
    """

    EXACT = "exact"
    ESTIMATED = "estimated"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Measured:
    """One hard figure in its own unit.

    value : the aggregate
    se : standard error in the same unit, >= 0; 0 unless `certainty` is estimated
    df : degrees of freedom of `se`; infinite where none are spent
    interval : 95 % interval in the same unit; both ends equal the value unless estimated
    certainty : exact, estimated or unknown
    n : observations used
    completeness : observed divided by expected units, 0..1
    prorated : the sum or count was divided by the completeness
    """

    value: float
    se: float
    df: float
    interval: Interval
    certainty: Certainty
    n: int
    completeness: float
    prorated: bool


@dataclass(frozen=True, slots=True)
class HardScore:
    """One hard figure on 0..100.

    kpi : the caller's number of the KPI
    score : 0..100
    se, df : standard error in points and its degrees of freedom (infinite: none spent)
    interval : of the score, 0..100
    attainment : value divided by target, uncapped; none for an in-range KPI or a target of 0
    measured : the figure behind it
    """

    kpi: int
    score: float
    se: float
    df: float
    interval: Interval
    attainment: float | None
    measured: Measured


class Part(NamedTuple):
    """What one KPI adds to a composite.

    kpi : the caller's number of the KPI
    weight : weight divided by the present weight, 0..1
    score : 0..100
    points : what it adds: weight times score, or its share by log-mean if the composite is geometric; the points
        of all parts add up to the composite
    """

    kpi: int
    weight: float
    score: float
    points: float


@dataclass(frozen=True, slots=True)
class Composite:
    """Several KPIs as one score.

    score : 0..100
    coverage : present weight divided by all weight, 0.6..1
    uncertainty, interval : of the score
    parts : the KPIs that are present, in the order of the scorecard
    soft, hard : mean of the same form over the present KPIs of that kind, none if there are none
    unsure : hard KPIs whose own error nobody knows; the interval leaves it out, which must be said beside it
    """

    score: float
    coverage: float
    uncertainty: Uncertainty
    interval: Interval
    parts: tuple[Part, ...]
    soft: float | None
    hard: float | None
    unsure: tuple[int, ...] = ()
