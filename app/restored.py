"""Whether the database is an older one than letters have left from: then nothing leaves until somebody says so."""

from datetime import datetime
from pathlib import Path

import structlog

from app.heartbeat.queries import find_last_beat
from app.infra.database import Database
from app.infra.mark import Mark, read_mark, write_mark
from app.mail.commands import begin_progress, hold_outbox
from app.mail.queries import load_progress
from app.mail.rules import is_older
from app.mail.values import Progress

log = structlog.get_logger("app.worker")


def hold_if_older(database: Database, path: Path | None, *, now: datetime) -> int:
    """Hold the outbox of a database that knows of fewer letters than the file beside it; 1 if it is held since now.

    To be asked before each sign of life of a worker, which would hide that there was none for long, and before each
    turn: a database may be put back under a running worker.
    """
    if path is None:
        return 0
    # The file first: a batch of another worker that is counted in between must not look like one too many.
    mark = read_mark(path)
    with database.read() as session:
        progress, heard_at = load_progress(session), find_last_beat(session)
    if not progress.origin:
        with database.write() as session:
            progress = begin_progress(session)
    noted = mark.number if mark is not None and mark.origin == progress.origin else None
    is_old = is_older(progress.batches, noted, heard_at, now=now)
    if is_old:
        with database.write() as session:
            hold_outbox(session, noted=noted or 0, now=now)
        log.warning("outbox held, the database is older than the letters that have left", noted=noted)
    note_progress(path, progress)
    return int(is_old and progress.held_at is None)


def note_progress(path: Path | None, progress: Progress) -> None:
    """Note beside the database how far its outbox has come, once that is committed."""
    if path is not None and progress.origin:
        write_mark(path, Mark(progress.origin, progress.batches))
