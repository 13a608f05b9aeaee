"""Soft scores and composites agree with an independent computation on real ratings."""

import csv
import gzip
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.scoring.atoms import Cell, Kind, Mode, Pooling, RaterGroup, Subject
from app.scoring.columns import Floats
from app.scoring.composite import CardEntry, Scorecard, score_composites
from app.scoring.disclosure import partition
from app.scoring.pooling import pooled_covariance
from app.scoring.raters import rater_scores
from app.scoring.released import Released, ReleasedGroup
from app.scoring.results import Composite, KpiScore, NotScored, Reason
from app.scoring.scales import point_scale, slider
from app.scoring.soft import RaterMix, score_kpis
from app.scoring.totals import AtomTotals
from tests.scoring.facts import agrees, facts
from tests.scoring.insteval import GROUPS, lectures, scored

POLICIES = [("drop_k3", 3, False), ("pool_k5", 5, True)]


def described(score: KpiScore | NotScored) -> dict[str, Any]:
    """A score in the words of the reference."""
    if isinstance(score, NotScored):
        return {"status": score.reason.value, "shown_weight": score.coverage}
    return {
        "status": "ok",
        "score": score.score,
        "se": score.uncertainty.se,
        "df": score.uncertainty.df,
        "lo95": score.interval.lo,
        "hi95": score.interval.hi,
        "shown": ",".join("+".join(group.groups) for group in score.groups),
        "shown_weight": score.coverage,
        "n": score.n,
    }


@pytest.mark.parametrize(("name", "least", "pool"), POLICIES)
def test_sampled_lecturers_score_as_in_the_reference(name: str, least: int, pool: bool) -> None:
    expected = facts()["soft_scoring"][name]["sample"]
    found = scored(least, pool=pool).scores
    assert len(expected) == 40
    for lecturer, figures in expected.items():
        ours = described(found[lecturer])
        assert list(ours) == list(figures)
        assert ours == {key: value if isinstance(value, str) else agrees(value) for key, value in figures.items()}


@pytest.mark.parametrize(("name", "least", "pool"), POLICIES)
def test_all_1128_lecturers_together_score_as_in_the_reference(name: str, least: int, pool: bool) -> None:
    expected = facts()["soft_scoring"][name]
    found = scored(least, pool=pool).scores.values()
    told = [score for score in found if isinstance(score, KpiScore)]
    withheld = [score for score in found if isinstance(score, NotScored)]
    assert (len(told), len(withheld)) == (expected["n_ok"], expected["n_insufficient"])
    assert {score.reason for score in withheld} == {Reason.INSUFFICIENT}
    sums = {
        "sum_score": math.fsum(score.score for score in told),
        "sum_se": math.fsum(score.uncertainty.se for score in told),
        "sum_lo": math.fsum(score.interval.lo for score in told),
        "sum_hi": math.fsum(score.interval.hi for score in told),
    }
    assert sums == agrees({key: expected[key] for key in sums})


@pytest.mark.slow
@pytest.mark.parametrize(("name", "least", "pool"), POLICIES)
def test_the_rules_of_disclosure_release_the_groups_that_the_reference_scores(
    name: str, least: int, pool: bool
) -> None:
    rows = lectures()
    names, subject = np.unique(rows.lecturer, return_inverse=True)
    heads: dict[tuple[int, int], set[int]] = {}
    for one, group, student in zip(subject.tolist(), rows.group.tolist(), rows.student.tolist(), strict=True):
        heads.setdefault((one, group), set()).add(student)
    made = partition(
        [Subject(-1, Kind.PERSON)] * len(names),
        [RaterGroup(Mode.CONFIDENTIAL, least, least)] * len(GROUPS),
        [Cell(one, group, frozenset(people), len(people)) for (one, group), people in heads.items()],
        Pooling.POOL if pool else Pooling.DROP,
    )
    expected = scored(least, pool=pool).soft.released.groups
    assert sorted((atom.subject, tuple(GROUPS[group] for group in atom.groups)) for atom in made.atoms) == sorted(
        (group.subject, group.groups) for group in expected
    )


@pytest.mark.parametrize(("name", "least", "pool"), POLICIES)
def test_pooled_variances_are_as_in_the_reference(name: str, least: int, pool: bool) -> None:
    spread = scored(least, pool=pool).spread
    assert {group: pooled.variance(0) for group, pooled in spread.items()} == agrees(
        facts()["soft_scoring"][name]["s0"]
    )


def soldiers() -> tuple[list[str], Floats]:
    """Company of each soldier, and the rater scores on leadership, task significance and calm."""
    path = Path(__file__).parents[1] / "data" / "lq2002.csv.gz"
    with gzip.open(path, "rt") as file:
        rows = list(csv.DictReader(file))

    def answers(prefix: str, count: int) -> list[list[int]]:
        return [[int(row[f"{prefix}{number:02}"]) for number in range(1, count + 1)] for row in rows]

    lead, task = (point_scale(5).map(answers(prefix, count)) for prefix, count in (("LEAD", 11), ("TSIG", 3)))
    calm = slider(0, 4).map(answers("HOSTIL", 5), is_reversed=True)
    scores = [rater_scores(points, [1] * points.shape[1]) for points in (lead, task, calm)]
    return [row["COMPID"] for row in rows], np.stack(scores, axis=1)


def test_49_companies_have_the_composites_of_the_reference() -> None:
    expected = facts()["composite"]
    company, scores = soldiers()
    names = list(expected["subjects"])
    n = len(company)
    atoms = [names.index(name) for name in company]
    totals = AtomTotals.from_scores(
        atoms, np.repeat(np.arange(n), 3), np.tile(np.arange(3), n), scores.reshape(-1), n_atoms=len(names)
    )
    pooled = pooled_covariance(totals, range(len(names)), {0: 11, 1: 3, 2: 5})
    assert [[pooled.covariance(j, k) if j != k else pooled.variance(j) for k in range(3)] for j in range(3)] == [
        agrees(row) for row in expected["pooled_cov"]
    ]
    released = Released.of(totals, [ReleasedGroup(number, ("soldier",), (number,)) for number in range(len(names))])
    soft = score_kpis(released, [RaterMix(kpi, {"soldier": 1}) for kpi in range(3)], {"soldier": pooled})
    card = Scorecard((CardEntry(0, 0.5), CardEntry(1, 0.3), CardEntry(2, 0.2)))
    composites = score_composites(soft, dict.fromkeys(range(len(names)), card), {})
    values = soft.values()
    for number, name in enumerate(names):
        composite, figures = composites[number], expected["subjects"][name]
        kpis = [values[number, kpi] for kpi in range(3)]
        assert isinstance(composite, Composite)
        assert [kpi.score for kpi in kpis if isinstance(kpi, KpiScore)] == agrees(list(figures["kpi"].values()))
        assert [kpi.n for kpi in kpis if isinstance(kpi, KpiScore)] == list(figures["kpi_n"].values())
        assert {
            "composite": composite.score,
            "se": composite.uncertainty.se,
            "lo95": composite.interval.lo,
            "hi95": composite.interval.hi,
        } == agrees({key: figures[key] for key in ("composite", "se", "lo95", "hi95")})
