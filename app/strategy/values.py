"""The nouns of the goal tree as it is read: goals with the KPIs that serve them, and whether they are on course."""

from datetime import date
from enum import StrEnum

from app.deferred import dataclass
from app.followup.values import KpiName
from app.kpis.values import Goal, KpiState


class GoalCourse(StrEnum):
    """Whether a goal is on course, or why nobody can tell: too few of its KPIs have a figure."""

    ON = "on_course"
    OFF = "off_course"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Figure:
    """The latest released figure of a KPI for the company, in points, and the last day of its period."""

    score: float
    until: date


@dataclass(frozen=True, slots=True)
class Serving:
    """A KPI that serves a goal; no figure where none was released in a year, or the viewer does not read it."""

    kpi: KpiName
    state: KpiState
    figure: Figure | None


@dataclass(frozen=True, slots=True)
class GoalLine:
    """A goal in the tree.

    depth : 0 at the top
    kpis : those that hang on it, retired ones left out
    is_orphan : no KPI in use hangs on it or on a goal below it
    course : none where the viewer does not read the results of the company
    off : KPIs on it or below it that are beneath their target; `untold` those in use without a figure
    """

    goal: Goal
    depth: int
    kpis: tuple[Serving, ...]
    is_orphan: bool
    course: GoalCourse | None
    off: tuple[Serving, ...]
    untold: tuple[Serving, ...]


@dataclass(frozen=True, slots=True)
class GoalTree:
    """The goals, each followed by what hangs below it, and the KPIs that serve none."""

    goals: tuple[GoalLine, ...]
    orphans: tuple[Serving, ...]
