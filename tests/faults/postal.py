"""Workers that are killed again and again while a mail server misbehaves; what arrived is counted at the server."""

import os
import random  # noqa: TID251 - what happens is drawn from a seed that the test names
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from multiprocessing.process import BaseProcess
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from app import dispatch
from app.dispatch import Post, send_due
from app.infra.database import Database
from app.infra.formats import DEFAULT_ZONE
from app.infra.logs import configure_logs
from app.infra.smtp import SmtpTransport
from app.infra.templates import build_environment
from app.invitations.hours import next_working_time
from app.mail.letters import OPT_OUT, Writer, compose
from app.mail.tables import OutboxRow
from app.mail.values import Bundle, Letter, OutboxState
from app.worker import run_until
from tests.databases import open_database
from tests.faults.deeds import forked
from tests.mail.test_letters import message

SPEED = 30
"""A minute of the workers takes two seconds: unknown outcomes are tried again after one."""

THINKING = 0.04
"""Seconds for which the mail server thinks, so that whoever is killed is killed on the way."""

BATCH = 25
"""Letters that a worker claims at once: few enough that both always have some."""

HOURS = 60
WORKERS = 2
# Made once in the process that all workers are forked from, its templates as well: each would take longer than its letters.
WRITER = Writer(build_environment(), "vurdering@fjellbris.example")
_LINKS = {"link": "", "language_link": "", OPT_OUT: ""}
for _letter in (Letter.INVITATION, Letter.REMINDER):
    _asking = message(_letter, "nb")
    for _parts in ((_asking,), (_asking, _asking)):
        compose(Bundle(_asking, _parts), [_LINKS] * len(_parts), writer=WRITER)


