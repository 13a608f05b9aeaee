"""The nouns of the value report: what a KPI led to in twelve months, and what it took."""

from collections.abc import Mapping
from datetime import date

from app.decisions.values import Choice
from app.deferred import dataclass
from app.followup.values import KpiName
from app.kpis.values import KpiState
from app.plans.values import PlanState
from app.scoring.effects import Verdict
from app.summaries.values import Place


@dataclass(frozen=True, slots=True)
class KpiWorth:
    """What a KPI led to at a unit and below it, and what it took.

    decisions : how often each choice was taken; all choices are named
    open_cases : cases that wait for a decision now, of which `overdue_cases` wait too long
    plans : action plans that were under way on some day, by the state they are in now; all states are named
    verdicts : what those that were not dropped did, as far as it can be told; all verdicts are named
    minutes : what forms took those who were asked, answered or not, in rounds that are released; 0 for a hard KPI
    is_idle : no decision for two periods anywhere in the company: only statistics
    """

    kpi: KpiName
    state: KpiState
    decisions: Mapping[Choice, int]
    open_cases: int
    overdue_cases: int
    plans: Mapping[PlanState, int]
    verdicts: Mapping[Verdict, int]
    minutes: int
    is_idle: bool

    @property
    def decided(self) -> int:
        """How many decisions were taken."""
        return sum(self.decisions.values())


@dataclass(frozen=True, slots=True)
class WorthReport:
    """What KPIs led to at a unit from a day to a day, both included; those first that took most and led to nothing."""

    unit: Place
    since: date
    until: date
    kpis: tuple[KpiWorth, ...]


@dataclass(frozen=True, slots=True)
class CaseFact:
    """Of a decision case, what counts: the choice once it is decided, and the day by which it is to be."""

    kpi_id: str
    choice: Choice | None
    due_on: date


@dataclass(frozen=True, slots=True)
class PlanFact:
    """Of an action plan, what counts: its state, and what it did where that can be told."""

    kpi_id: str
    state: PlanState
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the KPIs of a company at a unit: minutes by KPI, and which KPIs are only statistics."""

    cases: tuple[CaseFact, ...]
    plans: tuple[PlanFact, ...]
    minutes: Mapping[str, int]
    idle: frozenset[str]


@dataclass(frozen=True, slots=True)
class AskedForms:
    """How many forms a round had for a group about subjects with the same card."""

    round_id: str
    rater_group: str
    kpi_ids: frozenset[str]
    forms: int
