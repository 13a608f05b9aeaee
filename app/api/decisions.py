"""Decision cases over HTTP: what waits for a decision, what was chosen and why, and questions opened by hand."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.accounts.rules import Action
from app.api.resource import CompanyId, Key, answer, company_of, posting, resource
from app.api.schemas.base import PageOut, page_out
from app.api.schemas.decisions import CaseIn, DecisionCaseOut, DecisionIn
from app.decisions import commands, queries
from app.decisions.intake import parse_case, parse_decision
from app.decisions.values import CaseFilter, CaseState
from app.http.access import access
from app.http.lists import Slice
from app.http.visit import reading

router = resource("Decisions")

Place = Annotated[str | None, Query(description="Only about this subject", json_schema_extra={"format": "uuid"})]
OfKpi = Annotated[str | None, Query(description="Only about this KPI", json_schema_extra={"format": "uuid"})]


@router.get("/decision-cases", response_model=PageOut[DecisionCaseOut])
@access(Action.RESULTS_READ)
def list_decision_cases(
    request: Request,
    part: Slice,
    company_id: CompanyId = None,
    state: CaseState | None = None,
    subject_id: Place = None,
    kpi_id: OfKpi = None,
) -> Response:
    """The cases that may be read: open ones in the order in which they are due, decided ones the latest first."""
    chosen = CaseFilter(state, kpi_id, subject_id)
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        page = queries.list_cases(session, visit.viewer, company, part, chosen=chosen, on=visit.today)
    return answer(page_out(DecisionCaseOut, page))


@router.post("/decision-cases", status_code=201, response_model=DecisionCaseOut)
@access(Action.DECISIONS_WRITE)
def open_decision_case(request: Request, sent: CaseIn) -> Response:
    """Ask for a decision about a KPI at a subject; one case at a time about the same. For managers there."""
    draft = parse_case(sent.given())
    with posting(request) as post:
        case = commands.open_case(post.session, post.viewer, draft, now=post.now)
        return post.created(DecisionCaseOut.of(case), f"/decision-cases/{case.id}", version=case.version)


@router.get("/decision-cases/{case_id}", response_model=DecisionCaseOut)
@access(Action.RESULTS_READ)
def get_decision_case(request: Request, case_id: Key) -> Response:
    """One case: what was found when it was opened, whose it is, and what was chosen."""
    with reading(request) as (session, visit):
        case = queries.get_case(session, visit.viewer, case_id, on=visit.today)
    return answer(DecisionCaseOut.of(case), version=case.version)


@router.post("/decision-cases/{case_id}/decision", response_model=DecisionCaseOut)
@access(Action.DECISIONS_WRITE)
def decide_case(request: Request, case_id: Key, sent: DecisionIn) -> Response:
    """Choose, with the reason: act, accept, adjust the KPI, retire it, or find out more first. It stays as it is."""
    draft = parse_decision(sent.given())
    with posting(request) as post:
        case = commands.decide_case(post.session, post.viewer, case_id, draft, now=post.now)
        return post.answer(DecisionCaseOut.of(case), version=case.version)
