"""The value report over HTTP: what KPIs led to, and what they took."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.accounts.rules import Action
from app.api.resource import CompanyId, Key, answer, company_of, resource
from app.api.schemas.worth import WorthReportOut
from app.http.access import access
from app.http.visit import reading
from app.worth import queries

router = resource("KPIs")

At = Annotated[
    str | None,
    Query(
        description="A unit whose results are read; unless named, the highest such unit",
        json_schema_extra={"format": "uuid"},
    ),
]


@router.get("/kpis/value", response_model=WorthReportOut)
@access(Action.RESULTS_READ)
def list_kpi_values(request: Request, company_id: CompanyId = None, subject_id: At = None) -> Response:
    """What the KPIs led to at a unit in twelve months: first those that took most time and led to no decision."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        report = queries.list_worths(session, visit.viewer, company, subject_id=subject_id, on=visit.today)
    return answer(WorthReportOut.told(report))


@router.get("/kpis/{kpi_id}/value", response_model=WorthReportOut)
@access(Action.RESULTS_READ)
def get_kpi_value(request: Request, kpi_id: Key, subject_id: At = None) -> Response:
    """What one KPI led to at a unit in twelve months: decisions, cases, plans and what they did, and the time it took."""
    with reading(request) as (session, visit):
        report = queries.get_worth(session, visit.viewer, kpi_id, subject_id=subject_id, on=visit.today)
    return answer(WorthReportOut.told(report))
