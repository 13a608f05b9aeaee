"""Where a run works on this machine: what it throws away in memory where there is plenty, each process on a core of its own.

Disks are waited for at every commit; that what was committed is safe is proved by killing processes, which memory
outlives as well. A process, its database server and its browser answer each other all the time, and to wake another
core takes longer than an answer.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEMORY = Path("/dev/shm")
_PLENTY = 8 << 30


def throw_away_in_memory() -> None:
    """Let this process and those that it starts put temporary files into memory, unless TMPDIR says where they belong."""
    if "TMPDIR" not in os.environ and _is_plenty():
        os.environ["TMPDIR"] = str(_MEMORY)
        tempfile.tempdir = None


def keep_to_one_core() -> None:
    """Let this process of a run and what it starts stay on one core, where there are as many processes as cores."""
    name, count = os.environ.get("PYTEST_XDIST_WORKER", ""), os.environ.get("PYTEST_XDIST_WORKER_COUNT", "")
    if name and hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) == int(count):
            # Whoever takes the place of one that died has a higher number.
            os.sched_setaffinity(0, {cores[int(name.removeprefix("gw")) % len(cores)]})


@contextmanager
def on_every_core() -> Iterator[None]:
    """Let what is started inside use all cores: a browser does several things at once."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    own = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    try:
        yield
    finally:
        os.sched_setaffinity(0, own)


def _is_plenty() -> bool:
    if not os.access(_MEMORY, os.W_OK | os.X_OK):
        return False
    can_run = not os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC
    return can_run and shutil.disk_usage(_MEMORY).free >= _PLENTY
