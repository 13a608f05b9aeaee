"""Adding a row that somebody else may be adding at the same moment: alike on both databases."""

from typing import Any

from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql, sqlite

from app.infra.database import Base, WriteSession


def insert_or_leave(session: WriteSession, table: type[Base], **values: Any) -> bool:
    """Add a row unless one with its key is there; whether it was added. Waits for whoever is adding the same one."""
    keys = inspect(table).primary_key
    added = session.execute(_insert(session, table).values(**values).on_conflict_do_nothing().returning(*keys))
    return added.first() is not None


def insert_or_replace(session: WriteSession, table: type[Base], **values: Any) -> None:
    """Add a row, or put these values in place of those of the row with its key."""
    keys = inspect(table).primary_key
    rest = {name: value for name, value in values.items() if name not in {key.name for key in keys}}
    session.execute(_insert(session, table).values(**values).on_conflict_do_update(index_elements=keys, set_=rest))


def _insert(session: WriteSession, table: type[Base]) -> postgresql.Insert | sqlite.Insert:
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    return postgresql.insert(table) if is_postgresql else sqlite.insert(table)
