"""What every write of a goal, scale or KPI asks before and leaves behind."""

from datetime import datetime
from typing import TypeVar

from sqlalchemy import select

from app.accounts.rules import Action, require
from app.accounts.values import Viewer
from app.errors import NotFound
from app.infra.database import WriteSession
from app.infra.ids import is_id
from app.infra.versions import check_version
from app.journal.commands import record
from app.kpis.rules import ExternalIdTaken
from app.kpis.tables import CompetenceRow, GoalRow, KpiRow, ScaleRow
from app.organisation.place import take_turn

Row = TypeVar("Row", GoalRow, ScaleRow, CompetenceRow, KpiRow)


def enter(session: WriteSession, viewer: Viewer, company_id: str) -> None:
    """Ask for kpis:write at a company and take the turn there: caps and external ids hold for one write at a time."""
    require(viewer, Action.KPIS_WRITE, (company_id,))
    take_turn(session, company_id)


def writable(session: WriteSession, viewer: Viewer, table: type[Row], row_id: str, expected_version: int | None) -> Row:
    """The row as it is once the turn has come, in the version that the caller saw."""
    row = session.get(table, row_id) if is_id(row_id) else None
    if row is None:
        raise NotFound
    enter(session, viewer, row.company_id)
    session.refresh(row)
    check_version(row.version, expected_version)
    return row


def check_free(
    session: WriteSession, table: type[Row], company_id: str, external_id: str | None, *, own_id: str = ""
) -> None:
    """Refuse an external id that another object of the company has."""
    if external_id is None:
        return
    found = session.scalar(select(table.id).where(table.company_id == company_id, table.external_id == external_id))
    if found not in {None, own_id}:
        raise ExternalIdTaken(external_id=external_id)


def note(
    session: WriteSession,
    viewer: Viewer,
    action: str,
    row: GoalRow | ScaleRow | CompetenceRow | KpiRow,
    now: datetime,
    **details: str,
) -> None:
    """Send the row to the database, and an entry to the journal."""
    session.flush()
    kind = action.partition(".")[0]
    record(
        session,
        viewer.actor,
        action,
        company_id=row.company_id,
        object_kind=kind,
        object_id=row.id,
        details=details,
        now=now,
    )
