"""The nouns of follow-up: the course of a KPI at a subject, signals, the settings of the watch, prompts and links.

What is computed stands in values of `scoring`; here it is joined with whose it is and what it is called.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from app.deferred import dataclass
from app.kpis.values import Kpi, KpiKind, RaterGroup, Target
from app.organisation.values import Subject
from app.releases.values import Withheld
from app.scoring.back_test import BackTest
from app.scoring.charts import Side
from app.scoring.contradictions import Question
from app.scoring.courses import Course, State, Watch
from app.scoring.directions import Better
from app.scoring.movers import Moved, Strand
from app.scoring.projection import Projection, TooEarly, Whole
from app.scoring.relevance import Relevance, Untold
from app.scoring.results import Interval
from app.scoring.round_signals import Cause, RoundStep
from app.scoring.seasons import Season
from app.scoring.steps import Length
from app.scoring.trend import Definition
from app.summaries.values import Place
from app.words import Words

# ------------------------------------------------------------ the watch


class Method(StrEnum):
    """Which chart signals."""

    EWMA = "ewma"
    CUSUM = "cusum"


@dataclass(frozen=True, slots=True)
class WatchSetting:
    """How a KPI is watched; version 0 is what holds until somebody sets something.

    baseline : points that the usual level is learnt from
    red_line : of a soft KPI, in points; that of a hard one is the floor of its goalposts
    """

    kpi_id: str
    method: Method = Method.EWMA
    season: Season = Season.NONE
    baseline: int = 20
    red_line: float | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class WatchDraft:
    """The watch of a KPI as it is wanted."""

    method: Method
    season: Season
    baseline: int
    red_line: float | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """A new level of a KPI at a subject that was accepted from a day on, with the reason."""

    id: str
    kpi_id: str
    subject_id: str
    starts_on: date
    reason: str
    actor: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class ShiftDraft:
    """A shift as it is to be accepted."""

    starts_on: date
    reason: str


# ------------------------------------------------------------ what is known


@dataclass(frozen=True, slots=True)
class KpiName:
    """A KPI as figures are read with it; unit and decimals of a hard one."""

    id: str
    kind: KpiKind
    name: Words
    unit: Words
    decimals: int


class Told(NamedTuple):
    """What one period says of a KPI at a subject.

    first, last : both included
    value : points of a soft KPI as released, unit of a hard one; none where it is withheld or nothing was measured
    lo, hi : its interval as published; none of a reading
    release_id : where it was published; none of a reading
    definition : what was asked, as far as figures hang on it; none of a reading
    """

    first: date
    last: date
    value: float | None
    lo: float | None = None
    hi: float | None = None
    reason: Withheld | None = None
    release_id: str | None = None
    definition: Definition | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """The figures of a KPI at a subject over periods of one length.

    length : none where the periods are of different lengths
    told : by first day
    strands : of a soft KPI, by item and rater group; names are ids
    item_names : by id
    rater_groups : that were asked last
    """

    length: Length | None
    told: tuple[Told, ...]
    strands: tuple[Strand, ...] = ()
    item_names: Mapping[str, Words] | None = None
    rater_groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Watched:
    """A series with all that it is judged by.

    target : goalposts of a hard KPI that apply to the subject today
    shifts : accepted levels, the latest first
    """

    kpi: Kpi
    subject: Subject
    series: Series
    setting: WatchSetting
    better: Better
    target: Target | None = None
    shifts: tuple[Shift, ...] = ()

    @property
    def shift_days(self) -> tuple[date, ...]:
        """First days of the accepted levels."""
        return tuple(shift.starts_on for shift in self.shifts)


# ------------------------------------------------------------ the course


@dataclass(frozen=True, slots=True)
class Finding:
    """What a course says now.

    side : where it went; none unless it signals or has gained
    began : likely beginning of the shift, and `on` the step that crossed the limit
    is_gain : it went to the good side; nobody is warned
    cause : why rounds signal
    item_id, rater_group : what moved most, of a soft KPI
    seen, needed : points so far and points to learn from
    """

    state: State
    seen: int
    needed: int
    side: Side | None = None
    began: date | None = None
    on: date | None = None
    is_gain: bool = False
    cause: Cause | None = None
    item_id: str | None = None
    rater_group: str | None = None


@dataclass(frozen=True, slots=True)
class Red:
    """The red line of a KPI at a subject.

    limits : lowest and highest value that is still good; one of them infinite where only one side is bad
    margin : how far inside the figures must be before it is over
    since : the step that crossed it; none while the figures are good
    """

    limits: Interval
    margin: float
    since: date | None


@dataclass(frozen=True, slots=True)
class Charted:
    """A course that is judged by a chart, with the price of its warnings.

    moved : of the shift that lasts; none without one, or of a hard KPI
    run_length : mean number of steps until a false alarm; none while it is learnt
    last_year : the alerts of the year that ended today
    """

    course: Course
    watch: Watch
    moved: Moved | None
    run_length: float | None
    last_year: BackTest


@dataclass(frozen=True, slots=True)
class Compared:
    """A course of few rounds: what each change means; one step less than there are figures."""

    told: tuple[Told, ...]
    steps: tuple[RoundStep, ...]


@dataclass(frozen=True, slots=True)
class Chance:
    """The chance that a total or an average reaches its target by the end of a period."""

    first: date
    last: date
    whole: Whole
    goal: Interval
    projection: Projection | TooEarly


@dataclass(frozen=True, slots=True)
class KpiCourse:
    """The course of a KPI at a subject.

    lengths : the series there are, by their lengths; the chosen one first
    judged : none where nothing is told yet
    red : none where there is no red line
    shifts : accepted ones, the latest first
    """

    kpi: KpiName
    subject: Place
    company_id: str
    lengths: tuple[Length | None, ...]
    series: Series
    setting: WatchSetting
    judged: Charted | Compared | None
    finding: Finding
    red: Red | None
    shifts: tuple[Shift, ...]
    chance: Chance | None
    prompts: tuple["Prompt", ...]
    may_accept: bool


@dataclass(frozen=True, slots=True)
class Signal:
    """Something that moved at a unit, or is beyond its red line, with where it stands and what is usual there."""

    kpi: KpiName
    subject: Place
    length: Length | None
    finding: Finding
    red: Red | None
    item_name: Words | None
    value: float | None
    usual: float | None


@dataclass(frozen=True, slots=True)
class FallingResponse:
    """A rater group that answers less than it did, at a unit.

    since : first day of the first round after the fall
    before, after : share of those asked who stand in its released row, 0..1; no `after` where too few are left for one
    """

    subject: Place
    length: Length | None
    rater_group: RaterGroup
    since: date
    before: float
    after: float | None


# ------------------------------------------------------------ prompts and links


class Basis(StrEnum):
    """What speaks against each other: where figures stand to their target, or how they changed since the last time."""

    LEVEL = "level"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Prompt:
    """Two figures that speak against each other, or an own rating against that of the others.

    kpis : soft before hard, amount before yield; one for an own rating
    differences : of each KPI in points: to the target of 75, or since the last time; of an own rating to the others
    """

    question: Question
    basis: Basis
    kpis: tuple[KpiName, ...]
    differences: tuple[float, ...]
    strength: float


@dataclass(frozen=True, slots=True)
class Prompts:
    """The prompts of a subject after a release; `before_id` is the release it is compared with, none without one."""

    release_id: str
    before_id: str | None
    subject: Place
    prompts: tuple[Prompt, ...]


@dataclass(frozen=True, slots=True)
class LinkedKpis:
    """Whether a soft KPI moves before a hard one.

    length : of the periods that were compared; none where there is no series of equal steps
    found : the link with its doubts, or why there is none to tell
    stands : it comes first and is kept when the number of pairs looked at is allowed for
    """

    soft: KpiName
    hard: KpiName
    length: Length | None
    lags: tuple[int, ...]
    found: Relevance | Untold
    stands: bool


@dataclass(frozen=True, slots=True)
class WatchTrial:
    """What a method would have done in the year that ended today, over the units that the viewer reads."""

    method: Method
    units: int
    tested: BackTest
    run_length: float
