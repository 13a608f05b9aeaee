"""List parameters of resources and pages: limit, cursor and sort, checked before anything is asked."""

import re
from typing import Annotated

from fastapi import Query

from app.errors import FieldError, Invalid
from app.fields import NO_WHOLE
from app.infra.paging import DEFAULT_LIMIT, MAX_LIMIT, PageRequest

_LIMIT = re.compile(r"[0-9]{1,4}")

Limit = Annotated[
    str,
    Query(
        description=f"How many at most, 1 to {MAX_LIMIT}",
        json_schema_extra={"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        examples=[DEFAULT_LIMIT],
    ),
]
Cursor = Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the slice before")]


def slice_of(limit: str = str(DEFAULT_LIMIT), cursor: str | None = None, sort: str = "") -> PageRequest:
    """Which slice was asked for; raises Invalid for a limit out of range."""
    if not _LIMIT.fullmatch(limit):
        raise Invalid([FieldError("limit", NO_WHOLE, f"1-{MAX_LIMIT}")])
    return PageRequest(limit=int(limit), cursor=cursor or None, sort=sort)
