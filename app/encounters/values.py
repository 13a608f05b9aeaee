"""The nouns of encounters: a programme with its fixed rounds, an encounter, what became of it and why."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from app.deferred import dataclass
from app.organisation.values import SubjectId
from app.reports import BulkReport, RowError
from app.words import Words

ProgrammeId = NewType("ProgrammeId", str)
EncounterId = NewType("EncounterId", str)


class Rhythm(StrEnum):
    """How long the rounds of a programme are: calendar weeks from Monday, or calendar months."""

    WEEK = "week"
    MONTH = "month"


class ProgrammeState(StrEnum):
    """Running, or stopped for good."""

    RUNNING = "running"
    STOPPED = "stopped"


class EncounterState(StrEnum):
    """What became of an encounter: a request waits, is sent, or will never be made."""

    DELAYED = "delayed"
    SENT = "sent"
    DROPPED = "dropped"


class Reason(StrEnum):
    """Why an encounter is where it is; every one of them ends with one of these."""

    AWAITS_DRAW = "awaits_draw"
    DRAWN = "drawn"
    NOT_DRAWN = "not_drawn"
    ASKED_LATELY = "asked_lately"
    ALREADY_ASKED = "already_asked"
    OPTED_OUT = "opted_out"
    BOUNCED = "bounced"
    IS_EMPLOYEE = "is_employee"
    NO_PROGRAMME = "no_programme"
    NOT_RATED = "not_rated"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class ProgrammeDraft:
    """A programme as it is wanted."""

    scope_id: str
    external_id: str | None
    name: Words
    purpose: Words
    asked_by: str
    rhythm: Rhythm
    kpi_ids: tuple[str, ...]
    k: int
    quota: int
    pause_days: int
    answer_days: int
    starts_on: date
    offers_contact: bool
    moderated_by: str | None


@dataclass(frozen=True, slots=True)
class Programme:
    """A standing wish to ask customers after encounters, in rounds of fixed periods.

    k : the fewest customers whose answers are shown together
    quota : requests at most about one employee in one period
    pause_days : days for which a customer who was asked is left alone, by every programme of the company
    answer_days : days after the period in which answers are still taken
    offers_contact : whoever was not content is offered to be contacted by who leads the employee
    moderated_by : who reads comments before they are released; none: they are released as written
    """

    id: ProgrammeId
    company_id: str
    scope_id: str
    external_id: str | None
    name: Words
    purpose: Words
    asked_by: str
    rhythm: Rhythm
    kpi_ids: tuple[str, ...]
    k: int
    quota: int
    pause_days: int
    answer_days: int
    starts_on: date
    offers_contact: bool
    moderated_by: str | None
    state: ProgrammeState
    version: int


@dataclass(frozen=True, slots=True)
class Period:
    """A round of a programme: its days, the round that asks, and the seed of its draws.

    `seed` is told only once the last draw is over; until then it could tell who will be drawn.
    """

    programme_id: ProgrammeId
    start: date
    end: date
    round_id: str
    drawn_on: date | None
    seed: str | None


@dataclass(frozen=True, slots=True)
class Encounter:
    """A customer was served by an employee, and what became of it. Nothing of the customer is told."""

    id: EncounterId
    external_id: str
    programme_id: ProgrammeId | None
    subject_id: SubjectId
    occurred_at: datetime
    state: EncounterState
    reason: Reason
    settled_at: datetime | None
    drawn_on: date | None
    round_id: str | None


@dataclass(frozen=True, slots=True)
class EncounterDraft:
    """An encounter as it was handed in; `subject` and `programme` are external ids or ids, the customer an address."""

    row: int
    external_id: str
    subject: str
    occurred_at: datetime
    email: str
    name: str | None = None
    locale: str = "nb"
    programme: str | None = None


@dataclass(frozen=True, slots=True)
class EncounterBatch:
    """Encounters that were understood, and the rows that were not."""

    drafts: tuple[EncounterDraft, ...]
    refused: tuple[RowError, ...] = ()


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one encounter just now."""

    state: EncounterState
    reason: Reason


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides whether somebody may be asked about an encounter just now.

    `is_over`: the last draw of its period is past; `asked_at`: when the customer was last asked about anything.
    """

    is_over: bool
    is_employee: bool
    has_opted_out: bool
    has_bounced: bool
    is_rated: bool
    is_asked_about: bool
    asked_at: datetime | None


@dataclass(frozen=True, slots=True)
class EncounterReport:
    """What a batch did: the usual report, and the fate of each row beside it."""

    report: BulkReport
    fates: tuple[Fate, ...]


@dataclass(frozen=True, slots=True)
class Lot:
    """What takes part in a draw: one encounter that waits, by the company's own id of it."""

    encounter_id: str
    external_id: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How many encounters of a programme ended in a state, and why."""

    state: EncounterState
    reason: Reason
    count: int


@dataclass(frozen=True, slots=True)
class Draw:
    """The outcome of one draw about one employee."""

    drawn: Sequence[Lot]
    left: Sequence[Lot]
