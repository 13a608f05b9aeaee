"""Carries an import's plan out: new rows all at once, changed ones one by one."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import or_, select, update

from app.infra.database import WriteSession
from app.infra.ids import new_id
from app.organisation.place import begin_membership, begin_role, end_membership, insert_rows
from app.organisation.plan import PlannedSubject
from app.organisation.roster import PlannedPerson
from app.organisation.rules import end_of_stay, name_key
from app.organisation.tables import ManagerRoleRow, MembershipRow, PersonRow, SubjectRow
from app.organisation.values import Person, SubjectKind
from app.reports import Outcome
from app.words import DEFAULT_LOCALE


def store_subjects(
    session: WriteSession, company_id: str, planned: Sequence[PlannedSubject], *, on: date, now: datetime
) -> dict[str, str]:
    """Carry the plan of the organisation file out; the ids of the new subjects by their keys."""
    new = [one for one in planned if one.known is None]
    made = {one.key: new_id(session) for one in new}
    insert_rows(
        session,
        SubjectRow,
        (
            _subject(made[one.key], company_id, one.line.kind, one.line.name, now)
            | {"external_id": one.line.external_id}
            for one in new
        ),
    )
    insert_rows(
        session,
        MembershipRow,
        (_membership(made[one.key], made.get(str(one.parent_key), str(one.parent_key)), on) for one in new),
    )
    for one in planned:
        if one.known is not None and one.changes:
            _change_subject(session, one, made, on=on)
    session.expire_all()
    return made


def store_people(
    session: WriteSession, company_id: str, planned: Sequence[PlannedPerson], *, on: date, now: datetime
) -> dict[int, str]:
    """Carry the plan of the people file out; the ids of the new people by the number of their row."""
    touched = [one for one in planned if one.outcome is not Outcome.UNCHANGED]
    hung = {one.line.row: new_id(session) for one in touched if one.known is None or one.known.subject_id is None}
    made = {one.line.row: new_id(session) for one in touched if one.known is None}
    newly = [one for one in touched if one.line.row in hung]
    insert_rows(
        session,
        SubjectRow,
        (_subject(hung[one.line.row], company_id, SubjectKind.PERSON, one.line.name, now) for one in newly),
    )
    insert_rows(session, MembershipRow, (_membership(hung[one.line.row], one.unit_id, on) for one in newly))
    insert_rows(
        session,
        PersonRow,
        (
            _person(one, company_id, now) | {"id": made[one.line.row], "subject_id": hung[one.line.row]}
            for one in touched
            if one.known is None
        ),
    )
    for one in touched:
        subject_id = hung.get(one.line.row)
        if one.known is not None:
            subject_id = _change_person(session, one, one.known, subject_id, on=on)
            _change_roles(session, one, subject_id, on=on)
    insert_rows(session, ManagerRoleRow, _new_roles(session, touched, hung, on=on))
    session.expire_all()
    return made


def _new_roles(
    session: WriteSession, planned: Sequence[PlannedPerson], hung: Mapping[int, str], *, on: date
) -> Iterator[dict[str, object]]:
    """What new people lead; nobody of them can be leading it already."""
    for one in planned:
        for unit_id in one.starts if one.known is None else ():
            subject_id = hung[one.line.row]
            yield {
                "id": new_id(session),
                "unit_id": unit_id,
                "subject_id": subject_id,
                "starts_on": on,
                "ends_on": None,
            }


def _change_subject(session: WriteSession, one: PlannedSubject, made: Mapping[str, str], *, on: date) -> None:
    line, subject_id = one.line, one.key
    session.execute(
        update(SubjectRow)
        .where(SubjectRow.id == subject_id)
        .values(
            name=line.name,
            name_key=name_key(line.name),
            kind=line.kind,
            external_id=line.external_id,
            version=SubjectRow.version + 1,
        )
    )
    if one.is_moved and one.parent_key is not None:
        _hang_anew(session, subject_id, made.get(one.parent_key, one.parent_key), on=on)


def _hang_anew(session: WriteSession, subject_id: str, parent_id: str, *, on: date) -> None:
    query = select(MembershipRow).where(MembershipRow.subject_id == subject_id, MembershipRow.ends_on.is_(None))
    if session.scalar(query) is not None:
        end_membership(session, subject_id, on=on)
    begin_membership(session, subject_id, parent_id, on=on)


def _change_person(session: WriteSession, one: PlannedPerson, known: Person, hung: str | None, *, on: date) -> str:
    """Change a known person and the subject that he is or becomes; the id of that subject."""
    line = one.line
    subject_id = hung or str(known.subject_id)
    session.execute(
        update(PersonRow)
        .where(PersonRow.id == known.id)
        .values(
            name=line.name,
            name_key=name_key(line.name),
            email=line.email or known.email,
            mailbox=line.mailbox or known.mailbox,
            external_id=line.external_id or known.external_id,
            locale=line.locale or known.locale,
            subject_id=subject_id,
            version=PersonRow.version + 1,
        )
    )
    if hung is None:
        session.execute(
            update(SubjectRow)
            .where(SubjectRow.id == subject_id, SubjectRow.name != line.name)
            .values(name=line.name, name_key=name_key(line.name), version=SubjectRow.version + 1)
        )
        if one.is_moved:
            _hang_anew(session, subject_id, one.unit_id, on=on)
    return subject_id


def _change_roles(session: WriteSession, one: PlannedPerson, subject_id: str, *, on: date) -> None:
    for unit_id in one.starts:
        begin_role(session, unit_id, subject_id, on=on)
    if one.ends:
        rows = session.scalars(
            select(ManagerRoleRow).where(
                ManagerRoleRow.subject_id == subject_id,
                ManagerRoleRow.unit_id.in_(one.ends),
                or_(ManagerRoleRow.ends_on.is_(None), ManagerRoleRow.ends_on > on),
            )
        )
        for row in rows:
            row.ends_on = end_of_stay(row.starts_on, on)
        session.flush()


def _subject(subject_id: str, company_id: str, kind: SubjectKind, name: str, now: datetime) -> dict[str, object]:
    return {
        "id": subject_id,
        "company_id": company_id,
        "kind": kind,
        "name": name,
        "name_key": name_key(name),
        "external_id": None,
        "created_at": now,
        "version": 1,
    }


def _membership(subject_id: str, parent_id: str, on: date) -> dict[str, object]:
    return {"subject_id": subject_id, "parent_id": parent_id, "starts_on": on, "ends_on": None}


def _person(one: PlannedPerson, company_id: str, now: datetime) -> dict[str, object]:
    line = one.line
    return {
        "company_id": company_id,
        "name": line.name,
        "name_key": name_key(line.name),
        "email": line.email,
        "mailbox": line.mailbox,
        "locale": line.locale or DEFAULT_LOCALE,
        "external_id": line.external_id,
        "created_at": now,
        "version": 1,
    }
