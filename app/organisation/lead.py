"""Who leads which unit, from a day on and until a day."""

from datetime import date, datetime

from app.accounts.rules import Action
from app.accounts.values import Viewer
from app.errors import FieldError, Invalid, NotFound
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import is_id
from app.journal.commands import record
from app.organisation.place import begin_role, take_turn
from app.organisation.queries import get_subject, load_subjects, role_of
from app.organisation.rules import end_of_stay
from app.organisation.tables import ManagerRoleRow
from app.organisation.values import UNIT_KINDS, ManagerRole, Subject, SubjectId, SubjectKind


def add_manager_role(
    session: WriteSession,
    viewer: Viewer,
    unit_id: str,
    subject_id: str,
    *,
    starts_on: date | None = None,
    now: datetime,
) -> ManagerRole:
    """Let a person-subject lead a unit from a day on (today): manager of all below it, with sight of their results.

    For who may write the organisation at the unit. Raises AlreadyLeads the second time. Sends nothing.
    """
    on = starts_on or local_day(now)
    unit = get_subject(session, viewer, unit_id, on=on, action=Action.ORGANISATION_WRITE)
    leader = load_subjects(session, [subject_id], on=on).get(SubjectId(subject_id))
    if unit.kind not in UNIT_KINDS:
        raise Invalid([FieldError("unit_id", "Only a company, department or team can be led.", ", ".join(UNIT_KINDS))])
    if leader is None or leader.company_id != unit.company_id or leader.closed_on is not None:
        raise NotFound
    if leader.kind is not SubjectKind.PERSON:
        raise Invalid([FieldError("subject_id", "Only a person can lead.")])
    take_turn(session, unit.company_id)
    row = begin_role(session, unit.id, leader.id, on=on)
    _note(session, viewer, "manager_role.started", unit, row, now=now)
    return role_of(row)


def end_manager_role(
    session: WriteSession, viewer: Viewer, role_id: str, *, ends_on: date | None = None, now: datetime
) -> ManagerRole:
    """End what a person leads, on a day (today): from that day on the rights are gone. Idempotent.

    For who may write the organisation at the unit.
    """
    day = ends_on or local_day(now)
    row = session.get(ManagerRoleRow, role_id) if is_id(role_id) else None
    if row is None:
        raise NotFound
    unit = get_subject(session, viewer, row.unit_id, on=local_day(now), action=Action.ORGANISATION_WRITE)
    if row.ends_on is None or row.ends_on > day:
        row.ends_on = end_of_stay(row.starts_on, day)
        session.flush()
        _note(session, viewer, "manager_role.ended", unit, row, now=now)
    return role_of(row)


def _note(
    session: WriteSession, viewer: Viewer, action: str, unit: Subject, row: ManagerRoleRow, *, now: datetime
) -> None:
    record(
        session,
        viewer.actor,
        action,
        company_id=unit.company_id,
        object_kind="subject",
        object_id=unit.id,
        details={"leader_id": row.subject_id, "from": row.starts_on.isoformat()},
        now=now,
    )
