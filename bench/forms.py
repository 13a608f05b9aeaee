"""The rater's form under load: opening, sending, and a kill in the middle (P1-P5, P14)."""

import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
from sqlalchemy import event, func, select

from app.infra.database import Database
from app.infra.keys import InstanceKey
from app.infra.migrate import upgrade
from app.invitations.queries import find_link
from app.releases.invariants import INVARIANTS
from app.responses.commands import submit_response
from app.responses.queries import load_rating_form
from app.responses.tables import SheetRow
from app.rounds.tables import AssignmentRow
from bench import load
from bench.report import Line
from bench.server import SECRET, cpu_of, serving
from bench.world import NOW, found, open_round

RATERS = 4000
SECONDS = 6.0
ROUNDS = 3
KILLS = 4


def opened(url: str) -> Database:
    """The database, migrated."""
    database = Database(url, key=InstanceKey(SECRET.encode()))
    upgrade(database.engine)
    return database


def form_get(url: str, folder: Path) -> Iterator[Line]:
    """Opening the form against a plain FastAPI hello of the same process."""
    database = opened(url)
    world = found(database, kpis=1, items=2)
    tokens = open_round(database, world, raters=1000)
    with serving(url, folder) as (base, process):
        paths = [f"/r/{token}" for token in tokens]
        load.get(base, paths, seconds=2)
        each = _cpu_each(base, paths, process)
        hello, form = load.in_turn(
            ROUNDS,
            lambda: load.get(base, ["/bench-hello"], seconds=4).rate,
            lambda: load.get(base, paths, seconds=4).rate,
        )
    goal, least = ("P1", 0.22) if database.is_sqlite else ("P2", 0.08)
    yield Line(
        goal,
        f"open form, {kind(database)}",
        f"hello {hello:.0f}/s",
        f"{form:.0f}/s, {each:.2f} ms CPU each",
        form / hello,
        least,
    )
    database.dispose()


def _cpu_each(base: str, paths: Sequence[str], process: subprocess.Popen[bytes]) -> float:
    """Milliseconds of the server's CPU for a page."""
    begun, seconds = cpu_of(process), 2
    pages = load.get(base, paths, seconds=seconds).rate * seconds
    return 1000 * (cpu_of(process) - begun) / pages


