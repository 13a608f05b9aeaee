"""Everything that a database holds, to be compared."""

from collections.abc import Mapping

from sqlalchemy import select

from app.infra.database import Database
from app.schema import metadata


def tables_of(database: Database) -> Mapping[str, list[str]]:
    """The rows of every table as text, sorted."""
    with database.read() as session:
        return {
            name: sorted(repr(tuple(row)) for row in session.execute(select(table)))
            for name, table in sorted(metadata.tables.items())
        }
