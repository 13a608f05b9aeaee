"""Several KPIs as one score with its interval; single KPIs are scored in `soft` and `goalposts`.

================  ======================================================
Name              Meaning
================  ======================================================
score_composites  one score per subject over the KPIs that are present
mean_of           weighted mean of either form
slope_of          how much it moves per point of a KPI
================  ======================================================

Cards are made with the names of `scorecards`, which can be had from here as well.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from app.scoring.errors import ScoringError
from app.scoring.explain import geometric_points
from app.scoring.intervals import score_interval
from app.scoring.linear import Coefficients, combined, error_terms, kish_size
from app.scoring.results import Certainty, Composite, HardScore, NotScored, Part, Reason, Uncertainty
from app.scoring.scorecards import CardEntry, Form, Scorecard
from app.scoring.soft import SoftScores
from app.scoring.weights import normalise, reaches

__all__ = ["CardEntry", "Form", "Scorecard", "score_composites"]

LEAST_KPI_WEIGHT = 0.6
LEAST_FACTOR = 1.0

HardScores = Mapping[tuple[int, int], HardScore | NotScored]
"""Scores of hard KPIs by subject and KPI; what is absent counts as not scored."""


def score_composites(
    soft: SoftScores, cards: Mapping[int, Scorecard], hard: HardScores
) -> dict[int, Composite | NotScored]:
    """One score per subject over the KPIs of its card that are present.

    Parameters
    ----------
    soft : scores of the soft KPIs
    cards : scorecard by subject
    hard : scores of the hard KPIs

    Returns
    -------
    By subject the composite, `insufficient` if the present weight is below .6, or `required_missing`.

    Raises
    ------
    ScoringError : a KPI of a card has a soft and a hard score

    Formula: C = sum w_k x_k, or exp(sum w_k ln max(x_k, 1)), w rescaled over the KPIs that are present.
    Error: soft KPIs together by `linear.error_terms` with a = w_k W'_gk; each hard KPI adds w_k^2 SE_k^2 with
    its own degrees of freedom; geometric: coefficients times C/x_k. With hard KPIs the Kish size is no floor.
    Source: docs/scoring.md, section "Composite"; OECD/JRC Handbook 2008 for the two forms.

    >>> from app.scoring.goalposts import Goalposts, score_metric
    >>> from app.scoring.metrics import known
    >>> from app.scoring.released import Released
    >>> from app.scoring.soft import score_kpis
    >>> from app.scoring.totals import AtomTotals
    >>> nobody = score_kpis(Released.of(AtomTotals.from_scores([], [], [], [], n_atoms=0), []), [], {})
    >>> hard = {(9, k): score_metric(k, known(v), Goalposts(0, 100)) for k, v in enumerate((70, 80, 50))}
    >>> entries = (CardEntry(0, 0.5), CardEntry(1, 0.3), CardEntry(2, 0.2))
    >>> score_composites(nobody, {9: Scorecard(entries)}, hard)[9].score
    69.0
    >>> round(score_composites(nobody, {9: Scorecard(entries, Form.GEOMETRIC)}, hard)[9].score, 6)
    68.119275
    """
    points = _soft_points(soft)
    plans = {subject: _plan(card, _found(points, hard, subject, card)) for subject, card in cards.items()}
    errors = _soft_errors(soft, {subject: plan for subject, plan in plans.items() if isinstance(plan, _Plan)})
    return {
        subject: plan if isinstance(plan, NotScored) else _composite(plan, errors.get(subject, []))
        for subject, plan in plans.items()
    }


def mean_of(weights: Sequence[float], scores: Sequence[float], form: Form) -> float:
    """Weighted mean of KPI scores.

    Parameters
    ----------
    weights : 0..1, adding up to 1
    scores : 0..100; in the geometric form those below 1 count as 1
    form : arithmetic or geometric

    Returns
    -------
    0..100.

    Formula: sum w x, or exp(sum w ln max(x, 1)).

    >>> weights, scores = [0.5, 0.3, 0.2], [70, 80, 50]
    >>> mean_of(weights, scores, Form.ARITHMETIC), round(mean_of(weights, scores, Form.GEOMETRIC), 6)
    (69.0, 68.119275)
    """
    pairs = zip(weights, scores, strict=True)
    if form is Form.ARITHMETIC:
        return min(100.0, math.fsum(w * x for w, x in pairs))
    return min(100.0, math.exp(math.fsum(w * math.log(max(x, LEAST_FACTOR)) for w, x in pairs)))


def slope_of(weight: float, score: float, total: float, form: Form) -> float:
    """How much a weighted mean moves per point of one KPI.

    Parameters
    ----------
    weight : of the KPI, 0..1
    score : of the KPI, 0..100
    total : the mean, 0..100
    form : arithmetic or geometric

    Formula: w, or w C/max(x, 1).
    Source: delta rule.

    >>> slope_of(0.5, 25, 50, Form.ARITHMETIC), slope_of(0.5, 25, 50, Form.GEOMETRIC)
    (0.5, 1.0)
    """
    return weight if form is Form.ARITHMETIC else weight * total / max(score, LEAST_FACTOR)


class _Present(NamedTuple):
    """A KPI of a card that has a score; hard is none for a soft one."""

    kpi: int
    weight: float
    score: float
    hard: HardScore | None


class _Plan(NamedTuple):
    """The present KPIs of a card with weights rescaled to 1, their composite and how it moves with each."""

    form: Form
    coverage: float
    present: list[_Present]
    total: float
    slopes: dict[int, float]


class _Error(NamedTuple):
    """Soft part of a composite's error from one group, its nominal weight B_g and its raters."""

    square: float
    spent: float
    nominal: float
    raters: int


