"""Keyset pages: a slice of a sorted list and an opaque cursor to the next one."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, Generic, TypeVar, TypeVarTuple, cast

from sqlalchemy import BindParameter, ColumnElement, Row, Select, SQLColumnExpression, literal, tuple_

from app.deferred import dataclass
from app.errors import FieldError, Invalid, Malformed
from app.fields import NO_WHOLE
from app.infra.ids import is_id
from app.infra.types import Day, Id, Instant

T = TypeVar("T")
U = TypeVar("U")
Ts = TypeVarTuple("Ts")
MAX_LIMIT = 200
SORT_WITHIN = "Sort in one of these orders."
DEFAULT_LIMIT = 50
_LONGEST = 1_000_000_000


class BadCursor(Malformed):
    """The cursor was not one of ours, or belongs to another sort order."""

    code = "bad_cursor"
    message = "This cursor is not valid. Start again without a cursor."


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which slice: at most `limit` rows (1-200) after `cursor`, in the order named `sort` (empty: the default)."""

    limit: int = DEFAULT_LIMIT
    cursor: str | None = None
    sort: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MAX_LIMIT:
            raise Invalid([FieldError("limit", NO_WHOLE, f"1-{MAX_LIMIT}")])


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A slice of a list."""

    items: tuple[T, ...]
    next_cursor: str | None = None

    def map(self, change: Callable[[T], U]) -> "Page[U]":
        """The same slice with every item changed."""
        return Page(tuple(change(item) for item in self.items), self.next_cursor)


def sliced(
    query: Select[*Ts],
    keys: Sequence[SQLColumnExpression[Any]],
    request: PageRequest,
    *,
    descending: bool = False,
) -> Select[*Ts]:
    """The query for one slice: sorted by `keys` (the last one unique), one row more than asked for."""
    if request.cursor is not None:
        values = decode_cursor(request.cursor, request.sort, len(keys))
        after = tuple_(*(_bound(key, value) for key, value in zip(keys, values, strict=True)))
        place = tuple_(*keys)
        query = query.where(place < after if descending else place > after)
    order = [key.desc() for key in keys] if descending else list(keys)
    return query.order_by(*order).limit(request.limit + 1)


def ordered(
    query: Select[*Ts],
    orders: Mapping[str, SQLColumnExpression[Any]],
    unique: SQLColumnExpression[Any],
    request: PageRequest,
    *,
    usual: str,
) -> Select[Any]:
    """The query for one slice in the order that is asked for; its rows end with what they are sorted by, then `unique`.

    `orders` are the names that `sort` knows, each the other way round with a minus before it; raises Invalid for others.
    No column may be empty anywhere: nothing comes after an empty value.
    """
    name = request.sort or usual
    column = orders.get(name.removeprefix("-"))
    if column is None:
        raise Invalid([FieldError("sort", SORT_WITHIN, ", ".join(orders))])
    found = query.add_columns(column.label("sorted_by"), unique.label("sorted_then"))
    return sliced(found, [column, unique], request, descending=name.startswith("-"))


def ordered_page(rows: Iterable[Row[Any]], request: PageRequest) -> Page[Row[Any]]:
    """The slice made of the rows that `ordered` brought."""
    return page_of(rows, request, key=lambda row: (row.sorted_by, row.sorted_then))


def page_of(rows: Iterable[T], request: PageRequest, key: Callable[[T], Sequence[object]]) -> Page[T]:
    """The slice made of the rows that `sliced` brought; `key` gives a row's values of the sort keys."""
    found = tuple(rows)
    kept = found[: request.limit]
    more = len(found) > request.limit
    return Page(kept, encode_cursor(key(kept[-1]), request.sort) if more else None)


def page_in_memory(found: Iterable[T], request: PageRequest, key: Callable[[T], tuple[Any, ...]]) -> Page[T]:
    """A slice of a list that was worked out, in the order of a key whose last part is unique."""
    in_order = sorted(found, key=key)
    if request.cursor is not None and in_order:
        after = tuple(decode_cursor(request.cursor, request.sort, len(key(in_order[0]))))
        try:
            in_order = [one for one in in_order if key(one) > after]
        except TypeError:
            raise BadCursor from None
    return page_of(in_order[: request.limit + 1], request, key)


def page_in(rows: Iterable[T], request: PageRequest) -> Page[T]:
    """A slice of a list that is computed from its beginning, no further than needed; its cursor is a place in it."""
    start = place_of(request)
    end = start + request.limit
    found = tuple(islice(rows, end + 1))
    if start > len(found):
        raise BadCursor
    return Page(found[start:end], encode_cursor([end], request.sort) if len(found) > end else None)


def page_among(placed: Iterable[tuple[int, T]], request: PageRequest) -> Page[T]:
    """A slice of what is kept of a longer list, each with its place there, from `place_of(request)` on; no further than needed.

    Its cursor is a place in the longer list, so that what comes before a slice need not be looked at again.
    """
    found = tuple(islice(placed, request.limit + 1))
    kept = found[: request.limit]
    more = encode_cursor([kept[-1][0] + 1], request.sort) if len(found) > request.limit else None
    return Page(tuple(one for _, one in kept), more)


def place_of(request: PageRequest) -> int:
    """Where a slice begins whose cursor is a place in a list."""
    start = 0 if request.cursor is None else decode_cursor(request.cursor, request.sort, 1)[0]
    if not isinstance(start, int) or isinstance(start, bool) or not 0 <= start <= _LONGEST:
        raise BadCursor
    return start


def encode_cursor(values: Sequence[object], sort: str) -> str:
    """Sort order and the last row's keys, as URL-safe text."""
    plain = [value.isoformat() if isinstance(value, date) else value for value in values]
    raw = json.dumps([sort, *plain], ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_cursor(cursor: str, sort: str, count: int) -> list[str | int | float]:
    """The keys of a cursor; raises BadCursor for anything that `encode_cursor` did not make for this order."""
    try:
        raw = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        parts = json.loads(raw)
    except (ValueError, binascii.Error, RecursionError):
        raise BadCursor from None
    if not isinstance(parts, list) or len(parts) != count + 1 or parts[0] != sort:
        raise BadCursor
    values = parts[1:]
    if not all(isinstance(value, str | int | float) for value in values):
        raise BadCursor
    return values


def _bound(key: SQLColumnExpression[Any], value: str | float) -> BindParameter[Any]:
    """A value of a cursor as the column takes it; BadCursor for what PostgreSQL would stumble over."""
    kind = cast("ColumnElement[Any]", key).type
    if isinstance(kind, Id) and not is_id(str(value)):
        raise BadCursor
    if isinstance(kind, Day):
        return literal(_day(str(value)), kind)
    return literal(_moment(str(value)) if isinstance(kind, Instant) else value, kind)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadCursor from None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadCursor from None
    if moment.tzinfo is None:
        raise BadCursor
    return moment
