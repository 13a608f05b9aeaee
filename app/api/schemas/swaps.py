"""Making room for a KPI on full cards, and the steps of its life, as they are sent and answered."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AliasPath, Field

from app.api.schemas.base import DAY, ID, INSTANT, OTHER_ID, WORDS, Id, In, Out, Texts, example, one_of
from app.kpis.intake import MAKES_ROOM
from app.kpis.values import KpiState, Level

_SWAP = {"kpi_id": OTHER_ID, "state": "paused", "reason": "Measured twice; the customer survey covers it."}
_CARD = {"id": ID, "subject_id": OTHER_ID, "level": "person", "starts_on": DAY}
_CHOICE = {"id": OTHER_ID, "name": WORDS}
_STEP: dict[str, Any] = {
    "at": INSTANT,
    "state": "active",
    "by": "Amir Haddad",
    "reason": _SWAP["reason"],
    "other_id": OTHER_ID,
    "other": WORDS,
}


class SwapIn(In):
    """The KPI that makes room, whether it rests or is laid away, and why."""

    model_config = example(**_SWAP)

    kpi_id: Id
    state: Annotated[str, one_of(MAKES_ROOM)]
    reason: str


class FullCardOut(Out):
    """A card that has no place for the KPI."""

    model_config = example(**_CARD)

    id: Id
    subject_id: Id
    level: Level
    starts_on: date


class ChoiceOut(Out):
    """A KPI in use that could make room."""

    model_config = example(**_CHOICE)

    id: Id
    name: Texts = Field(validation_alias=AliasPath("current", "name"))


class RoomOut(Out):
    """The full cards, and the KPIs that could make room on all of them."""

    model_config = example(full=[_CARD], choices=[_CHOICE])

    full: list[FullCardOut]
    choices: list[ChoiceOut]


class StepOut(Out):
    """A step in the life of a KPI; `other` is the one that it was swapped with."""

    model_config = example(**_STEP)

    at: datetime
    state: KpiState
    by: str
    reason: str
    other_id: Id | None
    other: Texts


class StepsOut(Out):
    """The steps of a KPI, the newest first."""

    model_config = example(items=[_STEP])

    items: list[StepOut]