@dataclass
class Postman:
    """A mail server that takes most mails; of some the sender never learns what became of them.

    `accepted` are the Message-IDs of the bodies it took, `unanswered` counts bodies begun without an answer. `pause` are
    the seconds for which it thinks about DATA, and about a body that it has: who is killed is killed there.
    """

    seed: int
    pause: float = 0.0
    accepted: Counter[str] = field(default_factory=Counter)
    bodies: dict[str, set[bytes]] = field(default_factory=dict)
    unanswered: int = 0
    port: int = 0
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)

    @classmethod
    @contextmanager
    def at_work(cls, seed: int) -> Iterator["Postman"]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            postman = cls(seed, port=listener.getsockname()[1])
            listener.settimeout(0.2)
            thread = threading.Thread(target=postman._listen, args=(listener,), daemon=True)
            thread.start()
            try:
                yield postman
            finally:
                postman._stop.set()
                thread.join()

    def _listen(self, listener: socket.socket) -> None:
        chance = random.Random(self.seed)
        while not self._stop.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            threading.Thread(target=self._serve, args=(connection, chance), daemon=True).start()

    def _serve(self, connection: socket.socket, chance: random.Random) -> None:
        try:
            with connection, connection.makefile("rb") as lines:
                # Answers to several commands are not to wait for each other.
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.sendall(b"220 here\r\n")
                while line := lines.readline():
                    if not self._answered(connection, lines, line[:4].upper(), chance):
                        return
        except OSError:
            return

    def _answered(self, connection: socket.socket, lines: object, verb: bytes, chance: random.Random) -> bool:
        if verb == b"EHLO":
            connection.sendall(b"250-here\r\n250 PIPELINING\r\n")
        elif verb == b"RCPT" and chance.random() < 0.003:
            connection.sendall(b"450 4.2.0 greylisted\r\n")
        elif verb == b"DATA":
            self._stop.wait(self.pause)
            connection.sendall(b"354 go on\r\n")
            return self._take(connection, lines, chance)
        else:
            connection.sendall(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
        return verb != b"QUIT"

    def _take(self, connection: socket.socket, lines: object, chance: random.Random) -> bool:
        body = bytearray()
        for line in lines:  # type: ignore[attr-defined]
            if line == b".\r\n":
                break
            body += line
        else:
            with self._turn:
                self.unanswered += bool(body)
            return False
        fate = chance.random()
        if fate < 0.003:
            connection.sendall(b"451 4.3.0 later\r\n")
            return True
        message_id = message_from_bytes(bytes(body))["Message-ID"]
        with self._turn:
            # One in a hundred is taken, one is thrown away, and nobody hears of either.
            if not 0.02 <= fate < 0.03:
                self.accepted[message_id] += 1
                self.bodies.setdefault(message_id, set()).add(bytes(body))
            self.unanswered += 0.01 <= fate < 0.03
        if 0.01 <= fate < 0.03:
            return False
        self._stop.wait(self.pause)
        try:
            connection.sendall(b"250 taken\r\n")
        except OSError:
            # The worker died: whether it has heard is not known.
            return False
        return True


@dataclass(frozen=True)
class Survived:
    """What was left after all the killing; `under_way` counts the workers that were killed with letters on their way.

    `rows` are the requests: the Message-ID of the letter that each left in, which several share, kind, state and copies.
    """

    kills: int
    under_way: int
    postman: Postman
    rows: Sequence[tuple[str, str, str, int]]

    def copies(self, letter: str) -> Counter[int]:
        """How many letters of a kind arrived how often."""
        letters = {id_ for id_, kind, _, _ in self.rows if kind == letter}
        return Counter(self.postman.accepted[f"<{id_}@fjellbris.example>"] for id_ in letters)

    @property
    def lost(self) -> list[str]:
        """Requests that did not arrive although the outbox says so, or of which nobody is told."""
        return [
            id_
            for id_, _, state, _ in self.rows
            if not self.postman.accepted[f"<{id_}@fjellbris.example>"] and state != OutboxState.ATTENTION
        ]


def survive(database: Database, url: str, folder: Path, *, kills: int, seed: int, now: datetime) -> Survived:
    """Let workers send everything that is queued while one of them is killed every now and then, and started again."""
    chance = random.Random(seed)
    began, under_way, noted = time.monotonic(), 0, [b""] * WORKERS
    with Postman.at_work(seed) as postman:
        postman.pause = THINKING
        workers = [_start(url, postman.port, folder, slot, now, began) for slot in range(WORKERS)]
        for _ in range(kills):
            slot = chance.randrange(WORKERS)
            under_way += _is_sending(folder / f"worker-{slot}.log", noted[slot])
            time.sleep(chance.uniform(0, 3 * THINKING))
            os.kill(workers[slot].pid or 0, signal.SIGKILL)
            workers[slot].join()
            noted[slot] = _noted(folder / f"worker-{slot}.log")
            workers[slot] = _start(url, postman.port, folder, slot, now, began)
        for worker in workers:
            os.kill(worker.pid or 0, signal.SIGKILL)
            worker.join()
        postman.pause = 0.0
        _finish(database, postman, folder, now=now + timedelta(seconds=SPEED * (time.monotonic() - began)))
    with database.read() as session:
        first = aliased(OutboxRow)
        of_mail = first.id == func.coalesce(OutboxRow.leaves_with, OutboxRow.id)
        columns = (first.message_id, OutboxRow.letter, OutboxRow.state, OutboxRow.copies)
        rows = session.execute(select(*columns).select_from(OutboxRow).join(first, of_mail))
        return Survived(kills, under_way, postman, [(row[0], row[1], row[2], row[3]) for row in rows])


def _is_sending(logbook: Path, before: bytes, *, patience: float = 5.0) -> bool:
    """Wait until a worker hands a letter over that its earlier life has not noted. It may have none left."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        now = _noted(logbook)
        if now != before and now.count(b"\n") > 1:
            return True
        time.sleep(0.01)
    return False


def _noted(logbook: Path) -> bytes:
    return logbook.read_bytes() if logbook.exists() else b""


def _start(url: str, port: int, folder: Path, slot: int, now: datetime, began: float) -> BaseProcess:
    worker = forked.Process(target=_work, args=(url, port, folder, slot, now, began))
    worker.start()
    return worker


def _work(url: str, port: int, folder: Path, slot: int, now: datetime, began: float) -> None:
    configure_logs("console", "error")
    dispatch.BATCH = BATCH

    def clock() -> datetime:
        return now + timedelta(seconds=SPEED * (time.monotonic() - began))

    run_until(threading.Event(), open_database(url), _post(port, folder, slot), clock=clock, pause=0.05, tasks=())


def _post(port: int, folder: Path, slot: int) -> Post:
    way = SmtpTransport("127.0.0.1", port, security="none")
    logbook, mark = folder / f"worker-{slot}.log", folder / "outbox.mark"
    return Post(way, WRITER, "https://fjellbris.example", f"host/{slot}", logbook=logbook, mark=mark)


def _finish(database: Database, postman: Postman, folder: Path, *, now: datetime) -> None:
    """The workers' last lives, in which nobody is killed: an hour after the other, while people are at work."""
    for _ in range(HOURS):
        for slot in range(WORKERS):
            send_due(database, _post(postman.port, folder, slot), now=now)
        if not _unfinished(database):
            return
        now = next_working_time(now + timedelta(hours=1), DEFAULT_ZONE)


def _unfinished(database: Database) -> int:
    waiting = (OutboxState.QUEUED, OutboxState.PREPARED, OutboxState.HANDING_OVER)
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(OutboxRow).where(OutboxRow.state.in_(waiting))) or 0
