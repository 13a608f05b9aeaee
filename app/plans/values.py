"""The nouns of action plans: the plan, its actions, and what became of it."""

from datetime import date
from enum import StrEnum
from typing import NewType

from app.deferred import dataclass
from app.followup.values import KpiName
from app.scoring.effects import Verdict
from app.scoring.moves import Move
from app.summaries.values import Place
from app.words import Words

PlanId = NewType("PlanId", str)


class PlanState(StrEnum):
    """A plan is open, done, or dropped."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class ActionDraft:
    """One thing to do, and by when."""

    text: str
    due_on: date


@dataclass(frozen=True, slots=True)
class PlanDraft:
    """A plan as it is wanted.

    subject_id : whose KPI it is about
    owner_id : person-subject who sees to it
    expected : effect that is expected, in points of 0..100
    check_on : day from which a figure tells whether it worked
    case_id : the decision that led to it, if there was one
    """

    kpi_id: str
    subject_id: str
    owner_id: str
    what: str
    expected: float
    check_on: date
    actions: tuple[ActionDraft, ...]
    item_id: str | None = None
    case_id: str | None = None


@dataclass(frozen=True, slots=True)
class PlanEnd:
    """How a plan ended: done or dropped, and what came of it in words."""

    state: PlanState
    note: str


@dataclass(frozen=True, slots=True)
class PlannedAction:
    """One thing to do; `done_on` once it is done."""

    id: str
    text: str
    due_on: date
    done_on: date | None


@dataclass(frozen=True, slots=True)
class Measured:
    """What was released of the KPI before a plan began and after it could have worked, in points.

    before, after : figures; `after_from` and `after_to` are the period of the later one
    effect : the change less what happened elsewhere; none with fewer than three others to compare with
    others : units or people beside it
    """

    before: float
    after: float
    after_from: date
    after_to: date
    own: Move
    effect: Move | None
    others: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ActionPlan:
    """A plan as its readers see it.

    item_name : which item of the KPI it is about; none if about the whole
    owner_name : empty where the person is gone
    round_ids : drafts and rounds that measure it again, the first one first
    may_write : whether the viewer leads there; `may_tick` also for the owner
    """

    id: PlanId
    company_id: str
    kpi: KpiName
    item_id: str | None
    item_name: Words | None
    subject: Place
    owner_id: str
    owner_name: str
    case_id: str | None
    what: str
    expected: float
    started_on: date
    check_on: date
    state: PlanState
    ended_on: date | None
    note: str
    actions: tuple[PlannedAction, ...]
    round_ids: tuple[str, ...]
    may_write: bool
    may_tick: bool
    version: int

    @property
    def is_behind(self) -> bool:
        """Whether something is still to be done."""
        return self.state is PlanState.OPEN and any(action.done_on is None for action in self.actions)


@dataclass(frozen=True, slots=True)
class WeDid:
    """What raters are told: a sentence on what they said and one on what was done, in one language or both."""

    heard: Words
    did: Words


@dataclass(frozen=True, slots=True)
class PlanFilter:
    """Which plans of a list; what is not said is not asked for. `owner_ids` are person-subjects.

    inside_id : the unit or person at which, or below which, the subject hangs today
    """

    state: PlanState | None = None
    kpi_id: str | None = None
    subject_id: str | None = None
    owner_ids: frozenset[str] | None = None
    case_ids: frozenset[str] | None = None
    inside_id: str | None = None
