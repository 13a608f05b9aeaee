"""Deeds done in processes of their own: side by side, or ended as by `kill -9` at a chosen point of the transaction.

The processes are forked from one that has imported and prepared everything, since starting Python anew for each would
take a second.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.synchronize import Barrier
from typing import Any

import scipy.special  # noqa: F401 - each process would load it for itself when it scores
from sqlalchemy import event
from sqlalchemy.orm import configure_mappers

from app.accounts.rules import SERVICE
from app.infra.database import Database, WriteSession
from app.releases.commands import release_round
from app.reports import Row
from app.responses.commands import submit_response
from app.responses.past import import_ratings
from tests.databases import open_database

BEFORE_THE_COMMIT = 0
AFTER_THE_COMMIT = -1

# Done when a table is first asked for, and it takes as long as all that a deed does besides.
configure_mappers()

forked = multiprocessing.get_context("forkserver")
forked.set_forkserver_preload(["tests.faults.deeds", "tests.faults.postal"])


def release(session: WriteSession, round_id: str, now: datetime) -> None:
    """Score and seal a round."""
    release_round(session, SERVICE, round_id, now=now)


def bring_in(session: WriteSession, round_id: str, rows: list[Mapping[str, str]], now: datetime) -> None:
    """Import past ratings into a draft."""
    numbered = [Row(place, cells) for place, cells in enumerate(rows, start=2)]
    import_ratings(session, SERVICE, round_id, numbered, now=now)


def submit(session: WriteSession, link: str, fields: Mapping[str, str], now: datetime) -> None:
    """Send a form."""
    submit_response(session, link, {name: [value] for name, value in fields.items()}, now=now)


@dataclass(frozen=True)
class Deed:
    """A command and its arguments; the command is one of this module, so that another process finds it."""

    command: Callable[..., None]
    arguments: tuple[Any, ...]

    def do(self, database: Database) -> None:
        with database.write() as session:
            self.command(session, *self.arguments)


def dies(url: str, deed: Deed, point: int) -> bool:
    """Do a deed in a process that dies before its statement number `point`, or around the commit; False if it lived.

    It lives when the deed has fewer statements than that; then it is done.
    """
    process = forked.Process(target=_die, args=(url, deed, point))
    process.start()
    process.join(60)
    code = process.exitcode
    process.close()
    assert code in {0, -signal.SIGKILL}, code
    return code == -signal.SIGKILL


def side_by_side(url: str, deeds: Sequence[Sequence[Deed]]) -> list[int | None]:
    """Do several rows of deeds at the same time, each row in a process of its own; how the processes ended."""
    barrier = forked.Barrier(len(deeds))
    processes = [forked.Process(target=_do_all, args=(url, row, barrier)) for row in deeds]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    return [process.exitcode for process in processes]


def _do_all(url: str, deeds: Sequence[Deed], barrier: Barrier) -> None:
    database = open_database(url)
    barrier.wait()
    for deed in deeds:
        deed.do(database)
    database.dispose()


def _die(url: str, deed: Deed, point: int) -> None:
    database = open_database(url)
    begun = 0

    def count(*_: object) -> None:
        nonlocal begun
        begun += 1
        if begun == point:
            _end()

    event.listen(database.engine, "before_cursor_execute", count)
    if point == BEFORE_THE_COMMIT:
        event.listen(database.engine, "commit", _end)
    deed.do(database)
    if point == AFTER_THE_COMMIT:
        _end()
    database.dispose()


def _end(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
