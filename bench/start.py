"""The cold start and the memory of a worker, against an empty FastAPI application (P11)."""

from collections.abc import Iterator
from pathlib import Path

from bench import load
from bench.forms import opened
from bench.report import Line
from bench.server import environment, first_answer, free_port, memory_of, serving, started
from bench.world import found, open_round


def start(url: str, folder: Path) -> Iterator[Line]:
    """Seconds from the call to the first answer, and memory after load."""
    database = opened(url)
    tokens = open_round(database, found(database, kpis=1, items=2), raters=200)
    hello, own = load.in_turn(
        3,
        lambda: _cold("bench.server:hello_app", "/bench-hello", url, folder),
        lambda: _cold("bench.server:create", "/healthz", url, folder),
    )
    yield Line("P11", "cold start to the first answer", f"hello {hello:.2f} s", f"{own:.2f} s", own / hello, most=2.5)
    with serving(url, folder) as (base, process):
        load.get(base, [f"/r/{token}" for token in tokens], seconds=4)
        memory = memory_of(process)
    yield Line("P11", "memory after load ÷ 130 MB", "130 MB", f"{memory:.0f} MB PSS", memory / 130, most=1.0)
    database.dispose()


def _cold(target: str, path: str, url: str, folder: Path) -> float:
    port = free_port()
    process = started(target, port, environment(url, folder, port))
    try:
        return first_answer(f"http://127.0.0.1:{port}", path)
    finally:
        process.kill()
        process.wait(timeout=10)


def hello(url: str, folder: Path) -> Iterator[Line]:
    """The ceiling alone, so that a machine can be compared with itself."""
    opened(url).dispose()
    with serving(url, folder) as (base, _):
        one = load.get(base, ["/bench-hello"], seconds=4)
    yield Line("-", f"plain hello ({load.generator()})", "", f"{one.rate:.0f}/s, p99 {one.p99:.1f} ms", 1.0)
