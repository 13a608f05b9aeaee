"""Every write of follow-up: how a KPI is watched, and accepting a new level of one at a subject.

All of them leave a journal entry and send nothing; nothing that was released changes.
"""

from datetime import date, datetime

from sqlalchemy import select

from app.accounts.rules import Action, require
from app.accounts.values import Viewer
from app.errors import NotFound
from app.followup.queries import find_watched_place
from app.followup.rules import NothingToAccept, ShiftKnown, checked_start, watch_problems
from app.followup.tables import ShiftRow, WatchRow
from app.followup.values import ShiftDraft, WatchDraft
from app.followup.watched import load_watched
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import is_id, new_id
from app.infra.versions import check_version
from app.journal.commands import record
from app.kpis.queries import get_kpi
from app.kpis.rules import refuse
from app.organisation.place import take_turn


def set_watch(
    session: WriteSession,
    viewer: Viewer,
    kpi_id: str,
    draft: WatchDraft,
    *,
    expected_version: int | None = None,
    now: datetime,
) -> None:
    """Say how a KPI is watched, from now on and over its whole history.

    For who may write the KPIs of its company. A season that a best range cannot have, or a red line
    of a hard KPI, is Invalid; the same again changes nothing but the version.
    """
    kpi = get_kpi(session, viewer, kpi_id, on=date.max)
    require(viewer, Action.KPIS_WRITE, (kpi.company_id,))
    take_turn(session, kpi.company_id)
    refuse(watch_problems(draft, kpi.current.direction))
    row = session.get(WatchRow, kpi.id, populate_existing=True)
    check_version(0 if row is None else row.version, expected_version)
    if row is None:
        row = WatchRow(kpi_id=kpi.id, version=0)
        session.add(row)
    row.method, row.season, row.baseline, row.red_line = draft.method, draft.season, draft.baseline, draft.red_line
    row.version += 1
    session.flush()
    record(
        session,
        viewer.actor,
        "watch.set",
        company_id=kpi.company_id,
        object_kind="kpi",
        object_id=kpi.id,
        details={
            "method": draft.method,
            "season": draft.season,
            "baseline": draft.baseline,
            "red_line": draft.red_line,
        },
        now=now,
    )


def accept_shift(
    session: WriteSession, viewer: Viewer, kpi_id: str, subject_id: str, draft: ShiftDraft, *, now: datetime
) -> str:
    """Accept the present level of a KPI at a subject as the usual one from a day on; the id of what was accepted.

    For who reads the course and may write KPIs there: the manager of the subject. The day must lie within the course;
    the same day twice is ShiftKnown, a course without figures NothingToAccept.
    """
    today = local_day(now)
    kpi, subject = find_watched_place(session, viewer, kpi_id, subject_id, on=today)
    require(viewer, Action.KPIS_WRITE, subject.path)
    take_turn(session, kpi.company_id)
    watched = load_watched(session, kpi.company_id, {kpi.id: kpi}, {kpi.id: [subject]}, on=today)
    days = sorted(told.first for one in watched for told in one.series.told)
    if not days:
        raise NothingToAccept
    refuse(checked_start(days, draft.starts_on))
    same = (ShiftRow.kpi_id == kpi.id, ShiftRow.subject_id == subject.id, ShiftRow.starts_on == draft.starts_on)
    if session.scalar(select(ShiftRow.id).where(*same)) is not None:
        raise ShiftKnown
    row = ShiftRow(
        id=new_id(session),
        kpi_id=kpi.id,
        subject_id=subject.id,
        starts_on=draft.starts_on,
        reason=draft.reason,
        actor=viewer.actor,
        made_at=now,
    )
    session.add(row)
    session.flush()
    _note(session, viewer, "shift.accepted", row, kpi.company_id, now)
    return row.id


def take_back_shift(session: WriteSession, viewer: Viewer, shift_id: str, *, now: datetime) -> None:
    """Take an accepted level back, as if it had never been; the journal keeps that it was.

    For the same people. What is not theirs, or not there, is NotFound.
    """
    row = session.get(ShiftRow, shift_id) if is_id(shift_id) else None
    if row is None:
        raise NotFound
    kpi, subject = find_watched_place(session, viewer, row.kpi_id, row.subject_id, on=local_day(now))
    require(viewer, Action.KPIS_WRITE, subject.path)
    _note(session, viewer, "shift.taken_back", row, kpi.company_id, now)
    session.delete(row)
    session.flush()


def _note(session: WriteSession, viewer: Viewer, action: str, row: ShiftRow, company_id: str, now: datetime) -> None:
    record(
        session,
        viewer.actor,
        action,
        company_id=company_id,
        object_kind="shift",
        object_id=row.id,
        details={
            "kpi_id": row.kpi_id,
            "subject_id": row.subject_id,
            "starts_on": row.starts_on.isoformat(),
            "reason": row.reason,
        },
        now=now,
    )
