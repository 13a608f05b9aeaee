"""The pages of the organisation: a unit with what hangs in it, people, and who leads."""

from collections.abc import Sequence

from fastapi import Request, Response

from app.accounts.rules import Action, may
from app.deferred import dataclass
from app.http.access import access
from app.http.routes import Pages
from app.http.visit import Visit, reading
from app.infra.database import ReadSession
from app.infra.paging import Page
from app.organisation.queries import get_subject, list_subjects, load_people_of
from app.organisation.values import UNIT_KINDS, Person, Subject, SubjectFilter, SubjectId, SubjectKind
from app.web.lists import company_of, every, next_href, slice_of
from app.web.places import Leader, list_units, load_leaders, tops, way_to
from app.web.render import Flash, flash_for, page, see_other

router = Pages()

DONE = {
    "created": Flash("good", "The unit is in place."),
    "changed": Flash("good", "The change is stored."),
    "moved": Flash("good", "It hangs in its new place."),
    "closed": Flash("good", "It is closed.", "What was measured before stays as it was."),
    "leads": Flash("good", "The leader is set.", "He or she sees the results of the unit from that day on."),
    "ended": Flash("good", "The role has ended."),
    "imported": Flash("good", "The file is stored."),
}
_BELOW = (*UNIT_KINDS, SubjectKind.COMPETITOR)


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit in a list, with the names of who leads it."""

    unit: Subject
    leaders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MemberLine:
    """Somebody in a unit: the person behind the subject, and whether he leads the unit."""

    subject: Subject
    person: Person | None
    leads: bool


@router.get("/organisation")
@access(Action.ORGANISATION_READ)
def show_organisation(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        if may(visit.viewer, Action.ORGANISATION_READ, company.path):
            return _unit_page(session, visit, company)
        units = tops(list_units(session, visit, company.id))
        lines = _lines(session, visit, units)
    return page(visit, "pages/organisation/start.html", flash=flash_for(visit, DONE), company=company, units=lines)


@router.get("/organisation/{subject_id}")
@access(Action.ORGANISATION_READ)
def show_unit(request: Request, subject_id: str) -> Response:
    with reading(request) as (session, visit):
        place = get_subject(session, visit.viewer, subject_id, on=visit.today)
        if place.kind is SubjectKind.PERSON:
            person = load_people_of(session, [place.id]).get(place.id)
            return see_other(f"/people/{person.id}" if person else "/people", done=visit.query.get("done", ""))
        return _unit_page(session, visit, place)


def _unit_page(session: ReadSession, visit: Visit, unit: Subject) -> Response:
    below = every(
        lambda part: list_subjects(
            session, visit.viewer, unit.company_id, part, on=visit.today, only=SubjectFilter(None, unit.id, "", _BELOW)
        )
    )
    members = _members(session, visit, unit)
    leaders = load_leaders(session, {unit.id, *(one.id for one in below)}, on=visit.today)
    led_by = leaders.get(unit.id, ())
    return page(
        visit,
        "pages/organisation/unit.html",
        flash=flash_for(visit, DONE),
        unit=unit,
        way=way_to(session, visit, unit),
        leaders=led_by,
        units=[UnitLine(one, tuple(leader.name for leader in leaders.get(one.id, ()))) for one in below],
        members=[_member(subject, person, led_by) for subject, person in members.items],
        older=next_href(visit, members),
        may_write=may(visit.viewer, Action.ORGANISATION_WRITE, unit.path),
        is_read=unit.kind is not SubjectKind.COMPETITOR and may(visit.viewer, Action.RESULTS_READ, unit.path),
    )


def _members(session: ReadSession, visit: Visit, unit: Subject) -> Page[tuple[Subject, Person | None]]:
    found = list_subjects(
        session,
        visit.viewer,
        unit.company_id,
        slice_of(visit),
        on=visit.today,
        only=SubjectFilter(SubjectKind.PERSON, unit.id),
    )
    people = load_people_of(session, [subject.id for subject in found.items])
    return found.map(lambda subject: (subject, people.get(SubjectId(subject.id))))


def _member(subject: Subject, person: Person | None, leaders: Sequence[Leader]) -> MemberLine:
    ids = {leader.person_id for leader in leaders}
    return MemberLine(subject, person, person is not None and person.id in ids)


def _lines(session: ReadSession, visit: Visit, units: tuple[Subject, ...]) -> list[UnitLine]:
    leaders = load_leaders(session, {unit.id for unit in units}, on=visit.today)
    return [UnitLine(unit, tuple(leader.name for leader in leaders.get(unit.id, ()))) for unit in units]
