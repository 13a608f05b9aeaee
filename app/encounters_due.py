"""What the worker does for programmes: begin the rounds of a new period, and hold the draws of the day."""

from datetime import datetime

import structlog

from app.encounters.commands import begin_period, draw_due, note_failed_beginning
from app.encounters.queries import load_due_draws, load_due_programmes
from app.infra.database import Database

log = structlog.get_logger("app.worker")


def begin_due(database: Database, now: datetime) -> int:
    """Begin the rounds of programmes whose period has come, each in a transaction of its own; how many."""
    with database.read() as session:
        due = load_due_programmes(session, now=now)
    return sum(_begin(database, programme_id, now) for programme_id in due)


def _begin(database: Database, programme_id: str, now: datetime) -> int:
    try:
        with database.write() as session:
            return int(begin_period(session, programme_id, now=now))
    except Exception as error:
        log.exception("round of a programme not begun", programme=programme_id)
        with database.write() as session:
            note_failed_beginning(session, programme_id, type(error).__name__, now=now)
        return 0


def draw_all_due(database: Database, now: datetime) -> int:
    """Hold the draws of today, company by company; how many requests they make."""
    with database.read() as session:
        due = load_due_draws(session, now=now)
    made = 0
    for company_id in due:
        with database.write() as session:
            made += draw_due(session, company_id, now=now)
    return made
