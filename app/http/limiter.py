"""Counting in memory: misses, so that guessing links is slow, and work that takes a core, so that others are served."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from app.errors import TooMany

_MOST = 20_000


class Limiter:
    """At most `limit` misses per key and window of `seconds`; forgets everything with the process."""

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds
        self._counts: dict[str, tuple[float, int]] = {}
        self._turn = threading.Lock()

    def check(self, key: str) -> None:
        """Raise TooMany when the key has used up its misses."""
        with self._turn:
            ends, count = self._window(key)
        if count >= self._limit:
            raise TooMany(max(1, round(ends - time.monotonic())))

    def count(self, key: str) -> None:
        """One more miss."""
        with self._turn:
            ends, count = self._window(key)
            if len(self._counts) >= _MOST:
                self._forget()
            self._counts[key] = (ends, count + 1)

    def use(self, key: str) -> None:
        """One more, or TooMany when the key has used up what it has."""
        self.check(key)
        self.count(key)

    def _window(self, key: str) -> tuple[float, int]:
        now = time.monotonic()
        ends, count = self._counts.get(key, (0.0, 0))
        return (ends, count) if ends > now else (now + self._seconds, 0)

    def _forget(self) -> None:
        now = time.monotonic()
        self._counts = {key: kept for key, kept in self._counts.items() if kept[0] > now}
        if len(self._counts) >= _MOST:
            self._counts.clear()


class OneAtATime:
    """Work that takes a core for a while: one request does it, others wait a little and are then asked to come back."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._turn = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the turn; TooMany when it did not come within `patience` seconds."""
        if not self._turn.acquire(timeout=self._patience):
            raise TooMany(max(1, round(self._patience)))
        try:
            yield
        finally:
            self._turn.release()
