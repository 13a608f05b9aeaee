"""Threads share two heaps, where the C library lets us say so."""

import ctypes
import re
import subprocess
import sys

import pytest

from app.infra.arenas import ARENAS
from tests.house.sources import ROOT

THREADS = """
import ctypes, sys, threading
from app.infra.arenas import keep_few_arenas
libc = ctypes.CDLL(None)
if sys.argv[1] == "few":
    keep_few_arenas()
barrier = threading.Barrier(9)
def ask():
    libc.malloc(4096)
    barrier.wait()
threads = [threading.Thread(target=ask) for _ in range(8)]
for thread in threads:
    thread.start()
barrier.wait()
libc.malloc_stats()
"""


def heaps(wish: str) -> int:
    """How many heaps eight threads at once leave behind."""
    ran = subprocess.run(
        [sys.executable, "-c", THREADS, wish], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return len(re.findall(r"^Arena \d+:", ran.stderr, re.MULTILINE))


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="only glibc keeps a heap for each thread")
def test_eight_threads_share_two_heaps_instead_of_having_their_own() -> None:
    assert heaps("many") > ARENAS
    assert heaps("few") <= ARENAS
