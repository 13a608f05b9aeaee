"""`python -m app` computes with one thread, unless somebody who runs it asks for more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.infra.blas import WISHES
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
def test_another_number_is_taken_under_whichever_name_it_is_given() -> None:
    cores = len(os.sched_getaffinity(0))
    assert started(OMP_NUM_THREADS="2") == ("None", min(2, cores))
    assert started(OPENBLAS_NUM_THREADS="2") == ("2", min(2, cores))
