"""Who acts for a manager, from a day on and until a day: appointed by the manager or by who writes the organisation."""

from datetime import date, datetime

from sqlalchemy import select

from app.accounts.rules import Action, may, require
from app.accounts.values import Viewer
from app.errors import FieldError, Invalid, NotFound
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import is_id, new_id
from app.journal.commands import record
from app.mail.commands import enqueue
from app.organisation.letters import deputy_letter
from app.organisation.place import take_turn
from app.organisation.queries import load_manager_roles, load_people_of, load_subjects
from app.organisation.rules import AlreadyDeputy, LeadsNothing, end_of_stay, require_period
from app.organisation.tables import DeputyRow
from app.organisation.values import Deputy, NewDeputy, Subject, SubjectId, SubjectKind

NO_DEPUTY = "Choose somebody else of this company who works here."


def appoint_deputy(session: WriteSession, viewer: Viewer, subject_id: str, new: NewDeputy, *, now: datetime) -> Deputy:
    """Let somebody act for a manager in a period: sight of what the manager leads, approvals, the manager's letters.

    For the manager himself, and for who may write the organisation where the manager is; a deputy appoints nobody.
    Rating stays with the manager. Raises AlreadyDeputy where the days overlap, LeadsNothing for who leads no unit.
    The deputy gets a letter. Noted in the journal, as is later whatever the deputy does.
    """
    today = local_day(now)
    starts_on = new.starts_on or today
    manager = _manager(session, viewer, subject_id, on=today)
    require_period(starts_on, new.ends_on, today=today)
    deputy = load_subjects(session, [new.deputy_id], on=today).get(SubjectId(new.deputy_id))
    if not _is_fit(deputy, manager):
        raise Invalid([FieldError("deputy_id", NO_DEPUTY)])
    take_turn(session, manager.company_id)
    if not any(role.subject_id == manager.id for role in load_manager_roles(session, manager.company_id, on=today)):
        raise LeadsNothing
    _refuse_overlap(session, manager.id, new.deputy_id, starts_on, new.ends_on)
    row = DeputyRow(
        id=new_id(session),
        subject_id=manager.id,
        deputy_id=new.deputy_id,
        starts_on=starts_on,
        ends_on=new.ends_on,
    )
    session.add(row)
    session.flush()
    made = Deputy(row.id, manager.id, SubjectId(row.deputy_id), deputy.name if deputy else "", starts_on, new.ends_on)
    _note(session, viewer, "deputy.appointed", manager, made, now=now)
    _write_to(session, made, manager, now=now)
    return made


def end_deputy(
    session: WriteSession, viewer: Viewer, deputy_id: str, *, ends_on: date | None = None, now: datetime
) -> Deputy:
    """Let somebody act for a manager no longer, from a day on (today). Idempotent; sends nothing.

    For who may appoint one.
    """
    row = session.get(DeputyRow, deputy_id) if is_id(deputy_id) else None
    if row is None:
        raise NotFound
    today = local_day(now)
    manager = _manager(session, viewer, row.subject_id, on=today)
    day = end_of_stay(row.starts_on, max(ends_on or today, row.starts_on))
    deputy = load_subjects(session, [row.deputy_id], on=today)[SubjectId(row.deputy_id)]
    changes = row.ends_on > day
    if changes:
        row.ends_on = day
        session.flush()
    found = Deputy(row.id, manager.id, deputy.id, deputy.name, row.starts_on, row.ends_on)
    if changes:
        _note(session, viewer, "deputy.ended", manager, found, now=now)
    return found


def _manager(session: WriteSession, viewer: Viewer, subject_id: str, *, on: date) -> Subject:
    manager = load_subjects(session, [subject_id], on=on).get(SubjectId(subject_id))
    path = manager.path if manager else ()
    if manager is None or not (manager.id in viewer.own_subjects or may(viewer, Action.ORGANISATION_WRITE, path)):
        require(viewer, Action.ORGANISATION_WRITE, path)
        raise NotFound
    return manager


def _is_fit(deputy: Subject | None, manager: Subject) -> bool:
    return (
        deputy is not None
        and deputy.company_id == manager.company_id
        and deputy.kind is SubjectKind.PERSON
        and deputy.closed_on is None
        and deputy.id != manager.id
    )


def _refuse_overlap(session: WriteSession, subject_id: str, deputy_id: str, starts_on: date, ends_on: date) -> None:
    known = select(DeputyRow.id).where(
        DeputyRow.subject_id == subject_id,
        DeputyRow.deputy_id == deputy_id,
        DeputyRow.starts_on < ends_on,
        DeputyRow.ends_on > starts_on,
    )
    if session.scalar(known.limit(1)) is not None:
        raise AlreadyDeputy


def _write_to(session: WriteSession, made: Deputy, manager: Subject, *, now: datetime) -> None:
    person = load_people_of(session, [made.deputy_id]).get(made.deputy_id)
    if person is None or person.email is None:
        return
    company = load_subjects(session, [manager.company_id], on=local_day(now))[manager.company_id]
    enqueue(session, deputy_letter(made, person, manager.name, organisation=company.name, now=now), now=now)


def _note(
    session: WriteSession, viewer: Viewer, action: str, manager: Subject, deputy: Deputy, *, now: datetime
) -> None:
    record(
        session,
        viewer.actor,
        action,
        company_id=manager.company_id,
        object_kind="subject",
        object_id=manager.id,
        details={
            "deputy_id": deputy.deputy_id,
            "from": deputy.starts_on.isoformat(),
            "until": deputy.ends_on.isoformat(),
        },
        now=now,
    )
