"""Pages asked for one after the other inside this process, and what each takes of a processor."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from fastapi import FastAPI
from sqlalchemy import text

from app.infra.database import Database

HEAD = (b"host", b"127.0.0.1:8000"), (b"accept-language", b"en")


class Taken(NamedTuple):
    """Milliseconds of a request: of processor, on the average, and on the wall, of which 95 in 100 take less."""

    processor: float
    wall: float


class Site(NamedTuple):
    """A service inside this process, and its database."""

    app: FastAPI
    database: Database


def taken(site: Site, secret: str, path: str, *, times: int) -> Taken:
    """What a page takes; the processor time of the database's own processes is counted, where they run here."""
    return taken_in_turns([site], secret, path, times=times, turns=1)[0]


def taken_in_turns(sites: Sequence[Site], secret: str, path: str, *, times: int, turns: int) -> list[Taken]:
    """What the same page takes on several sites that are asked in turns: what slows the machine slows all of them."""
    return asyncio.run(_taken(sites, secret, path, times, turns))


async def _taken(sites: Sequence[Site], secret: str, path: str, times: int, turns: int) -> list[Taken]:
    each = times // turns
    spent = [0.0] * len(sites)
    walls: list[list[float]] = [[] for _ in sites]
    for turn in range(turns):
        for place, (app, database) in enumerate(sites):
            # The first ones fill caches.
            for _ in range(1 if turn else max(3, times // 6)):
                await _ask(app, secret, path)
            begun = time.process_time() + of_server(database)
            for _ in range(each):
                at = time.perf_counter()
                await _ask(app, secret, path)
                walls[place].append(time.perf_counter() - at)
            spent[place] += time.process_time() + of_server(database) - begun
    return [
        Taken(1000 * all_of_it / len(asked), 1000 * sorted(asked)[int(len(asked) * 0.95)])
        for all_of_it, asked in zip(spent, walls, strict=True)
    ]


async def _ask(app: FastAPI, secret: str, path: str) -> None:
    """One GET as a server would hand it over: a client around it would take longer than many a page."""
    status = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Mapping[str, Any]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]

    bare, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": bare,
        "raw_path": bare.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [*HEAD, (b"cookie", f"session={secret}".encode())],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
    await app(scope, receive, send)
    assert status == 200, f"{path}: {status}"


def of_server(database: Database) -> float:
    """Seconds that the processes of PostgreSQL behind our connections have run so far; none for SQLite, which is in here."""
    if database.is_sqlite:
        return 0.0
    with database.read() as session:
        query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        pids = [*session.scalars(text(query)), session.scalar(text("SELECT pg_backend_pid()"))]
    files = [Path(f"/proc/{pid}/schedstat") for pid in pids]
    return sum(int(one.read_text().split()[0]) / 1e9 for one in files if one.exists())
