"""The rows of the tree: put a subject somewhere from a day on, move it, end it. Permission is asked by the callers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import cast

from sqlalchemy import ColumnElement, Table, func, insert, or_, select

from app.errors import NotFound
from app.infra.database import Base, ReadSession, WriteSession
from app.infra.ids import new_id
from app.organisation.queries import load_subjects
from app.organisation.rules import (
    AlreadyClosed,
    AlreadyLeads,
    NameTaken,
    WouldLoop,
    end_of_stay,
    has_unique_name,
    levels_below,
    loop_through,
    name_key,
    require_open,
    require_place,
    require_room,
)
from app.organisation.tables import DeputyRow, ManagerRoleRow, MembershipRow, SubjectRow
from app.organisation.values import Subject, SubjectId, SubjectKind


def take_turn(session: WriteSession, company_id: str) -> None:
    """Let one change of a company's organisation follow the other: two moves at once could close a loop."""
    session.execute(select(SubjectRow.id).where(SubjectRow.id == company_id).with_for_update())


def find_parent(session: ReadSession, parent_id: str, *, on: date) -> Subject:
    """The subject that something shall hang under; NotFound if it is none, WrongPlace if it is closed."""
    parent = load_subjects(session, [parent_id], on=on).get(SubjectId(parent_id))
    if parent is None:
        raise NotFound
    require_open(parent)
    return parent


def require_fit(session: ReadSession, parent: Subject, kind: SubjectKind, name: str, *, on: date) -> None:
    """Raise unless a new subject of this kind and name may hang under the parent from a day on."""
    require_place(kind, parent.kind)
    require_room(parent.path, count_children(session, parent.id, on=on))
    require_free_name(session, parent.id, kind, name, on=on)


def require_free_name(
    session: ReadSession, parent_id: str, kind: SubjectKind, name: str, *, on: date, but: str | None = None
) -> None:
    """Raise NameTaken if another unit or competitor under the parent has the name, from a day on."""
    if not has_unique_name(kind):
        return
    namesakes = session.execute(
        select(SubjectRow.id, SubjectRow.name)
        .join(MembershipRow, MembershipRow.subject_id == SubjectRow.id)
        .where(
            MembershipRow.parent_id == parent_id,
            _ever(on),
            SubjectRow.name_key == name_key(name),
            SubjectRow.kind != SubjectKind.PERSON,
        )
    )
    for subject_id, taken in namesakes:
        if subject_id != but:
            raise NameTaken(name=taken)


def insert_rows(session: WriteSession, table: type[Base], rows: Iterable[Mapping[str, object]]) -> None:
    """Add many rows at once; through the table and not the class, since they need no mapping."""
    listed = list(rows)
    if listed:
        session.execute(insert(cast(Table, table.__table__)), listed)


def insert_subject(session: WriteSession, row: SubjectRow, parent_id: str, *, on: date) -> str:
    """Add a subject and hang it under its parent from a day on; its id."""
    session.add(row)
    session.flush()
    begin_membership(session, row.id, parent_id, on=on)
    return row.id


def move_row(session: WriteSession, subject: Subject, parent: Subject, *, on: date) -> None:
    """End where a subject hangs, if it does, and begin the new place; raises what the tree does not allow."""
    require_place(subject.kind, parent.kind)
    edges = _edges(session, subject.company_id, on)
    if subject.id == parent.id or loop_through(subject.id, {**edges, subject.id: {parent.id}}):
        raise WouldLoop
    siblings = sum(parent.id in above for child, above in edges.items() if child != subject.id)
    require_room(parent.path, siblings, levels=levels_below(subject.id, edges))
    require_free_name(session, parent.id, subject.kind, subject.name, on=on, but=subject.id)
    if subject.closed_on is None:
        end_membership(session, subject.id, on=on)
    begin_membership(session, subject.id, parent.id, on=on)


def begin_membership(session: WriteSession, subject_id: str, parent_id: str, *, on: date) -> None:
    """Hang a subject under a parent from a day on; a stay that ended on its first day gives way."""
    row = session.get(MembershipRow, (subject_id, on))
    if row is None:
        session.add(MembershipRow(subject_id=subject_id, parent_id=parent_id, starts_on=on, ends_on=None))
    else:
        row.parent_id, row.ends_on = parent_id, None
    session.flush()


def end_membership(session: WriteSession, subject_id: str, *, on: date) -> None:
    """End the open membership on a day; raises AlreadyClosed or MoveTooEarly."""
    row = session.scalar(
        select(MembershipRow).where(MembershipRow.subject_id == subject_id, MembershipRow.ends_on.is_(None))
    )
    if row is None:
        raise AlreadyClosed
    row.ends_on = end_of_stay(row.starts_on, on)
    session.flush()


def begin_role(session: WriteSession, unit_id: str, subject_id: str, *, on: date) -> ManagerRoleRow:
    """Let a person-subject lead a unit from a day on; raises AlreadyLeads. A stay of no days that day gives way."""
    known = session.scalars(
        select(ManagerRoleRow).where(
            ManagerRoleRow.unit_id == unit_id,
            ManagerRoleRow.subject_id == subject_id,
            or_(ManagerRoleRow.ends_on.is_(None), ManagerRoleRow.ends_on > on, ManagerRoleRow.starts_on == on),
        )
    ).all()
    if any(row.ends_on is None or row.ends_on > on for row in known):
        raise AlreadyLeads
    row = next(iter(known), None)
    if row is None:
        row = ManagerRoleRow(id=new_id(session), unit_id=unit_id, subject_id=subject_id, starts_on=on)
        session.add(row)
    row.ends_on = None
    session.flush()
    return row


def end_roles(session: WriteSession, subject_id: str, *, on: date) -> None:
    """End what a subject leads, by whom it is led, and who acts for whom."""
    rows = session.scalars(
        select(ManagerRoleRow).where(
            or_(ManagerRoleRow.subject_id == subject_id, ManagerRoleRow.unit_id == subject_id),
            or_(ManagerRoleRow.ends_on.is_(None), ManagerRoleRow.ends_on > on),
        )
    )
    deputies = session.scalars(
        select(DeputyRow).where(
            or_(DeputyRow.subject_id == subject_id, DeputyRow.deputy_id == subject_id), DeputyRow.ends_on > on
        )
    )
    for row in (*rows, *deputies):
        row.ends_on = max(row.starts_on, on)
    session.flush()


def count_children(session: ReadSession, subject_id: str, *, on: date) -> int:
    """How many subjects hang directly under one on a day or later."""
    query = select(func.count()).select_from(MembershipRow).where(MembershipRow.parent_id == subject_id, _ever(on))
    return session.scalar(query) or 0


def _edges(session: ReadSession, company_id: str, on: date) -> dict[str, set[str]]:
    """Every parent that a subject of the company has on a day or later, moves already planned included."""
    rows: Iterable[tuple[str, str]] = session.execute(
        select(MembershipRow.subject_id, MembershipRow.parent_id)
        .join(SubjectRow, SubjectRow.id == MembershipRow.subject_id)
        .where(SubjectRow.company_id == company_id, _ever(on))
    )
    edges: defaultdict[str, set[str]] = defaultdict(set)
    for child, parent in rows:
        edges[child].add(parent)
    return dict(edges)


def _ever(on: date) -> ColumnElement[bool]:
    """The condition that a membership is in force on a day or will be later."""
    return or_(MembershipRow.ends_on.is_(None), MembershipRow.ends_on > on)
