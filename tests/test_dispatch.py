"""Letters on their way out: how many a domain gets, when a reminder leaves, and what a dead worker costs."""

import re
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import event, select, update

from app.dispatch import Post, send_due, take_back
from app.infra.database import Database
from app.infra.keys import InstanceKey
from app.infra.logbook import read_logbook
from app.infra.smtp import SmtpTransport
from app.mail.commands import enqueue, enqueue_all, suppress
from app.mail.letters import Writer
from app.mail.tables import OutboxRow
from app.mail.values import Letter, Mail, OutboxState, SuppressionReason
from app.worker import run_until
from tests.carriers import Killing, OneBreaks, Slow
from tests.databases import SECRET
from tests.mail.examples import PARAMETERS
from tests.mail.scripted import LATE, PIPELINING, ScriptedServer
from tests.ports import free_port
from tests.served import ONE_DATABASE
from tests.smtp import MailServer
from tests.test_worker import BASE, DAY, Opened, by_smtp, invite, opened, sign_in, states, text_of, writer

__all__ = ["opened", "writer"]

MINUTE = timedelta(minutes=1)


def row_of(engine: Database) -> OutboxRow:
    with engine.read() as session:
        row = session.scalars(select(OutboxRow)).one()
        session.expunge(row)
        return row


def told(number: int, now: datetime, to: str) -> Mail:
    """A letter that nobody has asked for, and that can be sent without a round."""
    about = {"organisation": "F", "round_name": "Q4", "person_id": f"6f1d2a34-8f0b-4c7a-b1de-{number:012}", "path": "/"}
    return Mail(Letter.RELEASE_READY, to, "", "nb", about, str(number), 0, now + timedelta(days=9))


def asking(reference: str, now: datetime, letter: Letter = Letter.INVITATION, to: str = "") -> Mail:
    """A letter of a round, without one behind it: good for everything but being sent."""
    return Mail(letter, to or f"p{reference}@x.example", "", "nb", {}, reference, 0, now + timedelta(days=9))


# ------------------------------------------------------------ how fast, and when


def test_a_domain_gets_so_many_letters_a_minute_and_the_others_go_on(
    engine: Database, mail_server: MailServer, writer: Writer, now: datetime
) -> None:
    with engine.write() as session:
        enqueue_all(
            session,
            [
                *[told(n, now, f"p{n}@busy.example") for n in range(7)],
                *[told(n, now, f"p{n}@free.example") for n in range(7, 9)],
            ],
            now=now,
        )
    post = replace(by_smtp(mail_server, writer), per_minute=3)
    at = now + timedelta(seconds=20)
    counts = []
    for _ in range(4):
        send_due(engine, post, now=at)
        counts.append(len(mail_server.deliveries))
        at += MINUTE
    assert counts == [5, 8, 9, 9]
    assert set(states(engine).values()) == {OutboxState.SENT}


def test_two_workers_count_together_and_who_wants_to_sign_in_never_waits(
    engine: Database, mail_server: MailServer, writer: Writer, now: datetime
) -> None:
    with engine.write() as session:
        enqueue_all(session, [told(n, now, f"p{n}@busy.example") for n in range(4)], now=now)
    first, second = (replace(by_smtp(mail_server, writer, owner), per_minute=2) for owner in ("host/1", "host/2"))
    send_due(engine, first, now=now)
    with engine.write() as session:
        enqueue_all(session, [told(9, now, "p9@busy.example"), sign_in("in", now, "amir@busy.example")], now=now)
    send_due(engine, second, now=now)
    assert len(mail_server.deliveries) == 3
    assert states(engine)["in"] == OutboxState.SENT
    with engine.read() as session:
        waiting = session.execute(
            select(OutboxRow.next_attempt_at, OutboxRow.attempts).where(OutboxRow.state == OutboxState.QUEUED)
        )
        assert [tuple(row) for row in waiting] == [(now + MINUTE, 0)] * 3


# Oslo is an hour ahead of UTC in November; the 23rd is a Monday, the 28th a Saturday.
HOURS = [(7, 23, False), (8, 23, True), (15, 23, True), (16, 23, False), (10, 28, False)]


