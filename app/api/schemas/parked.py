"""Parked answers as they are told to the analyst, and what is decided about them."""

from datetime import date
from typing import Annotated

from pydantic import Field

from app.api.schemas.base import ID, OTHER_ID, Id, In, Out, example, one_of
from app.responses.values import ParkState, Suspicion

_PARKED = {
    "id": ID,
    "round_id": OTHER_ID,
    "subject_id": ID,
    "subject_name": "Sofie Dahl",
    "questions": 2,
    "reasons": ["too_fast"],
    "state": "parked",
    "decided_on": None,
}


class DecisionIn(In):
    """What becomes of a parked answer."""

    model_config = example(state="counted")

    state: Annotated[str, one_of(ParkState)] = Field(description="Count it, leave it out, or park it again")


class ParkedOut(Out):
    """An answer that counts in nothing until somebody says so; neither its content nor who gave it."""

    model_config = example(**_PARKED)

    id: Id
    round_id: Id
    subject_id: Id
    subject_name: str
    questions: int
    reasons: list[Suspicion]
    state: ParkState
    decided_on: date | None


class ParkedListOut(Out):
    """The parked answers of a round."""

    model_config = example(items=[_PARKED])

    items: list[ParkedOut]
