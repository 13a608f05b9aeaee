"""ETag and If-Match: a change says which version it changes, so that nobody's change is lost."""

import re

from fastapi import Request

from app.http.refusals import PreconditionFailed, PreconditionRequired

_ETAG = re.compile(r'"([0-9]{1,12})"')


def etag(version: int) -> str:
    """The ETag of a version of a resource."""
    return f'"{version}"'


def expected_version(request: Request) -> int:
    """The version named in If-Match; PreconditionRequired without one, PreconditionFailed for what is none of ours."""
    given = request.headers.get("if-match")
    if given is None:
        raise PreconditionRequired
    found = _ETAG.fullmatch(given.strip())
    if found is None:
        raise PreconditionFailed
    return int(found[1])
