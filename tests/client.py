"""Requests straight to the application, each handed to its loop in one piece: a loop or a stream for each cost more than its answer."""

import atexit
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from httpx2 import ASGITransport, BaseTransport, ByteStream, Request, Response
from httpx2 import Client as HttpClient

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
        self._asgi = ASGITransport(app, client=client)

    def handle_request(self, request: Request) -> Response:
        return _loop().call(self._answered, request)

    async def _answered(self, request: Request) -> Response:
        answer = await self._asgi.handle_async_request(request)
        body = b"".join([part async for part in answer.aiter_raw()])
        return Response(answer.status_code, headers=answer.headers.raw, stream=ByteStream(body), request=request)


@cache
def _loop() -> BlockingPortal:
    """The loop of a run, in a thread of its own: a browser in the same test has one here."""
    running = start_blocking_portal()
    portal = running.__enter__()
    atexit.register(running.__exit__, None, None, None)
    return portal
