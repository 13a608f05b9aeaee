"""Small rounds to score in tests: who said what, written out by rater group."""

from collections.abc import Mapping, Sequence

import numpy as np

from app.scoring.linear import Spread
from app.scoring.pooling import PooledCovariance
from app.scoring.released import Released, ReleasedGroup
from app.scoring.results import KpiScore, NotScored
from app.scoring.soft import RaterMix, SoftScores, score_kpis
from app.scoring.totals import AtomTotals

Answers = Mapping[str, Mapping[int, Sequence[float]]]
"""Rater scores by rater group and KPI; the same place in two KPIs is the same rater."""

KNOWN = PooledCovariance(variances=dict.fromkeys(range(10), 400.0))


def released(answers: Answers, least: Mapping[str, int] | None = None) -> Released:
    """One subject, number 0, with one atom per rater group; groups below their least are withheld per KPI."""
    rows = [
        (atom, rater, kpi, score)
        for atom, by_kpi in enumerate(answers.values())
        for kpi, scores in by_kpi.items()
        for rater, score in enumerate(scores)
    ]
    sheets: dict[tuple[int, int], int] = {}
    for atom, rater, _, _ in rows:
        sheets.setdefault((atom, rater), len(sheets))
    totals = AtomTotals.from_scores(
        [atom for atom, _ in sheets],
        [sheets[atom, rater] for atom, rater, _, _ in rows],
        [kpi for _, _, kpi, _ in rows],
        np.array([score for *_, score in rows], np.float64),
        n_atoms=len(answers),
    )
    limits = [(least or {}).get(name, 1) for name in answers]
    groups = [ReleasedGroup(0, (name,), (atom,)) for atom, name in enumerate(answers)]
    return Released.of(totals.with_at_least(np.array(limits, np.int64)), groups)


def soft(
    answers: Answers,
    mixes: Sequence[RaterMix],
    *,
    least: Mapping[str, int] | None = None,
    spread: Spread | None = None,
) -> SoftScores:
    """Scores of the one subject; every group's variance is 400 unless told otherwise."""
    known = dict.fromkeys(answers, KNOWN) if spread is None else spread
    return score_kpis(released(answers, least), mixes, known)


def score(
    answers: Mapping[str, Sequence[float]], weights: Mapping[str, float], *, least: Mapping[str, int] | None = None
) -> KpiScore | NotScored:
    """Score of the one subject on one KPI."""
    return soft({name: {0: given} for name, given in answers.items()}, [RaterMix(0, weights)], least=least).values()[
        0, 0
    ]


def told(found: KpiScore | NotScored) -> KpiScore:
    assert isinstance(found, KpiScore)
    return found