def test_a_reminder_and_a_letter_about_a_case_leave_only_while_people_are_at_work(
    engine: Database, opened: Opened, mail_server: MailServer, writer: Writer, now: datetime
) -> None:
    invite(engine, now, only="Sofie Berg")
    about = {"organisation": "Fjellbris", "path": "/cases/1"}
    case = Mail(Letter.CASE_WAITING, "x@x.example", "", "nb", about, "case", 0, now + 9 * DAY)
    with engine.write() as session:
        session.execute(update(OutboxRow).where(OutboxRow.state == OutboxState.QUEUED).values(letter=Letter.REMINDER))
        enqueue(session, case, now=now - DAY)
    for hour, day, sent in HOURS:
        again = {"state": OutboxState.QUEUED, "next_attempt_at": now - DAY, "copies": 0, "settled_at": None}
        with engine.write() as session:
            session.execute(update(OutboxRow).where(OutboxRow.state != OutboxState.CANCELLED).values(again))
        mail_server.deliveries.clear()
        send_due(engine, by_smtp(mail_server, writer), now=now.replace(day=day, hour=hour - 1))
        assert len(mail_server.deliveries) == 2 * int(sent), (hour, day)
        for letter in mail_server.to("x@x.example"):
            assert f"{BASE}/cases/1" in text_of(letter).splitlines()
            assert b"List-Unsubscribe" not in letter.raw


@ONE_DATABASE
def test_a_letter_of_duty_or_about_the_right_to_object_reaches_whoever_wants_no_letters_and_offers_no_opt_out(
    engine: Database, mail_server: MailServer, writer: Writer, now: datetime
) -> None:
    duties = [Letter.DEPUTY, Letter.DOSSIER_REVIEW, Letter.VISIT_READY, Letter.CASE_WAITING]
    duties += [Letter.DECISIONS_WAITING, Letter.SIGN_IN_RESET, Letter.ROUND_AHEAD]
    about = {"organisation": "Fjellbris", "path": "/there"}
    mails = [
        Mail(letter, "kari@x.example", "", "nb", about | PARAMETERS[letter], letter, 0, now + DAY) for letter in duties
    ]
    with engine.write() as session:
        suppress(session, "kari@x.example", SuppressionReason.OPT_OUT, now=now)
        enqueue_all(session, mails, now=now)
    send_due(engine, by_smtp(mail_server, writer), now=now)
    assert states(engine) == dict.fromkeys(duties, OutboxState.SENT)
    for letter in mail_server.deliveries:
        assert f"{BASE}/there" in text_of(letter).splitlines()
        assert b"List-Unsubscribe" not in letter.raw
        assert b"opt-out" not in letter.raw


def test_a_reminder_that_comes_too_late_is_dropped_and_an_invitation_is_shown(
    engine: Database, writer: Writer, now: datetime
) -> None:
    letters = {"i": Letter.INVITATION, "r": Letter.REMINDER}
    with engine.write() as session:
        enqueue_all(session, [asking(name, now, letter) for name, letter in letters.items()], now=now)
    nowhere = Post(SmtpTransport("127.0.0.1", free_port(), security="none"), writer, BASE, "host/1")
    assert send_due(engine, nowhere, now=now + timedelta(days=9)) == 0
    assert states(engine) == {"i": OutboxState.ATTENTION, "r": OutboxState.CANCELLED}


def test_each_letter_comes_back_to_an_address_of_its_own(
    engine: Database, mail_server: MailServer, writer: Writer, now: datetime
) -> None:
    with engine.write() as session:
        enqueue_all(session, [sign_in("a", now), sign_in("b", now)], now=now)
    send_due(engine, replace(by_smtp(mail_server, writer), return_address="bounces@kpi.example"), now=now)
    senders = {delivery.sender for delivery in mail_server.deliveries}
    tokens = [re.fullmatch(r"bounces\+([a-z2-7]{42})@kpi\.example", sender) for sender in senders]
    key = InstanceKey(SECRET.encode())
    with engine.read() as session:
        ids = set(session.scalars(select(OutboxRow.id)))
    assert {key.read_return_token(token[1]) for token in tokens if token} == ids


def test_several_connections_share_the_letters(
    engine: Database, mail_server: MailServer, writer: Writer, now: datetime
) -> None:
    with engine.write() as session:
        enqueue_all(session, [sign_in(str(n), now, f"p{n}@x.example") for n in range(40)], now=now)
    assert send_due(engine, replace(by_smtp(mail_server, writer), connections=4), now=now) == 40
    recipients = [delivery.recipients for delivery in mail_server.deliveries]
    assert (len(recipients), len(set(recipients))) == (40, 40)
    assert set(states(engine).values()) == {OutboxState.SENT}


