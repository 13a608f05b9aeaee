"""Answers on fewer bytes, where that tells nobody anything.

The length of a compressed page tells what repeats in it. Where a secret of the reader stands beside text that others
choose, such as the hidden field of a signed-in form beside a search, that can be made to spell the secret out
(BREACH). So only static files and the pages of raters are compressed, which repeat nothing of the request.
"""

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

PLACES = ("/static/", "/r/", "/api/docs")
_LEVEL = 5


class Compressed:
    """Compresses what may be for whoever accepts it."""

    def __init__(self, app: ASGIApp) -> None:
        self._plain = app
        self._small = GZipMiddleware(app, minimum_size=1000, compresslevel=_LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_safe = scope["type"] == "http" and scope["path"].startswith(PLACES)
        await (self._small if is_safe else self._plain)(scope, receive, send)
