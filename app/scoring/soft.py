"""Subject score of one soft KPI from its released rater groups; who is released is decided by the caller.

===========  ===================================================
Name         Meaning
===========  ===================================================
RaterMix     what each rater group weighs on a KPI
score_kpi    score, interval and group means of one KPI
===========  ===================================================
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.scoring.errors import ScoringError
from app.scoring.intervals import score_interval
from app.scoring.linear import ReleasedGroup, Spread, combined, error_terms, kish_size
from app.scoring.results import GroupScore, KpiScore, NotScored, Reason, Uncertainty
from app.scoring.weights import check_weights, reaches

LEAST_GROUP_WEIGHT = 0.5
SELF = "self"


@dataclass(frozen=True, slots=True)
class RaterMix:
    """What each rater group weighs on one soft KPI.

    kpi : number of the KPI in the totals
    weights : by rater group, 0..1e9 in any unit; all groups that were asked, released or not

    Raises
    ------
    ScoringError : a weight is not usable, all are 0, or self has a weight

    >>> RaterMix(0, {"manager": 2, "self": 1})
    Traceback (most recent call last):
    ...
    app.scoring.errors.ScoringError: weight of rater group self must be 0, got 1
    """

    kpi: int
    weights: Mapping[str, float]

    def __post_init__(self) -> None:
        """Refuse weights that cannot be used."""
        check_weights(self.weights, "rater group")
        if self.weights.get(SELF):
            msg = f"weight of rater group {SELF} must be 0, got {self.weights[SELF]}"
            raise ScoringError(msg)

    def weight(self, group: ReleasedGroup) -> float:
        """Weight of a released group: the sum over the rater groups it holds.

        >>> RaterMix(0, {"customer": 0.2, "supplier": 0.1}).weight(ReleasedGroup(("customer",), ()))
        0.2
        """
        return math.fsum(self.weights.get(name, 0.0) for name in group.groups)

    def shares(self, released: Sequence[ReleasedGroup]) -> list[float]:
        """Renormalised weight of each released group on this KPI; 0 where nobody has a valid score.

        Formula: W'_g = W_g / sum of the released W.
        """
        present = [self.weight(group) if group.count(self.kpi) else 0.0 for group in released]
        total = math.fsum(present)
        return [weight / total if total else 0.0 for weight in present]


def score_kpi(mix: RaterMix, released: Sequence[ReleasedGroup], spread: Spread) -> KpiScore | NotScored:
    """Score of one subject on one soft KPI.

    Parameters
    ----------
    mix : the KPI and what each rater group weighs on it
    released : rater groups of the subject that may enter figures; a group without a valid score on this KPI
        (suppressed, or not asked) adds nothing
    spread : pooled covariance by rater group

    Returns
    -------
    The score, or `insufficient` with its coverage if the released weight is below half.

    Formula: S = sum W'_g m_g; standard error by `linear.error_terms` with a = W'_g; moderated Wilson interval.
    Source: docs/scoring.md, sections "Subject score" and "Standard error".

    >>> from app.scoring.pooling import PooledCovariance
    >>> from app.scoring.totals import AtomTotals
    >>> totals = AtomTotals.from_scores([0, 1, 1, 1, 1], range(5), [0] * 5, [75, 50, 75, 75, 50], n_atoms=2)
    >>> released = [ReleasedGroup((name,), (totals.atom(i),)) for i, name in enumerate(("manager", "colleague"))]
    >>> known = PooledCovariance(variances={0: 400.0})
    >>> mix = RaterMix(0, {"manager": 0.5, "colleague": 0.3, "customer": 0.2})
    >>> score = score_kpi(mix, released, {"manager": known, "colleague": known})
    >>> score.score, score.coverage, round(score.uncertainty.se, 6), round(score.interval.hi, 6)
    (70.3125, 0.8, 12.979784, 89.037514)
    """
    present = [group for group in released if group.count(mix.kpi)]
    shares = mix.shares(present)
    weight = math.fsum(mix.weight(group) for group in present)
    coverage = min(1.0, weight / math.fsum(mix.weights.values()))
    if not reaches(coverage, LEAST_GROUP_WEIGHT):
        return NotScored(Reason.INSUFFICIENT, coverage)
    scores = tuple(_group_score(mix, group, share, spread) for group, share in zip(present, shares, strict=True))
    counted = [(group, score) for group, score in zip(present, scores, strict=True) if score.share]
    score = min(100.0, math.fsum(score.share * score.mean for _, score in counted))
    terms = [term for group, score in counted for term in error_terms(group, {mix.kpi: score.share}, spread)]
    uncertainty = Uncertainty(
        *combined(terms), kish_size((score.share for _, score in counted), (score.n for _, score in counted))
    )
    return KpiScore(
        mix.kpi,
        score,
        coverage,
        sum(score.n for _, score in counted),
        uncertainty,
        score_interval(score, uncertainty),
        scores,
    )


def _group_score(mix: RaterMix, group: ReleasedGroup, share: float, spread: Spread) -> GroupScore:
    mean, n = group.mean(mix.kpi), group.count(mix.kpi)
    uncertainty = Uncertainty(*combined(error_terms(group, {mix.kpi: 1.0}, spread)), float(n))
    return GroupScore(group.groups, mean, n, mix.weight(group), share, uncertainty, score_interval(mean, uncertainty))
