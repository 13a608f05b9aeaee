"""The worker: everything that is due is done once, letters arrive as promised, and what fails holds up nothing else."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest
import structlog
from sqlalchemy import select, update

from app.accounts.rules import SERVICE
from app.infra.database import Database, WriteSession
from app.infra.keys import key_of
from app.infra.smtp import Carrier, FolderTransport, Reply, SmtpTransport
from app.infra.templates import build_environment
from app.invitations.queries import find_link, find_opt_out
from app.mail.commands import enqueue, enqueue_all
from app.mail.letters import Writer
from app.mail.tables import OutboxRow
from app.mail.values import Letter, Mail, OutboxState
from app.rounds.commands import close_round, launch_round, propose_assignments
from app.rounds.queries import load_round
from app.rounds.rules import GRACE
from app.rounds.values import Round, RoundState
from app.worker import TASKS, Post, Task, run_once, run_until, send_due, worker_name, writing
from tests.fjellbris import Fjellbris, address, draft_round, fjellbris
from tests.mail.scripted import HANG_UP, ScriptedServer
from tests.smtp import Delivery, MailServer

BASE = "https://fjellbris.example"
SENDER = "vurdering@fjellbris.example"
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def writer() -> Writer:
    return Writer(build_environment(), SENDER)


@dataclass(frozen=True)
class Opened:
    """Team Nord's round, committed and open; nobody is invited yet."""

    company: Fjellbris
    round: Round


@pytest.fixture
def opened(engine: Database, now: datetime) -> Opened:
    with engine.write() as session:
        company = fjellbris(session, now)
        draft = draft_round(session, company, now, reminders=(now + 4 * DAY,))
        propose_assignments(session, SERVICE, draft.id, now=now)
        return Opened(company, launch_round(session, SERVICE, draft.id, confirmed=True, now=now))


def by_smtp(server: MailServer | ScriptedServer, writer: Writer, owner: str = "host/1") -> Post:
    return Post(SmtpTransport(server.host, server.port, security="none"), writer, BASE, owner)


def sign_in(reference: str, now: datetime, to: str = "amir@fjellbris.example") -> Mail:
    expires = {"organisation": "Fjellbris", "expires_at": (now + timedelta(minutes=30)).isoformat()}
    return Mail(Letter.SIGN_IN, to, "Amir", "nb", expires, reference, 0, now + 3 * DAY)


def states(engine: Database) -> dict[str, OutboxState]:
    with engine.read() as session:
        rows = session.execute(select(OutboxRow.reference, OutboxRow.state))
        return {reference: OutboxState(state) for reference, state in rows}


def text_of(delivery: Delivery) -> str:
    body = delivery.parsed().get_body(("plain",))
    assert body is not None
    return str(body.get_content())


# ------------------------------------------------------------ the path of an invitation


def test_an_open_round_becomes_letters_whose_links_open_it(
    engine: Database, opened: Opened, mail_server: MailServer, writer: Writer, now: datetime
) -> None:
    assert run_once(engine, by_smtp(mail_server, writer), now=now) > 0
    assert run_once(engine, by_smtp(mail_server, writer), now=now) == 0
    assert len(mail_server.deliveries) == 5
    assert set(states(engine).values()) == {OutboxState.SENT}
    (letter,) = mail_server.to(address("Sofie Berg"))
    found = re.search(rf"{BASE}/r/([\w-]+)\s", text_of(letter))
    leave = re.search(rb"\r\nList-Unsubscribe: <https://fjellbris\.example/opt-out/([\w-]+)>\r\n", letter.raw)
    assert found is not None
    assert leave is not None
    with engine.read() as session:
        assert find_link(session, found[1], now=now).person_id == opened.company.people["Sofie Berg"]
        assert find_opt_out(session, leave[1].decode()).id == opened.company.people["Sofie Berg"]
    assert f"{BASE}/r/{found[1]}?lang=en" in text_of(letter)


def test_a_reminder_brings_the_same_link_and_a_closed_round_brings_none(
    engine: Database, opened: Opened, mail_server: MailServer, writer: Writer, now: datetime
) -> None:
    post = by_smtp(mail_server, writer)
    run_once(engine, post, now=now)
    run_once(engine, post, now=now + 4 * DAY)
    first, second = mail_server.to(address("Sofie Berg"))
    assert links(first) == links(second)
    run_once(engine, post, now=opened.round.closes_at + GRACE)
    with engine.read() as session:
        assert load_round(session, opened.round.id).state is RoundState.RELEASED
    asking = [delivery for delivery in mail_server.deliveries if f"{BASE}/r/" in text_of(delivery)]
    assert len(asking) == 10


