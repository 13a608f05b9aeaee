"""Misses are counted per key and forgotten with time."""

import time

import pytest

from app.errors import TooMany
from app.http.limiter import Limiter, OneAtATime


def test_the_last_allowed_miss_is_free_and_the_next_one_waits() -> None:
    limiter = Limiter(3, 60.0)
    for _ in range(3):
        limiter.check("a")
        limiter.count("a")
    with pytest.raises(TooMany) as refused:
        limiter.check("a")
    assert 50 <= refused.value.retry_after <= 60


def test_what_is_used_up_is_refused() -> None:
    limiter = Limiter(1, 60.0)
    limiter.use("a")
    with pytest.raises(TooMany):
        limiter.use("a")


def test_who_does_not_get_the_turn_in_time_is_asked_to_come_back() -> None:
    computing = OneAtATime(0.01)
    with computing.turn(), pytest.raises(TooMany) as refused, computing.turn():
        pass
    assert refused.value.retry_after == 1
    with computing.turn():
        pass


def test_one_key_does_not_pay_for_another() -> None:
    limiter = Limiter(1, 60.0)
    limiter.count("a")
    limiter.check("b")


def test_a_window_ends() -> None:
    limiter = Limiter(1, 0.02)
    limiter.count("a")
    time.sleep(0.03)
    limiter.check("a")


def test_memory_stays_bounded_when_the_keys_never_end() -> None:
    limiter = Limiter(1, 60.0)
    for key in range(45_000):
        limiter.count(str(key))
    assert len(limiter._counts) <= 20_000