def _soft_points(soft: SoftScores) -> dict[tuple[int, int], float]:
    rows = soft.kpi_rows
    columns = (column[rows.scored].tolist() for column in (rows.subject, rows.kpi, rows.score))
    return {(subject, kpi): score for subject, kpi, score in zip(*columns, strict=True)}


def _found(
    points: Mapping[tuple[int, int], float], hard: HardScores, subject: int, card: Scorecard
) -> dict[int, _Present]:
    """The KPIs of a card that have a score, by number."""
    found = {}
    for entry in card.entries:
        point, figure = points.get((subject, entry.kpi)), hard.get((subject, entry.kpi))
        if point is not None and figure is not None:
            msg = f"kpi {entry.kpi} of subject {subject} has a soft and a hard score"
            raise ScoringError(msg)
        if isinstance(figure, HardScore):
            found[entry.kpi] = _Present(entry.kpi, entry.weight, figure.score, figure)
        elif point is not None:
            found[entry.kpi] = _Present(entry.kpi, entry.weight, point, None)
    return found


def _plan(card: Scorecard, found: dict[int, _Present]) -> _Plan | NotScored:
    present = [found[entry.kpi] for entry in card.entries if entry.kpi in found]
    coverage = math.fsum(kpi.weight for kpi in present) / math.fsum(entry.weight for entry in card.entries)
    if not reaches(coverage, LEAST_KPI_WEIGHT):
        return NotScored(Reason.INSUFFICIENT, coverage)
    if any(entry.required and entry.kpi not in found for entry in card.entries):
        return NotScored(Reason.REQUIRED_MISSING, coverage)
    present = _rescaled(present)
    total = _mean(present, card.form)
    slopes = {kpi.kpi: slope_of(kpi.weight, kpi.score, total, card.form) for kpi in present}
    return _Plan(card.form, coverage, present, total, slopes)


def _rescaled(present: Sequence[_Present]) -> list[_Present]:
    weights = normalise([kpi.weight for kpi in present])
    return [_Present(kpi.kpi, w, kpi.score, kpi.hard) for kpi, w in zip(present, weights, strict=True)]


def _mean(present: Sequence[_Present], form: Form) -> float:
    return mean_of([kpi.weight for kpi in present], [kpi.score for kpi in present], form)


def _soft_errors(soft: SoftScores, plans: Mapping[int, _Plan]) -> dict[int, list[_Error]]:
    """What each released group adds to the error of its subject's composite, a_gk = slope_k W'_gk."""
    weights = {subject: {kpi.kpi: kpi.weight for kpi in plan.present} for subject, plan in plans.items()}
    rows: list[tuple[int, int, int, float]] = []
    owners: list[int] = []
    nominal: list[float] = []
    table = soft.group_rows
    columns = (column.tolist() for column in (table.group, table.subject, table.kpi, table.share))
    for group, subject, kpi, share in zip(*columns, strict=True):
        weight = weights.get(subject, {}).get(kpi, 0.0) * share
        if weight:
            if not rows or rows[-1][1] != group:
                owners.append(subject)
                nominal.append(0.0)
            rows.append((len(owners) - 1, group, kpi, plans[subject].slopes[kpi] * share))
            nominal[-1] += weight
    terms = error_terms(soft.released, _coefficients(rows), soft.spread)
    found: dict[int, list[_Error]] = {}
    for owner, *error in zip(
        owners, terms.square.tolist(), terms.spent.tolist(), nominal, terms.raters.tolist(), strict=True
    ):
        found.setdefault(owner, []).append(_Error(*error))
    return found


def _coefficients(rows: Sequence[tuple[int, int, int, float]]) -> Coefficients:
    term, group, kpi = np.array([row[:3] for row in rows], np.int64).reshape(-1, 3).T
    return Coefficients(term, group, kpi, np.array([row[3] for row in rows], np.float64))


def _composite(plan: _Plan, errors: Sequence[_Error]) -> Composite:
    hard = [((plan.slopes[kpi.kpi] * kpi.hard.se) ** 2, kpi.hard.df) for kpi in plan.present if kpi.hard]
    square = math.fsum([*(error.square for error in errors), *(square for square, _ in hard)])
    spent = math.fsum([*(error.spent for error in errors), *(square**2 / df for square, df in hard)])
    kish = kish_size([error.nominal for error in errors], [error.raters for error in errors]) if errors else 0.0
    uncertainty = Uncertainty(*combined(square, spent), kish)
    with_hard = any(kpi.hard and kpi.weight for kpi in plan.present)
    return Composite(
        plan.total,
        plan.coverage,
        uncertainty,
        score_interval(plan.total, uncertainty, floored=not with_hard),
        _parts(plan),
        _subtotal([kpi for kpi in plan.present if not kpi.hard], plan.form),
        _subtotal([kpi for kpi in plan.present if kpi.hard], plan.form),
        tuple(kpi.kpi for kpi in plan.present if kpi.hard and kpi.hard.measured.certainty is Certainty.UNKNOWN),
    )


def _parts(plan: _Plan) -> tuple[Part, ...]:
    if plan.form is Form.ARITHMETIC:
        return tuple(Part(kpi.kpi, kpi.weight, kpi.score, kpi.weight * kpi.score) for kpi in plan.present)
    points = geometric_points([kpi.weight for kpi in plan.present], [kpi.score for kpi in plan.present])
    return tuple(Part(kpi.kpi, kpi.weight, kpi.score, point) for kpi, point in zip(plan.present, points, strict=True))


def _subtotal(present: Sequence[_Present], form: Form) -> float | None:
    weight = math.fsum(kpi.weight for kpi in present)
    return _mean(_rescaled(present), form) if weight else None
