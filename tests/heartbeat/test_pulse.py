"""A worker's sign of life: given while its loop comes round; and what a busy database puts off is no fault."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import structlog
from sqlalchemy import event

from app.dispatch import Post
from app.errors import Unavailable
from app.heartbeat.commands import beat
from app.heartbeat.queries import find_last_beat
from app.infra.clock import utc_now
from app.infra.database import Database, WriteSession
from app.mail.commands import begin_progress, count_batch
from app.mail.queries import load_progress
from app.settings import Settings
from app.worker import Task, post_of, run_once, writing
from app.working import Pulse, working


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


def held_at(engine: Database) -> datetime | None:
    with engine.read() as session:
        return load_progress(session).held_at


def long_rested(engine: Database, now: datetime) -> datetime:
    """A database from which letters have left, and in which no worker was heard of for five hours; since when."""
    last = now - timedelta(hours=5)
    with engine.write() as session:
        begin_progress(session)
        count_batch(session)
        beat(session, "host/1", now=last)
    return last


def test_a_worker_gives_a_sign_of_life_as_long_as_it_works_and_looks_before_whether_the_database_is_an_older_one(
    engine: Database, settings: Settings
) -> None:
    begun = utc_now()
    long_rested(engine, begun)
    # The sign is given at once and the end comes at once, also while due work lets a service begin before it.
    with working(settings, engine, after=3600.0):
        assert eventually(lambda: (heard(engine) or begun) > begun)
    held, last = held_at(engine), heard(engine)
    assert held is not None
    assert last is not None
    assert begun <= held <= last <= utc_now()


def test_a_worker_that_cannot_begin_says_so_and_begins_later(
    engine: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def made(settings: Settings, owner: str, directory: Path | None) -> Post:
        asked.append(owner)
        if len(asked) == 1:
            raise OSError("no room on the disk")
        return post_of(settings, owner, directory)

    def seen(*_: object) -> int:
        asked.append("seen")
        return 0

    monkeypatch.setattr("app.worker.post_of", made)
    monkeypatch.setattr("app.worker.tasks_of", lambda _: (Task("see", seen),))
    often = settings.model_copy(update={"worker_pause": 0.01})
    with structlog.testing.capture_logs() as logs, working(often, engine):
        assert eventually(lambda: "seen" in asked)
    assert asked[0] == asked[1]
    assert [(one["event"], one["work"], one["log_level"]) for one in logs] == [("work failed", "work", "error")]


def test_no_sign_of_life_is_given_while_nobody_can_look_whether_the_database_is_an_older_one(
    engine: Database, now: datetime, tmp_path: Path
) -> None:
    last = long_rested(engine, now)
    stop = threading.Event()
    stop.set()
    pulse = Pulse(engine, "host/1", lambda: now, mark=tmp_path / "outbox.mark")

    def be_away(_c: object, _u: object, statement: str, *_: object) -> None:
        if "outbox_progress" in statement:
            raise Unavailable

    event.listen(engine.engine, "before_cursor_execute", be_away)
    pulse.beat_until(stop)
    event.remove(engine.engine, "before_cursor_execute", be_away)
    assert (heard(engine), held_at(engine)) == (last, None)
    pulse.beat_until(stop)
    assert (heard(engine), held_at(engine)) == (now, now)


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
