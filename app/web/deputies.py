"""The pages on who acts for a manager: appointing somebody, and ending it before the day."""

from datetime import date

from fastapi import Request, Response

from app.accounts.rules import Action, may, require
from app.accounts.values import Viewer
from app.errors import AppError, FieldError, Invalid, NotFound
from app.fields import TEXT_LENGTH, Fields
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.infra.paging import MAX_LIMIT, PageRequest
from app.organisation.commands import appoint_deputy, end_deputy
from app.organisation.paths import load_subjects
from app.organisation.queries import get_person, list_deputies
from app.organisation.values import Deputy, NewDeputy, Person, Subject
from app.web.forms import REFUSED, Filled, fresh, nested, refused
from app.web.known import NOBODY, find_known, known_people
from app.web.render import page, see_other

router = Pages()


@router.get("/people/{person_id}/deputies/new")
@access(Action.ORGANISATION_WRITE, own=True)
def show_new_deputy(request: Request, person_id: str) -> Response:
    with reading(request) as (session, visit):
        return _new_page(session, visit, person_id, fresh({"starts_on": visit.today.isoformat()}))


@router.post("/people/{person_id}/deputies/new")
@access(Action.ORGANISATION_WRITE, own=True)
def appoint(request: Request, person_id: str) -> Response:
    form = posted(request)
    try:
        typed, starts_on, ends_on = _read(form)
        with writing(request) as (session, visit):
            _, manager = _manager(session, visit, person_id)
            deputy = find_known(session, manager.company_id, typed)
            if deputy is None or deputy.subject_id is None:
                raise Invalid([FieldError("deputy_id", NOBODY)])
            new = NewDeputy(deputy.subject_id, ends_on, starts_on)
            appoint_deputy(session, visit.viewer, manager.id, new, now=visit.now)
    except REFUSED as error:
        return _again(request, person_id, form, error)
    return see_other(f"/people/{person_id}", done="deputy")


@router.get("/people/{person_id}/deputies/{deputy_id}/end")
@access(Action.ORGANISATION_WRITE, own=True)
def show_end_deputy(request: Request, person_id: str, deputy_id: str) -> Response:
    with reading(request) as (session, visit):
        person, manager = _manager(session, visit, person_id)
        found = deputies_of(session, visit, manager)
        deputy = next((one for one in found if one.id == deputy_id), None)
        if deputy is None:
            raise NotFound
    return page(visit, "pages/people/end_deputy.html", person=person, deputy=deputy)


@router.post("/people/{person_id}/deputies/{deputy_id}/end")
@access(Action.ORGANISATION_WRITE, own=True)
def end(request: Request, person_id: str, deputy_id: str) -> Response:
    with writing(request) as (session, visit):
        end_deputy(session, visit.viewer, deputy_id, now=visit.now)
    return see_other(f"/people/{person_id}", done="no_deputy")


def may_appoint(viewer: Viewer, manager: Subject) -> bool:
    """Whether the page of a manager offers to appoint a deputy; the command decides."""
    return manager.id in viewer.own_subjects or may(viewer, Action.ORGANISATION_WRITE, manager.path)


def deputies_of(session: ReadSession, visit: Visit, manager: Subject) -> tuple[Deputy, ...]:
    """Who acts for a manager now or later."""
    found = list_deputies(session, visit.viewer, manager.id, PageRequest(limit=MAX_LIMIT), on=visit.today)
    return tuple(one for one in found.items if one.ends_on > visit.today)


def _read(form: Form) -> tuple[str, date | None, date]:
    fields = Fields(nested(form), posted=True)
    typed = fields.text("deputy_id", longest=TEXT_LENGTH, required=True) or ""
    starts_on = fields.day("starts_on", required=True)
    ends_on = fields.day("ends_on", required=True)
    fields.finish()
    return typed, starts_on, ends_on or date.min


def _again(request: Request, person_id: str, form: Form, error: AppError) -> Response:
    with reading(request) as (session, visit):
        return _new_page(session, visit, person_id, refused(visit, form, error))


def _new_page(session: ReadSession, visit: Visit, person_id: str, form: Filled) -> Response:
    person, manager = _manager(session, visit, person_id)
    return page(
        visit,
        "pages/people/new_deputy.html",
        status=form.status,
        form=form,
        person=person,
        people=known_people(session, visit, manager.company_id),
    )


def _manager(session: ReadSession, visit: Visit, person_id: str) -> tuple[Person, Subject]:
    """A person whose deputy the viewer may appoint, as a human and as a subject."""
    person = get_person(session, visit.viewer, person_id, on=visit.today)
    if person.subject_id is None:
        raise NotFound
    manager = load_subjects(session, [person.subject_id], on=visit.today)[person.subject_id]
    if not may_appoint(visit.viewer, manager):
        require(visit.viewer, Action.ORGANISATION_WRITE, manager.path)
    return person, manager
