"""Whether the raters of one subject agree: within-group agreement against answers given at random.

====================  ============================================================
Name                  Meaning
====================  ============================================================
uniform_null          variance of answers that fall on every point alike
null_variance         variance of answers that fall as told
SLIGHT_SKEW           of five points with a slight lean to the upper ones
in_points             the same on 0..100
Strength              the word for an agreement
Agreement             of one subject
agreement             of every subject
====================  ============================================================
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.scoring.crossed import Levels
from app.scoring.errors import ScoringError
from app.scoring.reliability import Gap, NotDefined


class Strength(StrEnum):
    """The word for an agreement of raters, to two decimals.

    lack : up to .30
    weak : .31 to .50
    moderate : .51 to .70
    strong : .71 to .90
    very_strong : .91 and more
    """

    LACK = "lack"
    WEAK = "weak"
    MODERATE = "moderate"
    STRONG = "strong"
    VERY_STRONG = "very_strong"


UPPER_ENDS = ((0.30, Strength.LACK), (0.50, Strength.WEAK), (0.70, Strength.MODERATE), (0.90, Strength.STRONG))


class Agreement(NamedTuple):
    """How far the raters of one subject agree.

    value : rwg for one item, rwg(j) for several, 0..1; 0 if they agree no more than chance
    sd : standard deviation of an answer within the subject, root of the mean item variance
    n : raters with an answer
    """

    value: float
    sd: float
    n: int

    @property
    def strength(self) -> Strength:
        """The word of LeBreton & Senter 2008.

        >>> Agreement(2 / 3, 0.8165, 4).strength.value
        'moderate'
        """
        return next((word for end, word in UPPER_ENDS if round(self.value, 2) <= end), Strength.VERY_STRONG)


def uniform_null(points: int) -> float:
    """Variance of answers that fall on every point of a scale alike.

    Parameters
    ----------
    points : of the scale, >= 2

    Formula: (A^2 - 1)/12.
    Source: James, Demaree & Wolf 1984.

    >>> uniform_null(5)
    2.0
    """
    if points < 2:
        msg = f"a scale has at least 2 points, got {points}"
        raise ScoringError(msg)
    return (points**2 - 1) / 12


def null_variance(shares: Sequence[float]) -> float:
    """Variance of answers that fall on the points of a scale as told.

    Parameters
    ----------
    shares : of the answers on the points 1, 2, ..., >= 0, adding up to 1

    >>> round(null_variance([0.05, 0.15, 0.2, 0.35, 0.25]), 6)
    1.34
    """
    share = np.asarray(shares, np.float64)
    if not (share >= 0).all() or abs(share.sum() - 1) > 1e-9:
        msg = f"shares must be 0 or more and add up to 1, got {list(shares)}"
        raise ScoringError(msg)
    points = np.arange(len(share))
    return float(share @ points**2 - (share @ points) ** 2)


SLIGHT_SKEW = null_variance([0.05, 0.15, 0.2, 0.35, 0.25])
"""Five points with a slight lean to the upper ones, as leniency brings it about (LeBreton & Senter 2008): 1.34."""


def in_points(variance: float, points: int) -> float:
    """A variance of answers 1..A as one of scores on 0..100.

    Parameters
    ----------
    variance : of answers
    points : of the scale, A >= 2

    Formula: variance (100/(A - 1))^2.

    >>> in_points(2.0, 5)
    1250.0
    """
    return variance * (100 / (points - 1)) ** 2


def agreement(subject: npt.ArrayLike, answers: npt.ArrayLike, null: float) -> dict[Any, Agreement | NotDefined]:
    """Within-group agreement of every subject's raters.

    Parameters
    ----------
    subject : labels, one per sheet
    answers : sheets by items, or one column; missing answers are NaN
    null : variance of an answer given at random, > 0, in the unit of the answers

    Returns
    -------
    By subject; not defined where no item has two answers.

    Formula: m = mean item variance / null, over the items with two answers or more;
    rwg(j) = J (1 - m)/(J (1 - m) + m), 0 if m >= 1; for J = 1 this is rwg = 1 - s^2/null.
    Source: James, Demaree & Wolf 1984. The value hangs on the null: show it for two of them, or the sd.

    >>> found = agreement(["a", "a", "a", "a"], [4, 4, 5, 3], uniform_null(5))
    >>> round(found["a"].value, 6), round(found["a"].sd, 6)
    (0.666667, 0.816497)
    """
    levels = Levels.of(subject)
    table = np.asarray(answers, np.float64)
    table = table.reshape(-1, 1) if table.ndim < 2 else table
    if len(table) != len(levels.place) or np.isinf(table).any() or not null > 0:
        msg = "agreement needs a row of answers for every label, and a null variance above 0"
        raise ScoringError(msg)
    shape = (len(levels.labels), table.shape[1])
    there = ~np.isnan(table)
    counts, sums, squares = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    np.add.at(counts, levels.place, there)
    np.add.at(sums, levels.place, np.where(there, table, 0.0))
    means = sums / np.maximum(counts, 1)
    np.add.at(squares, levels.place, np.where(there, table - means[levels.place], 0.0) ** 2)
    enough = counts > 1
    variances = np.where(enough, squares / np.maximum(counts - 1, 1), 0.0)
    raters = np.bincount(levels.place[there.any(axis=1)], minlength=shape[0])
    columns = (levels.labels, enough.sum(axis=1), variances.sum(axis=1), raters)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return {
        label: _agreement(items, total / items, null, n) if items else NotDefined(Gap.TOO_FEW)
        for label, items, total, n in rows
    }


def _agreement(items: int, variance: float, null: float, n: int) -> Agreement:
    agreed = items * max(0.0, 1 - variance / null)
    return Agreement(agreed / (agreed + variance / null) if agreed else 0.0, variance**0.5, n)
