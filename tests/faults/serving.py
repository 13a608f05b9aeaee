"""The real application behind a real server in a thread, and requests to it that many can send at once."""

import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

import uvicorn

from app.infra.database import Database
from app.main import create_app
from tests.served import Clock, settings_of

STARTING_SECONDS = 20.0


@dataclass(frozen=True)
class Reply:
    """One answer, and when the request left and the answer was there."""

    status: int
    headers: Mapping[str, str]
    body: str
    left_at: float
    came_at: float


@dataclass(frozen=True)
class Server:
    """A server that listens."""

    port: int

    def send(self, method: str, path: str, fields: Mapping[str, str] | None = None) -> Reply:
        """One request on a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        form = {"content-type": "application/x-www-form-urlencoded"}
        try:
            left_at = time.monotonic()
            body = urlencode(fields) if fields is not None else None
            connection.request(method, path, body, {"accept-language": "en", **(form if fields is not None else {})})
            answer = connection.getresponse()
            text = answer.read().decode()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, headers, text, left_at, time.monotonic())
        finally:
            connection.close()

    def rate(self, link: str, fields: Mapping[str, str]) -> Reply:
        """Send the form behind a link."""
        return self.send("POST", f"/r/{link}", fields)


@contextmanager
def serving(engine: Database, now: datetime) -> Iterator[Server]:
    """The application on a free port of this machine, on the database and at the moment of the test."""
    app = create_app(settings_of(engine), database=engine, clock=Clock(now))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=5))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + STARTING_SECONDS
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        try:
            yield Server(int(listening.getsockname()[1]))
        finally:
            server.should_exit = True
            thread.join()


def at_once(*does: Any) -> Sequence[Any]:
    """What becomes of several things begun at the same moment; what one of them raises is raised here."""
    barrier = threading.Barrier(len(does))

    def run(one: Any) -> Any:
        barrier.wait()
        return one()

    with ThreadPoolExecutor(len(does)) as pool:
        return list(pool.map(run, does))