def form_post(url: str, folder: Path) -> Iterator[Line]:
    """Sending the form against the bare driver running the same statements, one commit per form."""
    database = opened(url)
    world = found(database, kpis=1, items=2)
    tokens = open_round(database, world, raters=RATERS)
    bodies = _bodies(database, tokens)
    half = len(tokens) // 2
    scripts = _recorded(database, tokens[half:], bodies[half:])
    bare = _replayed(database, scripts)
    before = _count(database)
    with serving(url, folder) as (base, process):
        idle = cpu_of(process)
        requests = [("POST", f"/r/{token}", body) for token, body in zip(tokens[:half], bodies[:half], strict=True)]
        few = load.run(base, requests[: half // 2], seconds=60, connections=8, good=303, once=True)
        many = load.run(base, requests[half // 2 :], seconds=60, connections=32, good=303, once=True)
        each = 1000 * (cpu_of(process) - idle) / half
    stored = _count(database) - before
    lost = 2 * (len(few.acknowledged) + len(many.acknowledged)) - stored
    goal, least = ("P3", 0.25) if database.is_sqlite else ("P4", 0.35)
    what = f"submit, {kind(database)}, 8 clients"
    yield Line(
        goal, what, f"bare driver {bare:.0f}/s", f"{few.rate:.0f}/s, {each:.2f} ms CPU each", few.rate / bare, least
    )
    figure = f"p50 {many.p50:.0f} ms, p99 {many.p99:.0f} ms, {many.failed + few.failed} failed"
    yield Line("P5", f"submit, {kind(database)}, 32 clients: p99 ÷ 150 ms", "150 ms", figure, many.p99 / 150, most=1.0)
    yield Line("P14", f"acknowledged and not stored, {kind(database)}", "0", f"{lost} of {stored}", abs(lost), most=0)
    database.dispose()


def crash(url: str, folder: Path) -> Iterator[Line]:
    """`kill -9` in the middle of sending: whatever was acknowledged is stored, and nothing is stored by half."""
    database = opened(url)
    tokens = open_round(database, found(database, kpis=1, items=2), raters=RATERS)
    bodies = _bodies(database, tokens)
    acknowledged: list[str] = []
    kills = 0
    for turn in range(KILLS):
        mine = slice(turn * len(tokens) // KILLS, (turn + 1) * len(tokens) // KILLS)
        requests = [("POST", f"/r/{token}", body) for token, body in zip(tokens[mine], bodies[mine], strict=True)]
        # At another moment each time, and long before the last form.
        sheets = _count(database) + (turn + 1) * len(requests) // KILLS
        with serving(url, folder) as (base, process):
            killer = threading.Thread(target=_kill_at, args=(process, database, sheets))
            killer.start()
            result = load.run(base, requests, seconds=60, connections=8, good=303, once=True)
            killer.join()
            # Forms that nobody took any more are what shows that it was in the middle.
            kills += process.wait(timeout=10) == -signal.SIGKILL and result.failed > 0
        acknowledged += [tokens[mine][place] for place in result.acknowledged]
    lost = _unanswered(database, acknowledged) + _unsound(database)
    figure = f"{len(acknowledged)} forms acknowledged, {_count(database)} sheets stored"
    yield Line("P14", f"lost or by half after kill -9, {kind(database)}", "0", figure, lost, most=0)
    what = f"kills in the middle of sending, {kind(database)}"
    yield Line("P14", what, str(KILLS), str(kills), kills / KILLS, least=1.0)
    database.dispose()


def _kill_at(process: subprocess.Popen[bytes], database: Database, sheets: int) -> None:
    """Kill the service as soon as so many sheets are stored; not at all when that never happens."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if _count(database) >= sheets:
            process.kill()
            return
        time.sleep(0.005)


def _unanswered(database: Database, tokens: Sequence[str]) -> int:
    """How many links there are among those given whose rater has not answered about everybody."""
    with database.read() as session:
        raters = {find_link(session, token, now=NOW).person_id for token in tokens}
        waiting = select(AssignmentRow.rater_id).where(~AssignmentRow.answered)
        return len(raters.intersection(session.scalars(waiting)))


def _unsound(database: Database) -> int:
    """How many of the things that always hold do not."""
    return sum(1 for one in INVARIANTS for _ in one.wrong(database))


def kind(database: Database) -> str:
    """The database in a word."""
    return "SQLite" if database.is_sqlite else "PostgreSQL"


def _bodies(database: Database, tokens: Sequence[str]) -> list[bytes]:
    made = []
    with database.read() as session:
        for number, token in enumerate(tokens):
            form = load_rating_form(session, token, now=NOW)
            sent = {"submission": f"bench-{number:08}"}
            for subject in form.subjects:
                for item in subject.items:
                    sent[f"{subject.assignment_id}.{item.number}"] = str(1 + number % 5)
            made.append(urlencode(sent).encode())
    return made


def _count(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(SheetRow)) or 0


Statement = tuple[str, Any, bool]


def _recorded(database: Database, tokens: Sequence[str], bodies: Sequence[bytes]) -> list[list[Statement]]:
    """The statements that each submit sends to the driver; nothing of it stays."""
    scripts: list[list[Statement]] = []
    current: list[Statement] = []

    def record(_c: object, _u: object, statement: str, parameters: Any, _x: object, many: bool) -> None:  # noqa: FBT001
        current.append((statement, parameters, many))

    event.listen(database.engine, "before_cursor_execute", record)
    try:
        for token, body in zip(tokens, bodies, strict=True):
            current = []
            sent = {name: [value] for name, value in (pair.split("=") for pair in body.decode().split("&"))}
            with _rolled_back(database) as session:
                submit_response(session, token, sent, now=NOW)
            scripts.append([one for one in current if not one[0].startswith(("BEGIN", "SAVEPOINT", "ROLLBACK"))])
    finally:
        event.remove(database.engine, "before_cursor_execute", record)
    return scripts


class _Undo(Exception):
    """Ends a transaction without keeping it."""


@contextmanager
def _rolled_back(database: Database) -> Iterator[Any]:
    try:
        with database.write() as session:
            yield session
            raise _Undo
    except _Undo:
        return


def _replayed(database: Database, scripts: Sequence[Sequence[Statement]]) -> float:
    """Forms per second of the bare driver: SQLite over one connection, PostgreSQL over eight."""
    if database.is_sqlite:
        connection = sqlite3.connect(str(database.url.database), isolation_level=None)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        begun = time.perf_counter()
        for script in scripts:
            connection.execute("BEGIN IMMEDIATE")
            _play(connection.cursor(), script)
            connection.execute("COMMIT")
        spent = time.perf_counter() - begun
        connection.close()
        return len(scripts) / spent
    address = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    shares = [scripts[place::8] for place in range(8)]

    def work(share: Sequence[Sequence[Statement]]) -> None:
        with psycopg.connect(address) as own:
            for script in share:
                _play(own.cursor(), script)
                own.commit()

    threads = [threading.Thread(target=work, args=(share,)) for share in shares]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(scripts) / (time.perf_counter() - begun)


def _play(cursor: Any, script: Sequence[Statement]) -> None:
    for statement, parameters, many in script:
        if many:
            cursor.executemany(statement, parameters)
        else:
            cursor.execute(statement, parameters)
        if cursor.description:
            cursor.fetchall()
