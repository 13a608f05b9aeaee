"""The nouns of mystery shopping: a scenario, an order, a report with its evidence, and a visit through all of them."""

from collections.abc import Mapping
from datetime import date, datetime, time
from enum import StrEnum
from typing import NewType

from app.deferred import dataclass
from app.organisation.values import SubjectKind
from app.rounds.values import FrozenItem, FrozenKpi
from app.scoring.results import NotScored
from app.scoring.visits import VisitsTogether
from app.words import Words

ScenarioId = NewType("ScenarioId", str)
VisitId = NewType("VisitId", str)
EvidenceId = NewType("EvidenceId", str)


class VisitState(StrEnum):
    """How far a visit has come. Only `final` ones count; `set_aside` ones never do."""

    ORDERED = "ordered"
    REPORTED = "reported"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    APPEALED = "appealed"
    FINAL = "final"
    SET_ASIDE = "set_aside"
    CANCELLED = "cancelled"


class Band(StrEnum):
    """Parts of the day that visits are spread over."""

    MORNING = "morning"
    MIDDAY = "midday"
    AFTERNOON = "afternoon"
    EVENING = "evening"


class EvidenceKind(StrEnum):
    """What a picture shows."""

    PHOTO = "photo"
    RECEIPT = "receipt"


class AppealOutcome(StrEnum):
    """What became of an appeal: the visit stands, or it is set aside."""

    STANDS = "stands"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, slots=True)
class Fact:
    """A number that the shopper writes down and that is not scored: it becomes a reading of a hard KPI."""

    code: str
    kpi_id: str
    question: Words


@dataclass(frozen=True, slots=True)
class Critical:
    """Something that must not fail: a no caps the score of the visit."""

    code: str
    question: Words


@dataclass(frozen=True, slots=True)
class ScenarioContent:
    """What a shopper is to do and to observe, and the rules of the visits: the form is the same wherever it is used.

    kpi_ids : soft KPIs whose items are scored
    cap : the most that a visit scores when something critical failed
    rotation_months : for so long a shopper does not come back to a place
    appeal_days : how long the visited have to object
    pictures : how many pieces of evidence a report needs
    """

    name: Words
    task: Words
    kpi_ids: tuple[str, ...]
    facts: tuple[Fact, ...]
    critical: tuple[Critical, ...]
    cap: float
    rotation_months: int
    appeal_days: int
    pictures: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario as it stands."""

    id: ScenarioId
    company_id: str
    content: ScenarioContent
    version: int


@dataclass(frozen=True, slots=True)
class VisitForm:
    """What one visit asks, frozen when it was ordered."""

    name: Words
    task: Words
    kpis: tuple[FrozenKpi, ...]
    facts: tuple[Fact, ...]
    critical: tuple[Critical, ...]
    cap: float
    appeal_days: int
    pictures: int

    @property
    def items(self) -> tuple[FrozenItem, ...]:
        """Every question with answers to choose from, in the order of the form."""
        return tuple(item for kpi in self.kpis for item in kpi.items)

    def trigger_of(self, item: FrozenItem) -> FrozenItem | None:
        """The item whose answer decides whether a conditional one is asked; None where everybody is asked."""
        kpi = next(kpi for kpi in self.kpis if item in kpi.items)
        return kpi.item_before(item)


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """A visit as it is asked for. No band: the one least used there. No shopper: whoever has been away the longest."""

    scenario_id: str
    subject_id: str
    shopper: str
    locale: str
    from_on: date
    until_on: date
    band: Band | None


@dataclass(frozen=True, slots=True)
class Report:
    """What a shopper handed in.

    levels : by item; None for what could not be observed
    facts : by code; only those that were written down
    passed : by code of a critical item
    """

    visited_on: date
    visited_at: time
    levels: Mapping[str, float | None]
    facts: Mapping[str, float]
    passed: Mapping[str, bool]
    comment: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One picture of a visit, re-encoded; the bytes are asked for by themselves."""

    id: EvidenceId
    kind: EvidenceKind
    width: int
    height: int
    size: int


@dataclass(frozen=True, slots=True)
class Ruling:
    """What happened to a report after it came in; empty where it did not happen (yet)."""

    note: str = ""
    validated_at: datetime | None = None
    validated_by: str = ""
    appeal_until: datetime | None = None
    appeal: str = ""
    appealed_at: datetime | None = None
    outcome: AppealOutcome | None = None
    reason: str = ""
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit, from its order to what counts.

    `shopper_id` is empty and `report` None for who must not know; `place_id` is the unit where it happens; `round_id`
    is the round that it came into at the close, if it was looked up and there is one.
    """

    id: VisitId
    company_id: str
    scenario_id: str
    subject_id: str
    place_id: str
    shopper_id: str
    from_on: date
    until_on: date
    band: Band
    state: VisitState
    form: VisitForm
    report: Report | None
    score: float | None
    earned: float | None
    ruling: Ruling
    version: int
    round_id: str | None = None

    @property
    def failed(self) -> tuple[Critical, ...]:
        """The critical items that failed."""
        passed = self.report.passed if self.report is not None else {}
        return tuple(one for one in self.form.critical if passed.get(one.code) is False)

    @property
    def is_capped(self) -> bool:
        """Whether something critical held the score down."""
        return self.score is not None and self.earned is not None and self.score < self.earned


@dataclass(frozen=True, slots=True)
class EarlierVisit:
    """What rotation looks at: who was where, and when; cancelled visits are left out."""

    shopper_id: str
    place_id: str
    from_on: date
    until_on: date
    band: Band


@dataclass(frozen=True, slots=True)
class VisitLetter:
    """What a letter about a visit has to know of whom it is about."""

    organisation: str
    subject_name: str
    subject_kind: SubjectKind


@dataclass(frozen=True, slots=True)
class VisitStanding:
    """What the visits that count say about a subject: those to itself, or all of a unit and below.

    together : NotScored while there are fewer than the minimum
    counted : the visits it rests on, the latest first
    pending : how many are reported and do not count yet
    capped : how many were held down by something critical
    """

    subject_id: str
    name: str
    kind: SubjectKind
    together: VisitsTogether | NotScored
    counted: tuple[Visit, ...]
    pending: int
    capped: int
