"""Adding a row that somebody else may be adding at the same moment: alike on both databases."""

from typing import Any

from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql, sqlite

from app.infra.database import Base, WriteSession


def insert_or_leave(session: WriteSession, table: type[Base], **values: Any) -> bool:
    """Add a row unless one with its key is there; whether it was added. Waits for whoever is adding the same one."""
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert(table) if is_postgresql else sqlite.insert(table)
    keys = inspect(table).primary_key
    added = session.execute(insert.values(**values).on_conflict_do_nothing().returning(*keys))
    return added.first() is not None
