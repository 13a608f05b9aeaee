"""What is read of signs of life: the last one of all workers."""

from datetime import datetime

from sqlalchemy import func, select

from app.heartbeat.tables import WorkerRow
from app.infra.database import ReadSession


def find_last_beat(session: ReadSession) -> datetime | None:
    """When any worker last said that it works; None when none is known."""
    return session.scalar(select(func.max(WorkerRow.beaten_at)))
