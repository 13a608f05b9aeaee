"""What the worker does for rounds that repeat: draft the next one in time, and start it when it opens."""

from collections.abc import Callable
from datetime import datetime

import structlog

from app.infra.database import Database
from app.repeats.commands import draft_next, note_failure, start_next
from app.repeats.queries import load_due

log = structlog.get_logger("app.worker")


def repeat_due(database: Database, now: datetime) -> int:
    """Draft and start what is due, each in a transaction of its own; how many. One that fails holds up no other."""
    with database.read() as session:
        due = load_due(session, now=now)
    return sum(_attempt(database, one.id, start_next if one.is_draft else draft_next, now) for one in due)


def _attempt(database: Database, repetition_id: str, step: Callable[..., bool], now: datetime) -> int:
    try:
        with database.write() as session:
            return int(step(session, repetition_id, now=now))
    except Exception as error:
        log.exception("next round of a repetition not ready", repetition=repetition_id)
        with database.write() as session:
            note_failure(session, repetition_id, type(error).__name__, now=now)
        return 0
