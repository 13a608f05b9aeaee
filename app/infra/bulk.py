"""Rows by the hundred thousand, as the driver gives and takes them: what a release or an import reads and writes.

A row of SQLAlchemy around each costs more than the reading, and its parameters more than the writing. Nothing is
converted here: numbers, texts, bytes and ids come and go as they are, flags come as 0 and 1 from SQLite, and JSON is
given by `types.json_text`. Whatever is not this many goes the common way.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain, islice
from typing import Any, cast

from sqlalchemy import CursorResult, Select

from app.infra.database import Base, ReadSession, WriteSession

AT_ONCE = 500


def driver_rows(session: ReadSession, query: Select[Any]) -> Iterator[tuple[Any, ...]]:
    """The rows of a query as plain tuples, fetched some at a time: a list of a million keeps the collector busy."""
    return chain.from_iterable(_batches(session, query))


def _batches(session: ReadSession, query: Select[Any]) -> Iterator[list[tuple[Any, ...]]]:
    with closing(cast("CursorResult[Any]", session.execute(query))) as result:
        cursor: Any = result.cursor
        while rows := cursor.fetchmany(AT_ONCE):
            yield rows


def insert_rows(
    session: WriteSession, table: type[Base], columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Add rows, each in the order of the columns."""
    session.flush()
    named = f"{table.__tablename__} ({', '.join(columns)})"
    if session.get_bind().dialect.name == "postgresql":
        _copy(session, named, rows)
        return
    statement = f"INSERT INTO {named} VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - names of ours
    left = iter(rows)
    while some := list(islice(left, AT_ONCE)):
        session.connection().exec_driver_sql(statement, some)


def _copy(session: WriteSession, named: str, rows: Iterable[tuple[Any, ...]]) -> None:
    connection = session.connection()
    driver: Any = connection.connection.dbapi_connection
    errors: Any = connection.dialect.loaded_dbapi
    try:
        with driver.cursor() as cursor, cursor.copy(f"COPY {named} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    except errors.OperationalError:
        raise
    except errors.Error as error:
        # The driver's error quotes the whole row: answers and comments, which no log may hold.
        raise RuntimeError(f"COPY {named}: {error.sqlstate} {error.diag.constraint_name}") from None
