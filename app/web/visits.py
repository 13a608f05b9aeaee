"""The pages of visits to read: the list, one visit with its report and evidence, what visits say together."""

from fastapi import Request, Response

from app.accounts.rules import Action, may, roots
from app.http.access import SIGNED_IN, access
from app.http.pictures import picture_answer
from app.http.routes import Pages
from app.http.visit import Visit as Caller
from app.http.visit import reading
from app.infra.database import ReadSession
from app.organisation.paths import path_of
from app.rounds.queries import find_round
from app.scoring.visits import LEAST_VISITS, VisitsTogether
from app.visits import queries, rules
from app.visits.values import Visit, VisitState
from app.web.forms import Filled
from app.web.lists import company_of, next_href, slice_of
from app.web.render import Flash, flash_for, page
from app.web.visit_view import EVIDENCE, STATES, lines_of, report_of
from app.words import in_locale

router = Pages()

DONE = {
    "ordered": Flash("good", "The visit is ordered.", "The letter to the shopper is on its way."),
    "cancelled": Flash("good", "The order is taken back.", "Its link takes no report any more."),
    "accepted": Flash("good", "The report is accepted.", "The visited can read it and object."),
    "returned": Flash("good", "The report goes back.", "The shopper gets your question and the link."),
    "appealed": Flash("good", "Your objection is in.", "The visit does not count before somebody has decided."),
    "decided": Flash("good", "The objection is decided.", "The visited are told."),
}


@router.get("/visits")
@access(SIGNED_IN)
def show_visits(request: Request) -> Response:
    with reading(request) as (session, caller):
        company = company_of(session, caller)
        state = next((one for one in VisitState if one.value == caller.query.get("state")), None)
        found = queries.list_visits(session, caller.viewer, company.id, slice_of(caller), state=state, on=caller.today)
        lines = lines_of(session, caller, found.items)
    writes = roots(caller.viewer, Action.ROUNDS_WRITE)
    return page(
        caller,
        "pages/visits/list.html",
        flash=flash_for(caller, DONE),
        lines=lines,
        older=next_href(caller, found),
        states=[(one.value, STATES[one][0]) for one in VisitState],
        chosen=state,
        may_order=bool(writes - roots(caller.viewer, Action.RESULTS_READ)),
        may_read_scenarios=may(caller.viewer, Action.KPIS_READ, company.path),
    )


@router.get("/visits/{visit_id}")
@access(SIGNED_IN)
def show_visit(request: Request, visit_id: str) -> Response:
    with reading(request) as (session, caller):
        return visit_page(session, caller, visit_id, Filled())


@router.get("/visits/{visit_id}/evidence/{evidence_id}")
@access(SIGNED_IN)
def show_picture(request: Request, visit_id: str, evidence_id: str) -> Response:
    with reading(request) as (session, caller):
        raw = queries.get_picture(session, caller.viewer, visit_id, evidence_id, on=caller.today)
    return picture_answer(raw, evidence_id)


@router.get("/visits/about/{subject_id}")
@access(SIGNED_IN)
def show_standing(request: Request, subject_id: str) -> Response:
    with reading(request) as (session, caller):
        found = queries.get_standing(session, caller.viewer, subject_id, on=caller.today)
        lines = lines_of(session, caller, found.counted)
    together = found.together if isinstance(found.together, VisitsTogether) else None
    return page(
        caller,
        "pages/visits/standing.html",
        found=found,
        together=together,
        extreme=lines[together.extreme] if together is not None else None,
        lines=lines,
        least=LEAST_VISITS,
    )


def visit_page(session: ReadSession, caller: Caller, visit_id: str, form: Filled) -> Response:
    """One visit with whatever the caller may read and do."""
    found = queries.get_visit(session, caller.viewer, visit_id, on=caller.today)
    (line,) = lines_of(session, caller, [found])
    pictures = queries.list_evidence(session, caller.viewer, visit_id, on=caller.today)
    taken = find_round(session, found.round_id) if found.round_id else None
    return page(
        caller,
        "pages/visits/visit.html",
        status=form.status,
        flash=flash_for(caller, DONE),
        form=form,
        line=line,
        found=found,
        report=report_of(caller, found, line.name),
        pictures=[(one, EVIDENCE[one.kind]) for one in pictures],
        may=_allowed(session, caller, found),
        round_name=in_locale(taken.name, caller.locale) if taken is not None else "",
    )


def _allowed(session: ReadSession, caller: Caller, found: Visit) -> dict[str, bool]:
    """What the caller can do with a visit now."""
    path = path_of(session, found.subject_id, on=caller.today)
    judges = may(caller.viewer, Action.RESULTS_ANALYSE, path) and found.subject_id not in caller.viewer.own_subjects
    until = found.ruling.appeal_until
    in_time = found.state is VisitState.ACCEPTED and until is not None and caller.now < until
    return {
        "cancel": found.state in rules.REPORTABLE and rules.may_order(caller.viewer, path),
        "validate": judges and found.state is VisitState.REPORTED,
        "decide": judges and found.state is VisitState.APPEALED,
        "appeal": in_time and rules.may_appeal(caller.viewer, path),
        "read": may(caller.viewer, Action.RESULTS_READ, path),
    }
