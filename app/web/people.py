"""The pages of people: who is known, one of them, and the forms to add and change one."""

from collections.abc import Mapping
from datetime import date

from fastapi import Request, Response

from app.accounts.rules import Action, may, require
from app.deferred import dataclass
from app.errors import AppError, Forbidden
from app.fields import TEXT_LENGTH, Fields
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.infra.ids import is_id
from app.organisation.commands import change_person, create_person
from app.organisation.paths import load_subjects
from app.organisation.queries import PEOPLE_ORDERS, get_person, list_manager_roles, list_people
from app.organisation.values import NewPerson, Person, PersonChange, PersonFilter, Subject, SubjectId
from app.web.deputies import deputies_of, may_appoint
from app.web.forms import REFUSED, Filled, fresh, nested, refused
from app.web.lists import company_of, next_href, slice_of
from app.web.places import is_seen, list_units, options_of, way_to
from app.web.render import Flash, flash_for, page, said, see_other
from app.web.sorting import Column, heads_of, sort_of
from app.words import DEFAULT_LOCALE

router = Pages()

DONE = {
    "created": Flash("good", "The person is known now."),
    "changed": Flash("good", "The change is stored."),
    "moved": Flash("good", "The person is in the new unit."),
    "closed": Flash("good", "It is closed.", "What was measured before stays as it was."),
    "deputy": Flash("good", "The deputy is appointed.", "He or she gets a letter that says so."),
    "no_deputy": Flash("good", "The deputy's rights have ended."),
    "imported": Flash("good", "The file is stored."),
}
_LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True)
class PersonLine:
    """Somebody in the list, with the unit he belongs to; no unit for customers and shoppers."""

    person: Person
    unit: Subject | None


_COLUMNS = (("Name", "name"), ("E-mail address", "email"), ("Unit", ""), ("Language", ""))


