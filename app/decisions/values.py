"""The nouns of decisions: the case that asks for one, what was found, and what was chosen."""

from datetime import date
from enum import StrEnum
from typing import NewType

from app.deferred import dataclass
from app.followup.values import KpiName
from app.summaries.values import Place
from app.words import Words

CaseId = NewType("CaseId", str)


class CaseCause(StrEnum):
    """Why a case was opened: something moved by more than noise, a red line was crossed, or somebody asked."""

    SIGNAL = "signal"
    RED_LINE = "red_line"
    BY_HAND = "by_hand"


class CaseState(StrEnum):
    """A case is open until somebody has chosen; nothing else closes it."""

    OPEN = "open"
    DECIDED = "decided"


class Choice(StrEnum):
    """What can be chosen: do something, live with it, change the KPI, retire it, or find out more first."""

    ACT = "act"
    ACCEPT = "accept"
    ADJUST = "adjust"
    RETIRE = "retire"
    FIND_OUT = "need_data"


@dataclass(frozen=True, slots=True)
class Found:
    """What the course said when the case was opened; it stays as it was, whatever is corrected later.

    noticed_on : the step that crossed the limit or the line
    series : length of the periods that were compared, `round` where they are of different lengths
    began_on : likely beginning of the shift
    is_low : whether it went down; none where only a red line was crossed
    item_name, rater_group : what moved most, of a soft KPI
    value, usual : the latest figure and the usual one: points of a soft KPI, unit of a hard one
    """

    noticed_on: date
    series: str
    began_on: date | None = None
    is_low: bool | None = None
    item_name: Words | None = None
    rater_group: str | None = None
    value: float | None = None
    usual: float | None = None


@dataclass(frozen=True, slots=True)
class CaseDraft:
    """A case as somebody opens it: about which KPI, whose, and what is asked."""

    kpi_id: str
    subject_id: str
    question: str


@dataclass(frozen=True, slots=True)
class DecisionDraft:
    """A decision as it is to be recorded."""

    choice: Choice
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What was chosen, why, when, and by whom; no name where the account is gone."""

    choice: Choice
    reason: str
    decided_on: date
    decided_by: str


@dataclass(frozen=True, slots=True)
class Owner:
    """Whoever has to see to a case: a person-subject."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class DecisionCase:
    """A case as those see it who read the results of its subject.

    question : what is asked, of a case that somebody opened; empty otherwise
    found : what the course said; none of a case that somebody opened
    owner : none where nobody leads the unit or one above it
    escalations : how often it went up the line because nobody chose
    may_decide : whether the viewer may
    """

    id: CaseId
    company_id: str
    kpi: KpiName
    subject: Place
    cause: CaseCause
    state: CaseState
    question: str
    found: Found | None
    owner: Owner | None
    opened_on: date
    due_on: date
    escalations: int
    decision: Decision | None
    may_decide: bool
    version: int


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases of a list; what is not said is not asked for. `owner_ids` are person-subjects.

    inside_id : the unit or person at which, or below which, the subject hangs today
    """

    state: CaseState | None = None
    kpi_id: str | None = None
    subject_id: str | None = None
    owner_ids: frozenset[str] | None = None
    inside_id: str | None = None
