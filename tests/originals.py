"""What many tests begin from: written by the commands once in a process, and copied row by row into each test's database.

The commands take a hundred times as long as the rows; that they write the same on both databases is proved where
they live, not by every test that comes after them.
"""

import atexit
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Connection, Table, event, insert, select

from app.infra.database import Database, ReadSession, WriteSession
from app.infra.entropy import SeededEntropy
from app.schema import metadata
from tests.databases import open_database, rolled_back

SEED = 20260101

T = TypeVar("T")


@dataclass
class Original:
    """What was made, its rows by table, and how each driver takes them: as SQLAlchemy has sent them the first time."""

    made: Any
    rows: Sequence[tuple[Table, Sequence[Mapping[str, Any]]]]
    sent: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)

    def write(self, session: WriteSession) -> None:
        connection = session.connection()
        known = self.sent.get(connection.dialect.name)
        if known is None:
            self.sent[connection.dialect.name] = self._written(connection)
        for statement, values in known or ():
            connection.exec_driver_sql(statement, values)

    def _written(self, connection: Connection) -> list[tuple[str, Any]]:
        """What was sent to write the rows the first time; for PostgreSQL, which answers row by row, as one text."""
        sent: list[tuple[str, Any]] = []

        def note(_connection: object, _cursor: object, statement: str, values: Any, *_rest: object) -> None:
            sent.append((statement, values))

        event.listen(connection, "before_cursor_execute", note)
        for table, lines in self.rows:
            connection.execute(insert(table), lines)
        event.remove(connection, "before_cursor_execute", note)
        driver = connection.connection.driver_connection
        return [(_as_text(driver, sent), None)] if isinstance(driver, psycopg.Connection) and sent else sent


def _as_text(driver: psycopg.Connection[Any], sent: Sequence[tuple[str, Any]]) -> str:
    """One INSERT for each table with all its rows, one after the other, to be run without parameters."""
    written = psycopg.ClientCursor(driver)
    texts = []
    for statement, values in sent:
        into = statement.partition(" VALUES ")[0]
        rows = [written.mogrify(statement, row) for row in (values if isinstance(values, list) else [values])]
        texts.append(f"{into} VALUES {', '.join(row.removeprefix(f'{into} VALUES ') for row in rows)}")
    # Where there are no parameters, SQLAlchemy still has the driver look for their places.
    return "; ".join(texts).replace("%", "%%")


def copied(session: WriteSession, build: Callable[..., T], *given: Any, **named: Any) -> T:
    """What `build` returns, its rows written to the session; `given` is what it takes beside a session."""
    if session.get_bind().engine.url == _workshop().engine.url:
        return build(session, *given, **named)  # part of another original
    original = _original(build, *given, **named)
    original.write(session)
    result: T = deepcopy(original.made)
    return result


def take_over(database: Database, *, of: Database) -> None:
    """Write all that stands in one database into another one that is empty."""
    with of.read() as source, database.write() as target:
        for table in metadata.sorted_tables:
            rows = _rows(source, table)
            if rows:
                target.execute(insert(table), rows)


@cache
def _original(build: Callable[..., Any], *given: Any, **named: Any) -> Original:
    with rolled_back(_workshop()) as session:
        made = build(session, *given, **named)
        session.flush()
        found = [(table, _rows(session, table)) for table in metadata.sorted_tables]
    return Original(made, [(table, rows) for table, rows in found if rows])


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
