"""The pages of decisions: what waits for one, the ledger of what was chosen, one case, and a question opened by hand."""

from collections.abc import Sequence

from fastapi import Request, Response

from app.accounts.rules import Action, require, roots
from app.decisions.commands import decide_case, open_case
from app.decisions.intake import parse_case, parse_decision
from app.decisions.queries import CASE_ORDERS, get_case, list_cases
from app.decisions.values import CaseFilter, CaseState, DecisionCase
from app.deferred import dataclass
from app.errors import NotFound
from app.fields import Fields
from app.followup.queries import find_watched_place
from app.followup.relations import name_of
from app.http.access import SIGNED_IN, access
from app.http.doors import posted
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.kpis.queries import get_kpi
from app.web.decision_words import CHOICES, HINTS, found_of, next_step_of, title_of
from app.web.forms import REFUSED, Filled, fresh, nested, refused
from app.web.lists import company_of, next_href, slice_of
from app.web.outcomes import Outcome, outcomes_of
from app.web.render import Flash, flash_for, page, said, see_other
from app.web.sorting import Column, Head, heads_of, sort_of
from app.words import Words, in_locale

router = Pages()

DONE = {
    "decided": Flash("good", "The decision stands in the ledger.", "It stays there with its reason and its day."),
    "opened": Flash("good", "The question is asked.", "Whoever leads there hears of it on the next working day."),
}


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case as the lists print it."""

    case: DecisionCase
    title: str
    note: str
    choice: str
    is_late: bool
    outcomes: Sequence[Outcome] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a new question is about."""

    kpi_id: str
    subject_id: str
    kpi_name: str
    place: str


@router.get("/decisions")
@access(SIGNED_IN)
def show_decisions(request: Request) -> Response:
    with reading(request) as (session, visit):
        state = CaseState.DECIDED if visit.query.get("state") == CaseState.DECIDED else CaseState.OPEN
        company = company_of(session, visit)
        chosen = CaseFilter(state, visit.query.get("kpi"), visit.query.get("subject"))
        sort = sort_of(visit, CASE_ORDERS)
        part = slice_of(visit, sort=sort)
        found = list_cases(session, visit.viewer, company.id, part, chosen=chosen, on=visit.today)
        led_to = outcomes_of(session, visit, found.items)
    return page(
        visit,
        "pages/decisions/list.html",
        flash=flash_for(visit, DONE),
        lines=[line_of(visit, case, led_to.get(case.id, ())) for case in found.items],
        chosen=state,
        heads=_heads(visit, state, sort),
        older=next_href(visit, found),
        is_analyst=bool(roots(visit.viewer, Action.RESULTS_ANALYSE)),
    )


_WAITING = (("What has to be decided", ""), ("Who decides", ""), ("Decide by", "due_on"), ("State", ""))
_LEDGER = (("About", ""), ("Decision", "choice"), ("Why", ""), ("What came of it", ""), ("When", "decided_on"))


def _heads(visit: Visit, state: CaseState, sort: str) -> list[Head]:
    columns, usual = (_WAITING, "due_on") if state is CaseState.OPEN else (_LEDGER, "-decided_on")
    return heads_of(visit, [Column(said(visit, label), key) for label, key in columns], sort or usual)


@router.get("/decisions/new")
@access(Action.DECISIONS_WRITE)
def show_new(request: Request) -> Response:
    with reading(request) as (session, visit):
        asked = _asked(session, visit, visit.query.get("kpi", ""), visit.query.get("subject", ""))
    return _new_page(visit, asked, fresh({}))


@router.post("/decisions/new")
@access(Action.DECISIONS_WRITE)
def ask(request: Request) -> Response:
    form = posted(request)
    try:
        draft = parse_case(nested(form), posted=True)
        with writing(request) as (session, visit):
            case = open_case(session, visit.viewer, draft, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            asked = _asked(session, visit, form.one("kpi_id"), form.one("subject_id"))
            sent = refused(visit, form, error, names={"question": said(visit, "What has to be decided")})
            return _new_page(visit, asked, sent)
    return see_other(f"/decisions/{case.id}", done="opened")


@router.get("/decisions/{case_id}")
@access(SIGNED_IN)
def show_case(request: Request, case_id: str) -> Response:
    with reading(request) as (session, visit):
        return _case_page(session, visit, case_id, None)


@router.post("/decisions/{case_id}/decide")
@access(Action.DECISIONS_WRITE)
def decide(request: Request, case_id: str) -> Response:
    form = posted(request)
    try:
        fields = Fields({"version": form.one("version")}, posted=True)
        version = fields.whole("version", 1, 10**9)
        fields.finish()
        draft = parse_decision(nested(form, "version"), posted=True)
        with writing(request) as (session, visit):
            decide_case(session, visit.viewer, case_id, draft, expected_version=version, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            names = {"choice": said(visit, "What do you decide?"), "reason": said(visit, "Why")}
            return _case_page(session, visit, case_id, refused(visit, form, error, names=names))
    return see_other(f"/decisions/{case_id}", done="decided")


def line_of(visit: Visit, case: DecisionCase, outcomes: Sequence[Outcome] = ()) -> CaseLine:
    """A case as the lists print it."""
    return CaseLine(
        case,
        title_of(visit, case),
        found_of(visit, case),
        said(visit, CHOICES[case.decision.choice]) if case.decision is not None else "",
        case.state is CaseState.OPEN and case.due_on < visit.today,
        outcomes,
    )


def _asked(session: ReadSession, visit: Visit, kpi_id: str, subject_id: str) -> Asked:
    kpi, subject = find_watched_place(session, visit.viewer, kpi_id, subject_id, on=visit.today)
    require(visit.viewer, Action.DECISIONS_WRITE, subject.path)
    return Asked(kpi.id, subject.id, in_locale(name_of(kpi).name, visit.locale), subject.name)


def _new_page(visit: Visit, asked: Asked, form: Filled) -> Response:
    return page(visit, "pages/decisions/new.html", status=form.status, asked=asked, form=form)


def _case_page(session: ReadSession, visit: Visit, case_id: str, sent: Filled | None) -> Response:
    case = get_case(session, visit.viewer, case_id, on=visit.today)
    led_to = outcomes_of(session, visit, [case])
    form = sent or fresh({"version": str(case.version)})
    return page(
        visit,
        "pages/decisions/case.html",
        status=form.status,
        flash=flash_for(visit, DONE),
        line=line_of(visit, case, led_to.get(case.id, ())),
        rule=_rule_of(session, visit, case),
        form=form,
        choices=[(one.value, said(visit, label), said(visit, HINTS[one])) for one, label in CHOICES.items()],
        step=next_step_of(case),
    )


def _rule_of(session: ReadSession, visit: Visit, case: DecisionCase) -> Words:
    """What was written into the KPI for this very moment; nothing for who does not read KPIs."""
    try:
        rule = get_kpi(session, visit.viewer, case.kpi.id, on=visit.today).current.decision_rule
    except NotFound:
        return {}
    return rule.text if rule is not None else {}
