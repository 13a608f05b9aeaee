"""Every read of the organisation: subjects with their paths on a day, whole trees, people, who leads what."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from app.accounts.rules import Action, may, require, roots
from app.accounts.values import Viewer
from app.errors import FieldError, Invalid, NotFound
from app.infra.database import ReadSession
from app.infra.ids import is_id
from app.infra.lookup import Lookup
from app.infra.paging import Page, PageRequest, ordered, ordered_page, page_of, sliced
from app.organisation.paths import holds, in_parts, known_id, load_paths, load_subjects, path_of, subject_of
from app.organisation.rules import name_key
from app.organisation.tables import DeputyRow, MembershipRow, PersonRow, SubjectRow
from app.organisation.trees import load_all_subjects, load_stays, load_tree
from app.organisation.values import (
    Deputy,
    Person,
    PersonFilter,
    PersonId,
    Subject,
    SubjectFilter,
    SubjectId,
)
from app.organisation.viewers import (
    list_manager_roles,
    load_deputies,
    load_manager_roles,
    load_places_of,
    load_stood_in_for,
    own_subjects,
    role_of,
    viewer_of_account,
    viewer_of_key,
)

__all__ = [
    "find_person",
    "find_subject",
    "find_subject_id",
    "get_person",
    "get_subject",
    "list_companies",
    "list_deputies",
    "list_manager_roles",
    "list_people",
    "list_subjects",
    "load_all_subjects",
    "load_deputies",
    "load_manager_roles",
    "load_paths",
    "load_people",
    "load_people_known_by",
    "load_people_of",
    "load_places_of",
    "load_stays",
    "load_stood_in_for",
    "load_subjects",
    "load_tree",
    "own_subjects",
    "path_of",
    "role_of",
    "viewer_of_account",
    "viewer_of_key",
]

# Both databases take a statement with this many values.
_AT_ONCE = 10_000
_ALL_SUBJECTS = SubjectFilter()
_ALL_PEOPLE = PersonFilter()
PEOPLE_ORDERS = {"name": PersonRow.name_key, "email": func.coalesce(PersonRow.mailbox, "")}
"""What people are sorted by."""
# The columns in the order of the value's fields; no mapped rows, since many are asked for at once.
_PEOPLE = select(
    PersonRow.id,
    PersonRow.company_id,
    PersonRow.name,
    PersonRow.email,
    PersonRow.mailbox,
    PersonRow.locale,
    PersonRow.external_id,
    PersonRow.subject_id,
    PersonRow.version,
)
_WANTED: BindParameter[str] = bindparam("wanted", expanding=True)
_BY_IDS = Lookup(_PEOPLE.where(PersonRow.id.in_(_WANTED)))
_BY_SUBJECTS = Lookup(_PEOPLE.where(PersonRow.subject_id.in_(_WANTED)))

# ------------------------------------------------------------ subjects


def get_subject(
    session: ReadSession, viewer: Viewer, subject_id: str, *, on: date, action: Action = Action.ORGANISATION_READ
) -> Subject:
    """One subject with its path on a day, for reading or another action; NotFound out of the viewer's sight."""
    subject = load_subjects(session, [subject_id], on=on).get(SubjectId(subject_id))
    require(viewer, action, subject.path if subject else ())
    if subject is None:
        raise NotFound
    return subject


def find_subject(session: ReadSession, company_id: str, external_id: str, *, on: date) -> Subject | None:
    """The subject of a company with this external id, whoever asks."""
    found = find_subject_id(session, company_id, external_id)
    return load_subjects(session, [found], on=on)[found] if found else None


def find_subject_id(session: ReadSession, company_id: str, external_id: str) -> SubjectId | None:
    """The id of the subject of a company with this external id, closed or not."""
    found = session.scalar(
        select(SubjectRow.id).where(
            SubjectRow.company_id == known_id(company_id), SubjectRow.external_id == external_id
        )
    )
    return SubjectId(found) if found else None