# ------------------------------------------------------------ workers that die


@pytest.mark.parametrize(
    ("killed_at", "has_logbook", "copies"),
    [("offer", True, 0), ("hand_over", True, 1), ("offer", False, 1), ("hand_over", False, 1)],
)
def test_a_killed_worker_costs_a_copy_only_where_nobody_knows_that_the_body_stayed(
    engine: Database,
    mail_server: MailServer,
    writer: Writer,
    now: datetime,
    tmp_path: Path,
    killed_at: str,
    has_logbook: bool,
    copies: int,
) -> None:
    with engine.write() as session:
        enqueue(session, sign_in("a", now), now=now)
    logbook = tmp_path / "log" if has_logbook else None
    with pytest.raises(KeyboardInterrupt):
        send_due(engine, Post(Killing(killed_at), writer, BASE, "host/1", logbook=logbook), now=now)
    assert states(engine) == {"a": OutboxState.HANDING_OVER}
    stopped = threading.Event()
    stopped.set()
    post = replace(by_smtp(mail_server, writer), logbook=logbook)
    run_until(stopped, engine, post, clock=lambda: now, pause=0.01)
    row = row_of(engine)
    assert (row.state, row.copies) == (OutboxState.QUEUED, copies)
    send_due(engine, post, now=now + MINUTE)
    assert (len(mail_server.deliveries), states(engine)) == (1, {"a": OutboxState.SENT})


def test_what_the_other_side_said_before_the_worker_died_counts(
    engine: Database, mail_server: MailServer, writer: Writer, now: datetime, tmp_path: Path
) -> None:
    """The database breaks off right after the last reply; the logbook has it."""
    with engine.write() as session:
        enqueue_all(session, [sign_in(str(n), now, f"p{n}@x.example") for n in range(3)], now=now)
    post = replace(by_smtp(mail_server, writer), logbook=tmp_path / "log")

    def break_off(_c: object, _u: object, statement: str, *_: Any) -> None:
        if (
            statement.startswith("UPDATE outbox_message SET state")
            and "leased_until" in statement
            and len(mail_server.deliveries) == 3
        ):
            raise KeyboardInterrupt

    event.listen(engine.engine, "before_cursor_execute", break_off)
    with pytest.raises(KeyboardInterrupt):
        send_due(engine, post, now=now)
    event.remove(engine.engine, "before_cursor_execute", break_off)
    assert set(states(engine).values()) == {OutboxState.HANDING_OVER}
    assert len(read_logbook(post.logbook) or {}) == 3
    assert take_back(engine, post, now=now) == 3
    assert set(states(engine).values()) == {OutboxState.SENT}


def test_a_letter_whose_lease_went_to_another_is_not_sent(
    engine: Database, mail_server: MailServer, writer: Writer, now: datetime
) -> None:
    with engine.write() as session:
        enqueue(session, sign_in("a", now), now=now)

    taken: list[str] = []

    def take_over(connection: Any, _u: object, statement: str, *_: Any) -> None:
        if not taken and "copies" in statement.partition("WHERE")[0] and statement.startswith("UPDATE"):
            taken.append(statement)
            connection.exec_driver_sql("UPDATE outbox_message SET lease_owner = 'host/2', attempts = 2")

    event.listen(engine.engine, "before_cursor_execute", take_over)
    send_due(engine, by_smtp(mail_server, writer), now=now)
    event.remove(engine.engine, "before_cursor_execute", take_over)
    assert (mail_server.deliveries, states(engine)) == ([], {"a": OutboxState.PREPARED})


def test_a_connection_that_fails_costs_the_others_nothing(
    engine: Database, writer: Writer, now: datetime, tmp_path: Path
) -> None:
    with engine.write() as session:
        enqueue_all(session, [sign_in(str(n), now, f"p{n}@x.example") for n in range(8)], now=now)
    with pytest.raises(RuntimeError):
        send_due(engine, Post(OneBreaks(), writer, BASE, "host/1", connections=2, logbook=tmp_path / "log"), now=now)
    found = list(states(engine).values())
    assert found.count(OutboxState.SENT) == 7
    assert found.count(OutboxState.HANDING_OVER) == 1


