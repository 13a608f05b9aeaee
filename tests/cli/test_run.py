"""`run` as it is started: it listens before it promises anything, gets ready, and ends its work when told to stop."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.databases import SECRET
from tests.house.sources import ROOT
from tests.ports import free_port
from tests.served import ONE_DATABASE

Start = Callable[[int], "subprocess.Popen[str]"]


@pytest.fixture
def start(database_url: str, tmp_path: Path) -> Iterator[Start]:
    """Starts the service on a port, in an empty folder, on the test's database."""
    running: list[subprocess.Popen[str]] = []

    def started(port: int) -> subprocess.Popen[str]:
        settings = {
            "SOFTKPI_DATABASE_URL": database_url,
            "SOFTKPI_SECRET_KEY": SECRET,
            "SOFTKPI_PORT": str(port),
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-m", "app", "run"]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        running.append(subprocess.Popen(command, cwd=tmp_path, env=settings, text=True, **pipes))  # type: ignore[call-overload]
        return running[-1]

    yield started
    for process in running:
        process.kill()
        process.communicate()


def test_it_gets_ready_with_its_worker_and_ends_in_order_when_told_to_stop(start: Start) -> None:
    port = free_port()
    process = start(port)
    ready = answer(f"http://127.0.0.1:{port}/readyz")
    assert ready["status"] == "ready"
    assert ready["worker_heard_at"]
    process.send_signal(signal.SIGTERM)
    said, complained = process.communicate(timeout=20)
    assert (process.returncode, complained) == (0, "")
    assert said.startswith(f"Soft KPI is at http://127.0.0.1:{port}\n")
    assert "Ctrl-C ends it.\n" in said


@ONE_DATABASE
def test_a_port_that_is_taken_is_said_at_once_and_nothing_is_promised(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = start(port)
        said, complained = process.communicate(timeout=20)
    assert (process.returncode, said) == (5, "")
    assert f"Cannot listen on 127.0.0.1, port {port}: Address already in use." in complained


def answer(address: str, *, within: float = 30.0) -> dict[str, str]:
    """What is answered as soon as it is 200."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=10) as found:
                read: dict[str, str] = json.load(found)
                return read
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(address)
