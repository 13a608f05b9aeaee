"""The worker: everything that is due is done once, letters arrive as promised, and what fails holds up nothing else."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.accounts.rules import SERVICE
from app.dispatch import Post, send_due
from app.infra.database import Database, WriteSession
from app.infra.keys import key_of
from app.infra.smtp import FolderTransport, SmtpTransport
from app.infra.templates import build_environment
from app.invitations.queries import find_link, find_opt_out
from app.mail.commands import enqueue
from app.mail.letters import Writer
from app.mail.tables import OutboxRow
from app.mail.values import Letter, Mail, OutboxState
from app.organisation.tables import PersonRow
from app.rounds.commands import close_round, launch_round, propose_assignments
from app.rounds.queries import load_round, take_round
from app.rounds.rules import GRACE
from app.rounds.tables import RoundRow
from app.rounds.values import Round, RoundState
from app.visits.close import close_round as close_with_visits
from app.worker import TASKS, Hourly, Task, close_due, run_once, run_until, writing
from app.working import worker_name
from tests.fjellbris import Fjellbris, address, draft_round, fjellbris
from tests.mail.scripted import ScriptedServer
from tests.served import ONE_DATABASE, STRICTER_DATABASE
from tests.smtp import Delivery, MailServer
from tests.visits.desk import visit_desk
from tests.visits.test_rounds import launched

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


@pytest.mark.parametrize(
    ("locale", "subject", "words"),
    [
        ("nb", "Amir Haddad spør: fire vurderinger, tre minutter", "Runden stenger"),
        ("en", "Amir Haddad asks: four ratings, three minutes", "The round closes"),
    ],
)
def test_a_letter_arrives_whole_in_the_language_of_its_reader(
    engine: Database,
    opened: Opened,
    mail_server: MailServer,
    writer: Writer,
    now: datetime,
    locale: str,
    subject: str,
    words: str,
) -> None:
    with engine.write() as session:
        session.execute(update(PersonRow).values(locale=locale))
    run_once(engine, by_smtp(mail_server, writer), now=now)
    (letter,) = mail_server.to(address("Sofie Berg"))
    head, _, _ = letter.raw.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    (leave,) = [line for line in lines if line.startswith(b"List-Unsubscribe:")]
    assert re.fullmatch(rb"List-Unsubscribe: <https://fjellbris\.example/opt-out/[\w-]{54}>", leave)
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
    assert f"Content-Language: {locale}".encode() in lines
    assert (str(letter.parsed()["Subject"]), len(subject) <= 50) == (subject, True)
    parts = {part.get_content_type(): str(part.get_content()) for part in letter.parsed().iter_parts()}
    assert list(parts) == ["text/plain", "text/html"]
    assert all(words in text for text in parts.values())
    assert re.search(r"<img|<script|<link|<iframe|url\(|src=|@import", parts["text/html"]) is None
    assert letter.raw.isascii()
    assert max(map(len, letter.raw.split(b"\r\n"))) <= 998


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
    invite(engine, now)
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


# ------------------------------------------------------------ the loop


def test_work_that_fails_is_left_behind_and_the_rest_is_done(
    engine: Database, mail_server: MailServer, writer: Writer, now: datetime
) -> None:
    with engine.write() as session:
        enqueue(session, sign_in("a", now), now=now)
    tasks = (Task("broken", writing(_broken)), Task("fine", lambda _database, _now: 2))
    assert run_once(engine, by_smtp(mail_server, writer), now=now, tasks=tasks) == 3
    assert states(engine) == {"a": OutboxState.SENT}


def test_a_round_that_cannot_be_closed_holds_up_no_other(engine: Database, opened: Opened, now: datetime) -> None:
    with engine.write() as session:
        draft = draft_round(session, opened.company, now)
        propose_assignments(session, SERVICE, draft.id, now=now)
        launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
        # Long ago, so that it is the first to be closed; and what it asks cannot be read.
        earlier = {"opens_at": now - 100 * DAY, "closes_at": now - 90 * DAY, "recipe": {}}
        session.execute(update(RoundRow).where(RoundRow.id == draft.id).values(**earlier))
    assert [close_due(engine, opened.round.closes_at + GRACE) for _ in range(2)] == [1, 0]
    with engine.read() as reading:
        found = {row.id: row.state for row in reading.scalars(select(RoundRow))}
    assert found == {draft.id: RoundState.OPEN, opened.round.id: RoundState.CLOSED}


@STRICTER_DATABASE
def test_the_worker_that_closes_two_rounds_meets_somebody_who_closes_one_of_them(
    engine: Database, now: datetime
) -> None:
    with engine.write() as session:
        desk = visit_desk(session, now)
        desk.accepted(session, now)
        first, second = sorted((launched(session, desk, now) for _ in range(2)), key=lambda one: one.id)
    at = now + 60 * DAY

    def is_first_open() -> bool:
        with engine.read() as reading:
            return load_round(reading, first.id).state is RoundState.OPEN

    with ThreadPoolExecutor(1) as pool:
        with engine.write() as session:
            take_round(session, SERVICE, second.id, now=at)
            working = pool.submit(close_due, engine, at)
            until = time.monotonic() + 2
            while is_first_open() and time.monotonic() < until:
                time.sleep(0.02)
            close_with_visits(session, SERVICE, second.id, now=at)
        assert working.result() == 1
    with engine.read() as reading:
        assert set(reading.scalars(select(RoundRow.state))) == {RoundState.CLOSED}


def test_the_loop_goes_on_until_it_is_told_to_stop(
    engine: Database, mail_server: MailServer, writer: Writer, now: datetime
) -> None:
    stop = threading.Event()
    turns: list[datetime] = []

    def clock() -> datetime:
        turns.append(now)
        # Once at the beginning, then for the tasks and for the letters of each turn.
        if len(turns) > 5:
            stop.set()
        return now

    run_until(stop, engine, by_smtp(mail_server, writer), clock=clock, pause=0.01, tasks=())
    assert len(turns) == 7


def test_each_worker_on_a_machine_has_a_name_of_its_own_and_finds_it_again(tmp_path: Path) -> None:
    with worker_name(tmp_path) as first, worker_name(tmp_path) as second:
        assert first != second
    with worker_name(tmp_path) as again:
        assert again == first


@ONE_DATABASE
def test_work_that_has_time_is_done_at_once_then_hourly_and_again_after_a_failure(
    engine: Database, now: datetime
) -> None:
    done: list[datetime] = []

    def work(_database: Database, at: datetime) -> int:
        done.append(at)
        if len(done) == 2:
            raise RuntimeError("planted")
        return 1

    hourly, hour = Hourly(work), timedelta(hours=1)
    assert (hourly(engine, now), hourly(engine, now + hour - timedelta(seconds=1))) == (1, 0)
    with pytest.raises(RuntimeError):
        hourly(engine, now + hour)
    assert (hourly(engine, now + hour), hourly(engine, now + hour)) == (1, 0)
    assert done == [now, now + hour, now + hour]


# ------------------------------------------------------------ pieces


def links(delivery: Delivery) -> list[str]:
    return re.findall(rf"{BASE}/\S+", text_of(delivery))


def invite(engine: Database, now: datetime, only: str = "") -> None:
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
