"""Every write of the tree: companies, subjects, moves, closing. What stands beside this file is named in `__all__`."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import update

from app.accounts import commands as accounts
from app.accounts.queries import find_account
from app.accounts.rules import Action
from app.accounts.values import Viewer
from app.errors import FieldError, Forbidden, Invalid, NotFound
from app.infra.database import ReadSession, WriteSession
from app.infra.formats import local_day
from app.infra.ids import new_id
from app.infra.versions import check_version
from app.journal.commands import record
from app.organisation.bring_in import import_organisation, import_people
from app.organisation.deputise import appoint_deputy, end_deputy
from app.organisation.enrol import TAKEN, change_person, create_person, enter_by_provider, request_sign_in
from app.organisation.ensure import ensure_raters, ensure_subjects
from app.organisation.intake import Reading, parse_external_id, parse_name
from app.organisation.lead import add_manager_role, end_manager_role
from app.organisation.place import (
    count_children,
    end_membership,
    end_roles,
    insert_subject,
    move_row,
    require_fit,
    require_free_name,
    take_turn,
)
from app.organisation.queries import find_subject_id, get_subject, load_people_of, load_subjects
from app.organisation.rules import CompanyStays, UnitNotEmpty, name_key, require_open
from app.organisation.tables import PersonRow, SubjectRow
from app.organisation.values import Move, NewSubject, Subject, SubjectChange, SubjectId, SubjectKind

__all__ = [
    "add_manager_role",
    "appoint_deputy",
    "change_person",
    "change_subject",
    "close_subject",
    "create_company",
    "create_person",
    "create_subject",
    "end_deputy",
    "end_manager_role",
    "ensure_raters",
    "ensure_subjects",
    "enter_by_provider",
    "import_organisation",
    "import_people",
    "move_subject",
    "request_sign_in",
]

# A day that has begun somewhere has begun: an installation may live east of the default zone.
_EASTERN = timedelta(days=1)


def create_company(
    session: WriteSession, viewer: Viewer, name: str, *, external_id: str = "", now: datetime
) -> Subject:
    """Make a company, the root of a tree of its own. For the service alone (command line, demo). Not idempotent."""
    if not viewer.is_service:
        raise Forbidden
    reading = Reading()
    checked = reading.take("name", parse_name, name)
    known_as = reading.take("external_id", parse_external_id, external_id)
    reading.finish()
    company_id = new_id(session)
    session.add(_new_row(company_id, SubjectId(company_id), SubjectKind.COMPANY, str(checked), known_as, now=now))
    session.flush()
    company = load_subjects(session, [company_id], on=local_day(now))[SubjectId(company_id)]
    _note(session, viewer, "company.created", company, {"name": company.name}, now=now)
    return company


def create_subject(session: WriteSession, viewer: Viewer, new: NewSubject, *, now: datetime) -> Subject:
    """Make a department, team, person or competitor under a parent, from a day on (today).

    For who may write the organisation at the parent. Refuses equal names of units under one parent, more than 30
    levels and more than 10,000 children. Not idempotent. A person with an address is made by `create_person`.
    """
    on = new.starts_on or local_day(now)
    parent = _parent(session, viewer, new.parent_id, on)
    take_turn(session, parent.company_id)
    reading = Reading()
    name = reading.take("name", parse_name, new.name)
    external_id = _free_external_id(session, reading, parent.company_id, new.external_id, but=None)
    reading.finish()
    require_fit(session, parent, new.kind, str(name), on=on)
    row = _new_row(new_id(session), parent.company_id, new.kind, str(name), external_id, now=now)
    insert_subject(session, row, parent.id, on=on)
    subject = load_subjects(session, [row.id], on=on)[SubjectId(row.id)]
    _note(session, viewer, "subject.created", subject, {"kind": subject.kind, "name": subject.name}, now=now)
    return subject


def change_subject(
    session: WriteSession,
    viewer: Viewer,
    subject_id: str,
    change: SubjectChange,
    *,
    expected_version: int | None = None,
    now: datetime,
) -> Subject:
    """Change name or external id of a subject; a person's own name follows.

    For who may write the organisation there. Idempotent: what is the same already changes nothing.
    """
    on = local_day(now)
    subject = _writable(session, viewer, subject_id, on)
    take_turn(session, subject.company_id)
    check_version(subject.version, expected_version)
    reading = Reading()
    name = subject.name if change.name is None else reading.take("name", parse_name, change.name)
    external_id = subject.external_id
    if change.external_id is not None:
        external_id = _free_external_id(session, reading, subject.company_id, change.external_id, but=subject.id)
    reading.finish()
    if (name, external_id) == (subject.name, subject.external_id):
        return subject
    if subject.parent_id is not None and name != subject.name:
        require_free_name(session, subject.parent_id, subject.kind, str(name), on=on, but=subject.id)
    _rename(session, subject, str(name), external_id)
    changed = load_subjects(session, [subject.id], on=on)[subject.id]
    _note(session, viewer, "subject.changed", changed, {"name": changed.name}, now=now)
    return changed


def move_subject(
    session: WriteSession,
    viewer: Viewer,
    subject_id: str,
    move: Move,
    *,
    expected_version: int | None = None,
    now: datetime,
) -> Subject:
    """Hang a subject under another parent from a day on (today); where it hung before is kept with its days.

    For who may write the organisation in both places. A closed subject comes back. Refuses loops, too many levels
    or children, a taken name, a day before its last move. Idempotent: where it hangs already it stays.
    """
    on = move.starts_on or local_day(now)
    subject = _writable(session, viewer, subject_id, on)
    parent = _parent(session, viewer, move.parent_id, on)
    if subject.kind is SubjectKind.COMPANY:
        raise CompanyStays
    if parent.company_id != subject.company_id:
        raise NotFound
    take_turn(session, subject.company_id)
    check_version(subject.version, expected_version)
    if subject.parent_id == parent.id and subject.closed_on is None:
        return subject
    move_row(session, subject, parent, on=on)
    _bump(session, subject)
    moved = load_subjects(session, [subject.id], on=on)[subject.id]
    _note(
        session,
        viewer,
        "subject.moved",
        moved,
        {"from": subject.parent_id, "to": parent.id, "on": on.isoformat()},
        now=now,
    )
    return moved


def close_subject(
    session: WriteSession,
    viewer: Viewer,
    subject_id: str,
    *,
    on: date | None = None,
    expected_version: int | None = None,
    now: datetime,
) -> Subject:
    """End a subject's place in the tree on a day, today or earlier, with what it leads; figures of the past stay.

    For who may write the organisation there. A leaver's browsers are signed out, and grants and keys in the company
    withdrawn. A unit must be empty first. Raises AlreadyClosed the second time.
    """
    day = on or local_day(now)
    subject = _writable(session, viewer, subject_id, day)
    if subject.kind is SubjectKind.COMPANY:
        raise CompanyStays
    if day > local_day(now) + _EASTERN:
        raise Invalid([FieldError("on", "Choose today or an earlier day.")])
    take_turn(session, subject.company_id)
    check_version(subject.version, expected_version)
    if count_children(session, subject.id, on=day):
        raise UnitNotEmpty
    end_membership(session, subject.id, on=day)
    end_roles(session, subject.id, on=day)
    _withdraw_access(session, subject, now=now)
    _bump(session, subject)
    closed = load_subjects(session, [subject.id], on=day)[subject.id]
    _note(session, viewer, "subject.closed", closed, {"on": day.isoformat()}, now=now)
    return closed


def _writable(session: ReadSession, viewer: Viewer, subject_id: str, on: date) -> Subject:
    return get_subject(session, viewer, subject_id, on=on, action=Action.ORGANISATION_WRITE)


def _parent(session: ReadSession, viewer: Viewer, parent_id: str, on: date) -> Subject:
    parent = _writable(session, viewer, parent_id, on)
    require_open(parent)
    return parent


def _free_external_id(
    session: ReadSession, reading: Reading, company_id: str, text: str, *, but: str | None
) -> str | None:
    external_id = reading.take("external_id", parse_external_id, text)
    if external_id is not None:
        holder = find_subject_id(session, company_id, external_id)
        if holder is not None and holder != but:
            reading.errors.append(FieldError("external_id", TAKEN))
    return external_id


def _new_row(
    subject_id: str, company_id: str, kind: SubjectKind, name: str, external_id: str | None, *, now: datetime
) -> SubjectRow:
    return SubjectRow(
        id=subject_id,
        company_id=company_id,
        kind=kind,
        name=name,
        name_key=name_key(name),
        external_id=external_id,
        created_at=now,
        version=1,
    )


def _rename(session: WriteSession, subject: Subject, name: str, external_id: str | None) -> None:
    session.execute(
        update(SubjectRow)
        .where(SubjectRow.id == subject.id)
        .values(name=name, name_key=name_key(name), external_id=external_id, version=SubjectRow.version + 1)
    )
    if subject.kind is SubjectKind.PERSON and name != subject.name:
        session.execute(
            update(PersonRow)
            .where(PersonRow.subject_id == subject.id)
            .values(name=name, name_key=name_key(name), version=PersonRow.version + 1)
        )
    session.expire_all()


def _bump(session: WriteSession, subject: Subject) -> None:
    session.execute(update(SubjectRow).where(SubjectRow.id == subject.id).values(version=SubjectRow.version + 1))
    session.expire_all()


def _withdraw_access(session: WriteSession, subject: Subject, *, now: datetime) -> None:
    """A leaver is signed out everywhere and holds neither grant nor key in the company any more."""
    person = load_people_of(session, [subject.id]).get(subject.id)
    account = find_account(session, person.mailbox) if person and person.mailbox else None
    if account is None:
        return
    accounts.withdraw(session, account.id, subject.company_id, now=now)


def _note(
    session: WriteSession, viewer: Viewer, action: str, subject: Subject, details: Mapping[str, Any], *, now: datetime
) -> None:
    record(
        session,
        viewer.actor,
        action,
        company_id=subject.company_id,
        object_kind="subject",
        object_id=subject.id,
        details=details,
        now=now,
    )
