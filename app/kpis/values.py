"""The nouns of KPIs: goals, KPIs and their versions, scales, items, targets and scorecards."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from app.deferred import dataclass
from app.words import Words

GoalId = NewType("GoalId", str)
ScaleId = NewType("ScaleId", str)
CompetenceId = NewType("CompetenceId", str)
KpiId = NewType("KpiId", str)
KpiVersionId = NewType("KpiVersionId", str)
ItemId = NewType("ItemId", str)
ScorecardId = NewType("ScorecardId", str)


class RaterGroup(StrEnum):
    """Who rates: the relation of the rater to the subject."""

    MANAGER = "manager"
    COLLEAGUE = "colleague"
    DIRECT_REPORT = "direct_report"
    CUSTOMER = "customer"
    MYSTERY_SHOPPER = "mystery_shopper"
    SELF = "self"


class KpiKind(StrEnum):
    """Rated by people, or measured."""

    SOFT = "soft"
    HARD = "hard"


class KpiState(StrEnum):
    """The life of a KPI."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    RETIRED = "retired"


class ScaleKind(StrEnum):
    """How an item is answered; docs/scoring.md says what each answer is worth."""

    POINTS = "points"
    BARS = "bars"
    YES_PARTLY_NO = "yes_partly_no"
    RECOMMEND = "recommend"
    SLIDER = "slider"


class Direction(StrEnum):
    """Which way a hard KPI is better."""

    HIGHER = "higher"
    LOWER = "lower"
    IN_RANGE = "in_range"


class Aggregation(StrEnum):
    """How the readings of a period become one value."""

    SUM = "sum"
    MEAN = "mean"
    MEDIAN = "median"
    PERCENTILE = "percentile"
    LAST = "last"
    MIN = "min"
    MAX = "max"
    COUNT = "count"
    RATIO = "ratio"
    RATE = "rate"
    SHARE = "share"


class Comparison(StrEnum):
    """How a reading is compared with the limit of a share."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    ABOVE = "above"
    BELOW = "below"


class Rollup(StrEnum):
    """How a unit gets the value of a hard KPI when it has no readings of its own.

    `pooled` applies the aggregation to all readings below; `mean` gives every unit or person one voice;
    `weighted` weighs them by their number of people; `none` leaves the unit without.
    """

    POOLED = "pooled"
    MEAN = "mean"
    WEIGHTED = "weighted"
    NONE = "none"


class Cadence(StrEnum):
    """How often a reading is due."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Level(StrEnum):
    """The level that a scorecard is for."""

    COMPANY = "company"
    DEPARTMENT = "department"
    TEAM = "team"
    PERSON = "person"


class Form(StrEnum):
    """How the KPIs of a card become one score: by a weighted sum, or so that a very low one cannot be bought off."""

    ARITHMETIC = "arithmetic"
    GEOMETRIC = "geometric"


@dataclass(frozen=True, slots=True)
class Goal:
    """What the company wants to reach; every KPI hangs on one."""

    id: GoalId
    company_id: str
    name: Words
    description: Words
    parent_id: GoalId | None
    external_id: str | None
    version: int


@dataclass(frozen=True, slots=True)
class Scale:
    """What an item is answered on. `levels` maps an answer to its anchor value for `bars`."""

    id: ScaleId
    company_id: str
    kind: ScaleKind
    name: Words
    points: int | None
    low: float | None
    high: float | None
    levels: Mapping[str, float] | None
    external_id: str | None
    version: int


@dataclass(frozen=True, slots=True)
class Competence:
    """Something that people of a company can get better at; items of several KPIs may ask for the same."""

    id: CompetenceId
    company_id: str
    name: Words
    external_id: str | None
    version: int


@dataclass(frozen=True, slots=True)
class NamedCompetence:
    """The competence that an item asks for, as it is called."""

    id: CompetenceId
    name: Words