def list_subjects(
    session: ReadSession,
    viewer: Viewer,
    company_id: str,
    request: PageRequest,
    *,
    on: date,
    only: SubjectFilter = _ALL_SUBJECTS,
) -> Page[Subject]:
    """The subjects of a company that hang in it on a day and that the viewer sees, by name; three statements."""
    query = (
        select(SubjectRow.name_key, SubjectRow.id)
        .outerjoin(MembershipRow, and_(MembershipRow.subject_id == SubjectRow.id, holds(MembershipRow, on)))
        .where(
            SubjectRow.company_id == known_id(company_id),
            or_(MembershipRow.subject_id.is_not(None), SubjectRow.id == SubjectRow.company_id),
            *_seen(viewer, SubjectRow.id, company_id, on),
        )
    )
    if only.kind is not None:
        query = query.where(SubjectRow.kind == only.kind)
    if only.kinds:
        query = query.where(SubjectRow.kind.in_(only.kinds))
    if only.parent_id is not None:
        query = query.where(MembershipRow.parent_id == known_id(only.parent_id))
    if only.prefix:
        query = query.where(SubjectRow.name_key.startswith(name_key(only.prefix), autoescape=True))
    rows = session.execute(sliced(query, (SubjectRow.name_key, SubjectRow.id), _by_name(request)))
    page = page_of(rows, request, lambda row: row)
    subjects = load_subjects(session, [subject_id for _, subject_id in page.items], on=on)
    return page.map(lambda row: subjects[SubjectId(row[1])])


def list_companies(session: ReadSession, viewer: Viewer) -> tuple[Subject, ...]:
    """The companies in which the viewer sees anything at all, by name."""
    if viewer.is_service:
        rows: Iterable[SubjectRow] = session.scalars(_COMPANIES)
    else:
        held = {grant.subject_id for grant in viewer.grants}.union(viewer.own_subjects)
        rows = _COMPANIES_OF.rows(session, {"held": sorted(filter(is_id, held))})
    return tuple(subject_of(row, (SubjectId(row.id),), None) for row in rows)


_HELD = SubjectRow.__table__.alias("held")
_COMPANIES = (
    select(SubjectRow).where(SubjectRow.id == SubjectRow.company_id).order_by(SubjectRow.name_key, SubjectRow.id)
)
_COMPANIES_OF = Lookup(
    _COMPANIES.with_only_columns(*SubjectRow.__table__.c).where(
        SubjectRow.id.in_(select(_HELD.c.company_id).where(_HELD.c.id.in_(bindparam("held", expanding=True))))
    )
)


def list_deputies(
    session: ReadSession, viewer: Viewer, subject_id: str, request: PageRequest, *, on: date
) -> Page[Deputy]:
    """Who acts, acted or will act for a manager, the latest first; for who sees the manager."""
    manager = get_subject(session, viewer, subject_id, on=on)
    query = (
        select(DeputyRow, SubjectRow.name)
        .join(SubjectRow, SubjectRow.id == DeputyRow.deputy_id)
        .where(DeputyRow.subject_id == manager.id)
    )
    rows = session.execute(sliced(query, (DeputyRow.starts_on, DeputyRow.id), request, descending=True))
    page = page_of(rows, request, lambda row: (row[0].starts_on, row[0].id))
    return page.map(
        lambda row: Deputy(
            row[0].id,
            SubjectId(row[0].subject_id),
            SubjectId(row[0].deputy_id),
            row[1],
            row[0].starts_on,
            row[0].ends_on,
        )
    )


# ------------------------------------------------------------ people


def get_person(session: ReadSession, viewer: Viewer, person_id: str, *, on: date) -> Person:
    """One person; an employee is seen where his subject is, anybody else by who reads the whole company."""
    person = load_people(session, [person_id]).get(PersonId(person_id))
    if person is None:
        raise NotFound
    require(viewer, Action.ORGANISATION_READ, path_of(session, person.subject_id or person.company_id, on=on))
    return person


def find_person(
    session: ReadSession, company_id: str, *, mailbox: str | None = None, external_id: str | None = None
) -> Person | None:
    """The person of a company with this mailbox or this external id, whoever asks."""
    known_by = PersonRow.mailbox == mailbox if mailbox is not None else PersonRow.external_id == external_id
    row = session.scalar(select(PersonRow).where(PersonRow.company_id == known_id(company_id), known_by))
    return _person(row) if row else None


