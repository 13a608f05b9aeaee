"""A database that is put back to an earlier state sends nothing by itself: what it does not know of has left already."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from app.dispatch import Post
from app.heartbeat.commands import beat
from app.infra.database import Base, Database
from app.infra.mark import Mark, read_mark, write_mark
from app.mail.commands import drop_waiting, enqueue_all, hold_outbox, let_go
from app.mail.letters import Writer
from app.mail.queries import load_progress
from app.mail.tables import OutboxProgressRow, OutboxRow
from app.mail.values import Letter, Mail, OutboxState
from app.restored import hold_if_older
from app.worker import run_once
from tests.cli.conftest import Ran, run, shell
from tests.smtp import MailServer
from tests.test_worker import by_smtp, sign_in, states, writer

__all__ = ["run", "shell", "writer"]

MINUTE = timedelta(minutes=1)
KEPT = (OutboxRow, OutboxProgressRow)


def told(name: str, now: datetime) -> Mail:
    about = {"organisation": "F", "manager": "Amir", "from_at": now.isoformat(), "until_at": now.isoformat()}
    return Mail(Letter.DEPUTY, f"{name}@x.example", "", "nb", about, name, 0, now + timedelta(days=9))


def backed_up(engine: Database) -> dict[type[Base], list[dict[str, Any]]]:
    with engine.read() as session:
        rows = {table: session.execute(select(*table.__table__.columns)).mappings() for table in KEPT}
        return {table: [dict(row) for row in found] for table, found in rows.items()}


def put_back(engine: Database, backup: dict[type[Base], list[dict[str, Any]]]) -> None:
    with engine.write() as session:
        for table, rows in backup.items():
            session.execute(delete(table))
            session.execute(insert(table), rows)


def turn(engine: Database, post: Post, now: datetime) -> None:
    run_once(engine, post, now=now, tasks=())


def held_at(engine: Database) -> datetime | None:
    with engine.read() as session:
        return load_progress(session).held_at


def said(ran: Ran) -> list[str]:
    """The lines that a command said when it did what was asked."""
    assert ran.code == 0
    return ran.said.splitlines()


@pytest.fixture
def post(mail_server: MailServer, writer: Writer, tmp_path: Path) -> Post:
    return replace(by_smtp(mail_server, writer), mark=tmp_path / "outbox.mark")


def test_letters_that_left_after_the_backup_wait_until_somebody_lets_them_go(
    engine: Database, mail_server: MailServer, post: Post, now: datetime, run: Callable[..., Ran]
) -> None:
    turn(engine, post, now)
    with engine.write() as session:
        enqueue_all(session, [told("a", now), told("b", now)], now=now)
    backup = backed_up(engine)
    turn(engine, post, now)
    assert (len(mail_server.deliveries), held_at(engine)) == (2, None)

    put_back(engine, backup)
    restored_at = now + MINUTE
    turn(engine, post, restored_at)
    with engine.write() as session:
        enqueue_all(session, [told("c", restored_at), sign_in("in", restored_at + MINUTE)], now=restored_at + MINUTE)
    turn(engine, post, restored_at + MINUTE)
    # Nobody is written to twice; whoever asks for a sign-in link gets it, since somebody has to look.
    assert [one.recipients for one in mail_server.deliveries[2:]] == [("amir@fjellbris.example",)]
    assert held_at(engine) == restored_at
    waiting = OutboxState.QUEUED
    assert states(engine) == {"a": waiting, "b": waiting, "c": waiting, "in": OutboxState.SENT}
    assert said(run("outbox")) == ["Letters waiting: 3; the outbox is held since 2026-11-23 09:01 UTC."]
    assert "No letter leaves since 2026-11-23 09:01 UTC" in run("doctor").complained

    assert said(run("outbox", "send")) == ["The outbox is let go.", "Letters waiting: 3; the outbox is not held."]
    turn(engine, post, restored_at + 2 * MINUTE)
    assert (len(mail_server.deliveries), held_at(engine)) == (6, None)
    assert set(states(engine).values()) == {OutboxState.SENT}


def test_what_waits_can_be_dropped_and_does_not_come_back(
    engine: Database, mail_server: MailServer, post: Post, now: datetime, run: Callable[..., Ran]
) -> None:
    with engine.write() as session:
        enqueue_all(session, [told("a", now), sign_in("in", now)], now=now)
    assert said(run("outbox", "hold"))[0].startswith("Nothing leaves from now on")
    turn(engine, post, now)
    assert mail_server.deliveries == []
    dropped = ["Letters cancelled: 1. The outbox is let go.", "Letters waiting: 1; the outbox is not held."]
    assert said(run("outbox", "drop")) == dropped
    with engine.write() as session:
        assert enqueue_all(session, [told("a", now)], now=now) == 0
    turn(engine, post, now)
    assert states(engine) == {"a": OutboxState.CANCELLED, "in": OutboxState.SENT}
    assert said(run("outbox", "send"))[0] == "The outbox was not held."


def test_a_machine_without_a_mark_holds_what_no_worker_has_looked_after_for_an_hour(
    engine: Database, mail_server: MailServer, post: Post, now: datetime, tmp_path: Path
) -> None:
    with engine.write() as session:
        beat(session, "host/1", now=now)
        enqueue_all(session, [told("a", now)], now=now)
    turn(engine, post, now)
    assert len(mail_server.deliveries) == 1
    second = replace(post, mark=tmp_path / "second.mark")
    assert hold_if_older(engine, second.mark, now=now + 59 * MINUTE) == 0
    third = replace(post, mark=tmp_path / "third.mark")
    assert [hold_if_older(engine, third.mark, now=now + 61 * MINUTE) for _ in range(2)] == [1, 0]
    # Once let go it stays so, however long nobody is at work.
    with engine.write() as session:
        assert let_go(session)
    assert hold_if_older(engine, third.mark, now=now + 999 * MINUTE) == 0


def test_each_worker_that_knows_of_more_is_heard_before_the_outbox_is_let_go(
    engine: Database, post: Post, now: datetime, tmp_path: Path
) -> None:
    assert post.mark is not None
    other = tmp_path / "other.mark"
    hold_if_older(engine, post.mark, now=now)
    mark = read_mark(post.mark)
    assert mark is not None
    for path, number in ((post.mark, 2), (other, 5)):
        write_mark(path, replace(mark, number=number))
    assert [hold_if_older(engine, path, now=now) for path in (post.mark, other)] == [1, 0]
    with engine.write() as session:
        assert let_go(session)
    assert [hold_if_older(engine, path, now=now) for path in (post.mark, other)] == [0, 0]
    assert held_at(engine) is None


def test_another_database_beside_an_old_mark_is_no_older_one(engine: Database, post: Post, now: datetime) -> None:
    assert post.mark is not None
    write_mark(post.mark, Mark("6f1d2a34-8f0b-4c7a-b1de-55c2a6f0d9e2", 40))
    assert hold_if_older(engine, post.mark, now=now) == 0
    with engine.read() as session:
        progress = load_progress(session)
    assert read_mark(post.mark) == Mark(progress.origin, 0)


def test_the_mark_of_several_workers_is_that_of_the_one_who_is_furthest(
    engine: Database, tmp_path: Path, now: datetime
) -> None:
    path = tmp_path / "outbox.mark"
    assert read_mark(path) is None
    for number in (2, 5, 3):
        write_mark(path, Mark("one", number))
    assert (read_mark(path), list(tmp_path.iterdir())) == (Mark("one", 5), [path])
    path.write_text("half a li")
    assert read_mark(path) is None
    with engine.write() as session:
        hold_outbox(session, noted=7, now=now)
        hold_outbox(session, noted=4, now=now + MINUTE)
        assert (load_progress(session).batches, load_progress(session).held_at) == (7, now)
        assert drop_waiting(session, now=now) == 0
        session.execute(update(OutboxProgressRow).values(held_at=None))
        assert not let_go(session)
