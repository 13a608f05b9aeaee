"""The goal tree as it is answered: what serves each goal, what serves none, and whether goals are on course."""

from datetime import date
from typing import Any, Self

from pydantic import Field

from app.api.schemas.base import ID, OTHER_ID, WORDS, Id, Out, Texts, example
from app.api.schemas.relations import KPI, KpiNameOut
from app.kpis.values import KpiState
from app.strategy.values import GoalCourse, GoalLine, GoalTree, Serving

_SERVING: dict[str, Any] = {"kpi": KPI, "state": "active", "score": 78.4, "until": "2026-09-30"}
_LINE: dict[str, Any] = {
    "id": ID,
    "name": WORDS,
    "parent_id": None,
    "depth": 0,
    "kpis": [_SERVING],
    "is_orphan": False,
    "course": "on_course",
    "off_ids": [],
    "untold_ids": [],
}


class ServingOut(Out):
    """A KPI that serves a goal, with its latest released figure for the company."""

    model_config = example(**_SERVING)

    kpi: KpiNameOut
    state: KpiState
    score: float | None = Field(description="0-100; null where none was released in a year, or it is not yours to read")
    until: date | None = Field(description="The last day of its period")

    @classmethod
    def told(cls, one: Serving) -> Self:
        """As it is answered."""
        figure = one.figure
        return cls(
            kpi=KpiNameOut.of(one.kpi),
            state=one.state,
            score=None if figure is None else figure.score,
            until=None if figure is None else figure.until,
        )


class GoalLineOut(Out):
    """A goal in the tree."""

    model_config = example(**_LINE)

    id: Id
    name: Texts
    parent_id: Id | None
    depth: int = Field(description="0 at the top")
    kpis: list[ServingOut] = Field(description="Those that hang on it, retired ones left out")
    is_orphan: bool = Field(description="No KPI in use hangs on it or on a goal below it")
    course: GoalCourse | None = Field(description="Null for who does not read the results of the company")
    off_ids: list[Id] = Field(description="KPIs in use on it or below it with less than 75, which the target is worth")
    untold_ids: list[Id] = Field(description="Those without a figure")

    @classmethod
    def told(cls, line: GoalLine) -> Self:
        """As it is answered."""
        return cls(
            id=line.goal.id,
            name=dict(line.goal.name),
            parent_id=line.goal.parent_id,
            depth=line.depth,
            kpis=[ServingOut.told(one) for one in line.kpis],
            is_orphan=line.is_orphan,
            course=line.course,
            off_ids=[one.kpi.id for one in line.off],
            untold_ids=[one.kpi.id for one in line.untold],
        )


class GoalTreeOut(Out):
    """The goals of a company, each followed by what hangs below it, and the KPIs that serve none."""

    model_config = example(items=[_LINE], orphans=[{**_SERVING, "kpi": {**KPI, "id": OTHER_ID}}])

    items: list[GoalLineOut]
    orphans: list[ServingOut] = Field(description="KPIs that serve no goal, retired ones left out")

    @classmethod
    def told(cls, tree: GoalTree) -> Self:
        """As it is answered."""
        return cls(
            items=[GoalLineOut.told(line) for line in tree.goals],
            orphans=[ServingOut.told(one) for one in tree.orphans],
        )
