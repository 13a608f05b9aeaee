"""How reliable ratings are, as analysts are answered."""

from typing import Any

from pydantic import Field

from app.analysis.reliable import Unstudied
from app.api.schemas.analysis import KPI, LEFT_OUT, AnalysedKpiOut, LeftOutOut
from app.api.schemas.base import ID, WORDS, Id, Out, Texts, example
from app.kpis.values import RaterGroup
from app.scoring.agreement import Strength
from app.scoring.reliability import Gap

_ESTIMATE = {"value": 0.39, "lo": 0.01, "hi": 0.76, "reason": None}
_AGREEMENT = {"value": 0.78, "strength": "strong", "spread": 16.4, "subjects": 10, "reason": None}
_SAME: dict[str, Any] = {
    "subjects": 10,
    "raters": 3,
    "drawn_one": _ESTIMATE,
    "drawn_mean": _ESTIMATE,
    "fixed_one": _ESTIMATE,
    "fixed_mean": _ESTIMATE,
}
_ITEM_ALPHA: dict[str, Any] = {"item_id": ID, "name": WORDS, "value": 0.71, "reason": None}
_NEEDED = {"raters": 4, "fewest": 1, "most": 230, "reason": None}
_VARIANCES = {"p": 60.1, "i": 12.4, "j": 30.2, "pi": 8.8, "pj": 44.0, "ij": 2.1, "pij": 95.3}
_STUDY: dict[str, Any] = {
    "subjects": 10,
    "items": 2,
    "raters": 3,
    "variances": _VARIANCES,
    "g": 0.61,
    "phi": 0.51,
    "needed": 5,
    "reason": None,
}
_GROUP: dict[str, Any] = {
    "rater_group": "customer",
    "subjects": 10,
    "ratings": 96,
    "typical": 9.6,
    "of_one": _ESTIMATE,
    "of_mean": _ESTIMATE,
    "same": _SAME,
    "needed": _NEEDED,
    "alpha": _ESTIMATE,
    "without": [_ITEM_ALPHA],
    "uniform": _AGREEMENT,
    "skewed": _AGREEMENT,
    "study": _STUDY,
}


class EstimateOut(Out):
    """A coefficient with its 95 % interval, or why there is none."""

    model_config = example(**_ESTIMATE)

    value: float | None
    lo: float | None
    hi: float | None
    reason: Gap | None


class RatersNeededOut(Out):
    """Raters for the wished reliability, or why it cannot be told."""

    model_config = example(**_NEEDED)

    raters: int | None
    fewest: int | None = Field(description="By the upper end of the interval of ICC(1)")
    most: int | None = Field(description="By its lower end; null where no number of raters is enough")
    reason: Gap | None


class SameRatersOut(Out):
    """Intraclass correlations of the raters who rated the same subjects, where there are such."""

    model_config = example(**_SAME)

    subjects: int = Field(description="Of the full table that was found; 0 where there is none")
    raters: int
    drawn_one: EstimateOut = Field(description="ICC(2): one rater, as if drawn from many")
    drawn_mean: EstimateOut = Field(description="ICC(2,k): the mean of these raters, as if drawn from many")
    fixed_one: EstimateOut = Field(description="ICC(3): one rater, where no others ever rate")
    fixed_mean: EstimateOut = Field(description="ICC(3,k): the mean of these raters, where no others ever rate")


class ItemAlphaOut(Out):
    """Alpha when one item is left out."""

    model_config = example(**_ITEM_ALPHA)

    item_id: Id
    name: Texts
    value: float | None
    reason: Gap | None


class MeanAgreementOut(Out):
    """Agreement within subjects, on average over some of them, or why there is none."""

    model_config = example(**_AGREEMENT)

    value: float | None
    strength: Strength | None
    spread: float | None = Field(description="Standard deviation of an answer within a subject, points of 0 to 100")
    subjects: int
    reason: Gap | None


class FacetVariancesOut(Out):
    """By source, in points squared: p subjects, i items, j raters, and what they have together."""

    model_config = example(**_VARIANCES)

    p: float
    i: float
    j: float
    pi: float
    pj: float
    ij: float
    pij: float


class StudyOut(Out):
    """A generalizability study of the raters who rated the same subjects on every item, or why there is none."""

    model_config = example(**_STUDY)

    subjects: int
    items: int
    raters: int
    variances: FacetVariancesOut | None
    g: float | None = Field(description="Reliability of the mean of these items and raters, for comparing subjects")
    phi: float | None = Field(description="The same for the score itself")
    needed: int | None = Field(description="Raters for the wished g with these items; null where none are enough")
    reason: Unstudied | None


class GroupReliabilityOut(Out):
    """How reliable the ratings of one rater group are."""

    model_config = example(**_GROUP)

    rater_group: RaterGroup
    subjects: int
    ratings: int
    typical: float | None = Field(description="Raters per subject that `of_mean` stands for")
    of_one: EstimateOut = Field(description="ICC(1)")
    of_mean: EstimateOut = Field(description="ICC(1,k)")
    same: SameRatersOut
    needed: RatersNeededOut
    alpha: EstimateOut
    without: list[ItemAlphaOut] = Field(description="Alpha without each item, where at least two are left")
    uniform: MeanAgreementOut = Field(description="rwg against answers that fall on every point alike")
    skewed: MeanAgreementOut | None = Field(description="rwg against a slight lean upward; on five points only")
    study: StudyOut


class ReliabilityOut(Out):
    """The rater groups of a KPI and how reliable their ratings are."""

    model_config = example(kpi=KPI, kpis=[KPI], wished=0.7, groups=[_GROUP], left_out=[LEFT_OUT])

    kpi: AnalysedKpiOut
    kpis: list[AnalysedKpiOut]
    wished: float
    groups: list[GroupReliabilityOut]
    left_out: list[LeftOutOut]
