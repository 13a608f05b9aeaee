"""The value report of KPIs as it is answered."""

from datetime import date
from typing import Any, Self

from pydantic import Field

from app.api.schemas.base import Out, example
from app.api.schemas.relations import KPI, SUBJECT, KpiNameOut, WatchedPlaceOut
from app.decisions.values import Choice
from app.kpis.values import KpiState
from app.plans.values import PlanState
from app.scoring.effects import Verdict
from app.worth.values import KpiWorth, WorthReport

_WORTH: dict[str, Any] = {
    "kpi": KPI,
    "state": "active",
    "decided": 3,
    "decisions": {"act": 2, "accept": 1, "adjust": 0, "retire": 0, "need_data": 0},
    "open_cases": 1,
    "overdue_cases": 0,
    "plans": {"open": 1, "done": 1, "dropped": 0},
    "verdicts": {"worked": 1, "did_not": 0, "unclear": 0},
    "minutes": 312,
    "is_only_statistics": False,
}
_REPORT: dict[str, Any] = {"unit": SUBJECT, "since": "2025-11-24", "until": "2026-11-23", "items": [_WORTH]}


class KpiWorthOut(Out):
    """What a KPI led to at a unit and below it in twelve months, and what it took."""

    model_config = example(**_WORTH)

    kpi: KpiNameOut
    state: KpiState
    decided: int = Field(description="How many decisions were taken")
    decisions: dict[Choice, int] = Field(description="By choice")
    open_cases: int = Field(description="Cases that wait for a decision now")
    overdue_cases: int = Field(description="Of these, those that wait longer than they should")
    plans: dict[PlanState, int] = Field(description="Action plans that were under way, by their state now")
    verdicts: dict[Verdict, int] = Field(description="What those that were not dropped did, as far as it can be told")
    minutes: int = Field(description="What forms of released rounds took those who were asked, answered or not")
    is_only_statistics: bool = Field(description="No decision for two periods anywhere in the company")

    @classmethod
    def told(cls, one: KpiWorth) -> Self:
        """As it is answered."""
        return cls(
            kpi=KpiNameOut.of(one.kpi),
            state=one.state,
            decided=one.decided,
            decisions=dict(one.decisions),
            open_cases=one.open_cases,
            overdue_cases=one.overdue_cases,
            plans=dict(one.plans),
            verdicts=dict(one.verdicts),
            minutes=one.minutes,
            is_only_statistics=one.is_idle,
        )


class WorthReportOut(Out):
    """What KPIs led to at a unit: first those that led to no decision, and of these what took most time."""

    model_config = example(**_REPORT)

    unit: WatchedPlaceOut
    since: date
    until: date
    items: list[KpiWorthOut]

    @classmethod
    def told(cls, report: WorthReport) -> Self:
        """As it is answered."""
        return cls(
            unit=WatchedPlaceOut.of(report.unit),
            since=report.since,
            until=report.until,
            items=[KpiWorthOut.told(one) for one in report.kpis],
        )
