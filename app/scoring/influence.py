"""Which KPI really decides an order of subjects, whatever its nominal weight; the composites come from elsewhere.

=================  ==============================================================
Name               Meaning
=================  ==============================================================
Influence          nominal weight and effective share of one KPI, with a warning
NoInfluence        why there are none
effective_shares   the shares, from columns of scores
influences         the same from composites, with warnings
influences_of      the same from scores by KPI
=================  ==============================================================
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.deferred import dataclass
from app.scoring.columns import Floats
from app.scoring.errors import ScoringError
from app.scoring.explain import LEAST_FACTOR
from app.scoring.results import Composite, NotScored
from app.scoring.scorecards import Form, Scorecard
from app.scoring.weights import normalise

LEAST_SUBJECTS = 10
TOO_FAR = 2.0
TINY = 1e-9


class Warned(StrEnum):
    """What is wrong with the influence of a KPI.

    against : those who are better on it are worse over all
    too_little : less than half of its weight
    too_much : more than twice its weight
    """

    AGAINST = "against"
    TOO_LITTLE = "too_little"
    TOO_MUCH = "too_much"


class Influence(NamedTuple):
    """Nominal and real weight of one KPI.

    kpi : number of the KPI
    weight : nominal, 0..1
    share : effective, any number; over all KPIs they add up to 1
    warning : what is wrong with it, if anything
    """

    kpi: int
    weight: float
    share: float
    warning: Warned | None


class Uninfluenced(StrEnum):
    """Why there are no effective shares; the set is closed.

    too_few_subjects : fewer than ten have scores on all KPIs
    no_difference : all of them have the same composite
    """

    TOO_FEW_SUBJECTS = "too_few_subjects"
    NO_DIFFERENCE = "no_difference"


@dataclass(frozen=True, slots=True)
class NoInfluence:
    """Effective shares that cannot be told."""

    reason: Uninfluenced


def effective_shares(
    weights: Sequence[float], scores: npt.ArrayLike, form: Form = Form.ARITHMETIC
) -> list[float] | NoInfluence:
    """Share of every KPI in what sets the composites apart.

    Parameters
    ----------
    weights : per KPI, >= 0 in any unit, sum above 0
    scores : 0..100, a row per subject, a column per KPI; rows with NaN are left out
    form : of the composite

    Returns
    -------
    One share per KPI, adding up to 1; or why there are none.

    Raises
    ------
    ScoringError : the columns are not as many as the weights

    Formula: w_k Cov(x_k, C)/Var(C) over the subjects; geometric: the same in ln max(x, 1), of which ln C is the sum.
    Source: first-order part of the variance of a sum; that nominal weights rarely decide: Paruolo, Saisana &
    Saltelli 2013.

    >>> rows = [[50 + 10 * a, 50 + 20 * b] for a in (-1, 1) for b in (-1, 1)] * 3
    >>> effective_shares([0.5, 0.5], rows)
    [0.2, 0.8]
    """
    shares = np.asarray(normalise(weights))
    values = _values(scores, len(shares), form)
    if len(values) < LEAST_SUBJECTS:
        return NoInfluence(Uninfluenced.TOO_FEW_SUBJECTS)
    away = values - values.mean(axis=0)
    totals = away @ shares
    if np.abs(totals).max() < TINY:
        return NoInfluence(Uninfluenced.NO_DIFFERENCE)
    found: list[float] = (shares * (totals @ away) / (totals @ totals)).tolist()
    return found


def influences(card: Scorecard, composites: Iterable[Composite | NotScored]) -> list[Influence] | NoInfluence:
    """Nominal weight and effective share of every KPI of a card, over the subjects that have it whole.

    Parameters
    ----------
    card : that all of them share
    composites : of its subjects; those without a composite, or without one of its KPIs, are left out

    Returns
    -------
    One per KPI, in the order of the card; or why there are none. A warning means: `against` a share below 0,
    `too_little` below half of the weight, `too_much` above twice the weight.

    >>> from app.scoring.results import Part, Uncertainty, Interval
    >>> from app.scoring.scorecards import CardEntry
    >>> def composite(x, y):
    ...     parts = (Part(0, 0.5, x, x / 2), Part(1, 0.5, y, y / 2))
    ...     return Composite((x + y) / 2, 1, Uncertainty(1, 8, 4), Interval(0, 100), parts, None, None)
    >>> card = Scorecard((CardEntry(0, 1), CardEntry(1, 1)))
    >>> found = influences(card, [composite(50 + x % 2, 5 * x) for x in range(12)])
    >>> [(one.weight, round(one.share, 3), one.warning) for one in found]
    [(0.5, 0.005, <Warned.TOO_LITTLE: 'too_little'>), (0.5, 0.995, None)]
    """
    told = [{part.kpi: part.score for part in one.parts} for one in composites if isinstance(one, Composite)]
    return influences_of(card, told)


def influences_of(card: Scorecard, scores: Iterable[Mapping[int, float]]) -> list[Influence] | NoInfluence:
    """The same from the scores of each subject by KPI, 0..100.

    >>> from app.scoring.scorecards import CardEntry
    >>> card = Scorecard((CardEntry(0, 1), CardEntry(1, 1)))
    >>> found = influences_of(card, [{0: 50 + x % 2, 1: 5 * x} for x in range(12)])
    >>> [(one.weight, round(one.share, 3)) for one in found]
    [(0.5, 0.005), (0.5, 0.995)]
    """
    kpis = [entry.kpi for entry in card.entries]
    weights = normalise([entry.weight for entry in card.entries])
    rows = [[of_one.get(kpi, math.nan) for kpi in kpis] for of_one in scores]
    shares = effective_shares(weights, rows, card.form)
    if isinstance(shares, NoInfluence):
        return shares
    return [Influence(kpi, w, sh, _warning(w, sh)) for kpi, w, sh in zip(kpis, weights, shares, strict=True)]


def _values(scores: npt.ArrayLike, n_kpis: int, form: Form) -> Floats:
    """Complete rows, in logarithms if the composite is geometric."""
    table = np.asarray(scores, np.float64)
    if not table.size:
        return np.zeros((0, n_kpis))
    if table.ndim != 2 or table.shape[1] != n_kpis:
        msg = f"scores must have one column for each of the {n_kpis} kpis, got the shape {table.shape}"
        raise ScoringError(msg)
    whole = table[~np.isnan(table).any(axis=1)]
    return whole if form is Form.ARITHMETIC else np.log(np.maximum(whole, LEAST_FACTOR))


def _warning(weight: float, share: float) -> Warned | None:
    if share < -TINY:
        return Warned.AGAINST
    if share < weight / TOO_FAR - TINY:
        return Warned.TOO_LITTLE
    return Warned.TOO_MUCH if share > weight * TOO_FAR + TINY else None
