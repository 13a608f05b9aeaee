"""Mystery visits over HTTP: scenarios, orders, what becomes of reports, and what visits say together."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.accounts.rules import Action
from app.api.resource import CompanyId, Key, answer, company_of, posting, resource
from app.api.schemas.base import PageOut, page_out
from app.api.schemas.visits import (
    DecisionIn,
    EvidenceListOut,
    EvidenceOut,
    OrderIn,
    SaidIn,
    ScenarioIn,
    ScenarioOut,
    StandingOut,
    VisitOut,
)
from app.fields import Fields
from app.http.access import access
from app.http.lists import Slice
from app.http.pictures import picture_answer
from app.http.versions import expected_version
from app.http.visit import reading, writing
from app.visits import commands, queries
from app.visits.intake import parse_order, parse_said, parse_scenario
from app.visits.values import AppealOutcome, VisitState

router = resource("Visits")


@router.get("/visit-scenarios", response_model=PageOut[ScenarioOut])
@access(Action.KPIS_READ)
def list_scenarios(request: Request, part: Slice, company_id: CompanyId = None) -> Response:
    """The scenarios of a company, the latest first."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        page = queries.list_scenarios(session, visit.viewer, company, part)
    return answer(page_out(ScenarioOut, page))


@router.post("/visit-scenarios", status_code=201, response_model=ScenarioOut)
@access(Action.ROUNDS_WRITE)
def create_scenario(request: Request, sent: ScenarioIn, company_id: CompanyId = None) -> Response:
    """Write a scenario."""
    content = parse_scenario(sent.given())
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        made = commands.create_scenario(post.session, post.viewer, company, content, now=post.now)
        return post.created(ScenarioOut.of(made), f"/visit-scenarios/{made.id}", version=made.version)


@router.get("/visit-scenarios/{scenario_id}", response_model=ScenarioOut)
@access(Action.KPIS_READ)
def get_scenario(request: Request, scenario_id: Key) -> Response:
    """One scenario."""
    with reading(request) as (session, visit):
        found = queries.get_scenario(session, visit.viewer, scenario_id)
    return answer(ScenarioOut.of(found), version=found.version)


@router.put("/visit-scenarios/{scenario_id}", response_model=ScenarioOut)
@access(Action.ROUNDS_WRITE)
def change_scenario(request: Request, scenario_id: Key, sent: ScenarioIn) -> Response:
    """Rewrite a scenario; visits that are ordered keep their form."""
    content, expected = parse_scenario(sent.given()), expected_version(request)
    with writing(request) as (session, visit):
        found = commands.change_scenario(
            session, visit.viewer, scenario_id, content, expected_version=expected, now=visit.now
        )
    return answer(ScenarioOut.of(found), version=found.version)


