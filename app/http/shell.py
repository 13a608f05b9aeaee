"""Around every request: security headers, a request id, one log line, HEAD as GET without a body.

The log names the route's template, never the address that was asked for: addresses hold the secrets of links. No
client address or browser is written, since raters must not be recognised by the times of their visits.
"""

import time
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog
from fastapi import Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.service import Service
from app.infra.entropy import SystemEntropy
from app.infra.keys import new_secret

CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not `no-referrer`: browsers would then send our own forms with `Origin: null`.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
_HTTPS_ONLY = "max-age=31536000"
# What the log says of a request whose sender left before anything was answered, as nginx does.
_LEFT = 499

log = structlog.get_logger("app.http")


class Shell:
    """The outermost middleware of ours."""

    def __init__(self, app: ASGIApp, service: Service, failed: Callable[[Request], Response]) -> None:
        self._app = app
        self._failed = failed
        headers = HEADERS | ({"Strict-Transport-Security": _HTTPS_ONLY} if service.settings.is_https else {})
        # As they leave, so that nothing is put together anew for every answer.
        self._headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        is_head = scope["method"] == "HEAD"
        inner: MutableMapping[str, Any] = {**scope, "method": "GET"} if is_head else scope
        request_id = new_secret(SystemEntropy().token_bytes(9))
        status, started_answering = _LEFT, False

        async def send_dressed(message: Message) -> None:
            nonlocal status, started_answering
            if message["type"] == "http.response.start":
                status, started_answering = int(message["status"]), True
                own = {name for name, _ in message["headers"]}
                message["headers"] += [header for header in self._headers if header[0] not in own]
                message["headers"].append((b"x-request-id", request_id.encode()))
            elif is_head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        told = structlog.contextvars.bind_contextvars(request=request_id)
        try:
            await self._app(inner, receive, send_dressed)
        except Exception:
            log.exception("failed", route=_template_of(inner))
            if not started_answering:
                await self._failed(Request(inner, receive))(inner, receive, send_dressed)
        finally:
            milliseconds = round((time.perf_counter() - started) * 1000, 1)
            route = _template_of(inner)
            log.info("request", method=scope["method"], route=route, status=status, ms=milliseconds)
            structlog.contextvars.reset_contextvars(**told)


def _template_of(scope: MutableMapping[str, Any]) -> str:
    """The route as declared; a fixed word where nothing was found."""
    path = getattr(scope.get("route"), "path_format", None)
    return path if isinstance(path, str) else "-"
