"""What the worker does for rounds that repeat: draft the next one in time, start it when it opens, order its visits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from app.infra.database import Database
from app.repeats.commands import draft_next, note_failure, order_next, start_next
from app.repeats.queries import load_due
from app.repeats.values import Repetition, Step

REST = timedelta(hours=1)
"""What came to nothing is tried again after this long, or by a new worker at once."""

_STEPS: Mapping[Step, Callable[..., bool]] = {
    Step.DRAFT: draft_next,
    Step.START: start_next,
    Step.VISITS: order_next,
}

log = structlog.get_logger("app.worker")


@dataclass(slots=True)
class Repeating:
    """What is due, again and again; `failed` is when a repetition last came to nothing here."""

    failed: dict[str, datetime] = field(default_factory=dict)

    def __call__(self, database: Database, now: datetime) -> int:
        """Do what is due, each in a transaction of its own; how many. One that fails holds up no other."""
        with database.read() as session:
            due = load_due(session, now=now)
        return sum(self._attempt(database, one, now) for one in due if not self._rests(one, now))

    def _rests(self, one: Repetition, now: datetime) -> bool:
        failed_at = self.failed.get(one.id)
        return failed_at is not None and timedelta() <= now - failed_at < REST

    def _attempt(self, database: Database, one: Repetition, now: datetime) -> int:
        self.failed.pop(one.id, None)
        try:
            with database.write() as session:
                return int(_STEPS[one.step](session, one.id, now=now))
        except Exception as error:
            log.exception("next round of a repetition not ready", repetition=one.id)
            self.failed[one.id] = now
            with database.write() as session:
                note_failure(session, one.id, error, now=now)
            return 0
