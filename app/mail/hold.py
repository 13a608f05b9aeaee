"""Holding the outbox: nothing leaves a database that was put back to an earlier state until somebody says what to do."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, update

from app.infra.database import WriteSession
from app.infra.ids import new_id
from app.infra.upserts import insert_or_leave
from app.mail.queries import WAITS, load_progress
from app.mail.tables import OutboxProgressRow, OutboxRow
from app.mail.values import Letter, OutboxState, Progress

_COUNT = (
    update(OutboxProgressRow)
    .values(batches=OutboxProgressRow.batches + 1)
    .returning(OutboxProgressRow.origin, OutboxProgressRow.batches, OutboxProgressRow.held_at)
)


def begin_progress(session: WriteSession) -> Progress:
    """Give the outbox the name that all copies of this database share, unless it has one. For the worker."""
    insert_or_leave(session, OutboxProgressRow, id=1, origin=new_id(session), batches=0, held_at=None)
    return load_progress(session)


def count_batch(session: WriteSession) -> Progress:
    """Count a batch that is about to leave; how far the outbox has come with it.

    For the worker, in the transaction that marks the letters. The number is to be noted beside the database once that
    is committed and BEFORE a body is sent: whoever finds more noted there than here knows that this is an old copy.
    """
    counted = session.connection().execute(_COUNT).first()
    if counted is None:
        begin_progress(session)
        counted = session.connection().execute(_COUNT).one()
    return Progress(*counted)


def hold_outbox(session: WriteSession, *, noted: int = 0, now: datetime) -> None:
    """Let no letter leave from now on, but for sign-in links that are asked for later.

    For a worker that noted more batches than the database knows of, and for the command line. Idempotent: since when
    it is held stays.
    """
    begin_progress(session)
    session.execute(update(OutboxProgressRow).where(OutboxProgressRow.held_at.is_(None)).values(held_at=now))
    # What was noted counts from now on: once let go, the outbox is not held again for the same reason.
    session.execute(update(OutboxProgressRow).where(OutboxProgressRow.batches < noted).values(batches=noted))


def let_go(session: WriteSession) -> bool:
    """Let the letters of a held outbox leave; whether it was held. For the command line."""
    done = session.execute(update(OutboxProgressRow).where(OutboxProgressRow.held_at.is_not(None)).values(held_at=None))
    return bool(cast("CursorResult[Any]", done).rowcount)


def drop_waiting(session: WriteSession, *, now: datetime) -> int:
    """Cancel whatever waits in the outbox but sign-in links; how many letters. For the command line.

    References and waves stay known, so that due work does not put the same letters in once more.
    """
    done = session.execute(
        update(OutboxRow)
        .where(WAITS, OutboxRow.letter != Letter.SIGN_IN)
        .values(state=OutboxState.CANCELLED, settled_at=now)
    )
    return cast("CursorResult[Any]", done).rowcount
