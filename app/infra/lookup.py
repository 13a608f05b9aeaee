"""A SELECT that raters wait for: compiled once for each kind of database, and run by the driver alone.

SQLAlchemy takes four times as long about such a row as SQLite does, and its transaction costs PostgreSQL two more round
trips. Values come as they do everywhere, and so do errors. Whatever is asked less often goes the common way.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Dialect, Engine, Select

from app.infra.database import ALONE, ReadSession

Convert = Callable[[Any], Any]


class _Compiled(NamedTuple):
    """The statement as one driver takes it, and the columns whose values must be converted."""

    text: str
    order: Sequence[str] | None
    """Of the parameters, where they have no names."""
    converted: tuple[tuple[int, Convert], ...]


class Lookup:
    """A SELECT whose only parameters are named texts and bytes; its rows have the names of its columns."""

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._row = _row_of(statement.selected_columns.keys())
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, session: ReadSession, parameters: Mapping[str, object]) -> Sequence[Any]:
        """What is found: by a statement of its own, or in the session's transaction where one has begun."""
        engine: Engine | None = session.info.get(ALONE)
        if engine is not None and not session.in_transaction():
            found = self._alone(engine, parameters)
            if found is not None:
                return found
        return session.connection().execute(self._statement, parameters).all()

    def _alone(self, engine: Engine, parameters: Mapping[str, object]) -> Sequence[Any] | None:
        """The same outside of any transaction; None when the connection does not work any more."""
        compiled = self._compiled.get(engine.name) or self._compile(engine.dialect)
        lent = engine.raw_connection()
        try:
            found = _fetched(lent.driver_connection, compiled, parameters)
        except engine.dialect.loaded_dbapi.Error:
            # Asked again, SQLAlchemy sees to the other connections, which broke at the same time.
            lent.invalidate()
            return None
        lent.close()
        return [self._row(*_as_everywhere(row, compiled)) for row in found]

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled = self._statement.compile(dialect=dialect)
        types = [column.type.dialect_impl(dialect) for column in self._statement.selected_columns]
        ways = enumerate(kind.result_processor(dialect, None) for kind in types)
        converted = tuple((place, way) for place, way in ways if way is not None)
        made = self._compiled[dialect.name] = _Compiled(str(compiled), compiled.positiontup, converted)
        return made


def _row_of(names: Iterable[str]) -> Callable[..., Any]:
    return namedtuple("Found", names)  # noqa: PYI024 - the columns are not known before


def _fetched(driver: Any, compiled: _Compiled, parameters: Mapping[str, object]) -> Iterable[tuple[Any, ...]]:
    found: Iterable[tuple[Any, ...]]
    if compiled.order is not None:
        # SQLite, whose connections begin no transaction by themselves.
        found = driver.execute(compiled.text, [parameters[name] for name in compiled.order]).fetchall()
    else:
        driver.autocommit = True
        found = driver.execute(compiled.text, parameters).fetchall()
        driver.autocommit = False
    return found


def _as_everywhere(row: tuple[Any, ...], compiled: _Compiled) -> list[Any]:
    """The values of a row as SQLAlchemy would bring them."""
    values = list(row)
    for place, convert in compiled.converted:
        values[place] = convert(values[place])
    return values
