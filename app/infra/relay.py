"""Laying rows down anew, so that where they lie and which transaction wrote them tell nothing of when they came in."""

from typing import Any, cast

from sqlalchemy import ColumnElement, Table, delete, insert, select
from sqlalchemy.orm import InstrumentedAttribute

from app.infra.database import Base, WriteSession


def lay_anew(
    session: WriteSession, table: type[Base], which: ColumnElement[bool], order: InstrumentedAttribute[Any]
) -> None:
    """Write some rows of a table once more, all in this transaction and in the order of a column.

    PostgreSQL lays rows down as they come in and notes with each the transaction that wrote it: two tables that one
    transaction wrote to can be joined by either, in any copy of the database. SQLite keeps neither: its rows lie by
    their key. What the old rows leave behind goes with the next vacuum. No row may reference these.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    rows = cast(Table, table.__table__)
    gone = delete(rows).where(which).returning(*rows.columns).cte("gone")
    ordered = select(gone).order_by(gone.c[order.key])
    session.execute(insert(rows).from_select(list(rows.columns), ordered))
