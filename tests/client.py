"""Requests straight to the application: without a server and, where nobody else asks, without a change of threads.

What is answered in a thread of its own elsewhere is answered where it was asked here, since to hand a request over and
back cost more than most answers. Several who ask at once, and tests with a browser, have threads as in the service.
"""

import asyncio
import atexit
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from contextvars import ContextVar
from functools import cache
from threading import current_thread, main_thread
from typing import Any, TypeVar

import anyio.to_thread
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from httpx2 import BaseTransport, ByteStream, Request, Response
from httpx2 import Client as HttpClient
from starlette.types import Message, Scope

T = TypeVar("T")


_ASKS_ALONE: ContextVar[bool] = ContextVar("_ASKS_ALONE", default=False)


def run(work: Callable[..., Coroutine[Any, Any, T]], *given: Any) -> T:
    """Run something on a loop and wait for it."""
    # The driver of a browser leaves a loop behind as if it still ran, here and in every test after.
    left = asyncio._get_running_loop()
    if current_thread() is not main_thread() or (left and asyncio.current_task(left)):
        there: T = _loop_elsewhere().call(work, *given)
        return there
    before = _ASKS_ALONE.set(True)
    asyncio._set_running_loop(None)
    try:
        return _loop().run_until_complete(work(*given))
    finally:
        asyncio._set_running_loop(left)
        _ASKS_ALONE.reset(before)


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
        return run(self._answered, request)

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


class _OneThread(asyncio.SelectorEventLoop):
    """Does at once, where it is asked for, what would be done beside it."""

    def run_in_executor(self, executor: Executor | None, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  # whoever waits for it gets it
            done.set_exception(error)
        return done


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """The loop of whoever asks alone."""
    loop = _OneThread()
    atexit.register(loop.close)
    return loop


@cache
def _loop_elsewhere() -> BlockingPortal:
    """The loop of all others, in a thread of its own."""
    running = start_blocking_portal()
    portal = running.__enter__()
    atexit.register(running.__exit__, None, None, None)
    return portal


_in_a_thread = anyio.to_thread.run_sync


async def _here_or_in_a_thread(work: Callable[..., T], *given: Any, **named: Any) -> T:
    return work(*given) if _ASKS_ALONE.get() else await _in_a_thread(work, *given, **named)


# Whoever hands something over looks this up at the moment.
anyio.to_thread.run_sync = _here_or_in_a_thread  # type: ignore[assignment]
