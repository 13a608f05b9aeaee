"""The nouns of invitations: what a link opens, how far a letter has come, and who is asked to mend an address."""

from datetime import datetime
from enum import StrEnum
from typing import NewType

from app.deferred import dataclass
from app.mail.values import SuppressionReason, WaitReason
from app.rounds.values import RoundId

InvitationId = NewType("InvitationId", str)


class DeliveryState(StrEnum):
    """What may be told of an invitation's letter (R9); never whether it was opened."""

    QUEUED = "queued"
    SENT = "sent"
    BOUNCED = "bounced"
    ATTENTION = "attention"
    OPTED_OUT = "opted_out"
    NO_ADDRESS = "no_address"


class NextStep(StrEnum):
    """What somebody can do about a letter that has not arrived; `none` when it has, or nobody can tell."""

    NONE = "none"
    WAIT = "wait"
    ADD_ADDRESS = "add_address"
    CORRECT_ADDRESS = "correct_address"
    SEND_AGAIN = "send_again"
    ASK_PERSON = "ask_person"
    ASK_OPERATOR = "ask_operator"


@dataclass(frozen=True, slots=True)
class RatingLink:
    """What a rating link opens just now: one rater in one open round. `closes_at` is the rater's own, as printed.

    `ends_at` is when the grace after it is over.
    """

    invitation_id: InvitationId
    round_id: RoundId
    company_id: str
    person_id: str
    name: str | None
    locale: str
    closes_at: datetime
    ends_at: datetime
    promise_hash: str


@dataclass(frozen=True, slots=True)
class LinkSecrets:
    """The secrets of a letter's links, derived when it is sent and stored nowhere."""

    rating: str
    opt_out: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """One rater in one round, as it is managed. `answered` is told only where all the rater's groups allow it (R9).

    A reminder is told of nowhere unless it failed; `reminded` counts those of the round that are over. `reply` is what
    the other side said to a letter that failed, `left_alone` why the address gets no letters, `leaves_at` when the letter
    that waits leaves at the earliest.
    """

    id: InvitationId
    round_id: RoundId
    person_id: str
    name: str | None
    email: str | None
    locale: str
    delivery: DeliveryState
    reply: str | None
    next_step: NextStep
    left_alone: SuppressionReason | None
    leaves_at: datetime | None
    waits_because: WaitReason | None
    answered: bool | None
    reminded: int
    is_void: bool
    extended_until: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """An address of a company that gets no letters: whose, why, since when, what was said, and what can be done."""

    person_id: str
    name: str | None
    email: str
    reason: SuppressionReason
    since: datetime
    note: str
    next_step: NextStep
