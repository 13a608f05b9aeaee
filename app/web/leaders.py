"""The pages on who leads a unit: setting somebody, and ending the role."""

from datetime import date

from fastapi import Request, Response

from app.accounts.rules import Action
from app.errors import AppError, FieldError, Invalid, NotFound
from app.fields import TEXT_LENGTH, Fields
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.organisation.commands import add_manager_role, end_manager_role
from app.organisation.queries import get_subject
from app.organisation.values import Subject
from app.web.forms import REFUSED, Filled, fresh, nested, refused
from app.web.known import NOBODY, find_known, known_people
from app.web.places import load_leaders, way_to
from app.web.render import page, see_other

router = Pages()

NO_EMPLOYEE = "Only a person can lead."


@router.get("/organisation/{unit_id}/leaders/new")
@access(Action.ORGANISATION_WRITE)
def show_new_leader(request: Request, unit_id: str) -> Response:
    with reading(request) as (session, visit):
        return _new_page(session, visit, unit_id, fresh({"starts_on": visit.today.isoformat()}))


@router.post("/organisation/{unit_id}/leaders/new")
@access(Action.ORGANISATION_WRITE)
def set_leader(request: Request, unit_id: str) -> Response:
    form = posted(request)
    try:
        typed, day = _read(form)
        with writing(request) as (session, visit):
            unit = _writable(session, visit, unit_id)
            subject_id = _leader(session, unit, typed)
            add_manager_role(session, visit.viewer, unit_id, subject_id, starts_on=day, now=visit.now)
    except REFUSED as error:
        return _again(request, unit_id, form, error)
    return see_other(f"/organisation/{unit_id}", done="leads")


@router.get("/organisation/{unit_id}/leaders/{role_id}/end")
@access(Action.ORGANISATION_WRITE)
def show_end(request: Request, unit_id: str, role_id: str) -> Response:
    with reading(request) as (session, visit):
        unit = _writable(session, visit, unit_id)
        leaders = load_leaders(session, [unit.id], on=visit.today).get(unit.id, ())
        leader = next((leader for leader in leaders if leader.role_id == role_id), None)
        if leader is None:
            raise NotFound
        way = [*way_to(session, visit, unit), (unit.name, f"/organisation/{unit.id}")]
    return page(visit, "pages/organisation/end_leader.html", unit=unit, leader=leader, way=way)


@router.post("/organisation/{unit_id}/leaders/{role_id}/end")
@access(Action.ORGANISATION_WRITE)
def end_leader(request: Request, unit_id: str, role_id: str) -> Response:
    with writing(request) as (session, visit):
        end_manager_role(session, visit.viewer, role_id, now=visit.now)
    return see_other(f"/organisation/{unit_id}", done="ended")


def _read(form: Form) -> tuple[str, date | None]:
    fields = Fields(nested(form), posted=True)
    typed = fields.text("leader", longest=TEXT_LENGTH, required=True) or ""
    day = fields.day("starts_on", required=True)
    fields.finish()
    return typed, day


def _leader(session: ReadSession, unit: Subject, typed: str) -> str:
    person = find_known(session, unit.company_id, typed)
    if person is None or person.subject_id is None:
        raise Invalid([FieldError("leader", NOBODY if person is None else NO_EMPLOYEE)])
    return person.subject_id


def _again(request: Request, unit_id: str, form: Form, error: AppError) -> Response:
    with reading(request) as (session, visit):
        filled = refused(visit, form, error, places=lambda name: "leader" if name == "subject_id" else name)
        return _new_page(session, visit, unit_id, filled)


def _new_page(session: ReadSession, visit: Visit, unit_id: str, form: Filled) -> Response:
    unit = _writable(session, visit, unit_id)
    return page(
        visit,
        "pages/organisation/new_leader.html",
        status=form.status,
        form=form,
        unit=unit,
        way=[*way_to(session, visit, unit), (unit.name, f"/organisation/{unit.id}")],
        people=known_people(session, visit, unit.company_id),
    )


def _writable(session: ReadSession, visit: Visit, unit_id: str) -> Subject:
    return get_subject(session, visit.viewer, unit_id, on=visit.today, action=Action.ORGANISATION_WRITE)
