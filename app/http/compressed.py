"""Answers on fewer bytes, where that tells nobody anything.

The length of a compressed page tells what repeats in it. Where a secret of the reader stands beside text that others
choose, such as the hidden field of a signed-in form beside a search, that can be made to spell the secret out
(BREACH). So only static files and the pages of raters are compressed, which repeat nothing of the request.
"""

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

PLACES = ("/static/", "/r/", "/api/docs")
_KEPT_BY_NOBODY = "/r/"
_LEVEL = 5


class Compressed:
    """Compresses what may be for whoever accepts it.

    A page of a rater is never kept by anybody (`no-store`), so that it says nothing of how it depends on what is accepted
    when it leaves as it is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._plain = app
        self._small = GZipMiddleware(app, minimum_size=1000, compresslevel=_LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_safe = scope["type"] == "http" and scope["path"].startswith(PLACES)
        is_plain = not is_safe or (scope["path"].startswith(_KEPT_BY_NOBODY) and not _accepts(scope))
        await (self._plain if is_plain else self._small)(scope, receive, send)


def _accepts(scope: Scope) -> bool:
    return any(name == b"accept-encoding" and b"gzip" in value for name, value in scope["headers"])
