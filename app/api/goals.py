"""Goals over HTTP: each by itself, and the tree with what serves it."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.accounts.rules import SERVICE, Action
from app.api.resource import CompanyId, Key, answer, company_of, posting, resource
from app.api.schemas.base import PageOut, page_out
from app.api.schemas.kpis import GoalIn, GoalOut
from app.api.schemas.strategy import GoalTreeOut
from app.http.access import access
from app.http.lists import Slice
from app.http.versions import expected_version
from app.http.visit import reading, writing
from app.kpis import commands, queries
from app.kpis.intake import parse_goal
from app.strategy.queries import get_goal_tree as load_tree

router = resource("Goals")


@router.get("/goals", response_model=PageOut[GoalOut])
@access(Action.KPIS_READ)
def list_goals(
    request: Request, part: Slice, company_id: CompanyId = None, external_id: Annotated[str | None, Query()] = None
) -> Response:
    """The goals of a company, by external id."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        page = queries.list_goals(session, visit.viewer, company, part, external_id=external_id)
    return answer(page_out(GoalOut, page))


@router.get("/goal-tree", response_model=GoalTreeOut)
@access(Action.KPIS_READ)
def get_goal_tree(request: Request, company_id: CompanyId = None) -> Response:
    """The goals, each followed by what hangs below it, with the KPIs that serve it and whether it is on course."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        tree = load_tree(session, visit.viewer, company, locale=visit.locale, on=visit.today)
    return answer(GoalTreeOut.told(tree))


@router.post("/goals", status_code=201, response_model=GoalOut)
@access(Action.KPIS_WRITE)
def create_goal(request: Request, sent: GoalIn, company_id: CompanyId = None) -> Response:
    """Write a goal."""
    draft = parse_goal(sent.given())
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        goal_id = commands.create_goal(post.session, post.viewer, draft, company_id=company, now=post.now)
        goal = queries.get_goal(post.session, SERVICE, goal_id)
        return post.created(GoalOut.of(goal), f"/goals/{goal_id}", version=goal.version)


@router.get("/goals/{goal_id}", response_model=GoalOut)
@access(Action.KPIS_READ)
def get_goal(request: Request, goal_id: Key) -> Response:
    """One goal."""
    with reading(request) as (session, visit):
        goal = queries.get_goal(session, visit.viewer, goal_id)
    return answer(GoalOut.of(goal), version=goal.version)


@router.put("/goals/{goal_id}", response_model=GoalOut)
@access(Action.KPIS_WRITE)
def change_goal(request: Request, goal_id: Key, sent: GoalIn) -> Response:
    """Rewrite a goal as a whole."""
    draft, expected = parse_goal(sent.given()), expected_version(request)
    with writing(request) as (session, visit):
        commands.change_goal(session, visit.viewer, goal_id, draft, expected_version=expected, now=visit.now)
        goal = queries.get_goal(session, SERVICE, goal_id)
    return answer(GoalOut.of(goal), version=goal.version)
