"""The pages of the value report: all KPIs, those first that took time and led to nothing, and one of them in full."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from fastapi import Request, Response

from app.accounts.rules import Action
from app.http.access import access
from app.http.routes import Pages
from app.http.visit import Visit, reading
from app.infra.database import ReadSession
from app.summaries.values import Place
from app.web.decision_words import CHOICES
from app.web.lists import company_of
from app.web.plan_words import STATES, VERDICTS
from app.web.render import page, said
from app.worth.queries import get_worth, list_worth_units, list_worths

Named = TypeVar("Named", bound=StrEnum)

router = Pages()


@router.get("/kpis/value")
@access(Action.RESULTS_READ)
def show_worths(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        report = list_worths(session, visit.viewer, company.id, subject_id=_wanted(visit), on=visit.today)
        units = _units(session, visit, company.id, report.unit)
    return page(visit, "pages/kpis/values.html", report=report, units=units)


@router.get("/kpis/{kpi_id}/value")
@access(Action.RESULTS_READ)
def show_worth(request: Request, kpi_id: str) -> Response:
    with reading(request) as (session, visit):
        report = get_worth(session, visit.viewer, kpi_id, subject_id=_wanted(visit), on=visit.today)
        units = _units(session, visit, company_of(session, visit).id, report.unit)
    [worth] = report.kpis
    return page(
        visit,
        "pages/kpis/value.html",
        report=report,
        worth=worth,
        units=units,
        decisions=_named(visit, CHOICES, worth.decisions),
        plans=_named(visit, STATES, worth.plans),
        verdicts=_named(visit, VERDICTS, worth.verdicts),
    )


def _wanted(visit: Visit) -> str | None:
    return visit.query.get("unit") or None


def _units(session: ReadSession, visit: Visit, company_id: str, shown: Place) -> list[tuple[str, str]]:
    """The units to choose from: the highest that the viewer reads, and the one that is shown."""
    found = list_worth_units(session, visit.viewer, company_id, on=visit.today)
    return [(one.id, one.name) for one in dict.fromkeys((*found, shown))]


def _named(visit: Visit, labels: Mapping[Named, str], counts: Mapping[Named, int]) -> list[tuple[str, int]]:
    """Counts with what they are called."""
    return [(said(visit, label), counts[one]) for one, label in labels.items()]
