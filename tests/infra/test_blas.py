"""`python -m app` computes with one thread, unless somebody who runs it asks for more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.infra.blas import WISHES, keep_to_one_thread
from tests.house.sources import ROOT

STARTED = """
import os
import app.__main__
import numpy as np
matrix = np.ones((600, 600))
assert (matrix @ matrix)[0, 0] == 600
print(os.environ.get("OPENBLAS_NUM_THREADS"), len(os.listdir("/proc/self/task")))
"""


def started(**wishes: str) -> tuple[str, int]:
    """What OpenBLAS is told, and how many threads the process has after a product of matrices."""
    plain = {name: value for name, value in os.environ.items() if name not in WISHES}
    ran = subprocess.run(
        [sys.executable, "-c", STARTED],
        cwd=ROOT,
        env={**plain, **wishes},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    told, threads = ran.stdout.split()
    return told, int(threads)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted where Linux lists them")
def test_matrices_are_multiplied_by_one_thread() -> None:
    assert started() == ("1", 1)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted where Linux lists them")
def test_another_number_is_taken() -> None:
    assert started(OMP_NUM_THREADS="2") == ("None", min(2, len(os.sched_getaffinity(0))))


@pytest.mark.parametrize("name", WISHES)
def test_it_is_taken_under_whichever_name_it_is_given(name: str) -> None:
    environment = {name: "2"}
    keep_to_one_thread(environment)
    assert environment == {name: "2"}
