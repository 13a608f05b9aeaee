"""Units as pages write them: the ones to choose from, the way to one, and who leads it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from app.accounts.rules import Action, may
from app.accounts.values import Viewer
from app.deferred import dataclass
from app.http.visit import Visit
from app.infra.database import ReadSession
from app.organisation.paths import load_subjects
from app.organisation.queries import load_people_of
from app.organisation.trees import load_units
from app.organisation.values import PersonId, Subject, SubjectId, SubjectKind
from app.organisation.viewers import load_roles_at


@dataclass(frozen=True, slots=True)
class Leader:
    """Somebody who leads a unit, and the role by which he does."""

    role_id: str
    person_id: PersonId | None
    name: str
    starts_on: date


def list_units(
    session: ReadSession, visit: Visit, company_id: str, action: Action = Action.ORGANISATION_READ
) -> tuple[Subject, ...]:
    """The units of a company in which the viewer may do something, as they stand in the tree."""
    units = load_units(session, company_id, on=visit.today)
    seen = (unit for unit in units if is_seen(visit.viewer, unit))
    return tuple(unit for unit in seen if may(visit.viewer, action, unit.path))


def tops(units: Sequence[Subject]) -> tuple[Subject, ...]:
    """The units that hang under none of the others."""
    known = {unit.id for unit in units}
    return tuple(unit for unit in units if not known & set(unit.path[:-1]))


def options_of(units: Iterable[Subject]) -> list[tuple[str, str]]:
    """Units to choose from, each with the way to it."""
    names = names_of(units)
    return list(names.items())


def names_of(units: Iterable[Subject]) -> dict[SubjectId, str]:
    """Units by what distinguishes them: "Kundesenter / Team Nord"; the company only where it is the place itself."""
    known = {unit.id: unit.name for unit in units}
    return {
        unit.id: " / ".join(known[place] for place in unit.path[1:] if place in known) or unit.name
        for unit in sorted(units, key=lambda unit: [known.get(place, "").casefold() for place in unit.path])
    }


def way_to(session: ReadSession, visit: Visit, place: Subject) -> list[tuple[str, str]]:
    """The units above a place that the viewer sees, each with its address, for the breadcrumb."""
    above = load_subjects(session, place.path[:-1], on=visit.today)
    return [
        (above[step].name, f"/organisation/{step}") for step in place.path[:-1] if is_seen(visit.viewer, above[step])
    ]


def is_seen(viewer: Viewer, place: Subject) -> bool:
    """Whether the viewer may read the organisation there."""
    return may(viewer, Action.ORGANISATION_READ, place.path)


def load_leaders(session: ReadSession, unit_ids: Collection[str], *, on: date) -> Mapping[str, Sequence[Leader]]:
    """Who leads these units on a day, by name."""
    roles = load_roles_at(session, unit_ids, on=on)
    people = load_people_of(session, [role.subject_id for role in roles])
    leaders: defaultdict[str, list[Leader]] = defaultdict(list)
    for role in roles:
        person = people.get(role.subject_id)
        name = person.name if person is not None else None
        leaders[role.unit_id].append(Leader(role.id, person.id if person else None, name or "", role.starts_on))
    return {unit_id: sorted(found, key=lambda leader: leader.name.casefold()) for unit_id, found in leaders.items()}


def is_unit(place: Subject) -> bool:
    """Whether a subject is a company, department or team."""
    return place.kind is not SubjectKind.PERSON and place.kind is not SubjectKind.COMPETITOR
