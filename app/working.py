"""A worker beside whatever runs: its name, its sign of life, and the thread in which `worker` does what is due."""

import contextlib
import fcntl
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from app.heartbeat.commands import beat
from app.heartbeat.rules import EVERY
from app.infra.attempts import attempt
from app.infra.clock import utc_now
from app.infra.database import Database
from app.infra.later import later
from app.infra.mark import MARK
from app.restored import hold_if_older
from app.settings import Settings

if TYPE_CHECKING:
    from app import worker
else:
    worker = later("app.worker")

HANGS = timedelta(hours=1)
"""A loop that has not come round for so long hangs: even a relay that takes ten minutes a letter lets it pass."""


class Pulse:
    """The sign of life of a worker: given every half minute, for as long as its loop comes round.

    Not given by the loop itself, which may rightly wait ten minutes for a relay. Nor before it is known, by `mark`,
    that the database is no older one: a sign of life would hide that there was none for long.
    """

    def __init__(
        self,
        database: Database,
        owner: str,
        clock: Callable[[], datetime],
        *,
        mark: Path | None = None,
        hangs: timedelta = HANGS,
    ) -> None:
        self._database, self._owner, self._clock, self._mark = database, owner, clock, mark
        self._hangs = hangs.total_seconds()
        self._came_round_at = time.monotonic()

    def come_round(self, _database: Database, _now: datetime) -> int:
        """Note that the loop does; the first of its tasks."""
        self._came_round_at = time.monotonic()
        return 0

    def beat_until(self, stop: threading.Event) -> None:
        """Beat at once and every half minute until told to stop."""
        while True:
            if time.monotonic() - self._came_round_at < self._hangs:
                attempt("beat", self._beat)
            if stop.wait(EVERY.total_seconds()):
                return

    def _beat(self) -> int:
        now = self._clock()
        hold_if_older(self._database, self._mark, now=now)
        with self._database.write() as session:
            beat(session, self._owner, now=now)
        return 0


@contextlib.contextmanager
def working(settings: Settings, database: Database, *, after: float = 0.0) -> Iterator[threading.Event]:
    """A worker beside whatever runs in the block; it ends its piece of work before the block is left.

    It is loaded and begins `after` so many seconds: what starts beside it has the processor to itself until then.
    """
    stop = threading.Event()
    directory = settings.mailbox_dir.parent / "workers"
    with worker_name(directory) as owner:
        pulse = Pulse(database, owner, utc_now, mark=directory / MARK)

        def work() -> int:
            post = worker.post_of(settings, owner, directory)
            tasks = (worker.Task("come round", pulse.come_round), *worker.tasks_of(settings.zone))
            worker.run_until(stop, database, post, clock=utc_now, pause=settings.worker_pause, tasks=tasks)
            return 0

        def loop() -> None:
            stop.wait(after)
            while not stop.is_set():
                attempt("work", work)
                stop.wait(settings.worker_pause)

        threads = [
            threading.Thread(target=loop, name="worker"),
            threading.Thread(target=pulse.beat_until, args=(stop,), name="heartbeat"),
        ]
        for thread in threads:
            thread.start()
        try:
            yield stop
        finally:
            stop.set()
            for thread in threads:
                thread.join()


@contextlib.contextmanager
def worker_name(directory: Path) -> Iterator[str]:
    """A name that no other worker on this machine bears while the block runs, the same again after a crash."""
    directory.mkdir(parents=True, exist_ok=True)
    for slot in range(1, 1000):
        with (directory / f"worker-{slot}.lock").open("a") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield f"{socket.gethostname()}/{slot}"
            return
    raise RuntimeError("a thousand workers run here already")
