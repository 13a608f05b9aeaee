"""A queue before a door: so many at once are let in, in the order in which they came."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from app.errors import Unavailable


class Queue:
    """Lets `places` in at once; whoever waits longer than `patience` seconds is told Unavailable.

    A semaphore would do but for its order: who comes just as a place gets free slips in before those who wait for it,
    and a few wait many times as long as the rest.
    """

    def __init__(self, places: int, patience: float) -> None:
        self._free = places
        self._patience = patience
        self._waiting: deque[threading.Event] = deque()
        self._door = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A place, for as long as the block runs."""
        self._take()
        try:
            yield
        finally:
            self._give()

    def _take(self) -> None:
        called = threading.Event()
        with self._door:
            if self._free:
                self._free -= 1
                return
            self._waiting.append(called)
        if called.wait(self._patience):
            return
        with self._door:
            # Called at the last moment: the place is taken.
            if called.is_set():
                return
            self._waiting.remove(called)
        raise Unavailable

    def _give(self) -> None:
        """Hand the place to whoever waits longest."""
        with self._door:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1
