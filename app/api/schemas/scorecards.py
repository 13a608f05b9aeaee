"""Targets and scorecards as they are sent and answered."""

from datetime import date
from typing import Annotated

from pydantic import Field

from app.api.schemas.base import DAY, ID, OTHER_ID, GivenDay, Id, In, Out, example, one_of
from app.kpis.values import Form, Level

_LINE = {"kpi_id": OTHER_ID, "weight": 100, "required": True, "focus": True}
_CARD = {"subject_id": ID, "level": "person", "starts_on": DAY, "form": "arithmetic", "lines": [_LINE]}
_POSTS = {"starts_on": DAY, "subject_id": None, "floor": 180, "target": 60, "stretch": 20}


class TargetIn(In):
    """Goalposts from a day on: floor, target and stretch, or for a KPI in range low, best_low, best_high and high."""

    model_config = example(**_POSTS)

    starts_on: GivenDay
    subject_id: Id | None = Field(None, description="Valid for this subject and below; null for the whole company")
    floor: float | None = None
    target: float | None = None
    stretch: float | None = None
    low: float | None = None
    best_low: float | None = None
    best_high: float | None = None
    high: float | None = None


class TargetOut(Out):
    """Goalposts of a KPI."""

    model_config = example(id=ID, kpi_id=OTHER_ID, **_POSTS, low=None, best_low=None, best_high=None, high=None)

    id: Id
    kpi_id: Id
    subject_id: Id | None
    starts_on: date
    floor: float | None
    target: float | None
    stretch: float | None
    low: float | None
    best_low: float | None
    best_high: float | None
    high: float | None


class TargetsOut(Out):
    """The goalposts of a KPI, past and to come."""

    model_config = example(items=[])

    items: list[TargetOut]


class LineIn(In):
    """One KPI on a card."""

    model_config = example(**_LINE)

    kpi_id: Id
    weight: float
    required: bool | None = None
    focus: bool | None = None


class ScorecardIn(In):
    """The weighted KPIs of a level, set at a subject and valid below it from a day on."""

    model_config = example(**_CARD)

    subject_id: Id
    level: Annotated[str, one_of(Level)]
    starts_on: GivenDay
    form: Annotated[str, one_of(Form)] | None = Field(
        None,
        description="How the KPIs combine; arithmetic unless named. Geometric: a very low KPI cannot be bought off",
    )
    lines: list[LineIn]


class LineOut(Out):
    """One KPI on a card."""

    model_config = example(**_LINE)

    kpi_id: Id
    weight: float
    required: bool = Field(validation_alias="is_required")
    focus: bool = Field(validation_alias="in_focus")


class ScorecardOut(Out):
    """A card."""

    model_config = example(id=ID, company_id=OTHER_ID, **_CARD, version=1)

    id: Id
    company_id: Id
    subject_id: Id
    level: Level
    starts_on: date
    form: Form
    lines: list[LineOut]
    version: int
