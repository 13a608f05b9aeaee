"""Scorecards and targets over HTTP."""

from fastapi import Request, Response

from app.accounts.rules import SERVICE, Action
from app.api.resource import CompanyId, Key, answer, company_of, posting, resource
from app.api.schemas.base import PageOut, page_out
from app.api.schemas.scorecards import ScorecardIn, ScorecardOut, TargetIn, TargetOut, TargetsOut
from app.http.access import access
from app.http.lists import Slice
from app.http.visit import reading
from app.kpis import commands, queries
from app.kpis.intake import parse_scorecard, parse_target

router = resource("Scorecards and targets")


@router.get("/scorecards", response_model=PageOut[ScorecardOut])
@access(Action.KPIS_READ)
def list_scorecards(
    request: Request, part: Slice, company_id: CompanyId = None, subject_id: str | None = None
) -> Response:
    """The cards of a company, past and to come."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        page = queries.list_scorecards(session, visit.viewer, company, part, on=visit.today, subject_id=subject_id)
    return answer(page_out(ScorecardOut, page))


@router.post("/scorecards", status_code=201, response_model=ScorecardOut)
@access(Action.KPIS_WRITE)
def set_scorecard(request: Request, sent: ScorecardIn, company_id: CompanyId = None) -> Response:
    """Set the card of a subject and level from a day on; the same day again rewrites it."""
    draft = parse_scorecard(sent.given())
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        card_id = commands.set_scorecard(post.session, post.viewer, draft, company_id=company, now=post.now)
        card = queries.get_scorecard(post.session, SERVICE, card_id, on=post.today)
        return post.created(ScorecardOut.of(card), f"/scorecards/{card_id}", version=card.version)


@router.get("/scorecards/{scorecard_id}", response_model=ScorecardOut)
@access(Action.KPIS_READ)
def get_scorecard(request: Request, scorecard_id: Key) -> Response:
    """One card."""
    with reading(request) as (session, visit):
        card = queries.get_scorecard(session, visit.viewer, scorecard_id, on=visit.today)
    return answer(ScorecardOut.of(card), version=card.version)


@router.get("/kpis/{kpi_id}/targets", response_model=TargetsOut)
@access(Action.KPIS_READ)
def list_targets(request: Request, kpi_id: Key) -> Response:
    """The goalposts of a KPI, past and to come."""
    with reading(request) as (session, visit):
        targets = queries.list_targets(session, visit.viewer, kpi_id, on=visit.today)
    return answer(TargetsOut(items=[TargetOut.of(target) for target in targets]))


@router.post("/kpis/{kpi_id}/targets", status_code=201, response_model=TargetOut)
@access(Action.KPIS_WRITE)
def set_target(request: Request, kpi_id: Key, sent: TargetIn) -> Response:
    """Set goalposts from a day on, for a subject and what is below it, or for all."""
    draft = parse_target(sent.given())
    with posting(request) as post:
        target_id = commands.set_target(post.session, post.viewer, kpi_id, draft, now=post.now)
        targets = queries.list_targets(post.session, SERVICE, kpi_id, on=post.today)
        target = next(one for one in targets if one.id == target_id)
        return post.answer(TargetOut.of(target), status=201)
