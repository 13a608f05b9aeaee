"""Lists that can be sorted: heads that are links, with the order that stands now; it works without any script."""

from collections.abc import Collection, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from app.http.visit import Visit

_DROPPED = frozenset({"cursor", "done", "lang", "sort"})


class Column(NamedTuple):
    """A column of a list.

    label : as it is printed
    key : what the list is sorted by; empty where it cannot be
    kind : text, number or hidden, as the table has it; figure for figures that stand at the left
    """

    label: str
    key: str = ""
    kind: str = "text"


class Head(NamedTuple):
    """A head as the table prints it: where its link leads, and `ascending` or `descending` where it is sorted by it."""

    label: str
    kind: str
    href: str
    order: str


def sort_of(visit: Visit, keys: Collection[str]) -> str:
    """The order that the address asks for, with a minus for the other way round; empty for the usual one."""
    wanted = visit.query.get("sort", "")
    return wanted if wanted.removeprefix("-") in keys else ""


def heads_of(visit: Visit, columns: Sequence[Column], sort: str) -> list[Head]:
    """The heads of a list that is sorted in an order; a second press on a head turns it round.

    Numbers begin with the highest, everything else with the first.
    """
    return [_head(visit, column, sort) for column in columns]


def _head(visit: Visit, column: Column, sort: str) -> Head:
    if not column.key:
        return Head(column.label, column.kind, "", "")
    is_number = column.kind in {"number", "figure"}
    upward, downward = column.key, f"-{column.key}"
    first, other = (downward, upward) if is_number else (upward, downward)
    kept = {name: value for name, value in visit.query.items() if name not in _DROPPED}
    query = urlencode({**kept, "sort": other if sort == first else first})
    order = {upward: "ascending", downward: "descending"}.get(sort, "")
    return Head(column.label, column.kind, f"{visit.path}?{query}", order)
