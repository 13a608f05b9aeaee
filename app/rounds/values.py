"""The nouns of rounds: states, modes, rater groups with their policy, frozen recipe, and assignments."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple, NewType

import numpy as np
import numpy.typing as npt

from app.deferred import dataclass
from app.dossiers.values import DossierId, Measure
from app.kpis.values import (
    NO_PRACTICE,
    Aggregation,
    Cadence,
    Condition,
    Direction,
    Form,
    KpiKind,
    Practice,
    RaterGroup,
    Rollup,
    ScaleKind,
    ScorecardLine,
    ShareRule,
)
from app.organisation.values import SubjectKind
from app.words import Words

OverlapPlace = tuple[str, tuple[RaterGroup, ...]]
"""A subject and the rater groups that may not be read together there (R10)."""

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
    """How a group's sheets are stored and shown (docs/anonymity.md, section "Four modes")."""

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
    REPLACEMENT = "replacement"
    NOMINATION = "nomination"


class DeclineReason(StrEnum):
    """Why a rater does not rate somebody; chosen, not written, since a style would give the writer away."""

    NOT_WORKED_TOGETHER = "not_worked_together"
    TOO_CLOSE = "too_close"
    NO_TIME = "no_time"
    OTHER = "other"


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
    """A round as it is managed. `promise_hash` is set from launch on.

    `extended_until` is the latest closing time given to any single rater; none without such a favour. `moderated_by`
    says who reads comments before they are released, as raters are told; None where they are released as written.
    `talk_days` is how many working days the own summary of a person waits for a talk at most; 0 where it opens at once.
    """

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
    extended_until: datetime | None
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
    moderated_by: str | None = None
    talk_days: int = 0


@dataclass(frozen=True, slots=True)
class RoundDraft:
    """A round as it is wanted: what is asked for, when, and how it is released."""

    scope_id: str
    external_id: str | None
    name: Words
    purpose: Words
    asked_by: str
    period_start: date
    period_end: date
    opens_at: datetime
    closes_at: datetime
    reminders: tuple[datetime, ...] = ()
    pooling: Pooling = Pooling.DROP
    release_mode: ReleaseMode = ReleaseMode.AUTOMATIC
    moderated_by: str | None = None
    talk_days: int = 0


class Assignment(NamedTuple):
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
    declined: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """What a release has to know of the assignments, as columns: a round has as many of them as sheets.

    cells : subject and rater group that anybody is asked about, each pair once
    cell_of_mark : [mark] its place there
    rater, counted, answered : [mark] a number for each person, and the marks themselves
    """

    cells: tuple[tuple[str, str], ...]
    cell_of_mark: npt.NDArray[np.int64]
    rater: npt.NDArray[np.int64]
    counted: npt.NDArray[np.bool_]
    answered: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class NewAssignment:
    """Who is to rate whom, by ids."""

    rater_id: str
    subject_id: str
    rater_group: RaterGroup
    occasion: str = ""


@dataclass(frozen=True, slots=True)
class ListedRater:
    """One row of a list: the rater by external id or address, the subject by external id or id."""

    row: int
    external_id: str | None
    email: str | None
    name: str | None
    locale: str | None
    subject: str
    rater_group: RaterGroup
    occasion: str


@dataclass(frozen=True, slots=True)
class AssignmentLine:
    """An assignment as it is listed. `answered` is told for `named` and `report` groups only (R9).

    So is `declined`; of other groups only to who reads no results about the subject, and never to the subject.
    `rater_id` is None where the viewer must not know who made a visit.
    """

    id: AssignmentId
    rater_id: str | None
    rater_name: str | None
    rater_email: str | None
    subject_id: str
    subject_name: str
    rater_group: RaterGroup
    occasion: str
    source: AssignmentSource
    needs_approval: bool
    answered: bool | None
    declined: DeclineReason | None = None


@dataclass(frozen=True, slots=True)
class FrozenScale:
    """What an item was answered on. `levels` maps an answer to its anchor value for `bars`."""

    kind: ScaleKind
    points: int | None
    low: float | None
    high: float | None
    levels: Mapping[str, float] | None


