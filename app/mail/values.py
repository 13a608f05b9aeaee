"""The nouns of mail: what to send, a message waiting, its state, what a relay said, and why an address is left alone."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.deferred import dataclass


class Letter(StrEnum):
    """Every letter there is; each has its texts under templates/email/.

    What its parameters must hold (names ending in `_at` are moments, in `_on` days, in ISO form):
    invitation, reminder: composed by `app.invitations.letters`; those of one company_id alone leave as one mail;
    deputy: organisation, manager (a name), from_at, until_at;
    nomination_call: organisation, asked_by, round_name, until_at, round_id, person_id;
    nominations_waiting: organisation, count, person_id;
    release_ready: organisation, round_name, person_id, path (of the page to read, from "/");
    sign_in: organisation, expires_at; its reference is the id of the sign-in link;
    dossier_review: organisation, dossier_name, review_on, is_due, path;
    visit_order: organisation, subject_name, task, band, from_on, until_on, note (why it came back, or empty),
    person_id; its reference is the id of the visit;
    visit_ready: organisation, subject_name, visited_on, until_at (empty where the time to object is over), outcome
    (of an appeal, or empty), path;
    case_waiting: organisation, path; nothing of the customer, and nothing of what was answered;
    decisions_waiting: organisation, count, late (how many of them nobody below decided in time), path;
    sign_in_reset: organisation, reason, reset_at, path;
    we_did: organisation, subject_name, kpi_name, heard, did (a sentence each), person_id;
    round_ahead: organisation, round_name, opens_at, starts_itself, path; what (ahead, or the step of a repetition that
    came to nothing) and problems (pairs of an English sentence and what fills it), which older ones lack.
    """

    INVITATION = "invitation"
    REMINDER = "reminder"
    RELEASE_READY = "release_ready"
    SIGN_IN = "sign_in"
    DEPUTY = "deputy"
    NOMINATION_CALL = "nomination_call"
    NOMINATIONS_WAITING = "nominations_waiting"
    DOSSIER_REVIEW = "dossier_review"
    VISIT_ORDER = "visit_order"
    VISIT_READY = "visit_ready"
    CASE_WAITING = "case_waiting"
    DECISIONS_WAITING = "decisions_waiting"
    SIGN_IN_RESET = "sign_in_reset"
    WE_DID = "we_did"
    ROUND_AHEAD = "round_ahead"


ROUND_LETTERS = (
    Letter.INVITATION,
    Letter.REMINDER,
    Letter.RELEASE_READY,
    Letter.NOMINATION_CALL,
    Letter.NOMINATIONS_WAITING,
    Letter.VISIT_ORDER,
    Letter.WE_DID,
)
"""Letters that come unasked as a rule: they respect opt-out and suppression, one a day at most."""


BUNDLED_LETTERS = (Letter.INVITATION, Letter.REMINDER)
"""Letters of which several to one person may leave as one mail."""


class OutboxState(StrEnum):
    """Where a message is: queued → prepared → handing_over → sent, bounced, attention or cancelled."""

    QUEUED = "queued"
    PREPARED = "prepared"
    HANDING_OVER = "handing_over"
    SENT = "sent"
    BOUNCED = "bounced"
    ATTENTION = "attention"
    CANCELLED = "cancelled"


class SuppressionReason(StrEnum):
    """Why nothing is sent to a mailbox."""

    OPT_OUT = "opt_out"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    BY_HAND = "by_hand"


class Outcome(StrEnum):
    """What became of one attempt: the relay took, refused or postponed it, nobody knows, or it was never offered."""

    TAKEN = "taken"
    REFUSED = "refused"
    POSTPONED = "postponed"
    UNKNOWN = "unknown"
    UNRENDERED = "unrendered"
    WITHDRAWN = "withdrawn"


class ReportKind(StrEnum):
    """What is told of a letter after it left: it came back, it waits on the way, it arrived, or it was unwelcome."""

    BOUNCE = "bounce"
    DELAY = "delay"
    DELIVERED = "delivered"
    COMPLAINT = "complaint"


class Trouble(StrEnum):
    """Why a letter did not arrive, as far as the other side's words tell."""

    NO_SUCH_ADDRESS = "no_such_address"
    MAILBOX_FULL = "mailbox_full"
    MAILBOX_CLOSED = "mailbox_closed"
    NOT_ACCEPTED = "not_accepted"
    NOT_REACHED = "not_reached"


class WaitReason(StrEnum):
    """Why a letter waits: its mailbox gets one a day at most, or the other side did not take it when it was tried."""

    ONE_A_DAY = "one_a_day"
    NOT_TAKEN = "not_taken"


@dataclass(frozen=True, slots=True)
class Report:
    """Something told of one letter, which is known by return addresses, Message-ID or recipient; any may be missing.

    `reply` is what the other side said, its codes first. Whoever is trusted to name a recipient is asked elsewhere.
    """

    kind: ReportKind
    reply: str
    return_addresses: tuple[str, ...] = ()
    message_id: str | None = None
    recipient: str | None = None


@dataclass(frozen=True, slots=True)
class Suppression:
    """A mailbox that is left alone: why, since when, and what was said about it."""

    mailbox: str
    reason: SuppressionReason
    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Mail:
    """What to send. One for each `reference` (an invitation, a sign-in link) and `wave`; useless after `deadline`.

    `parameters` are what the letter names, as JSON; secrets of links never stand among them. `is_asked_for` when the
    recipient wished for it just now; `replaces` when the letter before it leads nowhere any more.
    """

    letter: Letter
    recipient: str
    name: str
    locale: str
    parameters: Mapping[str, Any]
    reference: str
    wave: int
    deadline: datetime
    is_asked_for: bool = False
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """One request or notice on its way; the text is rendered at sending from letter, parameters, date and boundary.

    `leaves_with` names the bundle it belongs to, by the message that waited first; None while it leaves alone.
    """

    id: str
    letter: Letter
    recipient: str
    recipient_name: str
    locale: str
    parameters: Mapping[str, Any]
    reference: str
    wave: int
    state: OutboxState
    attempts: int
    copies: int
    dated_at: datetime
    message_id: str
    boundary: str
    deadline_at: datetime
    leaves_with: str | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """Messages that leave as one mail, in the order in which they stand in it; most often a single one.

    `first` names it and lends it Message-ID, date and boundary, even where it was taken back and is no part any more.
    """

    first: OutboxMessage
    parts: tuple[OutboxMessage, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Messages that wait to leave as one mail and were never tried: the name of the bundle, when, and about what."""

    name: str
    leaves_at: datetime
    references: frozenset[str]


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a message that a worker held: the outcome, and what the other side said."""

    message: OutboxMessage
    outcome: Outcome
    reply: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """What an outcome makes of a message: its state, when to try again, and whether to leave the mailbox alone.

    `alone` when it leaves its bundle, so that what cannot be written holds up nothing else.
    """

    state: OutboxState
    copies: int
    next_attempt_at: datetime | None = None
    suppresses: bool = False
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How many batches of letters have left, and since when the outbox is held; None while it is not.

    `origin` names the database and is the same in every copy of it; empty before the first worker.
    """

    origin: str
    batches: int
    held_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far one wave of a reference has come."""

    reference: str
    wave: int
    state: OutboxState
    mailbox: str
    dated_at: datetime
    reply: str | None
    copies: int = 0
    next_attempt_at: datetime | None = None
