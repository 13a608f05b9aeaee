"""A composite against a reference as it is answered."""

from pydantic import Field

from app.api.schemas.base import OTHER_ID, WORDS, Id, Out, Texts, example
from app.api.schemas.findings import SinceOut
from app.api.schemas.releases import SCALE, ScaleOfScores
from app.api.schemas.summaries import PlaceOut
from app.summaries.reference import Reference

_PART = {
    "kpi_id": OTHER_ID,
    "name": WORDS,
    "share": 0.5,
    "score": 70.0,
    "reference": 60.0,
    "points": 5.0,
    "by_weight": None,
}


class PartOut(Out):
    """What one KPI adds to the distance."""

    model_config = example(**_PART)

    kpi_id: Id
    name: Texts
    share: float = Field(description="Of the weight that takes part, now")
    score: float | None = Field(description="None for a KPI that is no longer there")
    reference: float | None = Field(description="None for a KPI that was not there")
    points: float
    by_weight: float | None = Field(description="Of `points`, what comes from another weight than last time")


class AgainstOut(Out):
    """A composite and a reference over the KPIs that both have; the points of the parts add up to `points`."""

    model_config = example(
        scale=SCALE,
        reference="target",
        place=None,
        since=None,
        score=70.0,
        reference_score=60.0,
        points=10.0,
        is_real=None,
        parts=[_PART],
        without=[],
    )

    scale: ScaleOfScores = ScaleOfScores()
    reference: Reference
    place: PlaceOut | None = Field(description="The unit that is the norm")
    since: SinceOut | None = Field(description="The round before")
    score: float
    reference_score: float
    points: float
    is_real: bool | None = Field(description="Of a change: whether it is one beyond chance")
    parts: list[PartOut]
    without: list[Texts] = Field(description="KPIs of the composite that have no reference")
