"""Releases, their scores and explanations as they are answered."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from app.api.schemas.base import ID, INSTANT, OTHER_ID, Id, Out, example
from app.releases.values import ScoreStatus, Withheld

SCALE = {"min": 0, "max": 100}
_SCORE: dict[str, Any] = {
    "subject_id": ID,
    "kpi_id": OTHER_ID,
    "item_id": None,
    "rater_groups": [],
    "status": "ok",
    "reason": None,
    "score": 79.16666666666667,
    "lo": 64.0,
    "hi": 88.0,
    "se": None,
    "df": None,
    "raters": 12,
    "coverage": 1.0,
    "details": None,
}


class ScaleOfScores(Out):
    """The range of every score in the answer."""

    model_config = example(**SCALE)

    min: Literal[0] = 0
    max: Literal[100] = 100


class ReleaseOut(Out):
    """What was sealed, when, and by which method; `input_digest` for who analyses the whole scope."""

    model_config = example(
        id=ID,
        round_id=OTHER_ID,
        company_id=ID,
        sequence=1,
        method_version="1",
        sealed_at=INSTANT,
        scrubbed_at=INSTANT,
        input_digest=None,
    )

    id: Id
    round_id: Id
    company_id: Id
    sequence: int
    method_version: str
    sealed_at: datetime
    scrubbed_at: datetime | None
    input_digest: str | None = None


class ScoreOut(Out):
    """A readable figure: composite (no KPI), KPI, rater group of a KPI, or item of a group."""

    model_config = example(**_SCORE)

    subject_id: Id
    kpi_id: Id | None
    item_id: Id | None
    rater_groups: list[str] = Field(description="Empty for the combined score")
    status: ScoreStatus
    reason: Withheld | None
    score: float | None
    lo: float | None
    hi: float | None
    se: float | None = Field(description="For analysts only")
    df: float | None = Field(description="For analysts only")
    raters: int | None
    coverage: float | None
    details: dict[str, Any] | None


class ScoresPage(Out):
    """A slice of the figures of a release."""

    model_config = example(scale=SCALE, items=[_SCORE], next_cursor=None)

    scale: ScaleOfScores = ScaleOfScores()
    items: list[ScoreOut]
    next_cursor: str | None


class SubjectScoresOut(Out):
    """All figures of a subject, the composite first."""

    model_config = example(scale=SCALE, items=[_SCORE])

    scale: ScaleOfScores = ScaleOfScores()
    items: list[ScoreOut]
