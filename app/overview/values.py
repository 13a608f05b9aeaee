"""The nouns of overviews: where subjects stand, how they got there, what is off course and what waits to be decided."""

from collections.abc import Mapping
from datetime import date, datetime

from app.decisions.values import DecisionCase
from app.deferred import dataclass
from app.followup.values import KpiName, Signal
from app.organisation.values import SubjectKind
from app.plans.values import ActionPlan
from app.rounds.values import Goalposts
from app.scoring.bands import Band
from app.summaries.values import ChangeFigure, Figure, Place
from app.talks.values import DueTalk
from app.words import Words


@dataclass(frozen=True, slots=True)
class ToldRound:
    """The round that a figure comes from, and the release that made it."""

    release_id: str
    round_id: str
    name: Words
    period_start: date
    period_end: date
    sealed_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a subject stands: its latest composite, with a score before a newer one without.

    figure, told : none where no release says anything of it that the viewer may read
    """

    place: Place
    told: ToldRound | None = None
    figure: Figure | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """Something directly under a unit, with the units under that."""

    standing: Standing
    below: tuple[Standing, ...] = ()


@dataclass(frozen=True, slots=True)
class CoursePoint:
    """The composite of one released round.

    change : since an earlier release, or why there is none; none where nothing was compared
    since_id : that earlier release
    """

    told: ToldRound
    figure: Figure
    change: ChangeFigure | None = None
    since_id: str | None = None


@dataclass(frozen=True, slots=True)
class OffCourse:
    """A KPI that moves the wrong way by more than noise, or is beyond its red line.

    case_id : of the case that waits about it; none where nobody has asked yet
    may_ask : whether the viewer may open one
    """

    signal: Signal
    case_id: str | None
    may_ask: bool


@dataclass(frozen=True, slots=True)
class Short:
    """A KPI of which the whole interval lies under the target.

    target : what the target is worth, 75 or 100
    """

    place: Place
    kpi: KpiName
    figure: Figure
    target: float
    may_ask: bool
    case_id: str | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """A unit or a person with everything that waits there, as far as the viewer may read it.

    above : from the company down; `is_readable` says where there is an overview for the viewer
    off_course : there and below, the latest first
    short : of what hangs directly there, the furthest from its target first
    cases, plans : open ones there and below, the first due first; talks : those that wait for the viewer
    told_of, in_all : of how many units and people it tells, and how many there are to tell of: those below, and who
        hangs directly there
    """

    place: Place
    company_id: str
    above: tuple[Place, ...]
    standing: Standing
    branches: tuple[Branch, ...]
    course: tuple[CoursePoint, ...]
    off_course: tuple[OffCourse, ...]
    short: tuple[Short, ...]
    cases: tuple[DecisionCase, ...]
    plans: tuple[ActionPlan, ...]
    talks: tuple[DueTalk, ...]
    told_of: int
    in_all: int


# ------------------------------------------------------------ beside each other


@dataclass(frozen=True, slots=True)
class Placed:
    """A subject where it hung at the launch of a round, with the goalposts of its hard KPIs."""

    id: str
    kind: SubjectKind
    name: str
    targets: Mapping[str, Goalposts]


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One figure of the map.

    band : none where there is no score
    value : what was measured, of a hard KPI, in its unit
    target : what reaching the target is worth, 75 or 100
    """

    figure: Figure
    band: Band | None = None
    value: float | None = None
    target: float = 75.0


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A subject with its figures, `cells` in the order of the columns; none where it was not on its card."""

    place: Place
    whole: HeatCell | None
    cells: tuple[HeatCell | None, ...]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A unit and what hung directly under it, beside each other on the KPIs of one released round.

    told : the round; none where nothing is released that the viewer may read, and everything else is then empty
    unit : its own figures; none where nothing is told of the unit as a whole
    rounds : those that can be chosen, the latest first
    """

    place: Place
    company_id: str
    above: tuple[Place, ...]
    told: ToldRound | None
    columns: tuple[KpiName, ...]
    unit: HeatRow | None
    rows: tuple[HeatRow, ...]
    rounds: tuple[ToldRound, ...]
    sort: str
