"""The nouns of rounds that repeat: how one is wished for, and how it stands."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple, NewType

from app.deferred import dataclass
from app.kpis.values import RaterGroup
from app.organisation.values import PersonId
from app.words import Words

RepetitionId = NewType("RepetitionId", str)


class RepetitionState(StrEnum):
    """Running, resting until somebody lets it run again, or stopped for good."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


class Step(StrEnum):
    """What the worker does for a repetition: draft the next round, start it, order the visits of the one that started."""

    DRAFT = "draft"
    START = "start"
    VISITS = "visits"


class Problem(NamedTuple):
    """Why a step came to nothing: an English sentence and what fills it."""

    message: str
    values: Mapping[str, str] = {}

    @property
    def text(self) -> str:
        """The sentence in English, filled."""
        return self.message.format_map(self.values) if self.values else self.message


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
    step : what comes next
    missing_groups : rater groups of the draft in which somebody was asked the last time, and nobody is
    visits_left : whether some visits could not be ordered as the last time; told to who may order visits there
    failed_at, because : since when the step comes to nothing, and why
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
    step: Step
    missing_groups: tuple[RaterGroup, ...]
    visits_left: bool
    failed_at: datetime | None
    because: tuple[Problem, ...]
    version: int

    @property
    def problems(self) -> tuple[str, ...]:
        """Why the step comes to nothing, in English."""
        return tuple(problem.text for problem in self.because)
