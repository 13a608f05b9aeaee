"""Writing no more to a mailbox, and writing to it again."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete, update

from app.infra.database import WriteSession
from app.infra.upserts import insert_or_leave
from app.mail import rules
from app.mail.tables import OutboxRow, SuppressionRow
from app.mail.values import ROUND_LETTERS, OutboxState, SuppressionReason


def suppress(session: WriteSession, mailbox: str, reason: SuppressionReason, *, note: str = "", now: datetime) -> None:
    """Leave a mailbox alone from now on, in all rounds; what weighs more takes the place of what weighs less.

    For whoever found out; idempotent. Letters that wait for it and that nobody asked for are cancelled.
    """
    if not insert_or_leave(session, SuppressionRow, mailbox=mailbox, reason=reason, at=now, note=note):
        row = session.get_one(SuppressionRow, mailbox, populate_existing=True)
        if rules.outweighs(reason, SuppressionReason(row.reason)):
            row.reason, row.at, row.note = reason, now, note
            session.flush()
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.mailbox == mailbox, OutboxRow.state == OutboxState.QUEUED, OutboxRow.letter.in_(ROUND_LETTERS))
        .values(state=OutboxState.CANCELLED, settled_at=now)
    )


def lift_suppression(session: WriteSession, mailbox: str) -> bool:
    """Write to a mailbox again, and whether it was left alone; for the person whose it is, or who may and says why."""
    done = session.execute(delete(SuppressionRow).where(SuppressionRow.mailbox == mailbox))
    return bool(cast("CursorResult[Any]", done).rowcount)
