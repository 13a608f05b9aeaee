"""What a release finds about a subject beside its scores, as it is answered: changes, strengths, own ratings."""

from datetime import date
from typing import Any

from pydantic import Field

from app.api.schemas.base import DAY, OTHER_ID, WORDS, Id, Out, Texts, example
from app.scoring.selfview import Uncorrelated
from app.scoring.strengths import Unremarkable
from app.scoring.trend import Untrended

CHANGE: dict[str, Any] = {
    "reason": None,
    "before": 68.75,
    "after": 79.16666666666667,
    "points": 10.416666666666671,
    "lo": 2.0,
    "hi": 19.0,
    "is_real": True,
    "is_unsure": False,
    "se": None,
    "df": None,
    "index": None,
}
STANDOUT = {
    "kpi_id": OTHER_ID,
    "name": WORDS,
    "score": 79.16666666666667,
    "deviation": 9.2,
    "is_tentative": False,
    "is_relative": False,
}
STANDOUTS = {"reason": None, "strengths": [STANDOUT], "development_areas": []}
SELF_VIEW = {
    "mean_gap": 6.2,
    "correlation": None,
    "correlation_reason": "too_few_kpis",
    "usual_gap": None,
    "usual_of": None,
}
SINCE = {
    "release_id": OTHER_ID,
    "round_id": OTHER_ID,
    "name": {"nb": "Vårrunden", "en": "Spring round"},
    "period_start": DAY,
    "period_end": DAY,
}


class ChangeOut(Out):
    """What has changed since the earlier release, or why there is no change to tell."""

    model_config = example(**CHANGE)

    reason: Untrended | None
    before: float | None = Field(description="Over the rater groups that both rounds have, as `after`")
    after: float | None
    points: float | None
    lo: float | None
    hi: float | None
    is_real: bool = Field(description="Beyond chance, also as one of many, and five points or more")
    is_unsure: bool = Field(description="A measured KPI takes part whose error nobody knows")
    se: float | None = Field(description="For analysts only")
    df: float | None = Field(description="For analysts only")
    index: float | None = Field(description="Reliable change index, `points`/`se`; for analysts only")


class StandoutOut(Out):
    """A soft KPI on which a subject stands out from itself."""

    model_config = example(**STANDOUT)

    kpi_id: Id
    name: Texts
    score: float
    deviation: float = Field(description="Score less the mean over the subject's soft KPIs")
    is_tentative: bool = Field(description="Chance alone could explain it")
    is_relative: bool = Field(description="Good or weak only beside the subject's other KPIs")


class StandoutsOut(Out):
    """Strengths and development areas, the sharpest first."""

    model_config = example(**STANDOUTS)

    reason: Unremarkable | None
    strengths: list[StandoutOut]
    development_areas: list[StandoutOut]


class SelfViewOut(Out):
    """Own ratings and those of the others over all KPIs."""

    model_config = example(**SELF_VIEW)

    mean_gap: float | None
    correlation: float | None
    correlation_reason: Uncorrelated | None
    usual_gap: float | None = Field(description="Among the people of the round, for who may read them all")
    usual_of: int | None


class SinceOut(Out):
    """The earlier release that changes are counted from."""

    model_config = example(**SINCE)

    release_id: Id
    round_id: Id
    name: Texts
    period_start: date
    period_end: date