def test_a_letter_whose_round_closed_while_it_waited_is_cancelled(
    engine: Database, opened: Opened, mail_server: MailServer, writer: Writer, now: datetime
) -> None:
    _invite(engine, now)
    with engine.write() as session:
        close_round(session, SERVICE, opened.round.id, now=now)
    send_due(engine, by_smtp(mail_server, writer), now=now)
    assert (mail_server.deliveries, set(states(engine).values())) == ([], {OutboxState.CANCELLED})


def test_without_a_relay_letters_lie_in_the_folder(
    engine: Database, opened: Opened, writer: Writer, now: datetime, tmp_path: Path
) -> None:
    run_once(engine, Post(FolderTransport(tmp_path), writer, BASE), now=now)
    kept = [BytesParser(policy=policy.default).parsebytes(path.read_bytes()) for path in sorted(tmp_path.glob("*.eml"))]
    assert sorted(str(mail["To"]).partition(" <")[0] for mail in kept) == [
        "Amir Haddad", "Lars Moen", "Omar Said", "Sofie Berg", "Thea Vik",
    ]  # fmt: skip


# ------------------------------------------------------------ links of the other letters


def test_a_sign_in_letter_carries_the_link_that_was_promised(
    engine: Database, mail_server: MailServer, writer: Writer, now: datetime
) -> None:
    with engine.write() as session:
        enqueue(session, sign_in("link-1", now), now=now)
        token = key_of(session).sign_in_token("link-1")
    send_due(engine, by_smtp(mail_server, writer), now=now)
    assert f"{BASE}/sign-in/{token}\n" in text_of(mail_server.deliveries[0]).replace("\r\n", "\n")


def test_a_letter_about_a_release_leads_to_its_page_and_can_be_stopped(
    engine: Database, opened: Opened, mail_server: MailServer, writer: Writer, now: datetime
) -> None:
    sofie = opened.company.people["Sofie Berg"]
    parameters = {"organisation": "Fjellbris", "round_name": "Q4", "person_id": sofie, "path": "/summaries/1/2"}
    mail = Mail(Letter.RELEASE_READY, address("Sofie Berg"), "Sofie Berg", "en", parameters, "rel", 0, now + DAY)
    with engine.write() as session:
        enqueue(session, mail, now=now)
        token = key_of(session).opt_out_token(sofie)
    send_due(engine, by_smtp(mail_server, writer), now=now)
    (letter,) = mail_server.deliveries
    assert f"{BASE}/summaries/1/2\n" in text_of(letter).replace("\r\n", "\n")
    assert f"List-Unsubscribe: <{BASE}/opt-out/{token}>\r\n".encode() in letter.raw


# ------------------------------------------------------------ relays that misbehave


@pytest.mark.parametrize(
    ("script", "state", "copies"),
    [
        ({"RCPT": "550 5.1.1 no such user"}, OutboxState.BOUNCED, 0),
        ({"BODY": "554 5.7.1 spam"}, OutboxState.BOUNCED, 0),
        ({"RCPT": "451 greylisted"}, OutboxState.QUEUED, 0),
        ({"MAIL": "530 sign in first"}, OutboxState.QUEUED, 0),
        ({"BODY": "421 closing"}, OutboxState.QUEUED, 0),
        ({"BODY": HANG_UP}, OutboxState.QUEUED, 1),
    ],
)
def test_each_fault_leaves_the_letter_in_its_state(
    engine: Database, writer: Writer, now: datetime, script: dict[str, str], state: OutboxState, copies: int
) -> None:
    with engine.write() as session:
        enqueue(session, sign_in("a", now), now=now)
    with ScriptedServer.running(**script) as server:
        send_due(engine, by_smtp(server, writer), now=now)
    with engine.read() as session:
        row = session.scalars(select(OutboxRow)).one()
        assert (row.state, row.copies, row.lease_owner) == (state, copies, None)


def test_an_unknown_outcome_is_sent_once_more_byte_for_byte_and_then_left_to_a_person(
    engine: Database, opened: Opened, writer: Writer, now: datetime
) -> None:
    _invite(engine, now, only="Sofie Berg")
    with ScriptedServer.running(BODY=HANG_UP) as server:
        for minutes in (0, 1, 2, 60):
            send_due(engine, by_smtp(server, writer), now=now + timedelta(minutes=minutes))
    first, second = server.accepted
    assert first == second
    assert sorted(states(engine).values()) == ["attention", *["cancelled"] * 4]


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


# ------------------------------------------------------------ workers that die


