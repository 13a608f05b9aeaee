"""Letters: handed to a local sink against a bare smtplib loop (P9), built against `EmailMessage` (P10), and kept (G6)."""

import gc
import os
import smtplib
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path

from sqlalchemy import update

from app.dispatch import Post, send_due
from app.infra.database import Database
from app.infra.formats import DEFAULT_ZONE
from app.infra.garbage import pass_over_what_is_loaded
from app.infra.keys import key_of
from app.infra.logs import configure_logs
from app.infra.smtp import SmtpTransport
from app.infra.templates import build_environment
from app.invitations.commands import invite_due_rounds
from app.invitations.hours import next_working_time
from app.invitations.queries import load_secrets
from app.mail.commands import claim
from app.mail.letters import Writer, compose
from app.mail.queries import count_by_state
from app.mail.rules import MOST_COPIES
from app.mail.tables import OutboxRow
from app.mail.values import Bundle, Letter, OutboxMessage, OutboxState
from app.outgoing import links_of
from bench.asked import of_server
from bench.forms import kind, opened
from bench.load import SERVER_CORE, in_turn
from bench.report import Line
from bench.sink import Sink, sink
from bench.world import NOW, found, open_round
from tests.databases import migrated
from tests.faults.postal import survive
from tests.faults.test_mail_kills import queue

LETTERS = 10_000
CONNECTIONS = 4
SENDER = "post@bench.example"
BASE = "https://bench.example"
_WHOLE_HEADERS = policy.SMTP.clone(max_line_length=998)


def mail(url: str, _folder: Path) -> Iterator[Line]:
    """Ten thousand invitations on their way, marks and all, against the same bytes without any."""
    os.sched_setaffinity(0, SERVER_CORE)
    configure_logs("console", "warning")
    database = opened(url)
    open_round(database, found(database, kpis=1, items=2), raters=LETTERS)
    with database.write() as session:
        while invite_due_rounds(session, now=NOW):
            pass
    writer = Writer(build_environment(), SENDER)
    raws, ours, theirs = _built(database, writer)
    if database.is_sqlite:
        what = f"building one letter, {1e6 * ours:.0f} µs: EmailMessage ÷ ours"
        yield Line(
            "P10", what, f"EmailMessage {1e6 * theirs:.0f} µs", f"{theirs / ours:.1f} ×", theirs / ours, least=20
        )
    # As a worker does once it has started (app/__main__).
    gc.collect()
    pass_over_what_is_loaded()
    with sink() as here:
        transport = SmtpTransport("127.0.0.1", here.port, security="none")
        post = Post(transport, writer, BASE, "bench/1", connections=CONNECTIONS)
        took, costs = _Cost(database), _Cost(database)
        bare, sent = in_turn(3, lambda: _bare(here, raws, took), lambda: _sent(database, here, post, costs))
    what = f"{LETTERS:,} invitations handed over with marks, {kind(database)}, {CONNECTIONS} connections"
    yield Line("P9", what, f"bare smtplib {bare:.0f}/s", f"{sent:.0f}/s", sent / bare, least=0.2)
    # Of a machine that does something else as well this says more; the sink's own is in neither.
    ceiling, figure = (f"{1e6 * one.of_a_letter():.0f} µs" for one in (took, costs))
    ratio = took.of_a_letter() / costs.of_a_letter()
    yield Line("P9", f"{what}, processor time", f"bare smtplib {ceiling}", figure, ratio, least=0.2)
    database.dispose()


def mail_kills(url: str, folder: Path, *, letters: int = 2000, kills: int = 200) -> Iterator[Line]:
    """Two workers killed at random while a mail server misbehaves: letters lost without a word, and second copies."""
    configure_logs("console", "error")
    database = migrated(url)
    queue(database, NOW, letters=letters)
    found = survive(database, url, folder, kills=kills, seed=4711, now=next_working_time(NOW, DEFAULT_ZONE))
    invitations, reminders = found.copies(Letter.INVITATION), found.copies(Letter.REMINDER)
    often = sum(count for copies, count in invitations.items() if copies > MOST_COPIES)
    often += sum(count for copies, count in reminders.items() if copies > 1)
    mails = invitations.total() + reminders.total()
    asked = f"{letters:,} requests in {mails:,} letters"
    what = f"of {asked}, {kills} kills, {found.postman.unanswered} bodies unanswered, {kind(database)}"
    told = Counter(state for _, _, state, _ in found.rows)
    yield Line("G6", f"lost without a word {what}", "0", f"{len(found.lost)}; {dict(told)}", len(found.lost), most=0.0)
    yield Line("G6", f"too many copies {what}", "0", f"{often}", often, most=0.0)
    bound = found.kills + found.postman.unanswered
    yield Line(
        "G6",
        "second copies ÷ kills and unanswered bodies",
        f"{bound}",
        f"{invitations[2]}",
        invitations[2] / bound,
        most=1.0,
    )
    database.dispose()


