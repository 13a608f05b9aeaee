"""Several KPIs as one score with its interval; single KPIs are scored in `soft` and `goalposts`.

================  ==================================================
Name              Meaning
================  ==================================================
Form              arithmetic (strong makes up for weak) or geometric
CardEntry         one KPI on a scorecard
Scorecard         the weighted KPIs of a subject
score_composite   one score over the KPIs that are present
================  ==================================================
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.scoring.errors import ScoringError
from app.scoring.intervals import score_interval
from app.scoring.linear import ErrorTerm, ReleasedGroup, Spread, combined, error_terms, kish_size
from app.scoring.results import Composite, HardScore, KpiScore, NotScored, Part, Reason, Uncertainty
from app.scoring.weights import check_weights, normalise, reaches

LEAST_KPI_WEIGHT = 0.6
LEAST_FACTOR = 1.0

Scores = Mapping[int, KpiScore | HardScore | NotScored]
"""What each KPI of the scorecard scored, by its number; a KPI that is absent counts as not scored."""


class Form(StrEnum):
    """How KPIs combine: a weighted sum, or a product in which one very low KPI cannot be bought off."""

    ARITHMETIC = "arithmetic"
    GEOMETRIC = "geometric"


@dataclass(frozen=True, slots=True)
class CardEntry:
    """One KPI on a scorecard.

    kpi : number of the KPI
    weight : 0..1e9 in any unit
    required : without it there is no composite
    """

    kpi: int
    weight: float
    required: bool = False


@dataclass(frozen=True, slots=True)
class Scorecard:
    """The weighted KPIs of a subject.

    entries : in the order of the card
    form : arithmetic or geometric

    Raises
    ------
    ScoringError : a weight is not usable, all are 0, or a KPI is there twice

    >>> Scorecard((CardEntry(0, 50), CardEntry(0, 50)))
    Traceback (most recent call last):
    ...
    app.scoring.errors.ScoringError: a kpi can be on a scorecard once only
    """

    entries: tuple[CardEntry, ...]
    form: Form = Form.ARITHMETIC

    def __post_init__(self) -> None:
        """Refuse entries that cannot be weighed."""
        weights = {str(entry.kpi): entry.weight for entry in self.entries}
        if len(weights) < len(self.entries):
            msg = "a kpi can be on a scorecard once only"
            raise ScoringError(msg)
        check_weights(weights, "kpi")


def score_composite(
    card: Scorecard, scores: Scores, released: Sequence[ReleasedGroup], spread: Spread
) -> Composite | NotScored:
    """One score over the KPIs that are present.

    Parameters
    ----------
    card : the weights
    scores : soft and hard scores by KPI number
    released : the rater groups that the soft scores were made from
    spread : pooled covariance by rater group

    Returns
    -------
    The composite, or `insufficient` if the present weight is below .6, or `required_missing`.

    Formula: C = sum w_k x_k, or exp(sum w_k ln max(x_k, 1)), w rescaled over the KPIs that are present.
    Error: soft KPIs together by `linear.error_terms` with a = w_k W'_gk; each hard KPI adds w_k^2 SE_k^2 with
    its own degrees of freedom; geometric: coefficients times C/x_k. With hard KPIs the kish size is no floor.
    Source: docs/scoring.md, section "Composite"; OECD/JRC Handbook 2008 for the two forms.

    >>> from app.scoring.goalposts import Goalposts, score_metric
    >>> from app.scoring.metrics import known
    >>> hard = {k: score_metric(k, known(v), Goalposts(0, 100)) for k, v in enumerate((70, 80, 50))}
    >>> card = (CardEntry(0, 0.5), CardEntry(1, 0.3), CardEntry(2, 0.2))
    >>> score_composite(Scorecard(card), hard, (), {}).score
    69.0
    >>> round(score_composite(Scorecard(card, Form.GEOMETRIC), hard, (), {}).score, 6)
    68.119275
    """
    found = [(entry, score) for entry in card.entries if (score := _present(scores, entry.kpi)) is not None]
    weight = math.fsum(entry.weight for entry, _ in found)
    coverage = weight / math.fsum(entry.weight for entry in card.entries)
    if not reaches(coverage, LEAST_KPI_WEIGHT):
        return NotScored(Reason.INSUFFICIENT, coverage)
    if {entry.kpi for entry in card.entries if entry.required} - {entry.kpi for entry, _ in found}:
        return NotScored(Reason.REQUIRED_MISSING, coverage)
    weights = normalise([entry.weight for entry, _ in found])
    present = [(w, score) for w, (_, score) in zip(weights, found, strict=True)]
    total = _mean(present, card.form)
    uncertainty = _uncertainty(present, _slopes(present, total, card.form), released, spread)
    with_hard = any(w and isinstance(score, HardScore) for w, score in present)
    return Composite(
        total,
        coverage,
        uncertainty,
        score_interval(total, uncertainty, floored=not with_hard),
        tuple(Part(score.kpi, w, score.score, w * score.score) for w, score in present),
        _subtotal(present, KpiScore, card.form),
        _subtotal(present, HardScore, card.form),
    )


_Weighted = Sequence[tuple[float, KpiScore | HardScore]]


def _present(scores: Scores, kpi: int) -> KpiScore | HardScore | None:
    score = scores.get(kpi)
    return None if isinstance(score, NotScored) else score


def _mean(present: _Weighted, form: Form) -> float:
    if form is Form.ARITHMETIC:
        return min(100.0, math.fsum(w * score.score for w, score in present))
    return min(100.0, math.exp(math.fsum(w * math.log(_factor(score)) for w, score in present)))


def _factor(score: KpiScore | HardScore) -> float:
    return max(score.score, LEAST_FACTOR)


def _slopes(present: _Weighted, total: float, form: Form) -> list[float]:
    """How much the composite moves per point of each KPI."""
    if form is Form.ARITHMETIC:
        return [w for w, _ in present]
    return [w * total / _factor(score) for w, score in present]


def _subtotal(present: _Weighted, kind: type, form: Form) -> float | None:
    of_kind = [(w, score) for w, score in present if isinstance(score, kind) and w]
    if not of_kind:
        return None
    weights = normalise([w for w, _ in of_kind])
    return _mean([(w, score) for w, (_, score) in zip(weights, of_kind, strict=True)], form)


def _uncertainty(
    present: _Weighted, slopes: Sequence[float], released: Sequence[ReleasedGroup], spread: Spread
) -> Uncertainty:
    hard = [
        ErrorTerm((slope * score.se) ** 2, score.df)
        for slope, (_, score) in zip(slopes, present, strict=True)
        if isinstance(score, HardScore)
    ]
    terms, nominal, sizes = list(hard), [], []
    for group in released:
        shares = [_share(score, group) for _, score in present]
        pairs = zip(slopes, shares, present, strict=True)
        coefficients = {score.kpi: slope * share for slope, share, (_, score) in pairs if slope * share}
        if coefficients:
            terms += error_terms(group, coefficients, spread)
            nominal.append(math.fsum(w * share for (w, _), share in zip(present, shares, strict=True)))
            sizes.append(sum(atom.count_raters(coefficients) for atom in group.atoms))
    return Uncertainty(*combined(terms), kish_size(nominal, sizes) if sizes else 0.0)


def _share(score: KpiScore | HardScore, group: ReleasedGroup) -> float:
    if isinstance(score, HardScore):
        return 0.0
    return math.fsum(part.share for part in score.groups if part.groups == group.groups)
