"""The forms of the tree: a new unit, another name, another place, the end; for people as well where they hang."""

from datetime import date

from fastapi import Request, Response

from app.accounts.rules import Action, may
from app.errors import AppError
from app.fields import TEXT_LENGTH, Fields
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.organisation import commands
from app.organisation.queries import get_subject, load_people_of
from app.organisation.values import Move, NewSubject, Subject, SubjectChange, SubjectKind
from app.web.forms import REFUSED, Filled, fresh, nested, refused
from app.web.places import is_unit, list_units, options_of, way_to
from app.web.render import page, see_other

router = Pages()


@router.get("/organisation/{subject_id}/new")
@access(Action.ORGANISATION_WRITE)
def show_new_unit(request: Request, subject_id: str) -> Response:
    with reading(request) as (session, visit):
        return _new_page(session, visit, subject_id, fresh({"kind": SubjectKind.TEAM}))


@router.post("/organisation/{subject_id}/new")
@access(Action.ORGANISATION_WRITE)
def create_unit(request: Request, subject_id: str) -> Response:
    form = posted(request)
    try:
        new = _new_subject(form, subject_id)
        with writing(request) as (session, visit):
            made = commands.create_subject(session, visit.viewer, new, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            return _new_page(session, visit, subject_id, refused(visit, form, error))
    return see_other(f"/organisation/{made.id}", done="created")


@router.get("/organisation/{subject_id}/change")
@access(Action.ORGANISATION_WRITE)
def show_change(request: Request, subject_id: str) -> Response:
    with reading(request) as (session, visit):
        place = _writable(session, visit, subject_id)
        values = {"name": place.name, "external_id": place.external_id, "version": str(place.version)}
        return _form_page(session, visit, place, fresh(values), "change")


@router.post("/organisation/{subject_id}/change")
@access(Action.ORGANISATION_WRITE)
def change_unit(request: Request, subject_id: str) -> Response:
    form = posted(request)
    try:
        fields = Fields(nested(form), posted=True)
        change = SubjectChange(_text(fields, "name"), _text(fields, "external_id"))
        version = fields.whole("version", 1, 10**9)
        fields.finish()
        with writing(request) as (session, visit):
            commands.change_subject(session, visit.viewer, subject_id, change, expected_version=version, now=visit.now)
    except REFUSED as error:
        return _again(request, subject_id, form, error, "change")
    return see_other(f"/organisation/{subject_id}", done="changed")


@router.get("/organisation/{subject_id}/move")
@access(Action.ORGANISATION_WRITE)
def show_move(request: Request, subject_id: str) -> Response:
    with reading(request) as (session, visit):
        place = _writable(session, visit, subject_id)
        values = {"parent_id": place.parent_id, "starts_on": visit.today.isoformat()}
        return _form_page(session, visit, place, fresh(values), "move")


@router.post("/organisation/{subject_id}/move")
@access(Action.ORGANISATION_WRITE)
def move(request: Request, subject_id: str) -> Response:
    form = posted(request)
    try:
        fields = Fields(nested(form), posted=True)
        wanted = Move(fields.text("parent_id", required=True) or "", fields.day("starts_on", required=True))
        fields.finish()
        with writing(request) as (session, visit):
            commands.move_subject(session, visit.viewer, subject_id, wanted, now=visit.now)
    except REFUSED as error:
        return _again(request, subject_id, form, error, "move")
    return see_other(f"/organisation/{subject_id}", done="moved")


@router.get("/organisation/{subject_id}/close")
@access(Action.ORGANISATION_WRITE)
def show_close(request: Request, subject_id: str) -> Response:
    with reading(request) as (session, visit):
        place = _writable(session, visit, subject_id)
        return _form_page(session, visit, place, fresh({"on": visit.today.isoformat()}), "close")


@router.post("/organisation/{subject_id}/close")
@access(Action.ORGANISATION_WRITE)
def close(request: Request, subject_id: str) -> Response:
    form = posted(request)
    try:
        fields = Fields(nested(form), posted=True)
        day: date | None = fields.day("on", required=True)
        fields.finish()
        with writing(request) as (session, visit):
            closed = commands.close_subject(session, visit.viewer, subject_id, on=day, now=visit.now)
    except REFUSED as error:
        return _again(request, subject_id, form, error, "close")
    return see_other(f"/organisation/{closed.parent_id}", done="closed")


def _new_subject(form: Form, parent_id: str) -> NewSubject:
    fields = Fields(nested(form), posted=True)
    kind = fields.choice("kind", SubjectKind, required=True) or SubjectKind.TEAM
    name, external_id = _text(fields, "name"), _text(fields, "external_id")
    starts_on = fields.day("starts_on")
    fields.finish()
    return NewSubject(kind, name, parent_id, external_id, starts_on)


def _text(fields: Fields, name: str) -> str:
    """The text as it was typed; what it may hold is the business of the command."""
    return fields.text(name, longest=TEXT_LENGTH) or ""


def _new_page(session: ReadSession, visit: Visit, parent_id: str, form: Filled) -> Response:
    parent = _writable(session, visit, parent_id)
    way = [*way_to(session, visit, parent), (parent.name, f"/organisation/{parent.id}")]
    return page(visit, "pages/organisation/new.html", status=form.status, form=form, parent=parent, way=way)


def _again(request: Request, subject_id: str, form: Form, error: AppError, act: str) -> Response:
    """The form once more, with what was typed and what was wrong with it."""
    places = {"kind": "parent_id"}
    with reading(request) as (session, visit):
        place = _writable(session, visit, subject_id)
        filled = refused(visit, form, error, places=lambda name: places.get(name, name))
        return _form_page(session, visit, place, filled, act)


def _form_page(session: ReadSession, visit: Visit, place: Subject, form: Filled, act: str) -> Response:
    person = None if is_unit(place) else load_people_of(session, [place.id]).get(place.id)
    units = list_units(session, visit, place.company_id, Action.ORGANISATION_WRITE) if act == "move" else ()
    home = f"/people/{person.id}" if person is not None else f"/organisation/{place.id}"
    return page(
        visit,
        f"pages/organisation/{act}.html",
        status=form.status,
        form=form,
        place=place,
        way=[*way_to(session, visit, place), (place.name, home)],
        home=home,
        units=options_of(unit for unit in units if place.id not in unit.path),
        may_write=may(visit.viewer, Action.ORGANISATION_WRITE, place.path),
    )


def _writable(session: ReadSession, visit: Visit, subject_id: str) -> Subject:
    return get_subject(session, visit.viewer, subject_id, on=visit.today, action=Action.ORGANISATION_WRITE)
