"""A queue before a door: as many as there are places, first come first served, and nobody waits for ever."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.errors import Unavailable
from app.infra.queue import Queue

PLACES, MANY = 2, 12


def test_as_many_as_there_are_places_are_in_at_once_and_the_rest_in_the_order_in_which_they_came() -> None:
    queue, leave = Queue(PLACES, patience=10), threading.Semaphore(0)
    entered: list[int] = []

    def come(number: int) -> None:
        with queue.turn():
            entered.append(number)
            leave.acquire()

    with ThreadPoolExecutor(MANY) as people:
        for number in range(MANY):
            people.submit(come, number)
            _until(lambda: len(entered) + len(queue._waiting) > number)  # noqa: B023 - called at once
        for gone in range(MANY):
            _until(lambda: len(entered) == min(PLACES + gone, MANY))  # noqa: B023 - called at once
            leave.release()
    assert entered == list(range(MANY))
    assert (queue._free, len(queue._waiting)) == (PLACES, 0)


def test_a_place_is_given_back_whatever_happens_there() -> None:
    queue = Queue(1, patience=0.01)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), queue.turn():
            raise ZeroDivisionError
    with queue.turn():
        pass


def test_who_waits_too_long_is_told_so_and_takes_nobodys_place() -> None:
    queue = Queue(1, patience=0.01)
    with queue.turn(), pytest.raises(Unavailable), queue.turn():
        pytest.fail("let in beside another")
    with queue.turn():
        assert not queue._waiting


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds() and time.monotonic() < end:
        time.sleep(0.001)
