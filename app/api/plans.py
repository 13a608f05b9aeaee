"""Action plans over HTTP: made, looked at with their effect, their actions ticked, ended."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from app.accounts.rules import Action
from app.api.resource import CompanyId, Key, Post, answer, company_of, posting, resource
from app.api.schemas.base import PageOut, page_out
from app.api.schemas.plans import (
    ActionPlanOut,
    PlanEndIn,
    PlanIn,
    ToldPlanOut,
    TriedOut,
    WeDidIn,
    WeDidOut,
)
from app.api.schemas.rounds import RoundOut
from app.http.access import access
from app.http.lists import Slice
from app.http.visit import reading
from app.plans import commands, queries
from app.plans.effect import find_effect
from app.plans.intake import parse_plan, parse_plan_end, parse_we_did
from app.plans.library import load_library
from app.plans.remeasure import remeasure
from app.plans.tell import tell_raters
from app.plans.values import ActionPlan, PlanFilter, PlanState
from app.scoring.effects import Verdict

router = resource("Action plans")

OfSubject = Annotated[str | None, Query(description="Only about this subject", json_schema_extra={"format": "uuid"})]
OfKpi = Annotated[str | None, Query(description="Only about this KPI", json_schema_extra={"format": "uuid"})]
OfCase = Annotated[str | None, Query(description="Only what this case led to", json_schema_extra={"format": "uuid"})]


async def _chosen(
    state: PlanState | None = None, subject_id: OfSubject = None, kpi_id: OfKpi = None, case_id: OfCase = None
) -> PlanFilter:
    return PlanFilter(state, kpi_id, subject_id, case_ids=None if case_id is None else frozenset({case_id}))


Chosen = Annotated[PlanFilter, Depends(_chosen)]


@router.get("/action-plans", response_model=PageOut[ActionPlanOut])
@access(Action.RESULTS_READ)
def list_action_plans(request: Request, part: Slice, chosen: Chosen, company_id: CompanyId = None) -> Response:
    """The plans that may be read, the first to be checked first; finished ones are the library of what was tried."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        page = queries.list_plans(session, visit.viewer, company, part, chosen=chosen, on=visit.today)
    return answer(page_out(ActionPlanOut, page))


@router.get("/action-plan-library", response_model=PageOut[TriedOut])
@access(Action.RESULTS_READ)
def get_library(
    request: Request, part: Slice, company_id: CompanyId = None, verdict: Verdict | None = None
) -> Response:
    """What was tried about soft KPIs of units of a company, and whether it worked, without place, person or figure."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        page = load_library(session, visit.viewer, company, part, verdict=verdict, on=visit.today)
    return answer(page_out(TriedOut, page))


@router.post("/action-plans", status_code=201, response_model=ToldPlanOut)
@access(Action.DECISIONS_WRITE)
def make_action_plan(request: Request, sent: PlanIn) -> Response:
    """Make a plan: what is done, by whom, what is expected and when it is looked at. For managers of the subject."""
    draft = parse_plan(sent.given())
    with posting(request) as post:
        plan = commands.make_plan(post.session, post.viewer, draft, now=post.now)
        return post.created(_told(post, plan), f"/action-plans/{plan.id}", version=plan.version)


@router.get("/action-plans/{plan_id}", response_model=ToldPlanOut)
@access(Action.RESULTS_READ)
def get_action_plan(request: Request, plan_id: Key) -> Response:
    """One plan with what it did: the change less that of others, its interval, and a verdict where there can be one."""
    with reading(request) as (session, visit):
        plan = queries.get_plan(session, visit.viewer, plan_id, on=visit.today)
        effect = find_effect(session, visit.viewer, plan, on=visit.today)
    return answer(ToldPlanOut.told(plan, effect), version=plan.version)


@router.post("/action-plans/{plan_id}/end", response_model=ToldPlanOut)
@access(Action.DECISIONS_WRITE)
def end_action_plan(request: Request, plan_id: Key, sent: PlanEndIn) -> Response:
    """Say that a plan is done or dropped, and what came of it. For managers of the subject."""
    end = parse_plan_end(sent.given())
    with posting(request) as post:
        plan = commands.end_plan(post.session, post.viewer, plan_id, end, now=post.now)
        return post.answer(_told(post, plan), version=plan.version)


@router.post("/action-plans/{plan_id}/measure-again", status_code=201, response_model=RoundOut)
@access(Action.ROUNDS_WRITE)
def measure_again(request: Request, plan_id: Key) -> Response:
    """Begin a draft that asks the same rater groups about the KPI of a plan alone. For managers of the subject."""
    with posting(request) as post:
        made = remeasure(post.session, post.viewer, plan_id, now=post.now)
        return post.created(RoundOut.of(made), f"/rounds/{made.id}", version=made.version)


@router.post("/action-plans/{plan_id}/we-did", status_code=201, response_model=WeDidOut)
@access(Action.DECISIONS_WRITE)
def tell_of_plan(request: Request, plan_id: Key, sent: WeDidIn) -> Response:
    """Tell everybody who was asked before a plan began what came of it, by letter and once. For managers of the subject."""
    words = parse_we_did(sent.given())
    with posting(request) as post:
        tell_raters(post.session, post.viewer, plan_id, words, now=post.now)
        return post.created(
            WeDidOut(heard=dict(words.heard), did=dict(words.did), told_at=post.now), f"/action-plans/{plan_id}"
        )


@router.post("/actions/{action_id}/done", response_model=ToldPlanOut)
@access(Action.DECISIONS_WRITE, own=True)
def tick_action(request: Request, action_id: Key) -> Response:
    """Say that an action is done. For the owner of its plan and managers of the subject."""
    with posting(request) as post:
        plan = commands.tick_action(post.session, post.viewer, action_id, is_done=True, now=post.now)
        return post.answer(_told(post, plan), version=plan.version)


@router.post("/actions/{action_id}/not-done", response_model=ToldPlanOut)
@access(Action.DECISIONS_WRITE, own=True)
def untick_action(request: Request, action_id: Key) -> Response:
    """Say that an action is not done after all. For the owner of its plan and managers of the subject."""
    with posting(request) as post:
        plan = commands.tick_action(post.session, post.viewer, action_id, is_done=False, now=post.now)
        return post.answer(_told(post, plan), version=plan.version)


def _told(post: Post, plan: ActionPlan) -> ToldPlanOut:
    return ToldPlanOut.told(plan, find_effect(post.session, post.viewer, plan, on=post.today))
