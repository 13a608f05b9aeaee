"""The pure path from answers to scores: rater scores, totals, group means, KPI scores, composites. No database is asked."""

import gc
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.scoring.columns import Floats, Integers
from app.scoring.composite import score_composites
from app.scoring.pooling import pooled_covariance
from app.scoring.raters import rater_scores
from app.scoring.released import Released, ReleasedGroup
from app.scoring.scorecards import CardEntry, Scorecard
from app.scoring.soft import RaterMix, score_kpis
from app.scoring.totals import AtomTotals
from bench.report import Line

SHEETS, SUBJECTS, KPIS, ITEMS = 1_000_000, 20_000, 2, 5
GROUPS = ("colleague", "customer")
TURNS = 3
MOST = 10.0
"""Times the sums that numpy takes over the same answers: sums, squares and products keep the errors, too."""


class Round(NamedTuple):
    """Answers as [KPI, sheet, item] points, one in fourteen missing; the atom of each sheet."""

    points: Floats
    atoms: Integers


def scoring(_url: str, _folder: Path) -> Iterator[Line]:
    """A million sheets of ten items about 20,000 subjects, against bare sums by cell of the same answers."""
    told = _drawn()
    bare = _seconds(lambda: _bare(told))
    own = _seconds(lambda: _scored(told))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    what = f"scoring {SHEETS:,} sheets × {KPIS * ITEMS} items, {SUBJECTS:,} subjects, pure: CPU ÷ bare sums"
    figure = f"{own:.2f} s, {SHEETS / own:,.0f} sheets/s, {peak:.1f} GB at most"
    yield Line("-", what, f"{bare:.3f} s", figure, own / bare, most=MOST)


def _drawn() -> Round:
    draw = np.random.default_rng(1)
    points = draw.integers(0, 5, (KPIS, SHEETS, ITEMS)).astype(np.float64) * 25
    points[draw.random(points.shape) < 1 / 14] = np.nan
    return Round(points, draw.integers(0, SUBJECTS * len(GROUPS), SHEETS))


def _bare(told: Round) -> list[npt.NDArray[Any]]:
    """Number, sum and sum of squares of each cell, as few passes as numpy needs."""
    found = []
    for of_kpi in told.points:
        there = ~np.isnan(of_kpi)
        cells = np.repeat(told.atoms, ITEMS)[there.reshape(-1)]
        given = of_kpi[there]
        found += [np.bincount(cells), np.bincount(cells, given), np.bincount(cells, given**2)]
    return found


def _scored(told: Round) -> None:
    scores = np.concatenate([rater_scores(of_kpi, [1.0] * ITEMS) for of_kpi in told.points])
    sheets, kpis = np.tile(np.arange(SHEETS), KPIS), np.repeat(np.arange(KPIS), SHEETS)
    n_atoms = SUBJECTS * len(GROUPS)
    totals = AtomTotals.from_scores(told.atoms, sheets, kpis, scores, n_atoms=n_atoms)
    groups = [ReleasedGroup(atom // len(GROUPS), (GROUPS[atom % len(GROUPS)],), (atom,)) for atom in range(n_atoms)]
    spread = {
        name: pooled_covariance(totals, np.arange(place, n_atoms, len(GROUPS)), dict.fromkeys(range(KPIS), ITEMS))
        for place, name in enumerate(GROUPS)
    }
    mixes = [RaterMix(kpi, dict.fromkeys(GROUPS, 1.0)) for kpi in range(KPIS)]
    soft = score_kpis(Released.of(totals, groups), mixes, spread)
    card = Scorecard(tuple(CardEntry(kpi, 1.0) for kpi in range(KPIS)))
    score_composites(soft, dict.fromkeys(range(SUBJECTS), card), {})


def _seconds(work: Callable[[], object]) -> float:
    """Processor seconds of the fastest turn."""
    spent = []
    for _ in range(TURNS):
        gc.collect()
        begun = time.process_time()
        work()
        spent.append(time.process_time() - begun)
    return min(spent)
