"""The cold start and the memory of a process that serves and works, against an empty FastAPI application (P11)."""

from collections.abc import Iterator
from pathlib import Path

from bench import load
from bench.forms import opened
from bench.report import Line
from bench.server import (
    cpu_of,
    environment,
    first_answer,
    free_port,
    memory_of,
    on_one_core,
    serving,
    started,
)
from bench.world import found, open_round

ROUNDS = 5
MEMORY = 130


def start(url: str, folder: Path) -> Iterator[Line]:
    """Seconds from `python -m app run` to its first answer, migrated and with its worker, and memory after load."""
    database = opened(url)
    tokens = open_round(database, found(database, kpis=1, items=2), raters=200)
    database.dispose()
    # The first of each fills caches: compiled modules, and files in memory.
    taken = [(_cold(url, folder, hello=True), _cold(url, folder, hello=False)) for _ in range(1 + ROUNDS)][1:]
    # The least of each: whatever else the machine does can only make a start longer.
    hello, own = (min(seconds for seconds, _ in one) for one in zip(*taken, strict=True))
    hello_cpu, own_cpu = (min(cpu for _, cpu in one) for one in zip(*taken, strict=True))
    yield Line(
        "P11",
        "cold start to the first answer",
        f"hello {hello:.2f} s, {hello_cpu:.2f} s CPU",
        f"{own:.2f} s, {own_cpu:.2f} s CPU",
        own / hello,
        most=2.5,
    )
    yield _memory(url, folder, tokens)


def _cold(url: str, folder: Path, *, hello: bool) -> tuple[float, float]:
    """Seconds until the first answer, and seconds of CPU."""
    port = free_port()
    settings = environment(url, folder, port) | {"SOFTKPI_WORKER": "true"}
    process = started("bench.server:hello_app", port, settings) if hello else on_one_core(["app", "run"], settings)
    try:
        seconds = first_answer(f"http://127.0.0.1:{port}", "/bench-hello" if hello else "/healthz")
        return seconds, cpu_of(process)
    finally:
        process.kill()
        process.wait(timeout=10)


def _memory(url: str, folder: Path, tokens: list[str]) -> Line:
    port = free_port()
    process = on_one_core(["app", "run"], environment(url, folder, port) | {"SOFTKPI_WORKER": "true"})
    try:
        base = f"http://127.0.0.1:{port}"
        first_answer(base, "/healthz")
        load.get(base, [f"/r/{token}" for token in tokens], seconds=4)
        memory = memory_of(process)
    finally:
        process.kill()
        process.wait(timeout=10)
    what = f"memory after load ÷ {MEMORY} MB"
    return Line("P11", what, f"{MEMORY} MB", f"{memory:.0f} MB PSS", memory / MEMORY, most=1.0)


def hello(url: str, folder: Path) -> Iterator[Line]:
    """The ceiling alone, so that a machine can be compared with itself."""
    opened(url).dispose()
    with serving(url, folder) as (base, _):
        one = load.get(base, ["/bench-hello"], seconds=4)
    yield Line("-", f"plain hello ({load.generator()})", "", f"{one.rate:.0f}/s, p99 {one.p99:.1f} ms", 1.0)