@dataclass(frozen=True, slots=True)
class LearningResource:
    """Something to read, watch or attend, at an https address."""

    title: Words
    url: str


@dataclass(frozen=True, slots=True)
class Exercise:
    """Something small to try, of `minutes` from 1 to 10."""

    text: Words
    minutes: int


@dataclass(frozen=True, slots=True)
class Practice:
    """What helps to get better at an item; each part may be missing."""

    competence: NamedCompetence | None = None
    resource: LearningResource | None = None
    exercise: Exercise | None = None

    @property
    def is_empty(self) -> bool:
        """Nothing is recorded."""
        return self.competence is None and self.resource is None and self.exercise is None


NO_PRACTICE = Practice()


@dataclass(frozen=True, slots=True)
class Condition:
    """When an item is asked: the item of this code, earlier in the KPI, got an answer from `lowest` to `highest`."""

    item: str
    lowest: str
    highest: str


@dataclass(frozen=True, slots=True)
class Item:
    """One observable behaviour of a soft KPI; `anchors` words some scale points, keyed by the point.

    An item with a condition says more about an answer, and weighs 0 in the score.
    """

    id: ItemId
    code: str
    name: Words
    question: Words
    scale: Scale
    weight: float
    is_reversed: bool
    anchors: Mapping[str, Words]
    condition: Condition | None = None
    practice: Practice = NO_PRACTICE


@dataclass(frozen=True, slots=True)
class DecisionRule:
    """If …, then … by whom, within n days."""

    text: Words
    days: int


@dataclass(frozen=True, slots=True)
class ShareRule:
    """What a reading must meet to count in a share: 20 seconds at most, 4 stars at least."""

    comparison: Comparison
    limit: float


@dataclass(frozen=True, slots=True)
class KpiVersion:
    """A KPI as it was worded and weighed from a day on; soft fields are empty for hard ones and the reverse."""

    id: KpiVersionId
    number: int
    starts_on: date
    name: Words
    purpose: Words
    criterion: Words
    decision_rule: DecisionRule | None
    rater_weights: Mapping[RaterGroup, float]
    items: tuple[Item, ...]
    unit: Words
    direction: Direction | None
    aggregation: Aggregation | None
    percentile: float | None
    per: float
    cadence: Cadence | None
    rollup: Rollup
    prorate: bool
    decimals: int
    share_rule: ShareRule | None = None


@dataclass(frozen=True, slots=True)
class Kpi:
    """A KPI and the version that is valid on the day asked about (the first one, before its first day)."""

    id: KpiId
    company_id: str
    kind: KpiKind
    state: KpiState
    goal_id: GoalId | None
    owner_id: str | None
    external_id: str | None
    current: KpiVersion
    version: int


@dataclass(frozen=True, slots=True)
class KpiStep:
    """A step in the life of a KPI: when, to which state, by whom, why, and the KPI that it was swapped with."""

    at: datetime
    state: KpiState
    by: str
    reason: str
    other_id: KpiId | None
    other: Words


@dataclass(frozen=True, slots=True)
class KpiFilter:
    """Which KPIs of a company are wanted; None stands for any."""

    kind: KpiKind | None = None
    state: KpiState | None = None
    goal_id: str | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Goalposts of a hard KPI from a day on, for a subject and what is below it, or for all."""

    id: str
    kpi_id: KpiId
    subject_id: str | None
    starts_on: date
    floor: float | None
    target: float | None
    stretch: float | None
    low: float | None
    best_low: float | None
    best_high: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class ScorecardLine:
    """One KPI on a card."""

    kpi_id: KpiId
    weight: float
    is_required: bool
    in_focus: bool


@dataclass(frozen=True, slots=True)
class Scorecard:
    """The weighted KPIs of a level, set at a subject and valid below it from a day on."""

    id: ScorecardId
    company_id: str
    subject_id: str
    level: Level
    starts_on: date
    lines: tuple[ScorecardLine, ...]
    version: int
    form: Form = Form.ARITHMETIC
