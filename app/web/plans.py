"""The pages of action plans: those under way, what was tried, one plan, making one and ending one."""

from collections.abc import Sequence

from fastapi import Request, Response

from app.accounts.rules import Action, require, roots
from app.decisions.queries import get_case
from app.deferred import dataclass
from app.fields import Fields
from app.followup.queries import find_watched_place
from app.http.access import SIGNED_IN, access
from app.http.doors import posted
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.infra.formats import number
from app.kpis.values import Kpi
from app.organisation.queries import load_tree
from app.organisation.values import UNIT_KINDS, Subject
from app.plans.commands import end_plan, make_plan, tick_action
from app.plans.effect import find_effect, find_effects
from app.plans.intake import parse_plan, parse_plan_end
from app.plans.library import load_library
from app.plans.queries import PLAN_ORDERS, get_plan, list_plans
from app.plans.remeasure import load_again, remeasure
from app.plans.rules import CHECK_AFTER
from app.plans.tell import load_telling
from app.plans.values import ActionPlan, Measured, PlanFilter, PlanState
from app.scoring.effects import Verdict
from app.web.forms import REFUSED, Filled, fresh, nested, refused
from app.web.lists import company_of, next_href, slice_of
from app.web.plan_words import STATES, TONES, VERDICTS, effect_of, lines_of
from app.web.render import Flash, flash_for, page, said, see_other
from app.web.round_parts import STATE_NAMES
from app.web.sorting import Column, heads_of, sort_of
from app.words import in_locale

router = Pages()

DONE = {
    "made": Flash("good", "The plan is made.", "Its effect is looked at on the day you chose."),
    "ended": Flash("good", "The plan has ended.", "What it did is told by the figures that come."),
    "told": Flash("good", "The raters are told.", "The letters leave within the hour, to each of them once."),
    "ticked": Flash("good", "It is noted."),
}
_DOT = " \N{MIDDLE DOT} "
LINES = 3
"""Lines for actions that a new form shows."""

