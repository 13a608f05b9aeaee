"""Where a subject stands out from itself, upward and downward, among its soft KPIs; no words for it.

============  ====================================================================
Name          Meaning
============  ====================================================================
Standout      one KPI above or below the subject's own mean, with the error
Strengths     strengths and development areas of one subject
NoStrengths   why there are none
deviations    how far every KPI lies from its subject's own mean, with the error
standouts     which of these are worth naming
strengths     both, for all subjects of a round
============  ====================================================================
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from app.deferred import dataclass
from app.scoring.columns import Floats, Integers, place_of, ranges, totals_by
from app.scoring.linear import Coefficients, error_terms
from app.scoring.soft import GroupTable, KpiTable, SoftScores
from app.scoring.tally import KPI_BITS
from app.scoring.weights import reaches

ONE_SIDED = 1.645
"""Standard errors that a deviation must clear: 95 % on one side."""

LEAST_STRENGTH = 60.0
FULL = 80.0
MOST = 3
LEAST_KPIS = 2
TINY = 1e-9


class Deviation(NamedTuple):
    """How far a KPI lies from the mean of its subject's KPIs.

    kpi : number of the KPI
    score : 0..100
    deviation : score less the plain mean of the subject's scores
    se : of the deviation, > 0
    """

    kpi: int
    score: float
    deviation: float
    se: float


class Standout(NamedTuple):
    """A KPI that is worth naming.

    kpi : number of the KPI
    score : 0..100
    deviation : score less the mean over the subject's KPIs; above 0 for a strength, below for a development area
    bound : the deviation less, or for a development area plus, 1.645 standard errors; the sharpest comes first
    is_tentative : none was clear; this is the nearest
    is_relative : named against the subject's own mean alone: a development area where all scores are 80 or more, a
        strength where all are under 60
    """

    kpi: int
    score: float
    deviation: float
    bound: float
    is_tentative: bool
    is_relative: bool


@dataclass(frozen=True, slots=True)
class Strengths:
    """What stands out of a subject's KPIs, sharpest first, at most three each.

    strengths : KPIs above the subject's own mean
    development_areas : KPIs below it; none of them is a strength as well
    """

    strengths: tuple[Standout, ...]
    development_areas: tuple[Standout, ...]


class Unremarkable(StrEnum):
    """Why nothing can stand out; the set is closed.

    too_few_kpis : fewer than two soft KPIs have a score
    no_difference : all scores are the same
    """

    TOO_FEW_KPIS = "too_few_kpis"
    NO_DIFFERENCE = "no_difference"


@dataclass(frozen=True, slots=True)
class NoStrengths:
    """Nothing can stand out."""

    reason: Unremarkable


def strengths(soft: SoftScores, kpis: Sequence[int]) -> dict[int, Strengths | NoStrengths]:
    """Strengths and development areas of all subjects of a round.

    Parameters
    ----------
    soft : scores of the soft KPIs
    kpis : those that count, in the order that decides ties; single items of a KPI do not belong here

    Returns
    -------
    By subject that has a score on any of them.

    Formula: see `deviations` and `standouts`.

    >>> from app.scoring.pooling import PooledCovariance
    >>> from app.scoring.released import Released, ReleasedGroup
    >>> from app.scoring.soft import RaterMix, score_kpis
    >>> from app.scoring.totals import AtomTotals
    >>> sheets, scores = [sheet for sheet in range(20) for _ in "ab"], [90, 50] * 20
    >>> totals = AtomTotals.from_scores([0] * 20, sheets, [0, 1] * 20, scores, n_atoms=1)
    >>> released = Released.of(totals, [ReleasedGroup(0, ("colleague",), (0,))])
    >>> known = {"colleague": PooledCovariance(variances={0: 400.0, 1: 400.0})}
    >>> soft = score_kpis(released, [RaterMix(kpi, {"colleague": 1}) for kpi in (0, 1)], known)
    >>> found = strengths(soft, [0, 1])[0]
    >>> [(one.kpi, one.deviation, round(one.bound, 6)) for one in found.strengths]
    [(0, 20.0, 17.99777)]
    >>> [(one.kpi, one.score) for one in found.development_areas]
    [(1, 50.0)]
    """
    return {subject: standouts(found) for subject, found in deviations(soft, kpis).items()}


def deviations(soft: SoftScores, kpis: Sequence[int]) -> dict[int, list[Deviation]]:
    """How far every soft KPI lies from the mean of its subject's KPIs.

    Parameters
    ----------
    soft : scores of the soft KPIs
    kpis : those that count, in the order of the outcome

    Returns
    -------
    By subject, in the order of `kpis`, those that have a score; with one KPI alone the deviation is 0, and so is its
    error.

    Formula: D_k = S_k - mean of S; standard error by `linear.error_terms` with a_gj = W'_gj (1[j = k] - 1/K), over the
    K KPIs of the subject, so that what raters say about several KPIs at once is not counted as noise.
    Source: docs/scoring.md, sections "Standard error" and "Strengths and development areas".
    """
    table = soft.kpi_rows
    chosen = np.flatnonzero(table.scored & np.isin(table.kpi, list(kpis)))
    subject, kpi, score = table.subject[chosen], table.kpi[chosen], table.score[chosen]
    _, place, counts = np.unique(subject, return_inverse=True, return_counts=True)
    away = score - (totals_by(place, score, len(counts)) / counts)[place]
    found: dict[int, list[Deviation]] = {}
    columns = (subject, kpi, score, away, _errors(soft, chosen))
    for owner, *one in zip(*(column.tolist() for column in columns), strict=True):
        found.setdefault(owner, []).append(Deviation(*one))
    order = {number: position for position, number in enumerate(kpis)}
    return {owner: sorted(of_one, key=lambda one: order[one.kpi]) for owner, of_one in found.items()}


def standouts(deviations: Sequence[Deviation]) -> Strengths | NoStrengths:
    """Which deviations of one subject are worth naming.

    Parameters
    ----------
    deviations : of one subject, in the order that decides ties

    Returns
    -------
    At most three strengths and three development areas, or why there are none.

    Formula: strength if D - 1.645 SE > 0 and S >= 60; development area if D + 1.645 SE < 0 and S < 80; by the bound.
    Where none is clear the one KPI whose bound is nearest stands in, tentatively, as long as it lies on that side of
    the mean at all; one that meets the absolute condition goes before one that does not.
    Source: ipsative comparison with an absolute condition, so that a person who is good at everything has no
    "weakness" and one who is weak at everything no "strength" without a word of doubt.

    >>> found = standouts([Deviation(0, 82, 12, 5), Deviation(1, 70, 0, 5), Deviation(2, 58, -12, 8)])
    >>> [(one.kpi, round(one.bound, 3), one.is_tentative) for one in found.strengths]
    [(0, 3.775, False)]
    >>> [(one.kpi, round(one.bound, 3), one.is_tentative) for one in found.development_areas]
    [(2, 1.16, True)]
    """
    if len(deviations) < LEAST_KPIS:
        return NoStrengths(Unremarkable.TOO_FEW_KPIS)
    if all(abs(one.deviation) < TINY for one in deviations):
        return NoStrengths(Unremarkable.NO_DIFFERENCE)
    return Strengths(
        _sharpest(deviations, 1, lambda score: reaches(score, LEAST_STRENGTH)),
        _sharpest(deviations, -1, lambda score: not reaches(score, FULL)),
    )


def _sharpest(deviations: Sequence[Deviation], sign: int, meets: Callable[[float], bool]) -> tuple[Standout, ...]:
    """The clear ones on one side of the mean, the sharpest first, or else the nearest one."""
    bound = {one.kpi: sign * one.deviation - ONE_SIDED * one.se for one in deviations}
    beyond = [one for one in deviations if sign * one.deviation > TINY]
    clear = [one for one in beyond if bound[one.kpi] > 0 and meets(one.score)]
    named = sorted(clear, key=lambda one: -bound[one.kpi])[:MOST]
    named = named or sorted(beyond, key=lambda one: (not meets(one.score), -bound[one.kpi]))[:1]
    is_relative = not any(meets(one.score) for one in deviations)
    return tuple(
        Standout(one.kpi, one.score, one.deviation, sign * bound[one.kpi], not clear, is_relative) for one in named
    )


def _errors(soft: SoftScores, chosen: Integers) -> Floats:
    """Standard error of the deviation on each chosen row of `kpi_rows`."""
    codes = _codes(soft.kpi_rows)[chosen]
    _, starts, place, counts = np.unique(codes >> KPI_BITS, return_index=True, return_inverse=True, return_counts=True)
    groups = soft.group_rows
    row, there = place_of(codes, _codes(groups))
    counted = np.flatnonzero(there & (groups.share > 0))
    # Every KPI of a group takes part in the deviation of every KPI of its subject.
    owner = place[row[counted]]
    source, target = np.repeat(counted, counts[owner]), ranges(starts[owner], counts[owner])
    a = groups.share[source] * ((row[source] == target) - 1 / counts[place[target]])
    order = np.lexsort((groups.kpi[source], groups.group[source], target))
    source, target, a = (column[order][a[order] != 0] for column in (source, target, a))
    group = groups.group[source]
    new = (np.diff(target, prepend=-1) != 0) | (np.diff(group, prepend=-1) != 0)
    rows = Coefficients(np.cumsum(new) - 1, group, groups.kpi[source], a)
    return np.sqrt(totals_by(target[new], error_terms(soft.released, rows, soft.spread).square, len(chosen)))


def _codes(table: GroupTable | KpiTable) -> Integers:
    return table.subject << KPI_BITS | table.kpi
