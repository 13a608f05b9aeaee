"""Whether a database is sound in itself: its file, its references, and no secret of a link where a text may stand."""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import Column, cast, select, text
from sqlalchemy import Text as SqlText

from app.infra.database import Base, Database, ReadSession
from app.infra.types import Json

_AT_ONCE = 2_000
_RUN = re.compile(r"[A-Za-z0-9_-]{16,}")
# Ids and digests are nearly all there is, and no secret of sixteen letters or more keeps to so few of them by chance.
_ID = re.compile(r"[0-9a-f-]+")


def find_damage(database: Database) -> Iterator[str]:
    """What SQLite finds wrong with its file or its references; PostgreSQL sees to both by itself."""
    if not database.is_sqlite:
        return
    with database.engine.connect() as connection:
        for (found,) in connection.execute(text("PRAGMA integrity_check")):
            if found != "ok":
                yield str(found)
        for table, row, parent, _ in connection.execute(text("PRAGMA foreign_key_check")):
            yield f"{table}, row {row}: refers to a row of {parent} that is not there"


def find_secrets_in_texts(session: ReadSession, secrets: Collection[str]) -> Iterator[str]:
    """Table and column of every text or document that holds the secret of a link in plain."""
    wanted = frozenset(secrets)
    for table in Base.metadata.sorted_tables if wanted else ():
        columns = [column for column in table.columns if isinstance(column.type, SqlText | Json)]
        if columns:
            yield from (f"{table.name}.{name}" for name in sorted(_holding(session, columns, wanted)))


def _holding(session: ReadSession, columns: Sequence[Column[Any]], wanted: frozenset[str]) -> set[str]:
    """The names of those columns of a table that hold one of the secrets; the table is gone through once."""
    lengths = {len(secret) for secret in wanted}
    query = select(*(cast(column, SqlText) for column in columns)).execution_options(yield_per=_AT_ONCE)
    with session.execute(query) as rows:
        return {
            column.name
            for row in rows
            for column, value in zip(columns, row, strict=True)
            if value is not None and not wanted.isdisjoint(_candidates(value, lengths))
        }


def _candidates(value: str, lengths: Collection[int]) -> Iterator[str]:
    """Everything in a text that has a length and the letters of a link's secret."""
    for run in _RUN.findall(value):
        if _ID.fullmatch(run):
            continue
        for length in lengths:
            for start in range(len(run) - length + 1):
                yield run[start : start + length]
