"""What many tests begin from: written by the commands once in a process, and copied row by row into each test's database.

The commands take a hundred times as long as the rows; that they write the same on both databases is proved where
they live, not by every test that comes after them.
"""

import atexit
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from sqlalchemy import Table, insert, select

from app.infra.database import Database, ReadSession, WriteSession
from app.infra.entropy import SeededEntropy
from app.schema import metadata
from tests.databases import open_database, rolled_back

SEED = 20260101

T = TypeVar("T")
Rows = Sequence[tuple[Table, Sequence[Mapping[str, Any]]]]


def copied(session: WriteSession, build: Callable[..., T], *given: Any, **named: Any) -> T:
    """What `build` returns, its rows written to the session; `given` is what it takes beside a session."""
    if session.get_bind().engine.url == _workshop().engine.url:
        return build(session, *given, **named)  # part of another original
    made, rows = _original(build, *given, **named)
    for table, lines in rows:
        session.execute(insert(table), lines)
    result: T = deepcopy(made)
    return result


def take_over(database: Database, *, of: Database) -> None:
    """Write all that stands in one database into another one that is empty."""
    with of.read() as source, database.write() as target:
        for table in metadata.sorted_tables:
            rows = _rows(source, table)
            if rows:
                target.execute(insert(table), rows)


@cache
def _original(build: Callable[..., T], *given: Any, **named: Any) -> tuple[T, Rows]:
    with rolled_back(_workshop()) as session:
        made = build(session, *given, **named)
        session.flush()
        found = [(table, _rows(session, table)) for table in metadata.sorted_tables]
    return made, [(table, rows) for table, rows in found if rows]


def _rows(session: ReadSession, table: Table) -> list[dict[str, Any]]:
    """All of a table in the order in which they were written, without the numbers that each database gives by itself."""
    own = table.autoincrement_column
    given = [column for column in table.columns if column is not own or column.autoincrement is not True]
    rows = session.execute(select(*given).order_by(own) if own is not None else select(*given))
    return [dict(row) for row in rows.mappings()]


@cache
def _workshop() -> Database:
    """A database that nothing stays in."""
    folder = TemporaryDirectory(prefix="originals-")
    atexit.register(folder.cleanup)
    database = open_database(f"sqlite:///{Path(folder.name) / 'workshop.sqlite'}", entropy=SeededEntropy(SEED))
    atexit.register(database.dispose)
    metadata.create_all(database.engine)
    return database
