"""The background loop: what is due is opened, invited, reminded, counted, closed and released, and letters leave.

Nothing is scheduled anywhere: due work is a query over the state and `now`, so that several workers, restarts and
moved dates need no care. Each piece of work is one transaction; what fails is logged and tried again next time.
"""

import contextlib
import fcntl
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

import structlog

from app.accounts.keep import clear_out
from app.accounts.rules import SERVICE
from app.encounters_due import begin_due, draw_all_due
from app.errors import Unavailable
from app.heartbeat.commands import beat
from app.heartbeat.rules import EVERY
from app.infra.addresses import deliverable
from app.infra.clock import utc_now
from app.infra.database import Database, ReadSession, WriteSession
from app.infra.keys import key_of
from app.infra.smtp import Carrier, FolderTransport, Reply, SmtpTransport, Transport
from app.infra.templates import build_environment
from app.invitations.commands import invite_due_rounds, remind_due_rounds
from app.invitations.queries import find_secrets
from app.mail import commands as mail
from app.mail.letters import OPT_OUT, Writer, compose
from app.mail.rules import outcome_of
from app.mail.values import Letter, OutboxMessage, Outcome
from app.open_answers.commands import compute_due_periods
from app.recovery.commands import keep_cases
from app.releases.commands import note_failed_release, release_round, scrub_released
from app.releases.queries import load_due_releases
from app.responses.close import close_due_rounds
from app.responses.keep_draft import forget_drafts
from app.rounds.commands import refresh_shares
from app.rounds.values import Round
from app.settings import Settings

BATCH = 20
BATCHES = 25
BATCH_SECONDS = 60.0
"""After this long the rest of a batch goes back: a lease must outlive one letter that takes its full time."""

PUT_OFF = timedelta(minutes=1)
HANGS = timedelta(hours=1)
"""A loop that has not come round for so long hangs: even a relay that takes ten minutes a letter lets it pass."""

log = structlog.get_logger("app.worker")


