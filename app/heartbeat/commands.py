"""The one write of signs of life: a worker saying that it works."""

from datetime import datetime

from sqlalchemy import delete, update

from app.heartbeat.rules import FORGOTTEN
from app.heartbeat.tables import WorkerRow
from app.infra.database import WriteSession
from app.infra.upserts import insert_or_leave


def beat(session: WriteSession, worker: str, *, now: datetime) -> None:
    """Note that a worker works, and forget those that have been silent for a day. For the worker; idempotent."""
    session.execute(delete(WorkerRow).where(WorkerRow.beaten_at < now - FORGOTTEN))
    if not insert_or_leave(session, WorkerRow, name=worker, beaten_at=now):
        session.execute(update(WorkerRow).where(WorkerRow.name == worker).values(beaten_at=now))
