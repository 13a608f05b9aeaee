"""How scores have changed, as analysts are answered."""

from datetime import date
from typing import Any

from pydantic import Field

from app.api.schemas.analysis import KPI, AnalysedKpiOut
from app.api.schemas.base import DAY, ID, OTHER_ID, WORDS, Id, Out, Texts, example
from app.api.schemas.releases import SCALE, ScaleOfScores
from app.organisation.values import SubjectKind
from app.scoring.trend import Untrended

_ROUND: dict[str, Any] = {
    "release_id": OTHER_ID,
    "round_id": ID,
    "name": WORDS,
    "period_start": DAY,
    "period_end": DAY,
    "pairs": 96,
    "correlation": 0.54,
}
_CHANGE: dict[str, Any] = {
    "subject_id": ID,
    "name": "Sofie Berg",
    "kind": "person",
    "release_id": OTHER_ID,
    "reason": None,
    "before": 52.1,
    "after": 61.5,
    "points": 9.4,
    "lo": 1.2,
    "hi": 17.6,
    "se": 4.1,
    "df": 31.0,
    "index": 2.29,
    "is_real": True,
}


class ComparedRoundOut(Out):
    """An earlier release that subjects are compared with, and how alike the same raters have answered."""

    model_config = example(**_ROUND)

    release_id: Id
    round_id: Id
    name: Texts
    period_start: date
    period_end: date
    pairs: int = Field(
        description="Scores of the same people about the same subjects in both rounds; 0 if the KPI asked otherwise"
    )
    correlation: float | None = Field(
        description="Of these, within subject and rater group; null where they are too few, and 0.3 is taken"
    )


class SubjectChangeOut(Out):
    """The change of a subject's score, or why there is none."""

    model_config = example(**_CHANGE)

    subject_id: Id
    name: str
    kind: SubjectKind
    release_id: Id = Field(description="What it is compared with")
    reason: Untrended | None
    before: float | None = Field(description="Over the rater groups that both rounds have, as `after`")
    after: float | None
    points: float | None
    lo: float | None
    hi: float | None
    se: float | None = Field(description="Null where an atom is under twice its minimum; then ends are whole points")
    df: float | None
    index: float | None = Field(description="Reliable change index, `points`/`se`")
    is_real: bool = Field(description="Beyond chance, also as one of the round, and five points or more")


class ChangesOut(Out):
    """How the scores of a KPI have changed, of the subjects you analyse."""

    model_config = example(scale=SCALE, kpi=KPI, kpis=[KPI], rounds=[_ROUND], subjects=[_CHANGE])

    scale: ScaleOfScores = ScaleOfScores()
    kpi: AnalysedKpiOut
    kpis: list[AnalysedKpiOut]
    rounds: list[ComparedRoundOut]
    subjects: list[SubjectChangeOut]
