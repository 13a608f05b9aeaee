"""The pages of goals: the tree of them with the KPIs that hang on each, and the form of one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from fastapi import Request, Response

from app.accounts.rules import Action, may, require
from app.deferred import dataclass
from app.errors import AppError
from app.fields import Fields
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.kpis import commands
from app.kpis.intake import parse_goal
from app.kpis.queries import get_goal, list_kpis
from app.kpis.rules import makes_loop
from app.kpis.values import Goal, Kpi, KpiState
from app.web.forms import REFUSED, Filled, flattened, fresh, nested, refused
from app.web.kpis import goals_of
from app.web.lists import company_of, every
from app.web.render import Flash, flash_for, page, see_other
from app.words import in_locale

router = Pages()

DONE = {
    "created": Flash("good", "The goal is stored."),
    "changed": Flash("good", "The change is stored."),
}


@dataclass(frozen=True, slots=True)
class GoalLine:
    """A goal at its depth in the tree (0 to 2 are shown apart), with the KPIs that serve it."""

    goal: Goal
    depth: int
    kpis: tuple[Kpi, ...]


@router.get("/goals")
@access(Action.KPIS_READ)
def show_goals(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        goals = goals_of(session, visit, company.id)
        kpis = every(lambda part: list_kpis(session, visit.viewer, company.id, part, on=visit.today))
        living = [kpi for kpi in kpis if kpi.state is not KpiState.RETIRED]
    return page(
        visit,
        "pages/goals/list.html",
        flash=flash_for(visit, DONE),
        lines=_lines(visit, goals, living),
        orphans=[kpi for kpi in living if kpi.goal_id is None],
        may_write=may(visit.viewer, Action.KPIS_WRITE, company.path),
    )


@router.get("/goals/new")
@access(Action.KPIS_WRITE)
def show_new_goal(request: Request) -> Response:
    with reading(request) as (session, visit):
        return _goal_page(session, visit, fresh({"parent_id": visit.query.get("parent")}), None)


@router.post("/goals/new")
@access(Action.KPIS_WRITE)
def create_goal(request: Request) -> Response:
    form = posted(request)
    try:
        draft = parse_goal(nested(form), posted=True)
        with writing(request) as (session, visit):
            company = company_of(session, visit)
            commands.create_goal(session, visit.viewer, draft, company_id=company.id, now=visit.now)
    except REFUSED as error:
        return _again(request, form, error, None)
    return see_other("/goals", done="created")


@router.get("/goals/{goal_id}/change")
@access(Action.KPIS_WRITE)
def show_change_goal(request: Request, goal_id: str) -> Response:
    with reading(request) as (session, visit):
        goal = get_goal(session, visit.viewer, goal_id)
        plain = {
            "name": goal.name,
            "description": goal.description,
            "parent_id": goal.parent_id,
            "external_id": goal.external_id,
            "version": goal.version,
        }
        return _goal_page(session, visit, fresh(dict(flattened(plain))), goal)


@router.post("/goals/{goal_id}/change")
@access(Action.KPIS_WRITE)
def change_goal(request: Request, goal_id: str) -> Response:
    form = posted(request)
    try:
        fields = Fields({"version": form.one("version")}, posted=True)
        version = fields.whole("version", 1, 10**9)
        fields.finish()
        draft = parse_goal(nested(form, "version"), posted=True)
        with writing(request) as (session, visit):
            commands.change_goal(session, visit.viewer, goal_id, draft, expected_version=version, now=visit.now)
    except REFUSED as error:
        return _again(request, form, error, goal_id)
    return see_other("/goals", done="changed")


def _again(request: Request, form: Form, error: AppError, goal_id: str | None) -> Response:
    with reading(request) as (session, visit):
        goal = get_goal(session, visit.viewer, goal_id) if goal_id is not None else None
        filled = refused(visit, form, error, places=lambda name: "name.nb" if name == "name" else name)
        return _goal_page(session, visit, filled, goal)


def _goal_page(session: ReadSession, visit: Visit, form: Filled, goal: Goal | None) -> Response:
    company_id = goal.company_id if goal is not None else company_of(session, visit).id
    require(visit.viewer, Action.KPIS_WRITE, (company_id,))
    goals = goals_of(session, visit, company_id)
    parents: Mapping[str, str | None] = {one.id: one.parent_id for one in goals.values()}
    choices = [one for one in goals.values() if goal is None or not makes_loop(parents, goal.id, one.id)]
    options = [(one.id, in_locale(one.name, visit.locale)) for one in choices]
    return page(visit, "pages/goals/goal.html", status=form.status, form=form, goal=goal, goals=options)


def _lines(visit: Visit, goals: Mapping[str, Goal], kpis: Iterable[Kpi]) -> Sequence[GoalLine]:
    """The tree of goals from the top, each followed by what hangs under it."""
    serving: defaultdict[str, list[Kpi]] = defaultdict(list)
    for kpi in kpis:
        serving[kpi.goal_id or ""].append(kpi)
    below: defaultdict[str | None, list[Goal]] = defaultdict(list)
    for goal in sorted(goals.values(), key=lambda one: in_locale(one.name, visit.locale).casefold(), reverse=True):
        below[goal.parent_id].append(goal)
    lines: list[GoalLine] = []
    waiting = [(goal, 0) for goal in below[None]]
    while waiting:
        goal, depth = waiting.pop()
        lines.append(GoalLine(goal, min(depth, 2), tuple(serving[goal.id])))
        waiting.extend((child, depth + 1) for child in below[goal.id])
    return lines
