"""Intervals cover the truth as often as they promise: samples drawn from real ratings, scored as any round is."""

from functools import cache

import numpy as np
import pytest

from app.scoring.columns import Floats
from app.scoring.composite import CardEntry, Scorecard, score_composites
from app.scoring.linear import Spread
from app.scoring.pooling import pooled_covariance
from app.scoring.released import Released, ReleasedGroup
from app.scoring.results import Composite
from app.scoring.soft import RaterMix, SoftScores, score_kpis
from app.scoring.totals import AtomTotals
from tests.scoring.insteval import lectures
from tests.scoring.test_reference_soft import soldiers

pytestmark = pytest.mark.slow

TIMES = 60
"""Samples per subject: 13,560 for the lecturers, so that a share is known to about a quarter of a per cent."""


@cache
def lecturers() -> list[Floats]:
    """Ratings of every lecturer with 100 or more, one row per rating, one column."""
    rows = lectures()
    _, place, counts = np.unique(rows.lecturer, return_inverse=True, return_counts=True)
    ordered = rows.points[np.argsort(place, kind="stable")].astype(np.float64)
    return [one[:, None] for one in np.split(ordered, np.cumsum(counts)[:-1]) if len(one) >= 100]


@cache
def companies() -> list[Floats]:
    """Rater scores of every company with 30 soldiers or more on leadership, task and calm."""
    names, scores = soldiers()
    found = [scores[np.array(names) == name] for name in sorted(set(names))]
    return [one for one in found if len(one) >= 30]


def resampled(people: list[Floats], sizes: dict[str, int], times: int, mixes: list[RaterMix], items: int) -> SoftScores:
    """A round in which every group of every subject holds so many answers, drawn from those about one subject each."""
    draw = np.random.default_rng(20)
    n_kpis = people[0].shape[1]
    drawn: list[Floats] = []
    atom_of: list[int] = []
    groups: list[ReleasedGroup] = []
    for subject in range(times * len(people)):
        for name, n in sizes.items():
            mine = people[subject % len(people)]
            drawn.append(mine[draw.integers(0, len(mine), n)])
            atom_of += [len(groups)] * n
            groups.append(ReleasedGroup(subject, (name,), (len(groups),)))
    table, count = np.concatenate(drawn), len(atom_of)
    totals = AtomTotals.from_scores(
        atom_of,
        np.repeat(np.arange(count), n_kpis),
        np.tile(np.arange(n_kpis), count),
        table.reshape(-1),
        n_atoms=len(groups),
    )
    of_group = {name: [place for place, group in enumerate(groups) if group.groups == (name,)] for name in sizes}
    n_items = dict.fromkeys(range(n_kpis), items)
    spread: Spread = {name: pooled_covariance(totals, atoms, n_items) for name, atoms in of_group.items()}
    return score_kpis(Released.of(totals, groups), mixes, spread)


def covered(lo: Floats, hi: Floats, truth: Floats) -> float:
    return float(np.mean((lo <= truth) & (truth <= hi)))


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 20])
def test_intervals_cover_the_mean_of_real_lecturers(n: int) -> None:
    rows = resampled(lecturers(), {"student": n}, TIMES, [RaterMix(0, {"student": 1})], 1).kpi_rows
    truth = np.tile([one.mean() for one in lecturers()], TIMES)
    least, most = (0.94, 0.99) if n >= 3 else (0.94, 1)
    assert least <= covered(rows.lo, rows.hi, truth) <= most


@pytest.mark.parametrize("sizes", [(1, 4, 4), (3, 5, 8), (5, 5, 5)])
def test_intervals_of_weighted_groups_cover_the_mean_of_real_lecturers(sizes: tuple[int, ...]) -> None:
    mix = RaterMix(0, {"manager": 0.5, "peers": 0.3, "customers": 0.2})
    rows = resampled(lecturers(), dict(zip(mix.weights, sizes, strict=True)), TIMES, [mix], 1).kpi_rows
    truth = np.tile([one.mean() for one in lecturers()], TIMES)
    assert 0.94 <= covered(rows.lo, rows.hi, truth) <= 0.99


def test_intervals_cover_lecturers_at_the_ceiling() -> None:
    best = sorted(lecturers(), key=lambda one: -one.mean())[:25]
    rows = resampled(best, {"student": 5}, TIMES, [RaterMix(0, {"student": 1})], 1).kpi_rows
    assert min(one.mean() for one in best) > 70
    assert 0.94 <= covered(rows.lo, rows.hi, np.tile([one.mean() for one in best], TIMES)) <= 0.99


@pytest.mark.parametrize("n", [3, 5, 8])
def test_composites_of_kpis_rated_by_the_same_people_cover_those_of_real_companies(n: int) -> None:
    mixes = [RaterMix(kpi, {"soldier": 1}) for kpi in range(3)]
    card = Scorecard((CardEntry(0, 0.5), CardEntry(1, 0.3), CardEntry(2, 0.2)))
    soft = resampled(companies(), {"soldier": n}, TIMES, mixes, 6)
    subjects = range(TIMES * len(companies()))
    found = list(score_composites(soft, dict.fromkeys(subjects, card), {}).values())
    ends = np.array([one.interval for one in found if isinstance(one, Composite)])
    truth = np.tile([float(one.mean(axis=0) @ [0.5, 0.3, 0.2]) for one in companies()], TIMES)
    assert len(companies()) > 20
    assert 0.94 <= covered(ends[:, 0], ends[:, 1], truth) <= 0.99