@dataclass(frozen=True, slots=True)
class FrozenItem:
    """One behaviour as worded at launch, `anchors` by scale point; with a condition it weighs 0 and enters no score."""

    id: str
    code: str
    name: Words
    question: Words
    scale: FrozenScale
    weight: float
    is_reversed: bool
    anchors: Mapping[str, Words]
    condition: Condition | None = None
    practice: Practice = NO_PRACTICE


@dataclass(frozen=True, slots=True)
class FrozenMeasure:
    """How a hard KPI was measured at launch."""

    unit: Words
    direction: Direction
    aggregation: Aggregation
    percentile: float | None
    per: float
    cadence: Cadence | None
    rollup: Rollup
    prorate: bool
    decimals: int
    share_rule: ShareRule | None = None


@dataclass(frozen=True, slots=True)
class FrozenKpi:
    """A KPI in the version of the launch day: a soft one with items and group weights, a hard one with its measure."""

    kpi_id: str
    version_id: str
    kind: KpiKind
    name: Words
    criterion: Words
    weights: Mapping[RaterGroup, float]
    items: tuple[FrozenItem, ...]
    measure: FrozenMeasure | None

    @property
    def scored_items(self) -> tuple[FrozenItem, ...]:
        """The items that everybody is asked: those that make the score."""
        return tuple(item for item in self.items if item.condition is None)

    def item_before(self, item: FrozenItem) -> FrozenItem | None:
        """The item whose answer decides whether this one is asked; None where everybody is asked."""
        wanted = None if item.condition is None else item.condition.item
        return next((one for one in self.items if one.code == wanted), None)


@dataclass(frozen=True, slots=True)
class Goalposts:
    """What a hard KPI was to reach at a subject: floor, target, stretch; or the four ends of a best range."""

    floor: float | None = None
    target: float | None = None
    stretch: float | None = None
    low: float | None = None
    best_low: float | None = None
    best_high: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class FrozenSubject:
    """A subject as it was on the launch day; `targets` by hard KPI of its card. The scope has no parent.

    form : how the KPIs of the card become one score
    """

    id: str
    parent_id: str | None
    kind: SubjectKind
    name: str
    is_rated: bool
    card: tuple[ScorecardLine, ...]
    targets: Mapping[str, Goalposts]
    form: Form = Form.ARITHMETIC


@dataclass(frozen=True, slots=True)
class Cover:
    """A control measure that a round takes part in, and the dossier that allows it; none where one is lacking."""

    measure: Measure
    dossier_id: DossierId | None


@dataclass(frozen=True, slots=True)
class FrozenRound:
    """All that figures of a round follow from, apart from the sheets and readings themselves.

    `readers` holds, by the subject where the reading role lies, the mailboxes that do not count towards k there
    and below (R2). `subjects` are the scope and everything below it, each after its parent. `overlapping` are the
    places where no atom forms, since almost the same people were asked in a round close by (R10). A round `grows`
    when its raters are met while it is open, so that it says nothing of how many there will be.
    """

    id: RoundId
    company_id: str
    scope_id: str
    name: Words
    purpose: Words
    asked_by: str
    period_start: date
    period_end: date
    opens_at: datetime
    closes_at: datetime
    extended_until: datetime | None
    state: RoundState
    source: RoundSource
    pooling: Pooling
    release_mode: ReleaseMode
    frozen_on: date
    promise_hash: str
    groups: tuple[GroupPolicy, ...]
    kpis: tuple[FrozenKpi, ...]
    subjects: tuple[FrozenSubject, ...]
    readers: Mapping[str, frozenset[str]]
    overlapping: frozenset[OverlapPlace] = frozenset()
    grows: bool = False
    moderated_by: str | None = None

    def kpi(self, kpi_id: str) -> FrozenKpi:
        """The KPI with this id."""
        return next(kpi for kpi in self.kpis if kpi.kpi_id == kpi_id)

    def group(self, rater_group: RaterGroup) -> GroupPolicy:
        """The policy of a rater group of this round."""
        return next(policy for policy in self.groups if policy.rater_group is rater_group)