class _Cost:
    """Seconds of processor time that letters cost, those of the database's own processes included."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._each: list[float] = []

    def __enter__(self) -> None:
        self._begun = self._so_far()

    def __exit__(self, *_how: object) -> None:
        self._each.append((self._so_far() - self._begun) / LETTERS)

    def of_a_letter(self) -> float:
        """In the middle of the rounds."""
        return statistics.median(self._each)

    def _so_far(self) -> float:
        return time.process_time() + of_server(self._database)


def _built(database: Database, writer: Writer) -> tuple[list[bytes], float, float]:
    """All letters as bytes, and the seconds that one takes: ours, and built as `EmailMessage`."""
    with database.write() as session:
        messages = claim(session, owner="bench/0", limit=LETTERS, now=NOW + timedelta(hours=1))
        secrets = load_secrets(session, messages, now=NOW)
        key = key_of(session)
    links = [links_of(message, secrets, key, BASE) or {} for message in messages]
    bundles = [Bundle(message, (message,)) for message in messages]
    compose(bundles[0], [links[0]], writer=writer)
    begun = time.perf_counter()
    raws = [compose(bundle, [link], writer=writer) for bundle, link in zip(bundles, links, strict=True)]
    ours = (time.perf_counter() - begun) / len(raws)
    parsed = message_from_bytes(raws[0], _class=EmailMessage, policy=policy.default)
    begun = time.perf_counter()
    for message in messages[:300]:
        _as_email_message(message, parsed)
    return raws, ours, (time.perf_counter() - begun) / 300


def _as_email_message(message: OutboxMessage, like: EmailMessage) -> bytes:
    made = EmailMessage(policy=policy.SMTP)
    made["From"] = Address("Bench", "post", "bench.example")
    made["To"] = Address(message.recipient_name, addr_spec=message.recipient)
    made["Subject"] = str(like["Subject"])
    made["Date"] = message.dated_at
    made["Message-ID"] = f"<{message.message_id}@bench.example>"
    made["List-Unsubscribe"] = str(like["List-Unsubscribe"])
    made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    plain, page = like.get_body(("plain",)), like.get_body(("html",))
    made.set_content(plain.get_content() if plain else "", cte="quoted-printable")
    made.add_alternative(page.get_content() if page else "", subtype="html", cte="quoted-printable")
    return made.as_bytes(policy=_WHOLE_HEADERS)


def _bare(here: Sink, raws: Sequence[bytes], cost: _Cost) -> float:
    """Letters a second over as many connections, with nothing around them."""
    before = here.taken

    def work(share: Sequence[bytes]) -> None:
        with smtplib.SMTP("127.0.0.1", here.port) as client:
            for raw in share:
                client.sendmail(SENDER, "to@bench.example", raw)

    threads = [threading.Thread(target=work, args=(raws[place::CONNECTIONS],)) for place in range(CONNECTIONS)]
    with cost:
        begun = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        spent = time.perf_counter() - begun
    _all_there(here.taken - before)
    return len(raws) / spent


def _sent(database: Database, here: Sink, post: Post, cost: _Cost) -> float:
    """Letters a second from the outbox, claimed, written, marked, handed over and marked as sent."""
    with database.write() as session:
        session.execute(
            update(OutboxRow).values(
                state=OutboxState.QUEUED, attempts=0, copies=0, lease_owner=None, leased_until=None, settled_at=None
            )
        )
    before = here.taken
    with cost:
        begun = time.perf_counter()
        while send_due(database, post, now=NOW + timedelta(hours=1)):
            pass
        spent = time.perf_counter() - begun
    _all_there(here.taken - before)
    with database.read() as session:
        _all_there(count_by_state(session)[OutboxState.SENT])
    return LETTERS / spent


def _all_there(count: int) -> None:
    if count != LETTERS:
        raise RuntimeError(f"{count} letters instead of {LETTERS}")
