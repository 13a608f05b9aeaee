"""A worker's sign of life: given while its loop comes round; and what a busy database puts off is no fault."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from app.errors import Unavailable
from app.heartbeat.queries import find_last_beat
from app.infra.clock import utc_now
from app.infra.database import Database, WriteSession
from app.settings import Settings
from app.worker import Pulse, Task, post_of, run_once, working, writing


def heard(engine: Database) -> datetime | None:
    with engine.read() as session:
        return find_last_beat(session)


def eventually(is_so: Callable[[], bool], *, within: float = 10.0) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.02)
    return False


def test_a_worker_gives_a_sign_of_life_as_long_as_it_works(engine: Database, settings: Settings) -> None:
    begun = utc_now()
    with working(settings, engine):
        assert eventually(lambda: heard(engine) is not None)
    last = heard(engine)
    assert last is not None
    assert begun <= last <= utc_now()


def test_a_loop_that_hangs_gives_no_sign_of_life_until_it_comes_round(engine: Database, now: datetime) -> None:
    stop = threading.Event()
    stop.set()
    pulse = Pulse(engine, "host/1", lambda: now, hangs=timedelta(seconds=0.05))
    time.sleep(0.06)
    pulse.beat_until(stop)
    assert heard(engine) is None
    pulse.come_round(engine, now)
    pulse.beat_until(stop)
    assert heard(engine) == now


def test_what_a_busy_database_puts_off_is_a_line_in_the_log_and_a_fault_is_told_in_full(
    engine: Database, settings: Settings, now: datetime
) -> None:
    tasks = (Task("busy", writing(busy)), Task("broken", writing(broken)))
    with structlog.testing.capture_logs() as lines:
        assert run_once(engine, post_of(settings, "host/1"), now=now, tasks=tasks) == 0
    assert [(line["work"], line["log_level"], "exc_info" in line) for line in lines] == [
        ("busy", "warning", False),
        ("broken", "error", True),
    ]


def busy(session: WriteSession, *, now: datetime) -> int:
    raise Unavailable


def broken(session: WriteSession, *, now: datetime) -> int:
    raise RuntimeError("planted")
