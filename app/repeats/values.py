"""The nouns of rounds that repeat: how one is wished for, and how it stands."""

from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from app.deferred import dataclass
from app.organisation.values import PersonId
from app.words import Words

RepetitionId = NewType("RepetitionId", str)


class RepetitionState(StrEnum):
    """Running, resting until somebody lets it run again, or stopped for good."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class RepetitionDraft:
    """A repetition as it is wanted.

    starts_itself : the round starts when it opens, unless somebody has started it before; else it waits as a draft
    lead_days : so many days before the opening the draft is made and the owner told
    owner_id : the person who is told; none: nobody is
    """

    state: RepetitionState
    starts_itself: bool
    lead_days: int
    owner_id: PersonId | None


@dataclass(frozen=True, slots=True)
class Repetition:
    """A round that is asked again for each period that follows.

    round_id : the latest round of it, which the next one is drafted like
    round_ids : all of them, the latest first
    next_from : first day of the next period
    is_draft : whether the latest round is a draft that waits
    drafted_on, opens_at : when the next draft is due and when its round opens; none once it is stopped
    failed_at : when an attempt to draft or to start the next round last came to nothing
    """

    id: RepetitionId
    company_id: str
    scope_id: str
    state: RepetitionState
    starts_itself: bool
    lead_days: int
    owner_id: PersonId | None
    round_id: str
    round_ids: tuple[str, ...]
    is_draft: bool
    name: Words
    next_from: date
    drafted_on: date | None
    opens_at: datetime | None
    failed_at: datetime | None
    version: int
