"""Ways out for letters that misbehave: the worker is killed on them, one breaks, one takes its full time."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.infra.clock import elapsed
from app.infra.database import Database
from app.infra.smtp import Carrier, Reply
from app.mail.values import OutboxState
from tests.test_worker import states


class Killing:
    """A way out during which the worker is killed."""

    def __init__(self, killed_at: str) -> None:
        self._killed_at = killed_at

    @contextmanager
    def opened(self) -> Iterator[Carrier]:
        yield self

    def offer(self, sender: str, recipient: str) -> Reply:
        if self._killed_at == "offer":
            raise KeyboardInterrupt
        return Reply(250, "250 go on")

    def hand_over(self, raw: bytes, name: str) -> Reply:
        raise KeyboardInterrupt

    def abandon(self) -> None:
        """Nothing to do."""


class OneBreaks:
    """A way out over several connections, the first of which breaks at its first letter."""

    def __init__(self) -> None:
        self._opened = 0

    @contextmanager
    def opened(self) -> Iterator[Carrier]:
        self._opened += 1
        yield Broken() if self._opened == 1 else Taking()


class Taking:
    def offer(self, sender: str, recipient: str) -> Reply:
        return Reply(250, "250 go on")

    def hand_over(self, raw: bytes, name: str) -> Reply:
        return Reply(250, "250 taken")

    def abandon(self) -> None:
        """Nothing to do."""


class Slow(Taking):
    """A way out that takes ten minutes, and begins to once the next letter is ready."""

    def __init__(self, engine: Database) -> None:
        self.clock = 0.0
        self._engine = engine

    @contextmanager
    def opened(self) -> Iterator[Carrier]:
        yield self

    def hand_over(self, raw: bytes, name: str) -> Reply:
        deadline = elapsed() + 5
        while OutboxState.PREPARED not in states(self._engine).values() and elapsed() < deadline:
            pass
        self.clock += 600
        return super().hand_over(raw, name)


class Broken(Taking):
    def hand_over(self, raw: bytes, name: str) -> Reply:
        raise RuntimeError("planted")
