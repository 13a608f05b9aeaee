"""The background loop: what is due is opened, invited, reminded, counted, closed and released, and letters leave.

Nothing is scheduled anywhere: due work is a query over the state and `now`, so that several workers, restarts and
moved dates need no care. Each piece of work is one transaction; what fails is logged and tried again next time.
"""

import contextlib
import fcntl
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

import structlog

from app.accounts.keep import clear_out
from app.dispatch import Post, send_due, take_back
from app.infra.clock import utc_now
from app.infra.database import Database, WriteSession
from app.infra.formats import DEFAULT_ZONE
from app.infra.smtp import FolderTransport, SmtpTransport
from app.infra.templates import build_environment
from app.invitations.commands import answer_link_requests, invite_due_rounds, remind_due_rounds
from app.mail.letters import Writer
from app.releases.commands import release_due_rounds, scrub_released
from app.rounds.commands import close_due_rounds, refresh_shares
from app.settings import Settings

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


def tasks_of(zone: ZoneInfo) -> tuple[Task, ...]:
    """All due work but sending, in the order in which one leads to the other; `zone` is where people are at work."""
    return (
        Task("close", writing(close_due_rounds)),
        Task("invite", writing(invite_due_rounds)),
        Task("remind", writing(partial(remind_due_rounds, zone=zone))),
        Task("links", writing(answer_link_requests)),
        Task("count", writing(refresh_shares)),
        Task("release", writing(release_due_rounds)),
        Task("scrub", lambda database, now: scrub_released(database, now=now)),
        Task("clear out", writing(_clear_out)),
    )


TASKS = tasks_of(DEFAULT_ZONE)


def run_once(database: Database, post: Post, *, now: datetime, tasks: Sequence[Task] = TASKS) -> int:
    """Do everything that is due now, once; how much it was."""
    done = sum(_attempt(task.name, partial(task.run, database, now)) for task in tasks)
    return done + _attempt("send", partial(send_due, database, post, now=now))


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
    _attempt("take back", partial(take_back, database, post, now=clock()))
    while not stop.is_set():
        if not run_once(database, post, now=clock(), tasks=tasks):
            stop.wait(pause)


@contextlib.contextmanager
def working(settings: Settings, database: Database) -> Iterator[threading.Event]:
    """A worker beside whatever runs in the block; it ends its piece of work before the block is left."""
    stop = threading.Event()
    directory = settings.mailbox_dir.parent / "workers"
    with worker_name(directory) as owner:
        logbook = directory / f"worker-{owner.rpartition('/')[2]}.log"
        thread = threading.Thread(
            target=run_until,
            args=(stop, database, post_of(settings, owner, logbook)),
            kwargs={"clock": utc_now, "pause": settings.worker_pause, "tasks": tasks_of(settings.zone)},
            name="worker",
        )
        thread.start()
        try:
            yield stop
        finally:
            stop.set()
            thread.join()


def post_of(settings: Settings, owner: str, logbook: Path | None = None) -> Post:
    """How letters leave by the settings: through the relay, or into the mailbox folder while there is none."""
    writer = Writer(build_environment(zone=settings.zone), settings.mail_from)
    if settings.smtp_host is None:
        folder = FolderTransport(settings.mailbox_dir)
        return Post(folder, writer, settings.address, owner, zone=settings.zone, logbook=logbook)
    transport = SmtpTransport(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_security,
        settings.smtp_user,
        settings.smtp_password.get_secret_value() if settings.smtp_password else None,
        settings.smtp_timeout,
    )
    return Post(
        transport,
        writer,
        settings.address,
        owner,
        return_address=settings.bounce_address,
        per_minute=settings.mail_per_domain,
        connections=settings.smtp_connections,
        zone=settings.zone,
        logbook=logbook,
    )


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


def _attempt(name: str, work: Callable[[], int]) -> int:
    """Do a piece of work; what fails is logged, so that the rest goes on."""
    try:
        return work()
    except Exception:
        log.exception("work failed", work=name)
        return 0
