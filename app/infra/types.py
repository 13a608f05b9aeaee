"""Every column type of the house: STRICT-safe on SQLite, native on PostgreSQL; no other type may stand in a table."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Dialect, Integer, LargeBinary
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeDecorator, TypeEngine

_INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))

Text = SqlText
Whole = BigInteger().with_variant(Integer(), "sqlite")
Bytes = LargeBinary


class _PerDialect(TypeDecorator[Any]):
    """A type that is native on PostgreSQL and one of the STRICT storage classes on SQLite.

    SQLAlchemy asks every class by itself for `cache_ok`; without it each statement is compiled anew.
    """

    impl = SqlText

    def native(self) -> TypeEngine[Any]:
        raise NotImplementedError

    def storage(self) -> TypeEngine[Any]:
        return SqlText()

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        chosen = self.native() if dialect.name == "postgresql" else self.storage()
        return dialect.type_descriptor(chosen)


class Id(_PerDialect):
    """A random UUID, a 36-character lower-case string in Python on both databases."""

    cache_ok = True

    def native(self) -> TypeEngine[Any]:
        return postgresql.UUID(as_uuid=False)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:  # noqa: ARG002 - SQLAlchemy's signature
        """None: connections read ids as text (see `postgresql`)."""
        return None


class Number(_PerDialect):
    """A finite double."""

    cache_ok = True

    def native(self) -> TypeEngine[Any]:
        return postgresql.DOUBLE_PRECISION()

    def storage(self) -> TypeEngine[Any]:
        return sqlite.REAL()


class Flag(_PerDialect):
    """True or false; 1 or 0 on SQLite."""

    cache_ok = True

    def native(self) -> TypeEngine[Any]:
        return postgresql.BOOLEAN()

    def storage(self) -> TypeEngine[Any]:
        return Integer()

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return None if dialect.name == "postgresql" else _flag_in

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:  # noqa: ARG002 - SQLAlchemy's signature
        return None if dialect.name == "postgresql" else _flag_out


class Instant(_PerDialect):
    """A moment in UTC: timestamptz, or fixed-width text that sorts by time. Naive datetimes are refused."""

    cache_ok = True

    def native(self) -> TypeEngine[Any]:
        return postgresql.TIMESTAMP(timezone=True)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return _aware if dialect.name == "postgresql" else _instant_in

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:  # noqa: ARG002 - SQLAlchemy's signature
        return _utc if dialect.name == "postgresql" else _instant_out


class Day(_PerDialect):
    """A calendar day: date, or ISO text."""

    cache_ok = True

    def native(self) -> TypeEngine[Any]:
        return postgresql.DATE()

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return None if dialect.name == "postgresql" else _day_in

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:  # noqa: ARG002 - SQLAlchemy's signature
        return None if dialect.name == "postgresql" else _day_out


class Json(_PerDialect):
    """A JSON document without NaN or infinity: jsonb, or text."""

    cache_ok = True

    def native(self) -> TypeEngine[Any]:
        return postgresql.JSONB(none_as_null=True)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return super().bind_processor(dialect) if dialect.name == "postgresql" else json_text

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        return super().result_processor(dialect, coltype) if dialect.name == "postgresql" else _json_out


def one_of(column: str, values: type[Any] | tuple[str, ...], *, name: str | None = None) -> CheckConstraint:
    """CHECK that a text column holds one of the enum's values; named ck_<table>_<column>."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name or column)


def json_text(document: object) -> str | None:
    """A JSON document as it is stored on SQLite, and as PostgreSQL takes it; None stays none."""
    return None if document is None else _JSON.encode(document)


def _flag_in(value: Any) -> int | None:
    return None if value is None else int(value)


def _flag_out(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def _aware(value: datetime | None) -> datetime | None:
    if value is not None and value.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return value


def _instant_in(value: datetime | None) -> str | None:
    aware = _aware(value)
    return None if aware is None else aware.astimezone(UTC).strftime(_INSTANT)


def _instant_out(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _utc(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


def _day_in(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _day_out(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)


def _json_out(value: str | None) -> object:
    return None if value is None else json.loads(value)