def load_people(session: ReadSession, person_ids: Iterable[str]) -> dict[PersonId, Person]:
    """Many people, whoever asks; unknown ids are left out."""
    return {
        PersonId(row.id): _person(row)
        for wanted in in_parts(person_ids)
        for row in _BY_IDS.rows(session, {"wanted": wanted})
    }


def load_people_of(session: ReadSession, subject_ids: Iterable[str]) -> dict[SubjectId, Person]:
    """The humans behind many person-subjects, whoever asks."""
    return {
        SubjectId(row.subject_id): _person(row)
        for wanted in in_parts(subject_ids)
        for row in _BY_SUBJECTS.rows(session, {"wanted": wanted})
    }


def load_employee_names(session: ReadSession, company_id: str) -> tuple[str, ...]:
    """The names of all who have a place in a company, whoever asks."""
    query = select(PersonRow.name).where(PersonRow.company_id == company_id, PersonRow.subject_id.is_not(None))
    return tuple(name for name in session.scalars(query) if name)


def load_people_known_by(
    session: ReadSession, company_id: str, *, external_ids: Iterable[str], mailboxes: Iterable[str]
) -> list[Person]:
    """The people of a company with one of these external ids or mailboxes, whoever asks."""
    found: dict[PersonId, Person] = {}
    for column, wanted in ((PersonRow.external_id, sorted(external_ids)), (PersonRow.mailbox, sorted(mailboxes))):
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            rows = session.execute(_PEOPLE.where(PersonRow.company_id == company_id, column.in_(part)))
            found |= {PersonId(row.id): _person(row) for row in rows}
    return list(found.values())


def list_people(
    session: ReadSession,
    viewer: Viewer,
    company_id: str,
    request: PageRequest,
    *,
    on: date,
    only: PersonFilter = _ALL_PEOPLE,
) -> Page[Person]:
    """The people of a company that the viewer sees, by name or by address."""
    query = select(PersonRow).where(PersonRow.company_id == known_id(company_id))
    query = query.where(*_seen(viewer, PersonRow.subject_id, company_id, on))
    if only.unit_id is not None:
        query = query.where(PersonRow.subject_id.in_(_subtree([known_id(only.unit_id)], on)))
    if only.prefix:
        by_name = PersonRow.name_key.startswith(name_key(only.prefix), autoescape=True)
        query = query.where(or_(by_name, PersonRow.mailbox.startswith(only.prefix.casefold(), autoescape=True)))
    rows = session.execute(ordered(query, PEOPLE_ORDERS, PersonRow.id, request, usual="name"))
    return ordered_page(rows, request).map(lambda row: _person(row[0]))


# ------------------------------------------------------------ pieces of statements


def _subtree(subject_ids: Sequence[str], on: date) -> Select[tuple[str]]:
    """The ids of subjects and of everything below them on a day."""
    below = select(SubjectRow.id.label("id")).where(SubjectRow.id.in_(subject_ids)).cte("below", recursive=True)
    below = below.union(
        select(MembershipRow.subject_id).where(MembershipRow.parent_id == below.c.id, holds(MembershipRow, on))
    )
    return select(below.c.id)


def _seen(
    viewer: Viewer, column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None], company_id: str, on: date
) -> tuple[ColumnElement[bool], ...]:
    """The condition that a viewer sees a subject; none for who sees the whole company."""
    if may(viewer, Action.ORGANISATION_READ, (company_id,)):
        return ()
    granted = sorted(filter(is_id, roots(viewer, Action.ORGANISATION_READ)))
    own = sorted(filter(is_id, viewer.own_subjects))
    return (or_(column.in_(_subtree(granted, on)), column.in_(own)),)


def _by_name(request: PageRequest) -> PageRequest:
    if request.sort not in {"", "name"}:
        raise Invalid([FieldError("sort", "Sort in one of these orders.", "name")])
    return request


def _person(row: Any) -> Person:
    """A person from a mapped row, or from the columns of `_PEOPLE`."""
    return Person(
        PersonId(row.id),
        SubjectId(row.company_id),
        row.name,
        row.email,
        row.mailbox,
        row.locale,
        row.external_id,
        SubjectId(row.subject_id) if row.subject_id else None,
        row.version,
    )
