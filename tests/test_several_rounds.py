"""Letters of several rounds on their way: one mail with a link for each, and what becomes of it becomes of every part."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, update

from app.accounts.rules import SERVICE
from app.dispatch import Post, send_due, take_back
from app.infra.database import Database, WriteSession
from app.infra.logbook import Logbook
from app.invitations.commands import (
    answer_link_requests,
    ask_for_links,
    invite_due_rounds,
    resend_invitation,
    rotate_invitation,
    void_invitation,
)
from app.invitations.queries import find_link
from app.mail.commands import take_report
from app.mail.intake import parse_returned
from app.mail.letters import Writer
from app.mail.queries import load_suppressed
from app.mail.tables import OutboxRow
from app.mail.values import Letter, OutboxState, SuppressionReason
from app.rounds.commands import close_round, launch_round, propose_assignments
from tests.carriers import Killing
from tests.fjellbris import Fjellbris, address, draft_round, fjellbris
from tests.mail.scripted import HANG_UP, ScriptedServer
from tests.originals import copied
from tests.served import ONE_DATABASE
from tests.smtp import MailServer
from tests.test_worker import BASE, by_smtp, writer

__all__ = ["writer"]

MINUTE = timedelta(minutes=1)
SOFIE = "Sofie Berg"


@dataclass(frozen=True)
class Asked:
    """Sofie's two requests, of two rounds; the letters of the others are cancelled."""

    company: Fjellbris
    rounds: tuple[str, str]


@pytest.fixture
def asked(engine: Database, now: datetime) -> Asked:
    with engine.write() as session:
        return copied(session, asked_twice, now)


def asked_twice(session: WriteSession, now: datetime) -> Asked:
    company, rounds = fjellbris(session, now), []
    for _ in range(2):
        draft = draft_round(session, company, now, rated=("Thea Vik", "Omar Said"))
        propose_assignments(session, SERVICE, draft.id, now=now)
        rounds.append(launch_round(session, SERVICE, draft.id, confirmed=True, now=now).id)
        invite_due_rounds(session, now=now)
    others = update(OutboxRow).where(OutboxRow.recipient != address(SOFIE))
    session.execute(others.values(state=OutboxState.CANCELLED))
    first, second = rounds
    return Asked(company, (first, second))


def anew(engine: Database, now: datetime, **changed: Any) -> None:
    """Both requests wait as if nothing had happened."""
    fresh = {"state": OutboxState.QUEUED, "attempts": 0, "copies": 0, "next_attempt_at": now, "settled_at": None}
    with engine.write() as session:
        session.execute(
            update(OutboxRow).where(OutboxRow.recipient == address(SOFIE)).values({**fresh, "reply": None, **changed})
        )


def parts(engine: Database, *columns: str) -> list[tuple[Any, ...]]:
    """What stands in the outbox about both requests, the one that names the mail first."""
    wanted = [getattr(OutboxRow, name) for name in columns]
    is_first = OutboxRow.id != OutboxRow.leaves_with
    with engine.read() as session:
        rows = session.execute(select(*wanted).where(OutboxRow.recipient == address(SOFIE)).order_by(is_first))
        return [tuple(row) for row in rows]


def tokens(raw: bytes) -> list[str]:
    """The secrets of the rating links in a mail, in their order."""
    text = raw.replace(b"=\r\n", b"").decode("ascii").partition("Content-Type: text/html")[0]
    return re.findall(rf"{BASE}/r/([\w-]{{32}})\r?\n", text)


def message_id(raw: bytes) -> bytes:
    return raw.partition(b"Message-ID: ")[2].partition(b"\r\n")[0]


# ------------------------------------------------------------ one mail


def test_requests_of_two_rounds_come_as_one_mail_each_link_opens_its_own_and_a_bounce_is_about_both(
    engine: Database, asked: Asked, mail_server: MailServer, writer: Writer, now: datetime
) -> None:
    post = replace(by_smtp(mail_server, writer), return_address="bounces@kpi.example")
    assert send_due(engine, post, now=now) == 2
    (letter,) = mail_server.deliveries
    assert str(letter.parsed()["Subject"]).startswith("Amir Haddad: to forespørsler, ")
    assert letter.raw.count(b"\r\nList-Unsubscribe: ") == 1
    assert parts(engine, "state", "copies") == [(OutboxState.SENT, 1)] * 2
    links = tokens(letter.raw)
    with engine.write() as session:
        opened = [find_link(session, link, now=now) for link in links]
        assert {link.round_id for link in opened} == set(asked.rounds)
        assert {link.person_id for link in opened} == {asked.company.people[SOFIE]}
        # One is taken back and the other goes on.
        void_invitation(session, SERVICE, opened[0].invitation_id, now=now)
        assert find_link(session, links[1], now=now) == opened[1]
        report = parse_returned(_returned(letter.sender, letter.raw))
        assert report is not None
        assert take_report(session, report, now=now + MINUTE)
        assert load_suppressed(session, [address(SOFIE)]) == {address(SOFIE): SuppressionReason.BOUNCE}
    assert parts(engine, "state", "reply") == [(OutboxState.BOUNCED, "550 5.1.1 No such user")] * 2


