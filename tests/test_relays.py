"""Relays that refuse, hang up, keep silent or talk nonsense: the state of a letter after each of it is exact."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

import pytest
import structlog
from sqlalchemy import select, update

from app.dispatch import Post, send_due
from app.infra.database import Database
from app.infra.smtp import FINAL_REPLY_SECONDS, Carrier, Reply, Security, SmtpTransport
from app.mail.commands import enqueue, enqueue_all
from app.mail.letters import Writer
from app.mail.queries import load_suppressed
from app.mail.rules import LEASE
from app.mail.tables import OutboxRow
from app.mail.values import Letter, OutboxState, SuppressionReason
from app.worker import Task, run_until
from tests.mail.scripted import HANG_UP, LATE, PIPELINING, SHOWN, SILENCE, STARTTLS, UNTRUSTED, ScriptedServer
from tests.ports import free_port
from tests.served import ONE_DATABASE
from tests.smtp import MailServer
from tests.test_worker import BASE, Opened, by_smtp, invite, opened, sign_in, states, writer

pytestmark = pytest.mark.slow

__all__ = ["opened", "writer"]

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def row_of(engine: Database) -> OutboxRow:
    with engine.read() as session:
        row = session.scalars(select(OutboxRow)).one()
        session.expunge(row)
        return row


# ------------------------------------------------------------ the state table

# What the relay does; the state afterwards, bodies that may have arrived, when it is tried again, whether the
# address is left alone from now on.
Q, B = OutboxState.QUEUED, OutboxState.BOUNCED
STATES = [
    ({}, OutboxState.SENT, 1, None, False),
    ({"GREETING": "554 go away"}, Q, 0, 1, False),
    ({"GREETING": "421 busy"}, Q, 0, 1, False),
    ({"GREETING": HANG_UP}, Q, 0, 1, False),
    ({"GREETING": "nonsense"}, Q, 0, 1, False),
    ({"EHLO": HANG_UP}, Q, 0, 1, False),
    ({"MAIL": "421 closing"}, Q, 0, 1, False),
    ({"MAIL": "451 later"}, Q, 0, 1, False),
    ({"MAIL": "530 sign in first"}, Q, 0, 1, False),
    ({"MAIL": "550 sender unknown"}, Q, 0, 1, False),
    ({"RCPT": "421 too many connections"}, Q, 0, 1, False),
    ({"RCPT": "450 4.2.0 greylisted"}, Q, 0, 1, False),
    ({"RCPT": "451 4.7.1 greylisted"}, Q, 0, 1, False),
    ({"RCPT": "452 4.2.2 over quota"}, Q, 0, 1, False),
    ({"RCPT": "550 5.1.1 no such user"}, B, 0, None, True),
    ({"RCPT": "550 no such user"}, B, 0, None, True),
    ({"RCPT": "550 5.7.1 not from you"}, B, 0, None, False),
    ({"RCPT": "552 5.2.2 mailbox full"}, B, 0, None, True),
    ({"RCPT": "553 5.1.3 bad syntax"}, B, 0, None, True),
    ({"RCPT": "554 5.7.1 blocked"}, B, 0, None, False),
    ({"RCPT": "nonsense"}, Q, 0, 1, False),
    ({"RCPT": "x" * 9000}, Q, 0, 1, False),
    ({"RCPT": HANG_UP}, Q, 0, 1, False),
    ({"DATA": "451 later"}, Q, 0, 1, False),
    ({"DATA": "554 no"}, Q, 0, 1, False),
    ({"DATA": HANG_UP}, Q, 0, 1, False),
    ({"CONTENT": HANG_UP}, Q, 1, 1, False),
    ({"BODY": "421 closing"}, Q, 0, 1, False),
    ({"BODY": "450 4.2.0 later"}, Q, 0, 1, False),
    ({"BODY": "451 4.3.0 later"}, Q, 0, 1, False),
    ({"BODY": "452 4.3.1 out of storage"}, Q, 0, 1, False),
    ({"BODY": "550 5.1.1 no such user"}, B, 0, None, True),
    ({"BODY": "552 5.3.4 too large"}, B, 0, None, False),
    ({"BODY": "554 5.7.1 spam"}, B, 0, None, False),
    ({"BODY": "nonsense"}, Q, 1, 1, False),
    ({"BODY": HANG_UP}, Q, 1, 1, False),
    ({"BODY": SILENCE}, Q, 1, 1, False),
    ({"BODY": "x" * 9000}, Q, 1, 1, False),
    ({"BODY": f"{LATE} 0.1 250 taken"}, OutboxState.SENT, 1, None, False),
    ({"BODY": f"{LATE} 0.1 451 later"}, Q, 0, 1, False),
    ({"BODY": f"{LATE} 0.6 250 taken"}, Q, 1, 1, False),
]


@pytest.mark.parametrize("greeting", ["250 here", PIPELINING], ids=["one by one", "in one go"])
def test_each_fault_leaves_the_letter_in_its_state(
    engine: Database, writer: Writer, now: datetime, greeting: str
) -> None:
    for number, (script, state, copies, minutes, is_left_alone) in enumerate(STATES):
        name = f"p{number}@x.example"
        with engine.write() as session:
            enqueue(session, sign_in(name, now, name), now=now)
        with ScriptedServer.running(**{"EHLO": greeting, **script}) as server:
            way = SmtpTransport(server.host, server.port, security="none", final_reply_seconds=0.3)
            assert send_due(engine, Post(way, writer, BASE, "host/1"), now=now) == 1, script
        with engine.read() as session:
            row = session.scalars(select(OutboxRow).where(OutboxRow.reference == name)).one()
            found = load_suppressed(session, [name])
        assert (row.state, row.copies, row.lease_owner, row.attempts) == (state, copies, None, 1), script
        assert (row.next_attempt_at - now, row.settled_at) == ((minutes or 0) * MINUTE, None if minutes else now), (
            script
        )
        assert found == ({name: SuppressionReason.BOUNCE} if is_left_alone else {}), script


GOES_ON = {"EHLO": STARTTLS, "STARTTLS": "220 go on"}
# How the connection is to be protected, and what the relay does; it may show a certificate that nobody has signed.
UNPROTECTED: tuple[tuple[Security, dict[str, str]], ...] = (
    ("starttls", {}),
    ("starttls", {"EHLO": STARTTLS, "STARTTLS": "454 not now"}),
    ("starttls", GOES_ON),
    ("starttls", {"EHLO": STARTTLS, "STARTTLS": HANG_UP}),
    ("starttls", {**GOES_ON, **SHOWN}),
    ("tls", {}),
    ("tls", SHOWN),
)


def test_a_relay_that_cannot_protect_the_connection_gets_nothing(
    engine: Database, writer: Writer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine.write() as session:
        enqueue(session, sign_in("a", now), now=now)

    def tried(attempts: int, security: Security, script: dict[str, str], host: str = "127.0.0.1") -> OutboxRow:
        with ScriptedServer.running(**script) as server:
            way = SmtpTransport(host, server.port, security=security)
            send_due(engine, Post(way, writer, BASE, "host/1"), now=now + attempts * HOUR)
        row = row_of(engine)
        assert (len(server.accepted), row.attempts) == (row.copies, attempts)
        return row

    pauses = (1, 5, 15, 30, 60, 60, 60)
    for attempts, ((security, script), pause) in enumerate(zip(UNPROTECTED, pauses, strict=True), start=1):
        row = tried(attempts, security, script)
        assert (row.state, row.copies, row.settled_at) == (OutboxState.QUEUED, 0, None), (security, script)
        assert row.next_attempt_at == now + attempts * HOUR + pause * MINUTE
        assert ("CERTIFICATE_VERIFY_FAILED" in (row.reply or "")) is ("CERTIFICATE" in script)
    # With somebody who vouches for it the same certificate will do, but for no other name.
    monkeypatch.setenv("SSL_CERT_FILE", str(UNTRUSTED))
    safe = {**GOES_ON, **SHOWN}
    assert tried(8, "starttls", safe, host="localhost").state == OutboxState.QUEUED
    row = tried(9, "starttls", safe)
    assert (row.state, row.copies) == (OutboxState.SENT, 1)


@ONE_DATABASE
def test_a_relay_that_is_down_is_tried_on_the_timetable_for_two_days(
    engine: Database, writer: Writer, now: datetime
) -> None:
    with engine.write() as session:
        enqueue(session, sign_in("a", now), now=now)
    nowhere = Post(SmtpTransport("127.0.0.1", free_port(), security="none"), writer, BASE, "host/1")
    at, tries = now, []
    while states(engine) == {"a": OutboxState.QUEUED}:
        tries.append((at - now) // MINUTE)
        send_due(engine, nowhere, now=at)
        at = row_of(engine).next_attempt_at
    assert tries[:7] == [0, 1, 6, 21, 51, 111, 171]
    assert (states(engine), len(tries), tries[-1] < 48 * 60) == ({"a": OutboxState.ATTENTION}, 52, True)


def test_a_greylisted_letter_arrives_at_the_second_try(engine: Database, writer: Writer, now: datetime) -> None:
    with engine.write() as session:
        enqueue(session, sign_in("a", now), now=now)
    with ScriptedServer.running(RCPT="450 4.2.0 greylisted, come back|250 ok") as server:
        post = by_smtp(server, writer)
        assert [send_due(engine, post, now=now + seconds * timedelta(seconds=1)) for seconds in (0, 59, 60)] == [
            1,
            0,
            1,
        ]
    assert (states(engine), len(server.accepted)) == ({"a": OutboxState.SENT}, 1)


def test_an_unknown_outcome_is_sent_once_more_byte_for_byte_and_then_left_to_a_person(
    engine: Database, opened: Opened, writer: Writer, now: datetime
) -> None:
    invite(engine, now, only="Sofie Berg")
    with ScriptedServer.running(BODY=HANG_UP) as server:
        for minutes in (0, 1, 2, 60):
            send_due(engine, by_smtp(server, writer), now=now + timedelta(minutes=minutes))
    first, second = server.accepted
    assert first == second
    assert sorted(states(engine).values()) == ["attention", *["cancelled"] * 4]


def test_a_letter_whose_250_came_too_late_goes_once_more_byte_for_byte_and_a_reminder_does_not(
    engine: Database, opened: Opened, writer: Writer, now: datetime
) -> None:
    invite(engine, now, only="Sofie Berg")
    late = f"{LATE} 0.6 250 taken"
    with ScriptedServer.running(BODY=f"{late}|250 taken") as server:
        way = SmtpTransport(server.host, server.port, security="none", final_reply_seconds=0.3)
        for minutes in (0, 1):
            send_due(engine, Post(way, writer, BASE, "host/1"), now=now + minutes * MINUTE)
    first, second = server.accepted
    assert first == second
    assert sorted(states(engine).values()) == [*["cancelled"] * 4, "sent"]
    with engine.write() as session:
        again = {"letter": Letter.REMINDER, "state": Q, "copies": 0, "next_attempt_at": now, "settled_at": None}
        session.execute(update(OutboxRow).where(OutboxRow.state == OutboxState.SENT).values(**again))
    with ScriptedServer.running(BODY=late) as server:
        way = SmtpTransport(server.host, server.port, security="none", final_reply_seconds=0.3)
        send_due(engine, Post(way, writer, BASE, "host/1"), now=now + 2 * MINUTE)
    assert sorted(states(engine).values()) == ["attention", *["cancelled"] * 4]


@pytest.mark.parametrize(
    ("minutes", "state", "copies"), [(11, OutboxState.SENT, 1), (16, OutboxState.QUEUED, 1)], ids=["lease", "no lease"]
)
def test_a_letter_under_way_for_eleven_minutes_is_nobody_elses_and_after_sixteen_the_late_250_changes_nothing(
    engine: Database, writer: Writer, now: datetime, minutes: int, state: OutboxState, copies: int
) -> None:
    with engine.write() as session:
        enqueue(session, sign_in("a", now), now=now)
    nowhere = Post(SmtpTransport("127.0.0.1", free_port(), security="none"), writer, BASE, "host/2")
    meanwhile = partial(send_due, engine, nowhere, now=now + minutes * MINUTE)
    send_due(engine, Post(_Slow(meanwhile), writer, BASE, "host/1"), now=now)
    row = row_of(engine)
    assert (row.state, row.copies, row.lease_owner) == (state, copies, None)


@ONE_DATABASE
def test_work_that_takes_long_does_not_shorten_the_leases_of_the_letters_after_it(
    engine: Database, writer: Writer, now: datetime
) -> None:
    with engine.write() as session:
        enqueue(session, sign_in("a", now), now=now)
    stop, at, leased = threading.Event(), [now], []

    def take_long(_database: Database, _now: datetime) -> int:
        at.append(now + 14 * MINUTE)
        stop.set()
        return 1

    post = Post(_Slow(lambda: leased.append(row_of(engine).leased_until)), writer, BASE, "host/1")
    run_until(stop, engine, post, clock=lambda: at[-1], pause=0.01, tasks=(Task("long", take_long),))
    assert leased == [at[-1] + LEASE]


def test_the_last_word_of_a_relay_is_waited_for_ten_minutes_whatever_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float | None] = []
    patience = socket.socket.settimeout

    def noted(one: socket.socket, seconds: float | None) -> None:
        waits.append(seconds)
        patience(one, seconds)

    monkeypatch.setattr(socket.socket, "settimeout", noted)
    with ScriptedServer.running() as server:
        way = SmtpTransport(server.host, server.port, security="none", final_reply_seconds=7_200)
        with way.opened() as carrier:
            carrier.offer("from@example.org", "to@example.org")
            assert carrier.hand_over(b"Subject: x\r\n\r\nx\r\n", "name").code == 250
    assert max(wait for wait in waits if wait is not None) == FINAL_REPLY_SECONDS == 600


def test_a_postponed_letter_arrives_when_the_relay_is_ready(
    engine: Database, mail_server: MailServer, writer: Writer, now: datetime
) -> None:
    with engine.write() as session:
        enqueue(session, sign_in("a", now), now=now)
    mail_server.refusals["amir@fjellbris.example"] = "451 4.7.1 Greylisted"
    post = by_smtp(mail_server, writer)
    send_due(engine, post, now=now)
    mail_server.refusals.clear()
    assert send_due(engine, post, now=now + timedelta(seconds=59)) == 0
    assert send_due(engine, post, now=now + timedelta(seconds=60)) == 1
    assert states(engine) == {"a": OutboxState.SENT}


@ONE_DATABASE
@pytest.mark.parametrize("code", [450, 451])
def test_a_domain_that_greylists_has_all_its_letters_after_the_second_try(
    engine: Database, writer: Writer, now: datetime, code: int
) -> None:
    with engine.write() as session:
        enqueue_all(session, [sign_in(str(n), now, f"p{n}@grey.example") for n in range(20)], now=now)
    post = Post(_Greylisting(code), writer, BASE, "host/1")
    assert [send_due(engine, post, now=now + minutes * MINUTE) for minutes in range(2)] == [20, 20]
    assert list(states(engine).values()) == [OutboxState.SENT] * 20


@ONE_DATABASE
def test_a_domain_that_takes_no_body_now_is_not_offered_the_next_one(
    engine: Database, mail_server: MailServer, writer: Writer, now: datetime
) -> None:
    with engine.write() as session:
        enqueue_all(session, [sign_in(str(n), now, f"p{n}@busy.example") for n in range(3)], now=now)
    mail_server.data_answers.append("451 4.3.0 later")
    send_due(engine, by_smtp(mail_server, writer), now=now)
    assert (mail_server.deliveries, list(states(engine).values())) == ([], [OutboxState.QUEUED] * 3)


def test_a_busy_domain_is_not_asked_again_in_the_same_batch_and_others_are(
    engine: Database, mail_server: MailServer, writer: Writer, now: datetime
) -> None:
    mails = [sign_in(str(n), now, f"p{n}@busy.example") for n in range(3)]
    with engine.write() as session:
        enqueue_all(session, [*mails, sign_in("x", now, "x@free.example")], now=now)
    mail_server.refusals |= {f"p{n}@busy.example": "452 too many" for n in range(3)}
    with structlog.testing.capture_logs() as lines:
        send_due(engine, by_smtp(mail_server, writer), now=now)
    told = next(line for line in lines if line["event"] == "letters")
    assert told == {"event": "letters", "log_level": "info", "sent": 1, "postponed": 1, "put_off": 2}
    with engine.read() as session:
        tried = dict(session.execute(select(OutboxRow.reference, OutboxRow.attempts)).all())
    assert sorted(tried.values()) == [0, 0, 1, 1]
    assert [delivery.recipients for delivery in mail_server.deliveries] == [("x@free.example",)]


def test_a_letter_that_cannot_be_written_holds_up_no_other(
    engine: Database, mail_server: MailServer, writer: Writer, now: datetime
) -> None:
    with engine.write() as session:
        enqueue_all(session, [replace(sign_in("bad", now), parameters={}), sign_in("good", now)], now=now)
    send_due(engine, by_smtp(mail_server, writer), now=now)
    assert states(engine) == {"bad": OutboxState.QUEUED, "good": OutboxState.SENT}


@dataclass
class _Greylisting:
    """A way out that puts off each recipient at first sight."""

    code: int
    seen: set[str] = field(default_factory=set)

    @contextmanager
    def opened(self) -> Iterator[Carrier]:
        yield self

    def offer(self, sender: str, recipient: str) -> Reply:
        if recipient in self.seen:
            return Reply(250, "250 go on")
        self.seen.add(recipient)
        return Reply(self.code, f"{self.code} 4.7.1 Greylisted")

    def hand_over(self, raw: bytes, name: str) -> Reply:
        return Reply(250, "250 taken")

    def abandon(self) -> None:
        """Nothing to do."""


@dataclass(frozen=True)
class _Slow:
    """A way out that takes so long for a letter that others do something meanwhile."""

    meanwhile: Callable[[], object]

    @contextmanager
    def opened(self) -> Iterator[Carrier]:
        yield self

    def offer(self, sender: str, recipient: str) -> Reply:
        return Reply(250, "250 go on")

    def hand_over(self, raw: bytes, name: str) -> Reply:
        self.meanwhile()
        return Reply(250, "250 taken")

    def abandon(self) -> None:
        """Nothing to do."""
