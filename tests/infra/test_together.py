"""Writes that share a transaction: every one is stored before it is answered, and none suffers for another."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

import pytest
from sqlalchemy import event, func, select

from app.errors import Invalid, Unavailable
from app.heartbeat.commands import beat
from app.heartbeat.tables import WorkerRow
from app.infra.database import WRITERS, Database, WriteSession
from app.infra.together import MOST, Job, Together

MANY = 24
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def keep(number: int) -> Callable[[WriteSession], int]:
    def work(session: WriteSession) -> int:
        beat(session, f"worker {number}", now=NOW)
        if number % 3 == 0:
            raise Invalid([])
        return number

    return work


def pick(number: int, _session: object) -> int:
    return number


def kept(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(WorkerRow)) or 0


def test_what_one_raises_undoes_its_own_work_only(engine: Database) -> None:
    commits: list[object] = []
    count = commits.append
    event.listen(engine.engine, "commit", count)

    inside: set[int] = set()
    most = 0

    def work(session: WriteSession, number: int) -> int:
        nonlocal most
        inside.add(number)
        most = max(most, len(inside))
        try:
            return keep(number)(session)
        finally:
            inside.remove(number)

    def send(number: int) -> int | None:
        try:
            return engine.write_together(lambda session: work(session, number))
        except Invalid:
            return None

    try:
        with ThreadPoolExecutor(MANY) as senders:
            answers = list(senders.map(send, range(MANY)))
    finally:
        event.remove(engine.engine, "commit", count)
    assert answers == [None if number % 3 == 0 else number for number in range(MANY)]
    assert kept(engine) == MANY * 2 // 3
    assert len(commits) <= MANY
    assert most <= (1 if engine.is_sqlite else WRITERS)


def test_those_who_come_while_one_is_at_it_share_the_next_transaction() -> None:
    batches: list[int] = []
    begun, go_on = threading.Event(), threading.Event()

    def write_all(jobs: list[Job]) -> None:
        batches.append(len(jobs))
        begun.set()
        go_on.wait(10)
        for job in jobs:
            job.result = job.work(None)

    together = Together(write_all, patience=10)  # type: ignore[arg-type]  # a list is what it gives
    with ThreadPoolExecutor(MOST + 3) as senders:
        first = senders.submit(together.run, lambda _: 0)
        begun.wait(10)
        others = [senders.submit(together.run, partial(pick, n)) for n in range(1, MOST + 2)]
        while len(together._waiting) < len(others):
            threading.Event().wait(0.001)
        go_on.set()
        assert [first.result(), *(other.result() for other in others)] == list(range(MOST + 2))
    assert batches == [1, MOST, 1]


def test_who_waited_too_long_is_told_so_and_has_written_nothing() -> None:
    begun, go_on = threading.Event(), threading.Event()
    written: list[str] = []

    def write_all(jobs: list[Job]) -> None:
        begun.set()
        go_on.wait(10)
        for job in jobs:
            job.result = job.work(None)

    together = Together(write_all, patience=0.05)  # type: ignore[arg-type]  # a list is what it gives
    with ThreadPoolExecutor(2) as senders:
        first = senders.submit(together.run, lambda _: written.append("first"))
        begun.wait(10)
        late = senders.submit(together.run, lambda _: written.append("late"))
        with pytest.raises(Unavailable):
            late.result(10)
        go_on.set()
        first.result(10)
        assert senders.submit(together.run, lambda _: written.append("next")).exception(10) is None
    assert written == ["first", "next"]


def test_when_the_leader_is_interrupted_nobody_is_told_that_it_is_stored() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def write_all(jobs: list[Job]) -> None:
        begun.set()
        go_on.wait(10)
        for job in jobs:
            job.result = job.work(None)
        if len(jobs) > 1:
            raise KeyboardInterrupt

    together = Together(write_all, patience=10)  # type: ignore[arg-type]  # a list is what it gives
    with ThreadPoolExecutor(3) as senders:
        first = senders.submit(together.run, partial(pick, 0))
        begun.wait(10)
        others = [senders.submit(together.run, partial(pick, number)) for number in (1, 2)]
        while len(together._waiting) < len(others):
            threading.Event().wait(0.001)
        go_on.set()
        assert first.result(10) == 0
        ends = {type(other.exception(10)) for other in others}
        assert ends == {KeyboardInterrupt, Unavailable}
        assert senders.submit(together.run, partial(pick, 3)).result(10) == 3