_LABELS = {
    "owner_id": "Who sees to it",
    "what": "What is done",
    "expected": "Expected effect",
    "check_on": "Look at the effect from",
    "item_id": "Which item",
}


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A plan as the list prints it."""

    plan: ActionPlan
    about: str
    state: str
    left: int
    is_due: bool


@dataclass(frozen=True, slots=True)
class Planned:
    """What a new plan is about, and what can be chosen."""

    about: str
    items: Sequence[tuple[str, str]]
    owners: Sequence[tuple[str, str]]


_COLUMNS = (("What is done", "what"), ("Who sees to it", ""), ("Look at the effect from", "check_on"), ("Effect", ""))


@router.get("/plans")
@access(SIGNED_IN)
def show_plans(request: Request) -> Response:
    with reading(request) as (session, visit):
        state = next((one for one in PlanState if one == visit.query.get("state")), PlanState.OPEN)
        company = company_of(session, visit)
        sort = sort_of(visit, PLAN_ORDERS)
        part = slice_of(visit, sort=sort)
        found = list_plans(session, visit.viewer, company.id, part, chosen=PlanFilter(state), on=visit.today)
        effects = find_effects(session, visit.viewer, found.items, on=visit.today)
    return page(
        visit,
        "pages/plans/list.html",
        flash=flash_for(visit, DONE),
        lines=[(_line(visit, plan), _verdict(visit, effects.get(plan.id))) for plan in found.items],
        chosen=state,
        heads=heads_of(visit, [Column(said(visit, label), key) for label, key in _COLUMNS], sort or "check_on"),
        sort=sort,
        states=[(one, said(visit, label)) for one, label in STATES.items()],
        older=next_href(visit, found),
        is_reader=bool(roots(visit.viewer, Action.RESULTS_READ)),
        is_analyst=bool(roots(visit.viewer, Action.RESULTS_ANALYSE)),
    )


@router.get("/plans/library")
@access(Action.RESULTS_READ)
def show_library(request: Request) -> Response:
    with reading(request) as (session, visit):
        chosen = next((one for one in Verdict if one == visit.query.get("verdict")), None)
        company = company_of(session, visit)
        found = load_library(session, visit.viewer, company.id, slice_of(visit), verdict=chosen, on=visit.today)
    return page(
        visit,
        "pages/plans/library.html",
        lines=[
            (one, in_locale(one.kpi.name, visit.locale), (said(visit, VERDICTS[one.verdict]), TONES[one.verdict]))
            for one in found.items
        ],
        older=next_href(visit, found),
        chosen=chosen,
        verdicts=[(one, said(visit, label)) for one, label in VERDICTS.items()],
        is_analyst=bool(roots(visit.viewer, Action.RESULTS_ANALYSE)),
    )


@router.get("/plans/new")
@access(Action.DECISIONS_WRITE)
def show_new(request: Request) -> Response:
    with reading(request) as (session, visit):
        asked = {name: visit.query.get(name, "") for name in ("kpi_id", "subject_id", "item_id", "case_id", "what")}
        if asked["case_id"]:
            case = get_case(session, visit.viewer, asked["case_id"], on=visit.today)
            asked |= {"kpi_id": case.kpi.id, "subject_id": case.subject.id}
        item = visit.query.get("item", "")
        check_on = (visit.today + CHECK_AFTER).isoformat()
        return _new_page(session, visit, fresh({**asked, "expected": "5", "check_on": check_on}), item_code=item)


@router.post("/plans/new")
@access(Action.DECISIONS_WRITE)
def make(request: Request) -> Response:
    form = posted(request)
    try:
        draft = parse_plan(nested(form), posted=True)
        with writing(request) as (session, visit):
            plan = make_plan(session, visit.viewer, draft, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            names = {name: said(visit, label) for name, label in _LABELS.items()}
            return _new_page(session, visit, refused(visit, form, error, names=names))
    return see_other(f"/plans/{plan.id}", done="made")


@router.get("/plans/{plan_id}")
@access(SIGNED_IN)
def show_plan(request: Request, plan_id: str) -> Response:
    with reading(request) as (session, visit):
        plan = get_plan(session, visit.viewer, plan_id, on=visit.today)
        effect = find_effect(session, visit.viewer, plan, on=visit.today)
        telling = load_telling(session, visit.viewer, plan, on=visit.today)
        again = load_again(session, visit.viewer, plan, on=visit.today)
    return page(
        visit,
        "pages/plans/plan.html",
        flash=flash_for(visit, DONE),
        line=_line(visit, plan),
        expected=number(plan.expected, visit.locale, 0 if plan.expected.is_integer() else 1),
        effect=effect_of(visit, plan, effect),
        verdict=_verdict(visit, effect),
        rounds=[
            (in_locale(one.name, visit.locale), f"/rounds/{one.id}", STATE_NAMES[one.state]) for one in again.rounds
        ],
        may_measure=again.may_begin,
        telling=telling,
        told=[] if telling.words is None else lines_of(telling.words, visit.locale),
    )


@router.post("/plans/{plan_id}/measure-again")
@access(Action.ROUNDS_WRITE)
def measure_again(request: Request, plan_id: str) -> Response:
    with writing(request) as (session, visit):
        made = remeasure(session, visit.viewer, plan_id, now=visit.now)
    return see_other(f"/rounds/{made.id}", done="again")


@router.post("/plans/{plan_id}/actions/{action_id}/done")
@access(SIGNED_IN)
def tick(request: Request, plan_id: str, action_id: str) -> Response:
    with writing(request) as (session, visit):
        tick_action(session, visit.viewer, action_id, is_done=True, now=visit.now)
    return see_other(f"/plans/{plan_id}", done="ticked")


@router.post("/plans/{plan_id}/actions/{action_id}/not-done")
@access(SIGNED_IN)
def untick(request: Request, plan_id: str, action_id: str) -> Response:
    with writing(request) as (session, visit):
        tick_action(session, visit.viewer, action_id, is_done=False, now=visit.now)
    return see_other(f"/plans/{plan_id}", done="ticked")


@router.get("/plans/{plan_id}/end")
@access(Action.DECISIONS_WRITE)
def show_end(request: Request, plan_id: str) -> Response:
    with reading(request) as (session, visit):
        plan = get_plan(session, visit.viewer, plan_id, on=visit.today)
    return _end_page(visit, plan, fresh({"version": str(plan.version)}))


@router.post("/plans/{plan_id}/end")
@access(Action.DECISIONS_WRITE)
def end(request: Request, plan_id: str) -> Response:
    form = posted(request)
    try:
        fields = Fields({"version": form.one("version")}, posted=True)
        version = fields.whole("version", 1, 10**9)
        fields.finish()
        ending = parse_plan_end(nested(form, "version"), posted=True)
        with writing(request) as (session, visit):
            end_plan(session, visit.viewer, plan_id, ending, expected_version=version, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            plan = get_plan(session, visit.viewer, plan_id, on=visit.today)
            names = {"state": said(visit, "How it ended"), "note": said(visit, "What came of it")}
            return _end_page(visit, plan, refused(visit, form, error, names=names))
    return see_other(f"/plans/{plan_id}", done="ended")


# ------------------------------------------------------------ pieces


def _line(visit: Visit, plan: ActionPlan) -> PlanLine:
    item = "" if plan.item_name is None else in_locale(plan.item_name, visit.locale)
    return PlanLine(
        plan,
        _DOT.join(filter(None, (in_locale(plan.kpi.name, visit.locale), item, plan.subject.name))),
        said(visit, STATES[plan.state]),
        sum(action.done_on is None for action in plan.actions),
        plan.state is PlanState.OPEN and plan.check_on <= visit.today,
    )


def _verdict(visit: Visit, found: Measured | None) -> tuple[str, str]:
    """The verdict in a word, and its tone; nothing where there is none yet."""
    return ("", "") if found is None else (said(visit, VERDICTS[found.verdict]), TONES[found.verdict])


def _new_page(session: ReadSession, visit: Visit, form: Filled, *, item_code: str = "") -> Response:
    """The form of a new plan; an item that came with its code is chosen as today's version of the KPI has it."""
    kpi, subject = find_watched_place(
        session, visit.viewer, form.value("kpi_id"), form.value("subject_id"), on=visit.today
    )
    require(visit.viewer, Action.DECISIONS_WRITE, subject.path)
    return page(
        visit,
        "pages/plans/new.html",
        status=form.status,
        form=form,
        planned=_planned(session, visit, kpi, subject),
        item_id=next((one.id for one in kpi.current.items if one.code == item_code), form.value("item_id")),
        lines=[(f"actions.{place}", place + 1) for place in range(LINES)],
    )


def _planned(session: ReadSession, visit: Visit, kpi: Kpi, subject: Subject) -> Planned:
    tree = load_tree(session, kpi.company_id, on=visit.today)
    inside = tree.leaders(subject.id) + tree.members(subject.id) if subject.kind in UNIT_KINDS else (subject.id,)
    ids = dict.fromkeys((*inside, *tree.managers_of(subject.id)))
    name = in_locale(kpi.current.name, visit.locale)
    return Planned(
        _DOT.join((name, subject.name)),
        [(item.id, in_locale(item.name, visit.locale)) for item in kpi.current.items],
        [(str(one), tree.subjects[one].name) for one in ids],
    )


def _end_page(visit: Visit, plan: ActionPlan, form: Filled) -> Response:
    outcomes = [(one.value, said(visit, STATES[one])) for one in (PlanState.DONE, PlanState.DROPPED)]
    return page(
        visit, "pages/plans/end.html", status=form.status, line=_line(visit, plan), form=form, outcomes=outcomes
    )
