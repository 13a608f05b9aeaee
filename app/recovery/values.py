"""The nouns of recovery: the offer to be contacted, a case, how to reach the customer, and how it ended."""

from datetime import date
from enum import StrEnum
from typing import NewType

from app.deferred import dataclass

CaseId = NewType("CaseId", str)


class CaseState(StrEnum):
    """Somebody waits to be contacted, or it is done."""

    OPEN = "open"
    CLOSED = "closed"


class CaseOutcome(StrEnum):
    """How a case ended; `lapsed` when nobody saw to it in time."""

    SOLVED = "solved"
    EXPLAINED = "explained"
    MADE_GOOD = "made_good"
    NO_REPLY = "no_reply"
    NOT_POSSIBLE = "not_possible"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Offer:
    """The offer to be contacted about one employee: who would do it, and the sealed right to accept it for a while."""

    about: str
    ticket: str
    subject_id: str
    subject_name: str
    owner_id: str
    owner_name: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What a customer writes who wants to be contacted."""

    contact: str
    name: str
    message: str


@dataclass(frozen=True, slots=True)
class RecoveryCase:
    """A case as its owner sees it, and nobody else. The wish is gone once the case is closed; answers never stand here."""

    id: CaseId
    subject_id: str
    state: CaseState
    opened_on: date
    due_on: date
    outcome: CaseOutcome | None
    note: str
    closed_on: date | None
    wish: Wish | None
    version: int


@dataclass(frozen=True, slots=True)
class CaseEnd:
    """How the owner ends a case."""

    outcome: CaseOutcome
    note: str


def case_reference(case_id: str, owner_id: str) -> str:
    """What the letter about a case is known by: one for each case and owner."""
    return f"case:{case_id}:{owner_id}"