def test_a_batch_that_takes_too_long_gives_the_rest_back(
    engine: Database, mail_server: MailServer, writer: Writer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine.write() as session:
        enqueue_all(session, [sign_in(str(n), now, f"p{n}@x.example") for n in range(3)], now=now)
    monkeypatch.setattr("app.dispatch.BATCH_SECONDS", -1.0)
    with structlog.testing.capture_logs() as lines:
        send_due(engine, by_smtp(mail_server, writer), now=now)
    assert lines == [{"event": "letters", "log_level": "info", "put_off": 3}]
    assert set(states(engine).values()) == {OutboxState.QUEUED}
    monkeypatch.undo()
    assert send_due(engine, by_smtp(mail_server, writer), now=now) == 3
    assert len(mail_server.deliveries) == 3


@ONE_DATABASE
def test_a_letter_that_was_announced_waits_like_the_others_when_its_domain_is_busy_or_the_time_is_up(
    engine: Database, writer: Writer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine.write() as session:
        enqueue_all(session, [sign_in(str(n), now, f"p{n}@x.example") for n in range(4)], now=now)
    with ScriptedServer.running(EHLO=PIPELINING, BODY="451 4.3.0 later|250 taken") as server:
        send_due(engine, by_smtp(server, writer), now=now)
        assert server.accepted == []
        with engine.read() as session:
            assert sorted(session.scalars(select(OutboxRow.attempts))) == [0, 0, 0, 1]
        monkeypatch.setattr("app.dispatch.BATCH_SECONDS", 0.05)
        server.script["BODY"] = f"{LATE} 0.06 250 taken"
        send_due(engine, by_smtp(server, writer), now=now + MINUTE)
    assert sorted(states(engine).values()) == [*[OutboxState.QUEUED] * 3, OutboxState.SENT]
    assert len(server.accepted) == 1


@pytest.mark.parametrize(("connections", "seconds", "sent"), [(1, 20.0, 5), (3, 20.0, 5), (3, -1.0, 0)])
def test_the_next_batch_is_got_ready_beside_the_last_letters_of_one_and_given_back_where_there_is_no_time(
    engine: Database,
    mail_server: MailServer,
    writer: Writer,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    connections: int,
    seconds: float,
    sent: int,
) -> None:
    monkeypatch.setattr("app.dispatch.BATCH", 2)
    monkeypatch.setattr("app.dispatch.BATCH_SECONDS", seconds)
    with engine.write() as session:
        enqueue_all(session, [sign_in(str(n), now, f"p{n}@x.example") for n in range(5)], now=now)
    post = replace(by_smtp(mail_server, writer), connections=connections)
    assert send_due(engine, post, now=now) == (sent or 2)
    assert sorted(delivery.recipients for delivery in mail_server.deliveries) == [
        (f"p{n}@x.example",) for n in range(sent)
    ]
    with engine.read() as session:
        found = session.execute(select(OutboxRow.state, OutboxRow.attempts, OutboxRow.copies)).all()
    assert set(map(tuple, found)) == {(OutboxState.SENT, 1, 1) if sent else (OutboxState.QUEUED, 0, 0)}


@ONE_DATABASE
def test_the_next_batch_is_given_back_where_the_last_letter_of_one_took_most_of_its_lease(
    engine: Database, writer: Writer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(engine)
    monkeypatch.setattr("app.dispatch.BATCH", 1)
    monkeypatch.setattr("app.dispatch.elapsed", lambda: slow.clock)
    with engine.write() as session:
        enqueue_all(session, [sign_in(str(n), now, f"p{n}@x.example") for n in range(2)], now=now)
    assert send_due(engine, Post(slow, writer, BASE, "host/1"), now=now) == 1
    assert sorted(states(engine).values()) == [OutboxState.QUEUED, OutboxState.SENT]


def test_a_batch_that_was_ready_when_the_worker_died_has_surely_not_left(
    engine: Database, writer: Writer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.dispatch.BATCH", 1)
    with engine.write() as session:
        enqueue_all(session, [sign_in(str(n), now, f"p{n}@x.example") for n in range(3)], now=now)
    post = Post(Killing("hand_over"), writer, BASE, "host/1")
    with pytest.raises(KeyboardInterrupt):
        send_due(engine, post, now=now)
    assert sorted(states(engine).values()) == [OutboxState.HANDING_OVER, OutboxState.PREPARED, OutboxState.QUEUED]
    assert take_back(engine, post, now=now) == 2
    with engine.read() as session:
        assert sorted(session.scalars(select(OutboxRow.copies))) == [0, 0, 1]