def test_a_request_that_was_taken_back_before_leaves_the_letter_of_the_other_as_it_is_alone(
    engine: Database, asked: Asked, mail_server: MailServer, writer: Writer, now: datetime
) -> None:
    with engine.write() as session:
        close_round(session, SERVICE, asked.rounds[0], now=now)
    send_due(engine, by_smtp(mail_server, writer), now=now)
    (letter,) = mail_server.deliveries
    (link,) = tokens(letter.raw)
    assert str(letter.parsed()["Subject"]).startswith("Amir Haddad spør: ")
    with engine.read() as session:
        assert find_link(session, link, now=now).round_id == asked.rounds[1]
    assert sorted(parts(engine, "state", "copies")) == [(OutboxState.CANCELLED, 0), (OutboxState.SENT, 1)]


# ------------------------------------------------------------ what a relay does

Q, B, SENT, LOST = OutboxState.QUEUED, OutboxState.BOUNCED, OutboxState.SENT, OutboxState.ATTENTION
# What the relay does at the first try and, a minute later, at the second; the state afterwards, and bodies that arrived.
FATES: list[tuple[Letter, Mapping[str, str], tuple[OutboxState, int], tuple[OutboxState, int], int]] = [
    (Letter.INVITATION, {"RCPT": "550 5.1.1 no such user"}, (B, 0), (B, 0), 0),
    (Letter.INVITATION, {"RCPT": "450 4.2.0 greylisted|250 ok"}, (Q, 0), (SENT, 1), 1),
    (Letter.INVITATION, {"BODY": "451 4.3.0 later|250 taken"}, (Q, 0), (SENT, 1), 1),
    (Letter.INVITATION, {"BODY": f"{HANG_UP}|250 taken"}, (Q, 1), (SENT, 2), 2),
    (Letter.INVITATION, {"BODY": HANG_UP}, (Q, 1), (LOST, 2), 2),
    (Letter.REMINDER, {"BODY": HANG_UP}, (LOST, 1), (LOST, 1), 1),
]


def test_whatever_a_relay_does_with_the_mail_it_does_with_each_request(
    engine: Database, asked: Asked, writer: Writer, now: datetime
) -> None:
    for letter, script, once, twice, bodies in FATES:
        anew(engine, now, letter=letter)
        with ScriptedServer.running(**script) as server:
            send_due(engine, by_smtp(server, writer), now=now)
            assert parts(engine, "state", "copies", "attempts") == [(*once, 1)] * 2, script
            send_due(engine, by_smtp(server, writer), now=now + MINUTE)
            assert send_due(engine, by_smtp(server, writer), now=now + 9 * MINUTE) == 0
        assert parts(engine, "state", "copies") == [twice] * 2, script
        assert (len(server.accepted), len(set(server.accepted))) == (bodies, min(bodies, 1)), script
        assert [len(tokens(raw)) for raw in server.accepted] == [2] * bodies


@pytest.mark.parametrize("closed", [0, 1])
def test_a_second_copy_goes_by_the_same_name_without_what_was_closed_meanwhile(
    engine: Database, asked: Asked, writer: Writer, now: datetime, closed: int
) -> None:
    with ScriptedServer.running(BODY=f"{HANG_UP}|250 taken") as server:
        send_due(engine, by_smtp(server, writer), now=now)
        with engine.write() as session:
            first, second = (find_link(session, link, now=now).round_id for link in tokens(server.accepted[0]))
            close_round(session, SERVICE, (first, second)[closed], now=now)
        send_due(engine, by_smtp(server, writer), now=now + MINUTE)
    whole, rest = server.accepted
    assert tokens(rest) == [link for place, link in enumerate(tokens(whole)) if place != closed]
    assert message_id(rest) == message_id(whole)
    assert sorted(parts(engine, "state", "copies")) == [(OutboxState.CANCELLED, 1), (OutboxState.SENT, 2)]


