"""What a start loads: neither Alembic nor the large parts of SciPy, which most processes never need."""

import subprocess
import sys

from tests.house.sources import ROOT

HEAVY = (
    "alembic",
    "mako",
    "scipy.special",
    "scipy.stats",
    "scipy.linalg",
    "scipy.sparse",
    "numpy.f2py",
    "numpy.testing",
)


def test_the_command_line_and_the_web_process_load_nothing_that_they_may_not_need() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import sys, app.cli; print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(told.stdout.split())
    assert {"app.main", "app.worker", "numpy"} <= loaded
    assert sorted(loaded.intersection(HEAVY)) == [], "decision 8 says how: `import scipy`, then `scipy.special.ndtri`"
