"""Requests straight to the application, all on one event loop: a thread and a loop for each cost more than its answer."""

import atexit
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.testclient import TestClient

T = TypeVar("T")


def run(work: Callable[..., Awaitable[T]], *given: Any) -> T:
    """Run something on that loop and wait for it."""
    return _loop().call(work, *given)


class Client(TestClient):
    """A test client on the loop that all of a run share."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.portal = _loop()


@cache
def _loop() -> BlockingPortal:
    running = start_blocking_portal()
    portal = running.__enter__()
    atexit.register(running.__exit__, None, None, None)
    return portal
