"""Whether a database is sound in itself: its file, its references, and no secret of a link where a text may stand."""

import re
from collections.abc import Collection, Iterator

from sqlalchemy import Text as SqlText
from sqlalchemy import cast, select, text

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
    lengths = {len(secret) for secret in wanted}
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, SqlText | Json):
                query = select(cast(column, SqlText)).where(column.is_not(None))
                with session.execute(query.execution_options(yield_per=_AT_ONCE)) as rows:
                    if any(not wanted.isdisjoint(_candidates(value, lengths)) for (value,) in rows):
                        yield f"{table.name}.{column.name}"


def _candidates(value: str, lengths: Collection[int]) -> Iterator[str]:
    """Everything in a text that has a length and the letters of a link's secret."""
    for run in _RUN.findall(value):
        if _ID.fullmatch(run):
            continue
        for length in lengths:
            for start in range(len(run) - length + 1):
                yield run[start : start + length]
