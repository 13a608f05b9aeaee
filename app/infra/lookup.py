"""A SELECT that is asked for all the time: compiled once for each kind of database, and run by the driver alone.

SQLAlchemy takes four times as long about such a row as SQLite does, and its transaction costs PostgreSQL two more round
trips. Values come as they do everywhere, and so do errors. Whatever is asked less often goes the common way.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Dialect, Engine, Select
from sqlalchemy.engine import Compiled
from sqlalchemy.exc import DBAPIError

from app.infra.database import ALONE, ReadSession

Convert = Callable[[Any], Any]

LONGEST = 64
"""Of a list that is given; the text that is sent holds a place for each of its values, so a longer one goes the common way."""


class _Sent(NamedTuple):
    """The statement as one driver takes it, for lists of some lengths."""

    text: str
    order: Sequence[str] | None
    """Of the parameters, where they have no names."""
    fixed: Mapping[str, object]
    """Those that stand in the statement itself."""
    places: Mapping[str, Sequence[str]]
    """Under which names the values of a list go."""
    bound: Mapping[str, Convert]


class _Prepared:
    """The statement for one kind of database, and the columns whose values must be converted once their kind was seen."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self.sent: dict[tuple[int, ...], _Sent] = {}
        self.converted: tuple[tuple[int, Convert], ...] | None = None


class Lookup:
    """A SELECT whose parameters are named: texts, bytes, days and lists of texts.

    Its rows have the names of its columns, or are plain where there are hundreds of them, to be taken apart at once.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]], *, is_plain: bool = False) -> None:
        self.statement = statement
        self._row = None if is_plain else _row_of(statement.selected_columns.keys())
        self._prepared: dict[str, _Prepared] = {}

    def rows(self, session: ReadSession, parameters: Mapping[str, object]) -> Sequence[Any]:
        """What is found: by a statement of its own, or in the session's transaction where one has begun."""
        lists = {name: value for name, value in parameters.items() if isinstance(value, list)}
        if all(len(values) <= LONGEST for values in lists.values()):
            engine: Engine | None = session.info.get(ALONE)
            if engine is not None and not session.in_transaction():
                found = self._alone(engine, parameters, lists)
            else:
                found = self._inside(session, parameters, lists)
            if found is not None:
                return found
        return session.connection().execute(self.statement, parameters).all()

    def _alone(
        self, engine: Engine, parameters: Mapping[str, object], lists: Mapping[str, Sequence[object]]
    ) -> Sequence[Any] | None:
        """The same outside of any transaction; None when the connection does not work any more."""
        prepared = self._prepared_for(engine.dialect)
        sent = _sent(prepared, parameters, lists)
        lent = engine.raw_connection()
        try:
            cursor = _run_alone(lent.driver_connection, sent, _given(sent, parameters, lists))
            found = self._as_everywhere(cursor, prepared, engine.dialect)
        except engine.dialect.loaded_dbapi.Error:
            # Asked again, SQLAlchemy sees to the other connections, which broke at the same time.
            lent.invalidate()
            return None
        lent.close()
        return found

    def _inside(
        self, session: ReadSession, parameters: Mapping[str, object], lists: Mapping[str, Sequence[object]]
    ) -> Sequence[Any] | None:
        """The same as part of the session's transaction, which holds what was added there; None when the connection broke."""
        if session.autoflush:
            session.flush()
        connection = session.connection()
        prepared = self._prepared_for(connection.dialect)
        sent = _sent(prepared, parameters, lists)
        driver: Any = connection.connection.driver_connection
        try:
            cursor = driver.execute(sent.text, _given(sent, parameters, lists))
            return self._as_everywhere(cursor, prepared, connection.dialect)
        except connection.dialect.loaded_dbapi.Error as error:
            if connection.dialect.is_disconnect(error, driver, None):
                # Asked again, SQLAlchemy sees to the other connections, which broke at the same time.
                return None
            # Nothing can be asked again: PostgreSQL says of whatever comes now that the transaction is over.
            wrapped = DBAPIError.instance(sent.text, None, error, connection.dialect.loaded_dbapi.Error)
            raise wrapped from error

    def _prepared_for(self, dialect: Dialect) -> _Prepared:
        known = self._prepared.get(dialect.name)
        if known is None:
            known = self._prepared[dialect.name] = _Prepared(self.statement.compile(dialect=dialect))
        return known

    def _as_everywhere(self, cursor: Any, prepared: _Prepared, dialect: Dialect) -> list[Any]:
        """The rows with the values that SQLAlchemy would bring."""
        if prepared.converted is None:
            kinds = [column.type.dialect_impl(dialect) for column in self.statement.selected_columns]
            ways = [
                kind.result_processor(dialect, told[1]) for kind, told in zip(kinds, cursor.description, strict=True)
            ]
            prepared.converted = tuple((place, way) for place, way in enumerate(ways) if way is not None)
        rows = cursor.fetchall()
        if prepared.converted:
            rows = [_converted(one, prepared.converted) for one in rows]
        return rows if self._row is None else [self._row(*one) for one in rows]


def _converted(row: Sequence[Any], ways: Iterable[tuple[int, Convert]]) -> Sequence[Any]:
    values = list(row)
    for place, convert in ways:
        values[place] = convert(values[place])
    return values


def _row_of(names: Iterable[str]) -> Callable[..., Any]:
    return namedtuple("Found", names)  # noqa: PYI024 - the columns are not known before


def _sent(prepared: _Prepared, parameters: Mapping[str, object], lists: Mapping[str, Sequence[object]]) -> _Sent:
    """The statement for lists as long as these."""
    lengths = tuple(len(values) for values in lists.values())
    sent = prepared.sent.get(lengths)
    if sent is None:
        compiled: Any = prepared.compiled
        state = compiled.construct_expanded_state(parameters)
        places = state.parameter_expansion
        bound: dict[str, Convert] = {}
        for name, parameter in compiled.binds.items():
            convert = parameter.type.dialect_impl(compiled.dialect).bind_processor(compiled.dialect)
            if convert is not None:
                bound |= dict.fromkeys(places.get(name, [name]), convert)
        given = {name for names in places.values() for name in names}.union(parameters)
        fixed = {name: value for name, value in state.parameters.items() if name not in given}
        sent = _Sent(state.statement, state.positiontup if compiled.positional else None, fixed, places, bound)
        prepared.sent[lengths] = sent
    return sent


def _given(
    sent: _Sent, parameters: Mapping[str, object], lists: Mapping[str, Sequence[object]]
) -> Mapping[str, object] | Sequence[object]:
    """The values as the driver takes them."""
    values = {**sent.fixed, **parameters}
    for name, several in lists.items():
        del values[name]
        values.update(zip(sent.places[name], several, strict=True))
    for name, convert in sent.bound.items():
        values[name] = convert(values[name])
    return values if sent.order is None else [values[name] for name in sent.order]


def _run_alone(driver: Any, sent: _Sent, values: object) -> Any:
    """The cursor of a statement outside of any transaction; SQLite's connections begin none by themselves."""
    if sent.order is not None:
        return driver.execute(sent.text, values)
    driver.autocommit = True
    cursor = driver.execute(sent.text, values)
    driver.autocommit = False
    return cursor
