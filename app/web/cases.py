"""The pages of recovery cases: those of whoever is signed in, how to reach the customer, and how a case ended."""

from collections.abc import Mapping

from fastapi import Request, Response

from app.deferred import dataclass
from app.fields import Fields
from app.http.access import SIGNED_IN, access
from app.http.doors import posted
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.organisation.paths import load_subjects
from app.organisation.values import SubjectId
from app.recovery.commands import close_case
from app.recovery.intake import parse_end
from app.recovery.queries import get_case, list_cases
from app.recovery.values import CaseOutcome, CaseState, RecoveryCase
from app.web.forms import REFUSED, Filled, fresh, nested, refused
from app.web.lists import next_href, slice_of
from app.web.render import Flash, flash_for, page, said, see_other

router = Pages()

DONE = {"closed": Flash("good", "The case is closed.", "How to reach the customer is deleted.")}
OUTCOMES: Mapping[CaseOutcome, str] = {
    CaseOutcome.SOLVED: "Solved",
    CaseOutcome.EXPLAINED: "Explained",
    CaseOutcome.MADE_GOOD: "Made good",
    CaseOutcome.NO_REPLY: "No reply",
    CaseOutcome.NOT_POSSIBLE: "Nothing could be done",
    CaseOutcome.LAPSED: "Nobody saw to it in time",
}


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in the list: about whom, how it ended in words, and whether it is overdue."""

    case: RecoveryCase
    who: str
    outcome: str
    is_late: bool


@router.get("/cases")
@access(SIGNED_IN)
def show_cases(request: Request) -> Response:
    with reading(request) as (session, visit):
        state = CaseState.CLOSED if visit.query.get("state") == CaseState.CLOSED else CaseState.OPEN
        found = list_cases(session, visit.viewer, slice_of(visit), state=state)
        names = load_subjects(session, {one.subject_id for one in found.items}, on=visit.today)
    return page(
        visit,
        "pages/cases/list.html",
        flash=flash_for(visit, DONE),
        lines=[_line(visit, one, names[SubjectId(one.subject_id)].name) for one in found.items],
        chosen=state,
        older=next_href(visit, found),
    )


@router.get("/cases/{case_id}")
@access(SIGNED_IN)
def show_case(request: Request, case_id: str) -> Response:
    with reading(request) as (session, visit):
        return _case_page(session, visit, case_id, None)


@router.post("/cases/{case_id}/close")
@access(SIGNED_IN)
def end_case(request: Request, case_id: str) -> Response:
    form = posted(request)
    try:
        fields = Fields({"version": form.one("version")}, posted=True)
        version = fields.whole("version", 1, 10**9)
        fields.finish()
        end = parse_end(nested(form, "version"), posted=True)
        with writing(request) as (session, visit):
            close_case(session, visit.viewer, case_id, end, expected_version=version, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            names = {"outcome": said(visit, "How it ended"), "note": said(visit, "What was done")}
            return _case_page(session, visit, case_id, refused(visit, form, error, names=names))
    return see_other("/cases", done="closed")


def _case_page(session: ReadSession, visit: Visit, case_id: str, sent: Filled | None) -> Response:
    case = get_case(session, visit.viewer, case_id)
    name = load_subjects(session, [case.subject_id], on=visit.today)[SubjectId(case.subject_id)].name
    form = sent or fresh({"version": str(case.version)})
    outcomes = [(one.value, said(visit, label)) for one, label in OUTCOMES.items() if one is not CaseOutcome.LAPSED]
    return page(
        visit,
        "pages/cases/case.html",
        status=form.status,
        line=_line(visit, case, name),
        form=form,
        outcomes=outcomes,
    )


def _line(visit: Visit, case: RecoveryCase, who: str) -> CaseLine:
    outcome = said(visit, OUTCOMES[case.outcome]) if case.outcome is not None else ""
    return CaseLine(case, who, outcome, case.state is CaseState.OPEN and case.due_on < visit.today)
