"""Action plans over HTTP: made, looked at with their effect, their actions ticked, ended."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.accounts.rules import Action
from app.api.resource import CompanyId, Key, Post, answer, company_of, posting, resource
from app.api.schemas.base import PageOut, page_out
from app.api.schemas.plans import ActionPlanOut, PlanEndIn, PlanIn, ToldPlanOut
from app.http.access import access
from app.http.lists import Slice
from app.http.visit import reading
from app.plans import commands, queries
from app.plans.effect import find_effect
from app.plans.intake import parse_plan, parse_plan_end
from app.plans.values import ActionPlan, PlanFilter, PlanState

router = resource("Action plans")

OfSubject = Annotated[str | None, Query(description="Only about this subject", json_schema_extra={"format": "uuid"})]
OfKpi = Annotated[str | None, Query(description="Only about this KPI", json_schema_extra={"format": "uuid"})]


@router.get("/action-plans", response_model=PageOut[ActionPlanOut])
@access(Action.RESULTS_READ)
def list_action_plans(
    request: Request,
    part: Slice,
    company_id: CompanyId = None,
    state: PlanState | None = None,
    subject_id: OfSubject = None,
    kpi_id: OfKpi = None,
) -> Response:
    """The plans that may be read, the first to be checked first; finished ones are the library of what was tried."""
    chosen = PlanFilter(state, kpi_id, subject_id)
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        page = queries.list_plans(session, visit.viewer, company, part, chosen=chosen, on=visit.today)
    return answer(page_out(ActionPlanOut, page))


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


@router.post("/actions/{action_id}/done", response_model=ToldPlanOut)
@access(Action.DECISIONS_WRITE)
def tick_action(request: Request, action_id: Key) -> Response:
    """Say that an action is done. For the owner of its plan and managers of the subject."""
    with posting(request) as post:
        plan = commands.tick_action(post.session, post.viewer, action_id, is_done=True, now=post.now)
        return post.answer(_told(post, plan), version=plan.version)


@router.post("/actions/{action_id}/not-done", response_model=ToldPlanOut)
@access(Action.DECISIONS_WRITE)
def untick_action(request: Request, action_id: Key) -> Response:
    """Say that an action is not done after all. For the owner of its plan and managers of the subject."""
    with posting(request) as post:
        plan = commands.tick_action(post.session, post.viewer, action_id, is_done=False, now=post.now)
        return post.answer(_told(post, plan), version=plan.version)


def _told(post: Post, plan: ActionPlan) -> ToldPlanOut:
    return ToldPlanOut.told(plan, find_effect(post.session, post.viewer, plan, on=post.today))
