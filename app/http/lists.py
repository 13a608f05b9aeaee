"""List parameters of resources and pages: limit, cursor and sort, checked before anything is asked."""

import re
from typing import Annotated

from fastapi import Depends, Query, Request

from app.errors import FieldError, Invalid, Malformed
from app.fields import NO_WHOLE, UNKNOWN
from app.infra.paging import DEFAULT_LIMIT, MAX_LIMIT, PageRequest

_LIMIT = re.compile(r"[0-9]{1,4}")


class RepeatedParameter(Malformed):
    """A parameter that stands twice in the address."""

    code = "repeated_parameter"
    message = "The parameter {name} stands twice in the address."


def parse_slice(limit: str, cursor: str | None, sort: str) -> PageRequest:
    """Which slice is asked for; raises Invalid for a limit out of range."""
    if not _LIMIT.fullmatch(limit):
        raise Invalid([FieldError("limit", NO_WHOLE, f"1-{MAX_LIMIT}")])
    return PageRequest(limit=int(limit), cursor=cursor or None, sort=sort)


# Asynchronous, so that it runs at once and not in a thread of its own.
async def _slice(
    limit: Annotated[
        str,
        Query(
            description="How many at most",
            json_schema_extra={"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        ),
    ] = str(DEFAULT_LIMIT),
    cursor: Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the slice before")] = None,
    sort: Annotated[
        str,
        Query(
            max_length=40,
            description="Order of the list; empty for its usual one. Another than it knows is refused with those it does",
        ),
    ] = "",
) -> PageRequest:
    return parse_slice(limit, cursor, sort)


Slice = Annotated[PageRequest, Depends(_slice)]


def check_parameters(request: Request, known: frozenset[str]) -> None:
    """Raise for parameters nobody asked for or that stand twice: a misspelt `dry_run` must not write."""
    for name in request.query_params:
        if len(request.query_params.getlist(name)) > 1:
            raise RepeatedParameter(name=name[:60])
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        allowed = ", ".join(sorted(known))
        raise Invalid([FieldError(name[:60], UNKNOWN, allowed) for name in unknown])
