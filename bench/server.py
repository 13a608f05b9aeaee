"""The service in a process of its own for the benchmarks, with a plain FastAPI hello beside it in the same process."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.load import SERVER_CORE

SECRET = "bench-" * 8


def hello_app() -> FastAPI:
    """The ceiling: an empty FastAPI application."""
    app = FastAPI(openapi_url=None)

    @app.get("/bench-hello")
    async def hello() -> dict[str, str]:
        return {"hello": "world"}

    return app


def beside(app: ASGIApp, hello: ASGIApp) -> ASGIApp:
    """One process that answers for both, without one going through the other's layers."""

    async def either(scope: Scope, receive: Receive, send: Send) -> None:
        await (hello if scope.get("path") == "/bench-hello" else app)(scope, receive, send)

    return either


def create() -> Any:
    """What uvicorn serves: the service by its settings, and the hello."""
    from app.infra.garbage import pass_over_what_is_loaded
    from app.infra.logs import configure_logs
    from app.main import create_app
    from app.settings import Settings

    settings = Settings()
    configure_logs(settings.log_format, settings.log_level)
    # As `python -m app` does.
    pass_over_what_is_loaded()
    return beside(create_app(settings), hello_app())


def environment(database_url: str, folder: Path, port: int) -> dict[str, str]:
    """The settings of the service under load; compiled modules are kept, as `make run` keeps them."""
    return {
        **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        "SOFTKPI_DATABASE_URL": database_url,
        "SOFTKPI_SECRET_KEY": SECRET,
        "SOFTKPI_SECRET_KEY_FILE": str(folder / "secret.key"),
        "SOFTKPI_MAILBOX_DIR": str(folder / "mailbox"),
        "SOFTKPI_PORT": str(port),
        "SOFTKPI_WORKER": "false",
        "SOFTKPI_LOG_LEVEL": "error",
        "PYTHONPATH": str(Path(__file__).resolve().parents[1]),
    }


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def started(target: str, port: int, settings: dict[str, str]) -> subprocess.Popen[bytes]:
    """Uvicorn with uvloop and httptools on one core."""
    command = ["uvicorn", target, "--factory", "--port", str(port), "--no-access-log"]
    return on_one_core([*command, "--log-level", "error", "--loop", "uvloop", "--http", "httptools"], settings)


def on_one_core(module: Sequence[str], settings: dict[str, str]) -> subprocess.Popen[bytes]:
    """`python -m …` in silence, on the core that the load leaves alone."""
    return subprocess.Popen(
        [sys.executable, "-m", *module],
        env=settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, SERVER_CORE),
    )


def first_answer(base: str, path: str, *, within: float = 30.0) -> float:
    """Seconds until a path answers."""
    begun = time.perf_counter()
    while time.perf_counter() - begun < within:
        try:
            with urllib.request.urlopen(base + path, timeout=5) as answer:
                if answer.status == 200:
                    return time.perf_counter() - begun
        except OSError:
            time.sleep(0.005)
    raise TimeoutError(base + path)


@contextmanager
def serving(database_url: str, folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The service, ready to answer; ended when the block is left."""
    port = free_port()
    process = started("bench.server:create", port, environment(database_url, folder, port))
    try:
        base = f"http://127.0.0.1:{port}"
        first_answer(base, "/healthz")
        yield base, process
    finally:
        process.kill()
        process.wait()


def memory_of(process: subprocess.Popen[bytes]) -> float:
    """Proportional set size in MB."""
    for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def cpu_of(process: subprocess.Popen[bytes]) -> float:
    """Seconds of user and system time so far, of all its threads."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
