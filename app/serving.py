"""The command that serves the pages and the API, with the due work beside them."""

import os
import signal
import socket
from contextlib import nullcontext, suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer
import uvicorn

from app.accounts.rules import SERVICE
from app.errors import Conflict
from app.infra.clock import utc_now
from app.infra.database import Database
from app.infra.later import later
from app.main import create_app
from app.organisation.queries import list_companies
from app.settings import Settings
from app.terminal import busy, complain, opened, say, say_ways_in
from app.working import working

if TYPE_CHECKING:
    from app.demo import load as demonstration
else:
    demonstration = later("app.demo.load")


def run(
    host: Annotated[str | None, typer.Option(help="Address to listen on")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on")] = None,
    *,
    demo: Annotated[bool | None, typer.Option(help="Load the demo organisation into an empty database")] = None,
) -> None:
    """Migrate, serve the pages and the API, and do the due work beside them."""
    given = {"host": host, "port": port, "demo": demo}
    settings = Settings.model_validate({name: value for name, value in given.items() if value is not None})
    with _listening(settings) as listening, opened(settings) as database:
        if settings.demo:
            _load_demo_once(database)
        _greet(settings, database)
        service = uvicorn.Config(
            create_app(settings, database=database),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
        # Uvicorn raises the signal that ended it once more: then the worker must still come to an end.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        # The first request is answered before the first round of due work takes the processor.
        beside = working(settings, database, after=settings.worker_pause) if settings.worker else nullcontext()
        with beside, suppress(KeyboardInterrupt):
            uvicorn.Server(service).run(sockets=[listening])


def _listening(settings: Settings) -> socket.socket:
    """The socket of the service, taken before anything is loaded and anybody is told an address."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        place = f"{settings.host}, port {settings.port}"
        sentence = f"Cannot listen on {place}: {os.strerror(error.errno or 0)}. SOFTKPI_PORT names another port."
        raise Conflict(sentence) from error


def _load_demo_once(database: Database) -> None:
    with database.read() as session:
        is_empty = not list_companies(session, SERVICE)
    if is_empty:
        with busy("Loading the demo organisation"), database.write() as session:
            demonstration.load_demo(session, now=utc_now())


def _greet(settings: Settings, database: Database) -> None:
    """Where to go, how to sign in where only this machine can, and what is missing."""
    for package in ("uvloop", "httptools"):
        if find_spec(package) is None:
            complain.print(f"{package} is not installed; the service works, more slowly.")
    say.print(f"Soft KPI is at {settings.address}")
    if settings.shows_mailbox:
        say.print(f"No mail leaves this machine: letters are at {settings.address}/mailbox")
        say_ways_in(settings, database)
    say.print("Ctrl-C ends it.")