@router.get("/visits", response_model=PageOut[VisitOut])
@access(Action.ROUNDS_READ, own=True)
def list_visits(
    request: Request,
    part: Slice,
    state: VisitState | None = None,
    subject_id: Annotated[str, Query(json_schema_extra={"format": "uuid"})] = "",
    company_id: CompanyId = None,
) -> Response:
    """The visits that the reader may know of, the latest order first."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        page = queries.list_visits(
            session, visit.viewer, company, part, state=state, subject_id=subject_id, on=visit.today
        )
    return answer(page_out(VisitOut, page))


@router.post("/visits", status_code=201, response_model=VisitOut)
@access(Action.ROUNDS_WRITE)
def order_visit(request: Request, sent: OrderIn, company_id: CompanyId = None) -> Response:
    """Order a visit; the shopper gets a letter with a link to the report."""
    draft = parse_order(sent.given())
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        made = commands.order_visit(post.session, post.viewer, company, draft, now=post.now)
        return post.created(VisitOut.of(made), f"/visits/{made.id}", version=made.version)


@router.get("/visits/{visit_id}", response_model=VisitOut)
@access(Action.ROUNDS_READ, own=True)
def get_visit(request: Request, visit_id: Key) -> Response:
    """One visit, as the reader may know it."""
    with reading(request) as (session, visit):
        found = queries.get_visit(session, visit.viewer, visit_id, on=visit.today)
    return answer(VisitOut.of(found), version=found.version)


@router.post("/visits/{visit_id}/cancel", response_model=VisitOut)
@access(Action.ROUNDS_WRITE)
def cancel_visit(request: Request, visit_id: Key) -> Response:
    """Take an order back; its link closes."""
    with posting(request) as post:
        return post.answer(VisitOut.of(commands.cancel_visit(post.session, post.viewer, visit_id, now=post.now)))


@router.post("/visits/{visit_id}/accept", response_model=VisitOut)
@access(Action.RESULTS_ANALYSE)
def accept_visit(request: Request, visit_id: Key) -> Response:
    """Accept a report; the visited read it and may object."""
    with posting(request) as post:
        return post.answer(VisitOut.of(commands.accept_visit(post.session, post.viewer, visit_id, now=post.now)))


@router.post("/visits/{visit_id}/return", response_model=VisitOut)
@access(Action.RESULTS_ANALYSE)
def return_visit(request: Request, visit_id: Key, sent: SaidIn) -> Response:
    """Send a report back to the shopper."""
    note = parse_said(sent.given(), "text")
    with posting(request) as post:
        found = commands.return_visit(post.session, post.viewer, visit_id, note, now=post.now)
        return post.answer(VisitOut.of(found))


@router.post("/visits/{visit_id}/appeal", response_model=VisitOut)
@access(Action.ROUNDS_WRITE, own=True)
def appeal_visit(request: Request, visit_id: Key, sent: SaidIn) -> Response:
    """Object to an accepted report while there is time."""
    text = parse_said(sent.given(), "text")
    with posting(request) as post:
        found = commands.appeal_visit(post.session, post.viewer, visit_id, text, now=post.now)
        return post.answer(VisitOut.of(found))


@router.post("/visits/{visit_id}/decision", response_model=VisitOut)
@access(Action.RESULTS_ANALYSE)
def decide_appeal(request: Request, visit_id: Key, sent: DecisionIn) -> Response:
    """Decide on an appeal; outcome and reason stay to be read."""
    fields = Fields({"outcome": sent.outcome})
    outcome = fields.choice("outcome", AppealOutcome, required=True)
    fields.finish()
    reason = parse_said({"reason": sent.reason}, "reason")
    with posting(request) as post:
        found = commands.decide_appeal(
            post.session, post.viewer, visit_id, outcome or AppealOutcome.STANDS, reason, now=post.now
        )
        return post.answer(VisitOut.of(found))


@router.get("/visits/{visit_id}/evidence", response_model=EvidenceListOut)
@access(Action.RESULTS_READ)
def list_evidence(request: Request, visit_id: Key) -> Response:
    """The pictures of a visit."""
    with reading(request) as (session, visit):
        found = queries.list_evidence(session, visit.viewer, visit_id, on=visit.today)
    return answer(EvidenceListOut(items=[EvidenceOut.of(one) for one in found]))


@router.get("/visits/{visit_id}/evidence/{evidence_id}", response_model=None)
@access(Action.RESULTS_READ)
def get_picture(request: Request, visit_id: Key, evidence_id: Key) -> Response:
    """One picture as JPEG."""
    with reading(request) as (session, visit):
        raw = queries.get_picture(session, visit.viewer, visit_id, evidence_id, on=visit.today)
    return picture_answer(raw, evidence_id)


@router.get("/visit-standings/{subject_id}", response_model=StandingOut)
@access(Action.RESULTS_READ)
def get_standing(request: Request, subject_id: Key) -> Response:
    """What the visits to a subject say together, with the pull of the most extreme one."""
    with reading(request) as (session, visit):
        found = queries.get_standing(session, visit.viewer, subject_id, on=visit.today)
    return answer(StandingOut.of(found))
