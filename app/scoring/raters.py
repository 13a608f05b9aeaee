"""Answers of one sheet to one rater score per KPI; the answers are already points on 0..100.

==============  ======================================================
Function        Does
==============  ======================================================
rater_scores    scores of many sheets on one KPI, as one column
rater_score     score of one sheet, or none
==============  ======================================================
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from app.scoring.errors import ScoringError
from app.scoring.weights import TOLERANCE, check_weights

LEAST_ITEM_WEIGHT = 0.5

Floats = npt.NDArray[np.float64]


def rater_scores(points: npt.ArrayLike, weights: Sequence[float]) -> Floats:
    """Scores of many sheets on one KPI.

    Parameters
    ----------
    points : 0..100 per sheet and item of the KPI, NaN where there is no answer; shape (sheets, items)
    weights : per item, 0..1e9 in any unit; shape (items,)

    Returns
    -------
    0..100 per sheet; NaN where less than half of the item weight was answered. Shape (sheets,).

    Raises
    ------
    ScoringError : a weight is not usable, points are outside 0..100, or the shapes do not fit

    Formula: x = sum(w_i x_i)/sum(w_i) over the answered items; valid if their weight is >= .5 of all.
    Source: docs/scoring.md, section "Rater, group, subject".

    >>> rater_scores([[50, 75], [50, float("nan")], [float("nan"), 75]], [1, 2]).round(6).tolist()
    [66.666667, nan, 75.0]
    """
    check_weights({str(number): weight for number, weight in enumerate(weights, 1)}, "item")
    table = np.asarray(points, np.float64)
    if table.ndim != 2 or table.shape[1] != len(weights):
        msg = f"points must have one column for each of the {len(weights)} items, got the shape {table.shape}"
        raise ScoringError(msg)
    answered = ~np.isnan(table)
    if ((table < 0) | (table > 100)).any():
        msg = "points of an answer must be from 0 to 100"
        raise ScoringError(msg)
    share = np.asarray(weights, np.float64) / np.sum(weights)
    weight, total = np.zeros(len(table)), np.zeros(len(table))
    for item, part in enumerate(share):  # column by column: the same order of additions for every shape
        weight += np.where(answered[:, item], part, 0.0)
        total += np.where(answered[:, item], part * table[:, item], 0.0)
    valid = weight >= LEAST_ITEM_WEIGHT - TOLERANCE
    return np.where(valid, np.minimum(total / np.where(valid, weight, 1.0), 100.0), np.nan)


def rater_score(points: Sequence[float | None], weights: Sequence[float]) -> float | None:
    """Score of one sheet on one KPI.

    Parameters
    ----------
    points : 0..100 per item of the KPI, none where there is no answer
    weights : per item, 0..1e9 in any unit

    Returns
    -------
    0..100; none if less than half of the item weight was answered.

    >>> rater_score([50, None], [1, 1]), rater_score([50, None], [1, 2])
    (50.0, None)
    """
    row = [[np.nan if point is None else point for point in points]]
    score = float(rater_scores(row, weights)[0])
    return None if np.isnan(score) else score
