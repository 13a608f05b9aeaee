"""Group commit: those who wait to write share one transaction, each in a savepoint; all are answered after the commit.

Most of what a small write costs on SQLite is having its turn: the lock, the connection, the wait for the disk. The first
who comes leads, takes in whoever came meanwhile, and hands the lead on. Helland, Sammer, Lyon, Carr, Garrett and Reuter
(1987), "Group Commit Timers and High Volume Transaction Systems", tell the idea; here nobody waits for a timer.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.errors import Unavailable

MOST = 64
"""Writes in one transaction: readers of its file wait for none of them, other writers for all of them."""


@dataclass(slots=True, eq=False)
class Job:
    """One write that waits, and what became of it."""

    work: Callable[[Any], Any]
    result: Any = None
    error: BaseException | None = None
    is_done: bool = False
    turn: threading.Event = field(default_factory=threading.Event)


class Together:
    """Gathers writes from many threads; `write_all` runs some in one transaction and fills in results and errors."""

    def __init__(self, write_all: Callable[[Sequence[Job]], None], patience: float) -> None:
        self._write_all = write_all
        self._patience = patience
        self._waiting: deque[Job] = deque()
        self._is_led = False
        self._door = threading.Lock()

    def run(self, work: Callable[[Any], Any]) -> Any:
        """The result of `work` once it is stored; raises what it raised, or Unavailable after too long a wait."""
        job = Job(work)
        with self._door:
            self._waiting.append(job)
            leads, self._is_led = not self._is_led, True
        if not leads:
            self._wait(job)
        if not job.is_done:
            self._lead()
        if job.error is not None:
            raise job.error
        return job.result

    def _wait(self, job: Job) -> None:
        """Until the write is done, or it is this one's turn to lead."""
        if job.turn.wait(self._patience):
            return
        with self._door:
            if job in self._waiting and not job.turn.is_set():
                self._waiting.remove(job)
                raise Unavailable
        # Somebody has it in hand, or has just handed on the lead.
        job.turn.wait()

    def _lead(self) -> None:
        with self._door:
            jobs = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
        try:
            self._write_all(jobs)
        except BaseException as error:
            is_failure = isinstance(error, Exception) and not isinstance(error, Unavailable)
            for job in jobs:
                job.error = error if is_failure else Unavailable()
            # Who interrupts the leader ends it; nobody's write was stored all the same.
            if not isinstance(error, Exception):
                raise
        finally:
            for job in jobs:
                job.is_done = True
                job.turn.set()
            self._hand_on()

    def _hand_on(self) -> None:
        with self._door:
            self._is_led = bool(self._waiting)
            if self._waiting:
                self._waiting[0].turn.set()