def test_a_worker_killed_before_the_body_costs_nothing_and_killed_after_it_one_copy(
    engine: Database, mail_server: MailServer, writer: Writer, now: datetime
) -> None:
    with engine.write() as session:
        enqueue(session, sign_in("a", now), now=now)
    for killed_at, copies in (("offer", 0), ("hand_over", 1)):
        with pytest.raises(KeyboardInterrupt):
            send_due(engine, Post(_Killing(killed_at), writer, BASE, "host/1"), now=now)
        stopped = threading.Event()
        stopped.set()
        run_until(stopped, engine, by_smtp(mail_server, writer), clock=lambda: now, pause=0.01)
        with engine.read() as session:
            row = session.scalars(select(OutboxRow)).one()
            assert (row.state, row.copies) == (OutboxState.QUEUED, copies)
    send_due(engine, by_smtp(mail_server, writer), now=now + timedelta(minutes=1))
    assert (len(mail_server.deliveries), states(engine)) == (1, {"a": OutboxState.SENT})


def test_a_worker_whose_lease_went_to_another_sends_nothing(
    engine: Database, mail_server: MailServer, writer: Writer, now: datetime
) -> None:
    with engine.write() as session:
        enqueue(session, sign_in("a", now), now=now)
    send_due(engine, Post(_Overtaken(engine, by_smtp(mail_server, writer)), writer, BASE, "host/1"), now=now)
    assert mail_server.deliveries == []
    assert states(engine) == {"a": OutboxState.PREPARED}


def test_a_batch_that_takes_too_long_gives_the_rest_back(
    engine: Database, mail_server: MailServer, writer: Writer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine.write() as session:
        enqueue_all(session, [sign_in(str(n), now, f"p{n}@x.example") for n in range(3)], now=now)
    monkeypatch.setattr("app.worker.BATCH_SECONDS", -1.0)
    with structlog.testing.capture_logs() as lines:
        send_due(engine, by_smtp(mail_server, writer), now=now)
    assert lines == [{"event": "letters", "log_level": "info", "put_off": 3}]
    assert set(states(engine).values()) == {OutboxState.QUEUED}
    monkeypatch.undo()
    assert send_due(engine, by_smtp(mail_server, writer), now=now) == 3
    assert len(mail_server.deliveries) == 3


def test_work_that_fails_is_left_behind_and_the_rest_is_done(
    engine: Database, mail_server: MailServer, writer: Writer, now: datetime
) -> None:
    with engine.write() as session:
        enqueue(session, sign_in("a", now), now=now)
    tasks = (Task("broken", writing(_broken)), Task("fine", lambda _database, _now: 2))
    assert run_once(engine, by_smtp(mail_server, writer), now=now, tasks=tasks) == 3
    assert states(engine) == {"a": OutboxState.SENT}


def test_the_loop_goes_on_until_it_is_told_to_stop(
    engine: Database, mail_server: MailServer, writer: Writer, now: datetime
) -> None:
    stop = threading.Event()
    turns: list[datetime] = []

    def clock() -> datetime:
        turns.append(now)
        if len(turns) > 3:
            stop.set()
        return now

    run_until(stop, engine, by_smtp(mail_server, writer), clock=clock, pause=0.01, tasks=())
    assert len(turns) == 4


def test_each_worker_on_a_machine_has_a_name_of_its_own_and_finds_it_again(tmp_path: Path) -> None:
    with worker_name(tmp_path) as first, worker_name(tmp_path) as second:
        assert first != second
    with worker_name(tmp_path) as again:
        assert again == first


# ------------------------------------------------------------ pieces


def links(delivery: Delivery) -> list[str]:
    return re.findall(rf"{BASE}/\S+", text_of(delivery))


def _invite(engine: Database, now: datetime, only: str = "") -> None:
    """The invitations of the open round, put into the outbox; with `only`, the others are cancelled."""
    invite = next(task for task in TASKS if task.name == "invite")
    assert invite.run(engine, now) == 5
    if only:
        with engine.write() as session:
            session.execute(
                update(OutboxRow).where(OutboxRow.recipient != address(only)).values(state=OutboxState.CANCELLED)
            )


def _broken(session: WriteSession, *, now: datetime) -> int:
    raise RuntimeError("planted")


class _Killing:
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


class _Overtaken:
    """A way out that is so slow that another worker takes the letter over before the body leaves."""

    def __init__(self, database: Database, post: Post) -> None:
        self._database = database
        self._transport = post.transport

    @contextmanager
    def opened(self) -> Iterator[Carrier]:
        with self._transport.opened() as carrier:
            self._carrier = carrier
            yield self

    def offer(self, sender: str, recipient: str) -> Reply:
        reply = self._carrier.offer(sender, recipient)
        with self._database.write() as session:
            session.execute(update(OutboxRow).values(lease_owner="host/2", attempts=2))
        return reply

    def hand_over(self, raw: bytes, name: str) -> Reply:
        return self._carrier.hand_over(raw, name)

    def abandon(self) -> None:
        self._carrier.abandon()
