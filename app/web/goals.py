"""The pages of goals: the tree of them with the KPIs that serve each and where it stands, and the form of one."""

from collections.abc import Mapping

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
from app.infra.formats import listing, score
from app.kpis import commands
from app.kpis.intake import parse_goal
from app.kpis.queries import get_goal
from app.kpis.rules import makes_loop
from app.kpis.values import Goal
from app.strategy.queries import get_goal_tree
from app.strategy.values import GoalCourse, GoalLine, Serving
from app.web.forms import REFUSED, Filled, flattened, fresh, nested, refused
from app.web.kpis import goals_of
from app.web.lists import company_of
from app.web.render import Flash, flash_for, page, said, see_other
from app.words import in_locale

router = Pages()

_COURSES: Mapping[GoalCourse, tuple[str, str]] = {
    GoalCourse.ON: ("On course", "good"),
    GoalCourse.OFF: ("Off course", "watch"),
    GoalCourse.UNKNOWN: ("Cannot be told", "neutral"),
}

DONE = {
    "created": Flash("good", "The goal is stored."),
    "changed": Flash("good", "The change is stored."),
}


@dataclass(frozen=True, slots=True)
class ShownGoal:
    """A goal as the page prints it: indented (0 to 2 are shown apart), with where it stands in a word and a sentence."""

    line: GoalLine
    indent: int
    course: str
    tone: str
    why: str


@router.get("/goals")
@access(Action.KPIS_READ)
def show_goals(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        tree = get_goal_tree(session, visit.viewer, company.id, locale=visit.locale, on=visit.today)
    return page(
        visit,
        "pages/goals/list.html",
        flash=flash_for(visit, DONE),
        lines=[_shown(visit, line) for line in tree.goals],
        without_kpi=[line.goal for line in tree.goals if line.is_orphan],
        orphans=tree.orphans,
        is_told=any(line.course is not None for line in tree.goals),
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


def _shown(visit: Visit, line: GoalLine) -> ShownGoal:
    course, tone = _COURSES[line.course] if line.course is not None else ("", "")
    return ShownGoal(line, min(line.depth, 2), said(visit, course), tone, _why(visit, line))


def _why(visit: Visit, line: GoalLine) -> str:
    """What keeps a goal off its course, or from being told."""
    if line.off:
        figures = [_figure(visit, one) for one in line.off]
        return said(visit, "Beneath the target: {kpis}.", kpis=listing(figures, visit.locale))
    if line.is_orphan or line.course is not GoalCourse.UNKNOWN:
        return ""
    names = [in_locale(one.kpi.name, visit.locale) for one in line.untold]
    return said(visit, "No figure of the company in a year: {kpis}.", kpis=listing(names, visit.locale))


def _figure(visit: Visit, one: Serving) -> str:
    name = in_locale(one.kpi.name, visit.locale)
    return name if one.figure is None else f"{name} ({score(one.figure.score, visit.locale)})"
