"""Requests straight to the application, each handed to its loop in one piece: a loop or a stream for each cost more than its answer."""

import asyncio
import atexit
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from httpx2 import BaseTransport, ByteStream, Request, Response
from httpx2 import Client as HttpClient
from starlette.types import Message, Scope

T = TypeVar("T")


def run(work: Callable[..., Awaitable[T]], *given: Any) -> T:
    """Run something on that loop and wait for it."""
    return _loop().call(work, *given)


class Client(HttpClient):
    """Somebody who asks the application; what it raises is raised here."""

    def __init__(
        self,
        app: FastAPI,
        base_url: str = "http://testserver",
        *,
        client: tuple[str, int] = ("testclient", 50000),
        follow_redirects: bool = True,
        **named: Any,
    ) -> None:
        super().__init__(
            transport=_Straight(app, client), base_url=base_url, follow_redirects=follow_redirects, **named
        )
        self.app = app


class _Straight(BaseTransport):
    def __init__(self, app: FastAPI, client: tuple[str, int]) -> None:
        self._app, self._client = app, client

    def handle_request(self, request: Request) -> Response:
        return _loop().call(self._answered, request)

    async def _answered(self, request: Request) -> Response:
        asked: list[Message] = [{"type": "http.request", "body": request.read()}]
        sent: list[Message] = []

        async def receive() -> Message:
            if not asked:
                # Whoever asked stays until the answer is complete.
                await asyncio.Event().wait()
            return asked.pop()

        async def send(message: Message) -> None:
            sent.append(message)

        await self._app(self._scope(request), receive, send)
        start, *parts = sent
        body = b"".join(part.get("body", b"") for part in parts if request.method != "HEAD")
        return Response(start["status"], headers=start["headers"], stream=ByteStream(body), request=request)

    def _scope(self, request: Request) -> Scope:
        url = request.url
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.partition(b"?")[0],
            "query_string": url.query,
            "server": (url.host, url.port),
            "client": self._client,
            "root_path": "",
        }


@cache
def _loop() -> BlockingPortal:
    """The loop of a run, in a thread of its own: a browser in the same test has one here."""
    running = start_blocking_portal()
    portal = running.__enter__()
    atexit.register(running.__exit__, None, None, None)
    return portal
