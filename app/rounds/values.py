"""The nouns of rounds: states, modes, rater groups with their policy, frozen recipe, and assignments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from app.kpis.values import RaterGroup
from app.words import Words

RoundId = NewType("RoundId", str)
AssignmentId = NewType("AssignmentId", str)


class RoundState(StrEnum):
    """Draft, open, closed, released; only forward."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    RELEASED = "released"


class RoundSource(StrEnum):
    """Asked by the service, or brought in as past ratings."""

    ASKED = "asked"
    IMPORT = "import"


class Mode(StrEnum):
    """How a group's sheets are stored and shown (disclosure.md, Modes)."""

    NAMED = "named"
    REPORT = "report"
    CONFIDENTIAL = "confidential"
    ANONYMOUS = "anonymous"


PROTECTED_MODES = (Mode.CONFIDENTIAL, Mode.ANONYMOUS)


class Pooling(StrEnum):
    """What becomes of groups too small on their own: left out, or pooled into a mixed atom."""

    DROP = "drop"
    POOL = "pool"


class ReleaseMode(StrEnum):
    """Released by the worker after the close, or by a person."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


class AssignmentSource(StrEnum):
    """Where an assignment came from; only `hand` needs a second person's approval when added by a reader."""

    STRUCTURE = "structure"
    LIST = "list"
    HAND = "hand"
    IMPORT = "import"
    ENCOUNTER = "encounter"


@dataclass(frozen=True, slots=True)
class GroupPolicy:
    """A rater group in a round: mode, the least number of raters shown, the least for comments."""

    rater_group: RaterGroup
    mode: Mode
    k: int
    comment_k: int


@dataclass(frozen=True, slots=True)
class RoundKpi:
    """A soft KPI asked about, with the weight of each rater group in this round."""

    kpi_id: str
    weights: Mapping[RaterGroup, float]


@dataclass(frozen=True, slots=True)
class Round:
    """A round as it is managed. `promise_hash` is set from launch on."""

    id: RoundId
    company_id: str
    scope_id: str
    external_id: str | None
    name: Words
    purpose: Words
    asked_by: str
    period_start: date
    period_end: date
    opens_at: datetime
    closes_at: datetime
    reminders: tuple[datetime, ...]
    state: RoundState
    source: RoundSource
    pooling: Pooling
    release_mode: ReleaseMode
    promise_hash: str | None
    launched_at: datetime | None
    closed_at: datetime | None
    released_at: datetime | None
    version: int
    groups: tuple[GroupPolicy, ...] = ()
    kpis: tuple[RoundKpi, ...] = ()


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who rates whom in which group; `occasion` names the visit in report groups and is empty elsewhere."""

    id: AssignmentId
    round_id: RoundId
    rater_id: str
    subject_id: str
    rater_group: RaterGroup
    occasion: str
    source: AssignmentSource
    counted: bool
    answered: bool
