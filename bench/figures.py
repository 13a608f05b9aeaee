"""Releasing and reading (P6-P8), and bringing ratings in (P12)."""

import gc
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.infra.clock import utc_now
from app.infra.database import Database, ReadSession
from app.releases.commands import release_round
from app.releases.tables import ScoreRow
from app.summaries.queries import get_summary
from bench.forms import kind, opened
from bench.report import Line
from bench.world import NOW, closed_round, found, past_rows

READ = (
    "SELECT id, subject_id, rater_group, pseudonym FROM sheet WHERE round_id = {mark}",
    "SELECT a.sheet_id, a.item_id, a.level FROM answer a JOIN sheet s ON s.id = a.sheet_id WHERE s.round_id = {mark}",
    "SELECT subject_id, rater_group, rater_id, counted, answered FROM assignment WHERE round_id = {mark}",
)
TURNS = 3


class Spent(NamedTuple):
    """Seconds on the wall, and of this process on a processor: others may use the machine as well."""

    wall: float
    processor: float


class _TakenBack(Exception):
    """Leaves a transaction without a commit."""


def release(url: str, _folder: Path, *, sheets: int = 100_000) -> Iterator[Line]:
    """A release of many sheets with ten items each, against the bare driver reading the same rows."""
    database = opened(url)
    world = found(database, kpis=2, items=5)
    rows = past_rows(world, subjects=2000, sheets=sheets)
    begun = time.perf_counter()
    round_id = closed_round(database, world, rows)
    brought = time.perf_counter() - begun
    bare: list[Spent] = []
    own: list[Spent] = []
    for turn in range(TURNS):
        bare.append(_spent(partial(_read, database, round_id)))
        own.append(_spent(partial(_release, database, round_id, keep=turn == TURNS - 1)))
    what = f"release of {sheets:,} sheets × 10 items, {kind(database)}"
    for place, clock in enumerate(Spent._fields):
        read, spent = (sorted(one[place] for one in some)[TURNS // 2] for some in (bare, own))
        said = f"reading the rows {read:.2f} s"
        yield Line("P6", f"{what}, {clock} time", said, f"{spent:.2f} s", spent / read, most=4.0)
    rate = len(rows) / brought
    yield Line("P12", f"import, {kind(database)}: rows/s ÷ 5,000", "5,000/s", f"{rate:.0f}/s", rate / 5000, least=1.0)
    database.dispose()


def summary(url: str, _folder: Path, *, large: int = 100_000) -> Iterator[Line]:
    """One person's summary with few and with many answers behind it."""
    database = opened(url)
    world = found(database, kpis=2, items=5)
    places = []
    for sheets, subjects in ((1000, 10), (large, 10)):
        round_id = closed_round(database, world, past_rows(world, subjects=subjects, sheets=sheets))
        with database.write() as session:
            places.append(release_round(session, SERVICE, round_id, now=utc_now()).id)
    small, much = (_summary_time(database, release_id) for release_id in places)
    figure = f"{1000 * much:.1f} ms with {large * 10:,} answers"
    ceiling = f"{1000 * small:.1f} ms with 10,000"
    yield Line("P7", f"summary, {kind(database)}", ceiling, figure, much / small, most=1.3)
    what = f"summary of one with {large // 10:,} responses, {kind(database)}: ÷ 20 ms"
    yield Line("P8", what, "20 ms", f"{1000 * much:.1f} ms", much / 0.020, most=1.0)
    database.dispose()


def _summary_time(database: Database, release_id: str) -> float:
    with database.read() as session:
        subject = _subject(session, release_id)
    taken = []
    for _ in range(30):
        begun = time.perf_counter()
        with database.read() as session:
            get_summary(session, SERVICE, release_id, subject, on=NOW.date())
        taken.append(time.perf_counter() - begun)
    return sorted(taken)[len(taken) // 2]


def _subject(session: ReadSession, release_id: str) -> str:
    query = select(ScoreRow.subject_id).where(ScoreRow.release_id == release_id, ScoreRow.item_id.is_not(None))
    return session.scalars(query.limit(1)).one()


def _release(database: Database, round_id: str, *, keep: bool) -> None:
    """Release a round; unless it is kept, take everything back before the commit."""
    with suppress(_TakenBack), database.write() as session:
        release_round(session, SERVICE, round_id, now=utc_now())
        if not keep:
            raise _TakenBack


def _spent(work: Callable[[], None]) -> Spent:
    gc.collect()
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return Spent(time.perf_counter() - wall, time.process_time() - processor)


def _read(database: Database, round_id: str) -> None:
    """Fetch with the bare driver what a release reads."""
    if database.is_sqlite:
        connection: Any = sqlite3.connect(str(database.url.database))
        mark = "?"
    else:
        connection = psycopg.connect(database.url.set(drivername="postgresql").render_as_string(hide_password=False))
        mark = "%s"
    for query in READ:
        cursor = connection.cursor()
        cursor.execute(query.format(mark=mark), (round_id,))
        cursor.fetchall()
    connection.close()
