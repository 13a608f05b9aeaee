"""The background loop: what is due is opened, invited, reminded, counted, closed and released, and letters leave.

Nothing is scheduled anywhere: due work is a query over the state and `now`, so that several workers, restarts and
moved dates need no care. Each piece of work is one transaction; what fails is logged and tried again next time.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

import structlog

from app.accounts.keep import clear_out
from app.accounts.rules import SERVICE
from app.decisions.commands import keep_cases as keep_decision_cases
from app.decisions.commands import open_due_cases
from app.decisions.commands import tell_owners as tell_of_decisions
from app.deferred import dataclass
from app.dispatch import Post, send_due, take_back
from app.dossiers.commands import remind_of_reviews
from app.encounters.commands import forget_encounters
from app.encounters_due import begin_due, draw_all_due
from app.infra.attempts import attempt
from app.infra.database import Database, WriteSession
from app.infra.formats import DEFAULT_ZONE
from app.infra.mark import MARK
from app.infra.smtp import FolderTransport, SmtpTransport
from app.infra.templates import build_environment
from app.invitations.commands import answer_link_requests, invite_due_rounds, remind_due_rounds
from app.mail.letters import Writer
from app.open_answers.seal import compute_and_scrub
from app.receipts.commands import expire_receipts
from app.recovery.commands import keep_cases, tell_owners
from app.releases.commands import note_failed_release, release_round, scrub_released
from app.releases.hold import tell_opened
from app.releases.queries import load_due_releases
from app.releases.review import begin_review, load_due_reviews
from app.repeats_due import Repeating
from app.responses.keep_draft import forget_drafts
from app.rounds.commands import refresh_shares, tell_managers
from app.rounds.queries import load_rounds_to_close
from app.rounds.values import Round
from app.settings import Settings
from app.visits.close import close_if_due
from app.visits.commands import settle_due_visits

HOUR = timedelta(hours=1)
log = structlog.get_logger("app.worker")


class Command(Protocol):
    """A command that does everything of its kind that is due; how much it was."""

    def __call__(self, session: WriteSession, *, now: datetime) -> int: ...


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of due work: its name in the log, and what does it, in transactions of its own."""

    name: str
    run: Callable[[Database, datetime], int]


@dataclass(slots=True)
class Hourly:
    """Work that has time and reads much: done at once by a new worker, and then once an hour."""

    run: Callable[[Database, datetime], int]
    done_at: datetime | None = None

    def __call__(self, database: Database, now: datetime) -> int:
        """Do it, unless it was done less than an hour ago; what fails is tried again next time."""
        if self.done_at is not None and timedelta() <= now - self.done_at < HOUR:
            return 0
        done = self.run(database, now)
        self.done_at = now
        return done


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


def close_due(database: Database, now: datetime) -> int:
    """Close every round that is due, each in a transaction of its own; how many. One that fails holds up no other."""
    with database.read() as session:
        due = load_rounds_to_close(session, now=now)
    return sum(attempt(f"close {round_.id}", partial(_close, database, round_, now)) for round_ in due)


def _close(database: Database, round_: Round, now: datetime) -> int:
    with database.write() as session:
        return int(close_if_due(session, round_.id, now=now))


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


def lay_out_due(database: Database, now: datetime) -> int:
    """Lay out the comments of every round that is due for it, each in a transaction of its own; how many."""
    with database.read() as session:
        due = load_due_reviews(session, now=now)
    return sum(attempt("lay out", partial(_lay_out, database, round_, now)) for round_ in due)


def _lay_out(database: Database, round_: Round, now: datetime) -> int:
    with database.write() as session:
        begin_review(session, round_.id, now=now)
    return 1


def tasks_of(zone: ZoneInfo) -> tuple[Task, ...]:
    """All due work but sending, in the order in which one leads to the other; `zone` is where people are at work."""
    return (
        Task("begin", begin_due),
        Task("repeat", Repeating()),
        Task("draw", draw_all_due),
        Task("close", close_due),
        Task("invite", writing(invite_due_rounds)),
        Task("remind", writing(partial(remind_due_rounds, zone=zone))),
        Task("links", writing(answer_link_requests)),
        Task("tell managers", writing(tell_managers)),
        Task("remind of reviews", writing(remind_of_reviews)),
        Task("settle visits", writing(settle_due_visits)),
        Task("count", writing(refresh_shares)),
        Task("lay out", lay_out_due),
        Task("release", release_due),
        Task("open answers", lambda database, now: compute_and_scrub(database, now=now)),
        Task("scrub", lambda database, now: scrub_released(database, now=now)),
        Task("forget drafts", writing(_forget_drafts)),
        Task("forget encounters", Hourly(writing(forget_encounters))),
        Task("forget receipts", writing(expire_receipts)),
        Task("recovery cases", writing(keep_cases)),
        Task("tell owners of cases", writing(partial(tell_owners, zone=zone))),
        Task("decision cases", Hourly(writing(open_due_cases))),
        Task("pass cases on", Hourly(writing(keep_decision_cases))),
        Task("tell of opened summaries", writing(partial(tell_opened, zone=zone))),
        Task("tell of decisions", writing(partial(tell_of_decisions, zone=zone))),
        Task("clear out", writing(_clear_out)),
    )


TASKS = tasks_of(DEFAULT_ZONE)


def run_once(database: Database, post: Post, *, now: datetime, tasks: Sequence[Task] = TASKS) -> int:
    """Do everything that is due now, once; how much it was."""
    return _do_due(database, now=now, tasks=tasks) + _send(database, post, now=now)


def _do_due(database: Database, *, now: datetime, tasks: Sequence[Task]) -> int:
    return sum(attempt(task.name, partial(task.run, database, now)) for task in tasks)


def _send(database: Database, post: Post, *, now: datetime) -> int:
    return attempt("send", partial(send_due, database, post, now=now))


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
    attempt("take back", partial(take_back, database, post, now=clock()))
    while not stop.is_set():
        done = _do_due(database, now=clock(), tasks=tasks)
        # The clock is read again: what took long before the letters must not shorten their leases.
        if not done + _send(database, post, now=clock()):
            stop.wait(pause)


def post_of(settings: Settings, owner: str, directory: Path | None = None) -> Post:
    """How letters leave by the settings: through the relay, or into the mailbox folder while there is none.

    `directory` is where workers note what must outlive them.
    """
    writer = Writer(build_environment(zone=settings.zone), settings.mail_from)
    logbook = directory / f"worker-{owner.rpartition('/')[2]}.log" if directory is not None else None
    mark = directory / MARK if directory is not None else None
    if settings.smtp_host is None:
        folder = FolderTransport(settings.mailbox_dir)
        return Post(folder, writer, settings.address, owner, zone=settings.zone, logbook=logbook, mark=mark)
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
        mark=mark,
    )
