"""Who rates whom in a round: proposed from the structure, added by hand or from a list, approved, taken off."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from fastapi import Request, Response

from app.accounts.rules import Action, require
from app.deferred import dataclass
from app.encounters.commands import propose_assignments
from app.errors import AppError, FieldError, Invalid
from app.fields import Fields
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.kpis.values import RaterGroup
from app.organisation.paths import load_subjects
from app.reports import Row, RowsRefused
from app.rounds.commands import (
    add_assignments,
    approve_assignment,
    call_for_nominations,
    remove_assignment,
)
from app.rounds.intake import RATER_COLUMNS, parse_raters
from app.rounds.nominations import NOMINATED, find_call
from app.rounds.queries import list_assignments, load_rated, place_of
from app.rounds.rules import OPEN_LISTS, RoundNotOpen, is_visit
from app.rounds.values import AssignmentLine, AssignmentSource, RoundState
from app.web.decline import REASONS
from app.web.forms import REFUSED, Filled, fresh, nested, refused
from app.web.known import known_people
from app.web.lists import next_href, slice_of
from app.web.local_times import typed_of, with_moments
from app.web.render import flash_for, page, said, see_other
from app.web.round_parts import DONE, RoundFrame, frame_of
from app.web.uploads import Upload, checked, is_check, refused_file, table_of
from app.words import DEFAULT_LOCALE

router = Pages()

_SOURCES: Mapping[AssignmentSource, str] = {
    AssignmentSource.STRUCTURE: "From the organisation",
    AssignmentSource.LIST: "From a list",
    AssignmentSource.HAND: "By hand",
    AssignmentSource.IMPORT: "From a file",
    AssignmentSource.ENCOUNTER: "After a meeting",
    AssignmentSource.NOMINATION: "Proposed by whoever is rated",
    AssignmentSource.REPLACEMENT: "In another's place",
}
A_VISIT, NOT_TOLD = "From a mystery visit", "A mystery shopper"


@dataclass(frozen=True, slots=True)
class RaterLine:
    """Somebody who rates somebody, as the list shows it."""

    line: AssignmentLine
    rater: str
    source: str
    declined: str
    visit_href: str = ""


@router.get("/rounds/{round_id}/assignments")
@access(Action.ROUNDS_READ)
def show_assignments(request: Request, round_id: str) -> Response:
    with reading(request) as (session, visit):
        return _list_page(session, visit, round_id, None)


@router.post("/rounds/{round_id}/assignments/propose")
@access(Action.ROUNDS_WRITE)
def propose(request: Request, round_id: str) -> Response:
    with writing(request) as (session, visit):
        propose_assignments(session, visit.viewer, round_id, now=visit.now)
    return see_other(f"/rounds/{round_id}/assignments", done="proposed")


@router.post("/rounds/{round_id}/assignments/{assignment_id}/remove")
@access(Action.ROUNDS_WRITE)
def remove(request: Request, round_id: str, assignment_id: str) -> Response:
    with writing(request) as (session, visit):
        remove_assignment(session, visit.viewer, assignment_id, now=visit.now)
    return see_other(f"/rounds/{round_id}/assignments", done="removed")


@router.post("/rounds/{round_id}/assignments/{assignment_id}/approve")
@access(Action.ROUNDS_WRITE)
def approve(request: Request, round_id: str, assignment_id: str) -> Response:
    try:
        with writing(request) as (session, visit):
            approve_assignment(session, visit.viewer, assignment_id, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            return _list_page(session, visit, round_id, refused(visit, posted(request), error))
    return see_other(f"/rounds/{round_id}/assignments", done="approved")


@router.get("/rounds/{round_id}/assignments/add")
@access(Action.ROUNDS_WRITE)
def show_add(request: Request, round_id: str) -> Response:
    with reading(request) as (session, visit):
        wish = {"subject": visit.query.get("subject"), "rater_group": visit.query.get("group")}
        return _add_page(session, visit, round_id, fresh({**wish, "locale": DEFAULT_LOCALE}))


@router.post("/rounds/{round_id}/assignments/add")
@access(Action.ROUNDS_WRITE)
def add(request: Request, round_id: str) -> Response:
    form = posted(request)
    try:
        rows = parse_raters([Row(1, {name: form.one(name) for name in form})])
        with writing(request) as (session, visit):
            add_assignments(
                session, visit.viewer, round_id, rows, source=AssignmentSource.HAND, dry_run=False, now=visit.now
            )
    except REFUSED as error:
        with reading(request) as (session, visit):
            return _add_page(session, visit, round_id, _refused_row(visit, form, error))
    return see_other(f"/rounds/{round_id}/assignments", done="added")


@router.get("/rounds/{round_id}/assignments/list")
@access(Action.ROUNDS_WRITE)
def show_list(request: Request, round_id: str) -> Response:
    with reading(request) as (session, visit):
        return _file_page(session, visit, round_id, Upload())


@router.post("/rounds/{round_id}/assignments/list")
@access(Action.ROUNDS_WRITE)
def take_list(request: Request, round_id: str) -> Response:
    form = posted(request)
    dry_run = is_check(form)
    try:
        table = table_of(form, RATER_COLUMNS)
        rows = parse_raters(table)
        with writing(request) as (session, visit):
            report = add_assignments(session, visit.viewer, round_id, rows, dry_run=dry_run, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            return _file_page(session, visit, round_id, refused_file(visit, form, error))
    if dry_run:
        with reading(request) as (session, visit):
            return _file_page(session, visit, round_id, checked(visit, form, table, report))
    return see_other(f"/rounds/{round_id}/assignments", done="listed")


@router.post("/rounds/{round_id}/nominations")
@access(Action.ROUNDS_WRITE)
def call(request: Request, round_id: str) -> Response:
    """Ask the rated people to propose raters, until a time that is typed where the asker is."""
    form = posted(request)
    try:
        with writing(request) as (session, visit):
            until = _until(form, visit)
            call_for_nominations(session, visit.viewer, round_id, until=until, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            return _list_page(session, visit, round_id, refused(visit, form, error))
    return see_other(f"/rounds/{round_id}/assignments", done="called")


def _until(form: Form, visit: Visit) -> datetime:
    times, problems = with_moments(nested(form), ("until",), visit.settings.zone)
    if problems:
        raise Invalid(problems)
    fields = Fields(times, posted=True)
    until = fields.instant("until", required=True)
    fields.finish()
    return until or visit.now


def _list_page(session: ReadSession, visit: Visit, round_id: str, form: Filled | None) -> Response:
    frame = frame_of(session, visit, round_id, "assignments")
    chosen = visit.query.get("subject") or None
    found = list_assignments(session, visit.viewer, round_id, slice_of(visit), subject_id=chosen, now=visit.now)
    state = frame.round.state
    found_until = find_call(session, frame.round.id)
    return page(
        visit,
        "pages/rounds/assignments.html",
        status=form.status if form else 200,
        flash=flash_for(visit, DONE),
        frame=frame,
        form=form or fresh({"until": typed_of(found_until or frame.round.opens_at, visit.settings.zone)}),
        called_until=found_until,
        asks_customers=any(one.rater_group is RaterGroup.CUSTOMER for one in frame.round.groups),
        lines=[_line(visit, one) for one in found.items],
        subjects=_subjects(session, visit, round_id),
        chosen=chosen or "",
        older=next_href(visit, found),
        may_remove=frame.may_write and state is RoundState.DRAFT,
        may_call=frame.may_write
        and state is RoundState.DRAFT
        and any(one.rater_group in NOMINATED for one in frame.round.groups),
        may_add=frame.may_write and state in {RoundState.DRAFT, RoundState.OPEN} and frame.round.source == "asked",
        back=visit.path,
    )


def _line(visit: Visit, one: AssignmentLine) -> RaterLine:
    declined = said(visit, REASONS[one.declined]) if one.declined else ""
    rater = one.rater_name or one.rater_email or (said(visit, NOT_TOLD) if one.rater_id is None else "")
    if is_visit(one.rater_group, one.source):
        return RaterLine(one, rater, said(visit, A_VISIT), declined, f"/visits/{one.occasion}")
    return RaterLine(one, rater, said(visit, _SOURCES[one.source]), declined)


def _subjects(session: ReadSession, visit: Visit, round_id: str) -> list[tuple[str, str]]:
    """Who is rated, to choose from, by name."""
    found = load_subjects(session, load_rated(session, round_id), on=visit.today).values()
    return [(one.id, one.name) for one in sorted(found, key=lambda one: one.name.casefold())]


def _open_frame(session: ReadSession, visit: Visit, round_id: str) -> RoundFrame:
    """A round to which raters can be added; raises what keeps the viewer from it."""
    frame = frame_of(session, visit, round_id, "assignments")
    require(visit.viewer, Action.ROUNDS_WRITE, place_of(session, frame.round, now=visit.now))
    if frame.round.state not in {RoundState.DRAFT, RoundState.OPEN}:
        raise RoundNotOpen
    return frame


def _addable(frame: RoundFrame) -> Sequence[str]:
    """The rater groups that can be added to now."""
    groups = [one.rater_group for one in frame.round.groups]
    kept = groups if frame.round.state is RoundState.DRAFT else [one for one in groups if one in OPEN_LISTS]
    return [RaterGroup(one).value for one in kept]


def _add_page(session: ReadSession, visit: Visit, round_id: str, form: Filled) -> Response:
    frame = _open_frame(session, visit, round_id)
    return page(
        visit,
        "pages/rounds/add_rater.html",
        status=form.status,
        frame=frame,
        form=form,
        subjects=_subjects(session, visit, round_id),
        groups=_addable(frame),
        people=known_people(session, visit, frame.round.company_id),
    )


def _file_page(session: ReadSession, visit: Visit, round_id: str, upload: Upload) -> Response:
    frame = _open_frame(session, visit, round_id)
    return page(
        visit,
        "pages/rounds/rater_list.html",
        status=upload.form.status,
        frame=frame,
        upload=upload,
        groups=_addable(frame),
    )


def _refused_row(visit: Visit, form: Form, error: AppError) -> Filled:
    """What was wrong with the one row that the form stands for, said at its fields."""
    names = {"subject": said(visit, "Who is rated"), "rater_group": said(visit, "Rater group")}
    names |= {"occasion": said(visit, "Visit")}
    if isinstance(error, RowsRefused):
        cells = [FieldError(one.column, one.message, one.allowed) for one in error.refused]
        error = Invalid(cells)
    return refused(visit, form, error, names=names)
