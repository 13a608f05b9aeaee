"""The pages of open codes: which there are, making one, its picture to print, its results apart, what is parked."""

from collections.abc import Mapping

from fastapi import Request, Response

from app.accounts.rules import Action, may, roots
from app.deferred import dataclass
from app.errors import AppError, Forbidden
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.infra.qr import qr_path
from app.open_answers import commands
from app.open_answers.intake import parse_code
from app.open_answers.queries import get_code, list_codes, list_parked_open, list_results
from app.open_answers.values import OpenCode, OpenResult, OpenSuspicion, ParkedOpenAnswer
from app.organisation.paths import load_subjects
from app.organisation.values import SubjectId
from app.papers.result_words import withheld_comments
from app.responses.intake import parse_decision
from app.rounds.moderators import load_usual_moderators
from app.web.forms import REFUSED, Filled, fresh, nested, refused
from app.web.lists import company_of, next_href, slice_of
from app.web.parked import STATES
from app.web.places import list_units, options_of
from app.web.programmes import kpi_options
from app.web.render import Flash, flash_for, page, said, see_other
from app.words import in_locale

router = Pages()


DONE = {
    "created": Flash("good", "The code is made.", "Print its picture and hang it where customers are met."),
    "readers": Flash("good", "It is stored.", "It holds for answers from now on."),
    "closed": Flash("good", "The code is taken down.", "Its address says so from now on."),
    "decided": Flash("good", "The decision is stored.", "It can be taken back until the period is computed."),
}
REASONS: Mapping[OpenSuspicion, str] = {
    OpenSuspicion.TOO_FAST: "Sent faster than the questions can be read",
    OpenSuspicion.ALL_THE_SAME: "Every question answered alike",
    OpenSuspicion.SAME_DEVICE: "Not the first answer from this device",
    OpenSuspicion.BURST: "One of many answers within ten minutes",
}
_LABELS: Mapping[str, str] = {
    "k": "Shown from",
    "kpi_ids": "KPIs",
    "moderated_by": "Who reads comments first",
    "rhythm": "Rhythm",
    "subject_id": "Unit",
}


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A code in the list."""

    code: OpenCode
    name: str
    unit: str


@dataclass(frozen=True, slots=True)
class ResultLine:
    """The result of a period with its comments, each with whether it is edited, and what is withheld in words."""

    result: OpenResult
    comments: tuple[tuple[str, bool], ...]
    withheld: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ParkedOpenLine:
    """A parked answer with its reasons in words and the kind of its badge."""

    parked: ParkedOpenAnswer
    reasons: tuple[str, ...]
    state: str
    badge: str


@router.get("/open-codes")
@access(Action.ROUNDS_READ)
def show_codes(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        found = list_codes(session, visit.viewer, company.id, slice_of(visit), now=visit.now)
        units = load_subjects(session, {one.subject_id for one in found.items}, on=visit.today)
    return page(
        visit,
        "pages/open_codes/list.html",
        flash=flash_for(visit, DONE),
        lines=[
            CodeLine(one, in_locale(one.name, visit.locale), units[SubjectId(one.subject_id)].name)
            for one in found.items
        ],
        older=next_href(visit, found),
        may_write=bool(roots(visit.viewer, Action.ROUNDS_WRITE)),
    )


@router.get("/open-codes/new")
@access(Action.ROUNDS_WRITE)
def show_new_code(request: Request) -> Response:
    with reading(request) as (session, visit):
        usual = load_usual_moderators(session, company_of(session, visit).id)
        return _form_page(session, visit, fresh({"k": "5", "rhythm": "month", "moderated_by": usual}))


@router.post("/open-codes/new")
@access(Action.ROUNDS_WRITE)
def create_code(request: Request) -> Response:
    form = posted(request)
    try:
        draft = parse_code({**nested(form, "kpi_ids"), "kpi_ids": list(form.many("kpi_ids"))}, posted=True)
        with writing(request) as (session, visit):
            company = company_of(session, visit)
            made = commands.create_code(session, visit.viewer, company.id, draft, now=visit.now)
    except REFUSED as error:
        return _again(request, form, error)
    return see_other(f"/open-codes/{made.id}", done="created")


@router.get("/open-codes/{code_id}")
@access(Action.ROUNDS_READ)
def show_code(request: Request, code_id: str) -> Response:
    with reading(request) as (session, visit):
        code = get_code(session, visit.viewer, code_id, now=visit.now)
        unit = load_subjects(session, [code.subject_id], on=visit.today)[SubjectId(code.subject_id)]
        reads, analyses = (
            may(visit.viewer, action, unit.path) for action in (Action.RESULTS_READ, Action.RESULTS_ANALYSE)
        )
        part = slice_of(visit)
        results = list_results(session, visit.viewer, code_id, part, now=visit.now) if reads else None
        parked = list_parked_open(session, visit.viewer, code_id, now=visit.now) if analyses else ()
    address = f"{visit.settings.address}/q/{code.token}"
    squares, size = qr_path(address)
    found: tuple[OpenResult, ...] = results.items if results is not None else ()
    return page(
        visit,
        "pages/open_codes/code.html",
        flash=flash_for(visit, DONE),
        code=code,
        name=in_locale(code.name, visit.locale),
        unit=unit.name,
        address=address,
        squares=squares,
        size=size,
        results=[_result_line(visit, one) for one in found],
        reads=reads,
        older=next_href(visit, results) if results is not None else "",
        parked=[_parked_line(visit, one) for one in parked],
        may_write=may(visit.viewer, Action.ROUNDS_WRITE, unit.path),
    )


@router.get("/open-codes/{code_id}/close")
@access(Action.ROUNDS_WRITE)
def show_close_code(request: Request, code_id: str) -> Response:
    with reading(request) as (session, visit):
        code = get_code(session, visit.viewer, code_id, now=visit.now)
    return page(visit, "pages/open_codes/close.html", code=code, name=in_locale(code.name, visit.locale))


@router.post("/open-codes/{code_id}/close")
@access(Action.ROUNDS_WRITE)
def close_code(request: Request, code_id: str) -> Response:
    with writing(request) as (session, visit):
        commands.close_code(session, visit.viewer, code_id, now=visit.now)
    return see_other(f"/open-codes/{code_id}", done="closed")


@router.post("/open-codes/{code_id}/parked/{answer_id}")
@access(Action.RESULTS_ANALYSE)
def decide_open(request: Request, code_id: str, answer_id: str) -> Response:
    wanted = parse_decision({"state": posted(request).one("state")}, posted=True)
    with writing(request) as (session, visit):
        commands.decide_parked_open(session, visit.viewer, answer_id, wanted, now=visit.now)
    return see_other(f"/open-codes/{code_id}", done="decided")


def _result_line(visit: Visit, result: OpenResult) -> ResultLine:
    comments = tuple((one.text, one.is_edited) for one in result.comments)
    return ResultLine(result, comments, tuple(withheld_comments(visit, one) for one in result.withheld))


def _parked_line(visit: Visit, parked: ParkedOpenAnswer) -> ParkedOpenLine:
    return ParkedOpenLine(parked, tuple(said(visit, REASONS[one]) for one in parked.reasons), *STATES[parked.state])


def _again(request: Request, form: Form, error: AppError) -> Response:
    with reading(request) as (session, visit):
        names = {name: said(visit, label) for name, label in _LABELS.items()}

        def place_of(field: str) -> str:
            return "kpi_ids" if field.startswith("kpi_ids") else field

        return _form_page(session, visit, refused(visit, form, error, places=place_of, names=names))


def _form_page(session: ReadSession, visit: Visit, form: Filled) -> Response:
    company = company_of(session, visit)
    units = list_units(session, visit, company.id, Action.ROUNDS_WRITE)
    if not units:
        raise Forbidden
    return page(
        visit,
        "pages/open_codes/form.html",
        status=form.status,
        form=form,
        units=options_of(units),
        kpis=kpi_options(session, visit, company.id),
    )
