"""Rows whose id stands in a list that is given as one value: hundreds of values of their own cost more than the rows."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Dialect, bindparam
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from app.infra.types import Text, json_text


class _Ids(TypeDecorator[Any]):
    """A list of ids: an array, or JSON. No table holds one."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        is_postgresql = dialect.name == "postgresql"
        chosen = postgresql.ARRAY(postgresql.UUID(as_uuid=False)) if is_postgresql else Text()
        return dialect.type_descriptor(chosen)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return super().bind_processor(dialect) if dialect.name == "postgresql" else json_text


class _Among(FunctionElement[bool]):
    # Of no type: SQLite knows none that is true or false, and SQLAlchemy would ask there whether this equals 1.
    inherit_cache = True


def is_among(column: ColumnElement[str], name: str) -> ColumnElement[bool]:
    """Whether an id stands in the list that is given to the statement by this name."""
    return _Among(column, bindparam(name, type_=_Ids()))


@compiles(_Among, "postgresql")
def _in_array(element: _Among, compiler: SQLCompiler, **how: Any) -> str:
    column, ids = (compiler.process(one, **how) for one in element.clauses)
    return f"{column} = ANY ({ids})"


@compiles(_Among, "sqlite")
def _in_json(element: _Among, compiler: SQLCompiler, **how: Any) -> str:
    column, ids = (compiler.process(one, **how) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 - compiled already
