"""The load: `wrk` where it is installed, else a client of our own in a process of its own; loopback only, bounded."""

import http.client
import multiprocessing
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, CLIENT_CORE = {CORES[0]}, {CORES[-1]}


@dataclass(frozen=True)
class Result:
    """Answers per second, latencies in milliseconds, and how many were not as wished."""

    rate: float
    p50: float
    p99: float
    failed: int
    acknowledged: tuple[int, ...] = ()


def generator() -> str:
    """What makes the load, for the report."""
    return "wrk" if shutil.which("wrk") else "own client (one process, a thread per connection)"


def get(base: str, paths: Sequence[str], *, seconds: float, connections: int = 8) -> Result:
    """GET the paths in turn over kept-alive connections."""
    if shutil.which("wrk"):
        return _wrk(base, paths, seconds, connections)
    return run(base, [("GET", path, b"") for path in paths], seconds=seconds, connections=connections, good=200)


def run(
    base: str,
    requests: Sequence[tuple[str, str, bytes]],
    *,
    seconds: float,
    connections: int,
    good: int,
    once: bool = False,
) -> Result:
    """Send requests from a process of its own; each once, or round and round until the time is over."""
    out: multiprocessing.Queue[Result] = multiprocessing.Queue()
    client = multiprocessing.Process(target=_client, args=(base, requests, seconds, connections, good, once, out))
    client.start()
    result = out.get(timeout=seconds + 120)
    client.join()
    return result


def _client(
    base: str,
    requests: Sequence[tuple[str, str, bytes]],
    seconds: float,
    connections: int,
    good: int,
    once: bool,  # noqa: FBT001 - handed over to a process by position
    out: "multiprocessing.Queue[Result]",
) -> None:
    os.sched_setaffinity(0, CLIENT_CORE)
    host = urlsplit(base)
    turn = iter(range(len(requests))) if once else iter(range(10**9))
    lock = threading.Lock()
    taken: list[float] = []
    acknowledged: list[int] = []
    failed = [0]
    end = time.perf_counter() + seconds

    def next_number() -> int | None:
        with lock:
            return next(turn, None)

    def work() -> None:
        connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=30)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        while time.perf_counter() < end and (number := next_number()) is not None:
            method, path, body = requests[number % len(requests)]
            started = time.perf_counter()
            try:
                connection.request(method, path, body or None, headers if body else {})
                answer = connection.getresponse()
                answer.read()
                status = answer.status
            except (OSError, http.client.HTTPException):
                connection.close()
                status = 0
            took = time.perf_counter() - started
            with lock:
                if status == good:
                    taken.append(took)
                    acknowledged.append(number)
                else:
                    failed[0] += 1

    started = time.perf_counter()
    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = time.perf_counter() - started
    ordered = sorted(taken) or [0.0]
    out.put(
        Result(
            len(taken) / spent,
            1000 * ordered[len(ordered) // 2],
            1000 * ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)],
            failed[0],
            tuple(acknowledged),
        )
    )


_SCRIPT = """
local paths = {}
for line in io.lines("%s") do paths[#paths + 1] = line end
local at = 0
request = function()
  at = at %% #paths + 1
  return wrk.format("GET", paths[at])
end
done = function(summary, latency, requests)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.write(string.format("RESULT %%f %%f %%f %%d\\n",
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000, failed))
end
"""


def _wrk(base: str, paths: Sequence[str], seconds: float, connections: int) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        listed, script = Path(folder) / "paths", Path(folder) / "load.lua"
        listed.write_text("\n".join(paths))
        script.write_text(_SCRIPT % listed)
        command = ["wrk", "-t1", f"-c{connections}", f"-d{int(seconds)}s", "-s", str(script), base]
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, preexec_fn=lambda: os.sched_setaffinity(0, CLIENT_CORE)
        )
    found = re.search(r"RESULT (\S+) (\S+) (\S+) (\d+)", done.stdout)
    if found is None:
        raise RuntimeError(done.stdout)
    return Result(float(found[1]), float(found[2]), float(found[3]), int(found[4]))


def in_turn(rounds: int, *measures: Callable[[], float]) -> list[float]:
    """The middle of several runs of each measure, taken in turn, so that what changes outside meets all alike."""
    taken: list[list[float]] = [[] for _ in measures]
    for _ in range(rounds):
        for place, measure in enumerate(measures):
            taken[place].append(measure())
    return [sorted(one)[len(one) // 2] for one in taken]