class Command(Protocol):
    """A command that does everything of its kind that is due; how much it was."""

    def __call__(self, session: WriteSession, *, now: datetime) -> int: ...


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of due work: its name in the log, and what does it, in transactions of its own."""

    name: str
    run: Callable[[Database, datetime], int]


def writing(command: Command) -> Callable[[Database, datetime], int]:
    """A command as due work: one transaction."""

    def run(database: Database, now: datetime) -> int:
        with database.write() as session:
            return command(session, now=now)

    return run


def _clear_out(session: WriteSession, *, now: datetime) -> int:
    clear_out(session, now=now)
    return 0


def _forget_drafts(session: WriteSession, **_when: object) -> int:
    return forget_drafts(session)


def release_due(database: Database, now: datetime) -> int:
    """Release every round that is due, each in a transaction of its own; how many. One that fails holds up no other."""
    with database.read() as session:
        due = load_due_releases(session, now=now)
    return sum(_release(database, round_, now) for round_ in due)


def _release(database: Database, round_: Round, now: datetime) -> int:
    try:
        with database.write() as session:
            release_round(session, SERVICE, round_.id, now=now)
    except Exception as error:
        log.exception("release failed", round=round_.id)
        with database.write() as session:
            note_failed_release(session, round_, type(error).__name__, now=now)
        return 0
    return 1


TASKS: tuple[Task, ...] = (
    Task("begin", begin_due),
    Task("draw", draw_all_due),
    Task("close", writing(close_due_rounds)),
    Task("invite", writing(invite_due_rounds)),
    Task("remind", writing(remind_due_rounds)),
    Task("count", writing(refresh_shares)),
    Task("release", release_due),
    Task("open answers", writing(compute_due_periods)),
    Task("scrub", lambda database, now: scrub_released(database, now=now)),
    Task("forget drafts", writing(_forget_drafts)),
    Task("recovery cases", writing(keep_cases)),
    Task("clear out", writing(_clear_out)),
)
"""All due work but sending, in the order in which one leads to the other."""


@dataclass(frozen=True, slots=True)
class Post:
    """How letters leave: by which way, in whose words, from which address, with links to where.

    `owner` is the name of this worker, which no other worker alive bears (see `worker_name`).
    """

    transport: Transport
    writer: Writer
    base_url: str
    owner: str = "worker"


def run_once(database: Database, post: Post, *, now: datetime, tasks: Sequence[Task] = TASKS) -> int:
    """Do everything that is due now, once; how much it was."""
    done = sum(_attempt(task.name, partial(task.run, database, now)) for task in tasks)
    for _ in range(BATCHES):
        sent = _attempt("send", partial(send_due, database, post, now=now))
        done += sent
        if sent < BATCH:
            break
    return done


def run_until(
    stop: threading.Event,
    database: Database,
    post: Post,
    *,
    clock: Callable[[], datetime],
    pause: float,
    tasks: Sequence[Task] = TASKS,
) -> None:
    """Do what is due, again and again, until told to stop; letters that an earlier life of this worker left come first."""
    takes_back = writing(partial(mail.take_back, owner=post.owner))
    _attempt("take back", partial(takes_back, database, clock()))
    while not stop.is_set():
        if not run_once(database, post, now=clock(), tasks=tasks):
            stop.wait(pause)


class Pulse:
    """The sign of life of a worker: given every half minute, for as long as its loop comes round.

    Not given by the loop itself, which may rightly wait ten minutes for a relay.
    """

    def __init__(
        self, database: Database, owner: str, clock: Callable[[], datetime], *, hangs: timedelta = HANGS
    ) -> None:
        self._database, self._owner, self._clock = database, owner, clock
        self._hangs = hangs.total_seconds()
        self._came_round_at = time.monotonic()

    def come_round(self, _database: Database, _now: datetime) -> int:
        """Note that the loop does; the first of its tasks."""
        self._came_round_at = time.monotonic()
        return 0

    def beat_until(self, stop: threading.Event) -> None:
        """Beat at once and every half minute until told to stop."""
        while True:
            if time.monotonic() - self._came_round_at < self._hangs:
                _attempt("beat", self._beat)
            if stop.wait(EVERY.total_seconds()):
                return

    def _beat(self) -> int:
        with self._database.write() as session:
            beat(session, self._owner, now=self._clock())
        return 0


@contextlib.contextmanager
def working(settings: Settings, database: Database) -> Iterator[threading.Event]:
    """A worker beside whatever runs in the block; it ends its piece of work before the block is left."""
    stop = threading.Event()
    with worker_name(settings.mailbox_dir.parent / "workers") as owner:
        pulse = Pulse(database, owner, utc_now)
        loop = partial(
            run_until,
            stop,
            database,
            post_of(settings, owner),
            clock=utc_now,
            pause=settings.worker_pause,
            tasks=(Task("come round", pulse.come_round), *TASKS),
        )
        threads = [
            threading.Thread(target=loop, name="worker"),
            threading.Thread(target=pulse.beat_until, args=(stop,), name="heartbeat"),
        ]
        for thread in threads:
            thread.start()
        try:
            yield stop
        finally:
            stop.set()
            for thread in threads:
                thread.join()


def post_of(settings: Settings, owner: str) -> Post:
    """How letters leave by the settings: through the relay, or into the mailbox folder while there is none."""
    writer = Writer(build_environment(zone=settings.zone), settings.mail_from)
    if settings.smtp_host is None:
        return Post(FolderTransport(settings.mailbox_dir), writer, settings.address, owner)
    transport = SmtpTransport(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_security,
        settings.smtp_user,
        settings.smtp_password.get_secret_value() if settings.smtp_password else None,
        settings.smtp_timeout,
    )
    return Post(transport, writer, settings.address, owner)


@contextlib.contextmanager
def worker_name(directory: Path) -> Iterator[str]:
    """A name that no other worker on this machine bears while the block runs, the same again after a crash."""
    directory.mkdir(parents=True, exist_ok=True)
    for slot in range(1, 1000):
        with (directory / f"worker-{slot}.lock").open("a") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield f"{socket.gethostname()}/{slot}"
            return
    raise RuntimeError("a thousand workers run here already")


def send_due(database: Database, post: Post, *, now: datetime) -> int:
    """Send one batch of the letters that are due; how many were claimed."""
    with database.write() as session:
        messages = mail.claim(session, owner=post.owner, limit=BATCH, now=now)
    if messages:
        with post.transport.opened() as carrier:
            became = _Round(database, post, carrier, now).send(messages)
        log.info("letters", **became)
    return len(messages)


@dataclass(slots=True)
class _Round:
    """One batch on its way."""

    database: Database
    post: Post
    carrier: Carrier
    now: datetime

    def send(self, messages: Sequence[OutboxMessage]) -> Counter[str]:
        """Send what can be sent; how many letters became what."""
        started = time.monotonic()
        busy: set[str] = set()
        became: Counter[str] = Counter()
        for place, message in enumerate(messages):
            if time.monotonic() - started > BATCH_SECONDS:
                self._put_back(messages[place:], self.now)
                became["put_off"] += len(messages) - place
                break
            domain = message.recipient.rpartition("@")[2].casefold()
            if domain in busy:
                self._put_back([message], self.now + PUT_OFF)
                became["put_off"] += 1
                continue
            outcome = self._send_one(message)
            became["sent" if outcome is Outcome.TAKEN else outcome.value] += 1
            if outcome is Outcome.POSTPONED:
                # A domain that is busy for one letter is busy for the next one, too.
                busy.add(domain)
        return became

    def _send_one(self, message: OutboxMessage) -> Outcome:
        try:
            raw = self._composed(message)
        except Exception as error:
            log.exception("letter not written", letter=message.letter, message=message.id)
            return self._settle(message, Outcome.UNRENDERED, type(error).__name__)
        if raw is None:
            return self._settle(message, Outcome.WITHDRAWN, "No longer wanted.")
        offered = self.carrier.offer(self.post.writer.address, deliverable(message.recipient))
        if offered.code != 250:
            return self._settle(message, outcome_of(offered.code, body_sent=False), offered.text)
        return self._hand_over(message, raw)

    def _hand_over(self, message: OutboxMessage, raw: bytes) -> Outcome:
        with self.database.write() as session:
            begun = mail.begin_handing_over(session, message, owner=self.post.owner, now=self.now)
        if begun is None:
            self.carrier.abandon()
            return Outcome.WITHDRAWN
        reply: Reply = self.carrier.hand_over(raw, f"{message.dated_at:%Y%m%d-%H%M%S}-{message.id}")
        return self._settle(begun, outcome_of(reply.code, body_sent=True), reply.text)

    def _settle(self, message: OutboxMessage, outcome: Outcome, reply: str) -> Outcome:
        with self.database.write() as session:
            mail.settle(session, message, outcome, reply, owner=self.post.owner, now=self.now)
        # One line for each letter would bury what somebody should look at.
        tell = log.debug if outcome in {Outcome.TAKEN, Outcome.WITHDRAWN} else log.warning
        tell("letter", letter=message.letter, message=message.id, outcome=outcome)
        return outcome

    def _put_back(self, messages: Sequence[OutboxMessage], at: datetime) -> None:
        with self.database.write() as session:
            mail.put_back(session, messages, owner=self.post.owner, at=at)

    def _composed(self, message: OutboxMessage) -> bytes | None:
        with self.database.read() as session:
            links = links_of(session, message, self.post.base_url)
        return None if links is None else compose(message, links, writer=self.post.writer)


def links_of(session: ReadSession, message: OutboxMessage, base_url: str) -> Mapping[str, str] | None:
    """The links of a letter with their secrets, derived now; None when the letter is no longer wanted."""
    key = key_of(session)
    if message.letter is Letter.SIGN_IN:
        return {"link": f"{base_url}/sign-in/{key.sign_in_token(message.reference)}"}
    if message.letter is Letter.RELEASE_READY:
        token = key.opt_out_token(message.parameters["person_id"])
        return {"link": base_url + message.parameters["path"], OPT_OUT: f"{base_url}/opt-out/{token}"}
    secrets = find_secrets(session, message)
    if secrets is None:
        return None
    link = f"{base_url}/r/{secrets.rating}"
    other = "en" if message.locale == "nb" else "nb"
    return {
        "link": link,
        "language_link": f"{link}?lang={other}",
        OPT_OUT: f"{base_url}/opt-out/{secrets.opt_out}",
    }


def _attempt(name: str, work: Callable[[], int]) -> int:
    """Do a piece of work; what fails is logged, so that the rest goes on."""
    try:
        return work()
    except Unavailable:
        log.warning("work put off, the database is busy or away", work=name)
        return 0
    except Exception:
        log.exception("work failed", work=name)
        return 0
