"""The nouns of open answers: a code, its form, an answer, what is parked, and the result of a period."""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import NewType

from app.deferred import dataclass
from app.encounters.values import Rhythm
from app.receipts.values import WithheldCount
from app.responses.values import FormSubject, ParkState
from app.rounds.values import FrozenScale
from app.words import Words

OpenCodeId = NewType("OpenCodeId", str)


class CodeState(StrEnum):
    """In use, or taken down for good."""

    OPEN = "open"
    CLOSED = "closed"


class OpenSuspicion(StrEnum):
    """Why an open answer is looked at before it counts."""

    TOO_FAST = "too_fast"
    ALL_THE_SAME = "all_the_same"
    SAME_DEVICE = "same_device"
    BURST = "burst"


@dataclass(frozen=True, slots=True)
class CodeDraft:
    """A code as it is wanted: which unit it hangs at, where, and what it asks."""

    subject_id: str
    name: Words
    kpi_ids: tuple[str, ...]
    rhythm: Rhythm
    k: int
    moderated_by: str | None = None


@dataclass(frozen=True, slots=True)
class OpenCode:
    """A QR code that hangs somewhere in a unit. `token` is the secret of its address, which is no secret where it hangs.

    `moderated_by` says who reads the comments that come in from now on before they are shown; none: they are shown as
    written. What was promised to a comment when it came in holds for it.
    """

    id: OpenCodeId
    company_id: str
    subject_id: str
    name: Words
    kpi_ids: tuple[str, ...]
    rhythm: Rhythm
    k: int
    moderated_by: str | None
    state: CodeState
    token: str
    version: int


@dataclass(frozen=True, slots=True)
class OpenForm:
    """What a code asks whoever scans it. `begun` is a sealed note of when it was shown."""

    code: OpenCode
    organisation: str
    subject: FormSubject
    scales: Mapping[str, FrozenScale]
    submission_id: str
    begun: str


@dataclass(frozen=True, slots=True)
class ParkedOpenAnswer:
    """An open answer that counts in nothing until somebody says so; neither its content nor the device is told."""

    id: str
    code_id: OpenCodeId
    period_start: date
    questions: int
    reasons: tuple[OpenSuspicion, ...]
    state: ParkState


@dataclass(frozen=True, slots=True)
class OpenScore:
    """What open answers say on one KPI: mean and probable range in 0-100; None where fewer than k answered it."""

    kpi_id: str
    name: Words
    answers: int | None
    score: float | None
    lo: float | None
    hi: float | None


@dataclass(frozen=True, slots=True)
class OpenComment:
    """A comment that is shown; `is_edited` where somebody's words were taken out."""

    text: str
    is_edited: bool = False


@dataclass(frozen=True, slots=True)
class OpenResult:
    """The open answers of a period, computed once: labelled, apart, and in no score.

    answers : None below k
    withheld : how many comments are withheld beside those shown, by reason; empty where none may be shown at all
    """

    code_id: OpenCodeId
    start: date
    end: date
    answers: int | None
    scores: tuple[OpenScore, ...]
    comments: Sequence[OpenComment]
    withheld: Sequence[WithheldCount]
