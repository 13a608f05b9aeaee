"""The offer to be contacted, and recovery cases, as they are sent and answered."""

from datetime import date
from typing import Annotated

from pydantic import Field

from app.api.schemas.base import DAY, ID, OTHER_ID, Id, In, Out, example, one_of
from app.recovery.values import CaseOutcome, CaseState

_WISH = {"contact": "+47 900 00 000", "name": "Kari", "message": ""}
_CASE = {
    "id": ID,
    "subject_id": OTHER_ID,
    "state": "open",
    "opened_on": DAY,
    "due_on": "2026-11-30",
    "outcome": None,
    "note": "",
    "closed_on": None,
    "wish": _WISH,
    "version": 1,
}


class ContactIn(In):
    """A wish to be contacted, with the offer that came with the receipt."""

    model_config = example(about=ID, ticket="1763888400.8sQ2", **_WISH)

    about: str
    ticket: str
    contact: str = Field(description="An e-mail address or a phone number")
    name: str | None = None
    message: str | None = None


class CaseEndIn(In):
    """How a case ended."""

    model_config = example(outcome="solved", note="")

    outcome: Annotated[str, one_of(CaseOutcome)] = Field(description="Anything but `lapsed`, which nobody chooses")
    note: str | None = None


class WishOut(Out):
    """What the customer wrote who wants to be contacted."""

    model_config = example(**_WISH)

    contact: str
    name: str
    message: str


class CaseOut(Out):
    """A recovery case, for its owner alone; the wish is gone once it is closed."""

    model_config = example(**_CASE)

    id: Id
    subject_id: Id
    state: CaseState
    opened_on: date
    due_on: date
    outcome: CaseOutcome | None
    note: str
    closed_on: date | None
    wish: WishOut | None
    version: int