@router.get("/people")
@access(Action.ORGANISATION_READ)
def show_people(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        prefix, unit_id = visit.query.get("q", "").strip()[:_LONGEST_SEARCH], visit.query.get("unit", "")
        only = PersonFilter(unit_id if is_id(unit_id) else None, prefix)
        sort = sort_of(visit, PEOPLE_ORDERS)
        found = list_people(session, visit.viewer, company.id, slice_of(visit, sort=sort), on=visit.today, only=only)
        units = _units_of(session, visit, found.items)
        choices = list_units(session, visit, company.id)
        may_write = may(visit.viewer, Action.ORGANISATION_WRITE, company.path)
    return page(
        visit,
        "pages/people/list.html",
        flash=flash_for(visit, DONE),
        lines=[PersonLine(one, units.get(one.subject_id or "")) for one in found.items],
        older=next_href(visit, found),
        heads=heads_of(visit, [Column(said(visit, label), key) for label, key in _COLUMNS], sort or "name"),
        sort=sort,
        query=prefix,
        unit_id=unit_id,
        units=options_of(choices),
        may_write=may_write,
    )


@router.get("/people/new")
@access(Action.ORGANISATION_WRITE)
def show_new_person(request: Request) -> Response:
    with reading(request) as (session, visit):
        return _new_page(session, visit, fresh({"unit_id": visit.query.get("unit"), "locale": DEFAULT_LOCALE}))


@router.post("/people/new")
@access(Action.ORGANISATION_WRITE)
def add_person(request: Request) -> Response:
    form = posted(request)
    try:
        new = _new_person(form)
        with writing(request) as (session, visit):
            company = company_of(session, visit)
            person = create_person(session, visit.viewer, company.id, new, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            return _new_page(session, visit, refused(visit, form, error, places=_place))
    return see_other(f"/people/{person.id}", done="created")


@router.get("/people/{person_id}")
@access(Action.ORGANISATION_READ)
def show_person(request: Request, person_id: str) -> Response:
    with reading(request) as (session, visit):
        person, place = _person(session, visit, person_id)
        way = way_to(session, visit, place) if place else []
        leads = _led_units(session, visit, person) if place else {}
        deputies = deputies_of(session, visit, place) if leads and place else ()
        may_write = may(visit.viewer, Action.ORGANISATION_WRITE, place.path if place else (person.company_id,))
    return page(
        visit,
        "pages/people/person.html",
        flash=flash_for(visit, DONE),
        person=person,
        place=place,
        way=way,
        leads=leads,
        deputies=deputies,
        may_appoint=place is not None and bool(leads) and may_appoint(visit.viewer, place),
        may_write=may_write,
    )


@router.get("/people/{person_id}/change")
@access(Action.ORGANISATION_WRITE)
def show_change_person(request: Request, person_id: str) -> Response:
    with reading(request) as (session, visit):
        person = _writable(session, visit, person_id)
        values = {"name": person.name, "email": person.email, "external_id": person.external_id}
        filled = fresh({**values, "locale": person.locale, "version": str(person.version)})
        return _change_page(session, visit, person_id, filled)


@router.post("/people/{person_id}/change")
@access(Action.ORGANISATION_WRITE)
def store_person(request: Request, person_id: str) -> Response:
    form = posted(request)
    try:
        fields = Fields(nested(form), posted=True)
        change = PersonChange(*(_text(fields, name) for name in ("name", "email", "external_id", "locale")))
        version = fields.whole("version", 1, 10**9)
        fields.finish()
        with writing(request) as (session, visit):
            change_person(session, visit.viewer, person_id, change, expected_version=version, now=visit.now)
    except REFUSED as error:
        return _change_again(request, person_id, form, error)
    return see_other(f"/people/{person_id}", done="changed")


def _new_person(form: Form) -> NewPerson:
    fields = Fields(nested(form), posted=True)
    name, email, external_id, locale, unit_id = (
        _text(fields, name) for name in ("name", "email", "external_id", "locale", "unit_id")
    )
    starts_on: date | None = fields.day("starts_on")
    fields.finish()
    return NewPerson(name, email, external_id, locale, unit_id, starts_on)


def _text(fields: Fields, name: str) -> str:
    """The text as it was typed; what it may hold is the business of the command."""
    return fields.text(name, longest=TEXT_LENGTH) or ""


def _place(field: str) -> str:
    return "unit_id" if field == "parent_id" else field


def _new_page(session: ReadSession, visit: Visit, form: Filled) -> Response:
    company = company_of(session, visit)
    units = list_units(session, visit, company.id, Action.ORGANISATION_WRITE)
    if not units:
        raise Forbidden
    return page(
        visit,
        "pages/people/new.html",
        status=form.status,
        form=form,
        units=options_of(units),
        takes_others=may(visit.viewer, Action.ORGANISATION_WRITE, company.path),
    )


def _change_again(request: Request, person_id: str, form: Form, error: AppError) -> Response:
    with reading(request) as (session, visit):
        return _change_page(session, visit, person_id, refused(visit, form, error))


def _change_page(session: ReadSession, visit: Visit, person_id: str, form: Filled) -> Response:
    person = _writable(session, visit, person_id)
    return page(visit, "pages/people/change.html", status=form.status, form=form, person=person)


def _person(session: ReadSession, visit: Visit, person_id: str) -> tuple[Person, Subject | None]:
    """Somebody, and the subject he is when he is an employee."""
    person = get_person(session, visit.viewer, person_id, on=visit.today)
    if person.subject_id is None:
        return person, None
    return person, load_subjects(session, [person.subject_id], on=visit.today)[person.subject_id]


def _writable(session: ReadSession, visit: Visit, person_id: str) -> Person:
    person, place = _person(session, visit, person_id)
    require(visit.viewer, Action.ORGANISATION_WRITE, place.path if place else (person.company_id,))
    return person


def _led_units(session: ReadSession, visit: Visit, person: Person) -> Mapping[SubjectId, str]:
    if person.mailbox is None:
        return {}
    roles = list_manager_roles(session, on=visit.today, mailbox=person.mailbox)
    units = load_subjects(session, [role.unit_id for role in roles], on=visit.today)
    return {unit.id: unit.name for unit in units.values() if is_seen(visit.viewer, unit)}


def _units_of(session: ReadSession, visit: Visit, people: tuple[Person, ...]) -> Mapping[str, Subject]:
    """The unit in which each of these employees is."""
    subjects = load_subjects(session, [one.subject_id for one in people if one.subject_id], on=visit.today)
    units = load_subjects(session, [one.parent_id for one in subjects.values() if one.parent_id], on=visit.today)
    return {one.id: units[one.parent_id] for one in subjects.values() if one.parent_id and one.closed_on is None}