# ------------------------------------------------------------ asked for again


def test_links_asked_for_come_together_and_what_is_renewed_or_sent_again_is_one_of_them(
    session: WriteSession, now: datetime
) -> None:
    copied(session, asked_twice, now)
    sofies = (OutboxRow.recipient == address(SOFIE), OutboxRow.state == OutboxState.QUEUED)
    waiting = select(OutboxRow.reference, OutboxRow.leaves_with, OutboxRow.next_attempt_at).where(*sofies)
    first, second = session.execute(waiting.order_by(OutboxRow.id == OutboxRow.leaves_with)).all()
    rotate_invitation(session, SERVICE, second.reference, now=now)
    assert sorted(session.execute(waiting).all()) == sorted([first, second]), "in the place of the letter before it"
    session.execute(update(OutboxRow).values(state=OutboxState.SENT))
    later = now + timedelta(hours=2)
    ask_for_links(session, address(SOFIE), now=later)
    answer_link_requests(session, now=later)
    again = session.execute(waiting).all()
    assert {(one.reference, one.next_attempt_at) for one in again} == {
        (first.reference, later), (second.reference, later),
    }  # fmt: skip
    assert len({one.leaves_with for one in again} - {None, first.leaves_with}) == 1
    session.execute(update(OutboxRow).values(state=OutboxState.SENT))
    resend_invitation(session, SERVICE, first.reference, now=now + timedelta(days=3))
    assert [(one.reference, one.leaves_with) for one in session.execute(waiting)] == [(first.reference, None)]


# ------------------------------------------------------------ workers that die


@ONE_DATABASE
@pytest.mark.parametrize(
    ("killed_at", "said", "left"),
    [("offer", None, (Q, 0)), ("hand_over", None, (Q, 1)), ("hand_over", "250 taken", (SENT, 1))],
)
def test_a_killed_worker_leaves_both_requests_alike(
    engine: Database,
    asked: Asked,
    writer: Writer,
    now: datetime,
    tmp_path: Path,
    killed_at: str,
    said: str | None,
    left: tuple[OutboxState, int],
) -> None:
    post = Post(Killing(killed_at), writer, BASE, "host/1", logbook=tmp_path / "log")
    with pytest.raises(KeyboardInterrupt):
        send_due(engine, post, now=now)
    assert parts(engine, "state", "copies") == [(OutboxState.HANDING_OVER, 1)] * 2
    if said is not None:
        # It had read the answer, and was killed before it could tell the database.
        ((name,), _) = parts(engine, "leaves_with")
        logbook = Logbook(post.logbook)
        logbook.ended(name, "taken", said)
        logbook.close()
    assert take_back(engine, post, now=now) == 2
    assert parts(engine, "state", "copies") == [left] * 2


@ONE_DATABASE
def test_a_mail_of_which_a_part_is_held_by_another_worker_by_now_does_not_leave(
    engine: Database, asked: Asked, mail_server: MailServer, writer: Writer, now: datetime
) -> None:
    taken: list[str] = []

    def take_over(connection: Any, _u: object, statement: str, *_: Any) -> None:
        if not taken and "copies" in statement.partition("WHERE")[0] and statement.startswith("UPDATE"):
            taken.append(statement)
            mine = "lease_owner IS NOT NULL AND id = leaves_with"
            connection.exec_driver_sql(f"UPDATE outbox_message SET lease_owner = 'host/2' WHERE {mine}")

    event.listen(engine.engine, "before_cursor_execute", take_over)
    send_due(engine, by_smtp(mail_server, writer), now=now)
    event.remove(engine.engine, "before_cursor_execute", take_over)
    assert mail_server.deliveries == []
    assert parts(engine, "state", "copies", "attempts") == [(OutboxState.PREPARED, 0, 1), (OutboxState.QUEUED, 0, 0)]


# ------------------------------------------------------------ pieces


def _returned(to: str, letter: bytes) -> bytes:
    """A delivery report (RFC 3464) to the address that a letter carries."""
    head = letter.partition(b"\r\n\r\n")[0]
    edge = b"--x\r\nContent-Type: "
    return b"".join(
        (
            f"To: {to}\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n".encode(),
            edge + b"text/plain\r\n\r\nNo such user.\r\n",
            edge + b"message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\nAction: failed\r\n",
            b"Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 No such user\r\n\r\n",
            edge + b"text/rfc822-headers\r\n\r\n" + head + b"\r\n\r\n--x--\r\n",
        )
    )
