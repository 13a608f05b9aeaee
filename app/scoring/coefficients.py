"""Intraclass correlations by analysis of variance: of one rater and of the mean of several, by how raters are drawn.

================  ==================================================================
Name              Meaning
================  ==================================================================
Coefficient       one intraclass correlation with its test and interval
SubjectTable      the six coefficients of a full table of subjects by raters
subject_table     compute them
TypicalSize       which number of raters stands for unequal ones
OneWay            ICC(1) and ICC(1,k) of subjects that have raters of their own
one_way           compute them
================  ==================================================================
"""

import math
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy

from app.scoring.columns import Floats
from app.scoring.crossed import Levels
from app.scoring.errors import ScoringError
from app.scoring.intervals import LEVEL
from app.scoring.reliability import Gap, NotDefined
from app.scoring.results import Interval

ROUNDING = 1e-12


class Coefficient(NamedTuple):
    """One intraclass correlation.

    value : at most 1 if its variances are not negative; below 0 if subjects differ less than chance would make them
    f, df1, df2 : F ratio against no difference between subjects, and its degrees of freedom
    interval : 95 % unless asked otherwise
    """

    value: float
    f: float
    df1: int
    df2: int
    interval: Interval


class SubjectTable(NamedTuple):
    """The six coefficients of Shrout and Fleiss, of a table in which every rater rated every subject.

    single : of one rater, where raters are anybody (1), drawn from many (2), or these very ones (3)
    average : of the mean of all raters of the table, likewise
    """

    single: tuple[Coefficient | NotDefined, ...]
    average: tuple[Coefficient | NotDefined, ...]


def subject_table(table: npt.ArrayLike, *, level: float = LEVEL) -> SubjectTable | NotDefined:
    """Intraclass correlations of a full table.

    Parameters
    ----------
    table : subjects by raters, finite, in any unit
    level : confidence, 0..1

    Returns
    -------
    The coefficients; none below two subjects or two raters, or if subjects do not differ at all. A coefficient whose
    denominator is not above 0 is not defined.

    Formula: mean squares of n rows (MSR, also MSB), k columns (MSC), rest (MSE) and within rows (MSW):
    ICC(1) = (MSB - MSW)/(MSB + (k-1) MSW), ICC(2) = (MSR - MSE)/(MSR + (k-1) MSE + k (MSC - MSE)/n),
    ICC(3) = (MSR - MSE)/(MSR + (k-1) MSE); of the mean of k raters:
    (MSB - MSW)/MSB, (MSR - MSE)/(MSR + (MSC - MSE)/n), (MSR - MSE)/MSR.
    Source: Shrout & Fleiss 1979, with their intervals; McGraw & Wong 1996.

    >>> ratings = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> found = subject_table(ratings)
    >>> [round(one.value, 6) for one in (*found.single, *found.average)]
    [0.165742, 0.289764, 0.714841, 0.442797, 0.620051, 0.909316]
    """
    x = np.asarray(table, np.float64)
    if x.ndim != 2 or not np.isfinite(x).all():
        msg = "a table of ratings needs a finite number for every subject and rater"
        raise ScoringError(msg)
    if min(x.shape) < 2:
        return NotDefined(Gap.TOO_FEW)
    squares = _mean_squares(x)
    if squares.row + squares.rest <= (ROUNDING * np.abs(x).max()) ** 2:
        return NotDefined(Gap.NO_SPREAD)
    forms = [_anybody(squares, level), _drawn(squares, level), _these(squares, level)]
    return SubjectTable(tuple(single for single, _ in forms), tuple(average for _, average in forms))


class TypicalSize(StrEnum):
    """Which number of raters stands for unequal ones.

    anova : k0 = (N - sum n_i^2/N)/(G - 1), which makes the estimate of the variance between subjects unbiased
    mean : N/G, as the R package multilevel has it
    """

    ANOVA = "anova"
    MEAN = "mean"


class OneWay(NamedTuple):
    """Intraclass correlations of subjects that have raters of their own, as in a 360.

    single : ICC(1), of one rater
    average : ICC(1,k), of the mean of k raters; the literature on groups calls it ICC(2)
    between, within : mean squares
    k : the number of raters that stands for unequal ones
    """

    single: Coefficient | NotDefined
    average: Coefficient | NotDefined
    between: float
    within: float
    k: float


def one_way(
    subject: npt.ArrayLike, y: npt.ArrayLike, *, size: TypicalSize = TypicalSize.ANOVA, level: float = LEVEL
) -> OneWay | NotDefined:
    """Intraclass correlations of subjects that have raters of their own.

    Parameters
    ----------
    subject : labels, one per rating
    y : the ratings, finite, in any unit
    size : which number of raters stands for unequal ones
    level : confidence, 0..1; with unequal numbers the intervals are approximate

    Returns
    -------
    The coefficients; none below two subjects or where nobody has two raters, or if all ratings are equal.

    Formula: ICC(1) = (MSB - MSW)/(MSB + (k-1) MSW); ICC(1,k) = (MSB - MSW)/MSB.
    Source: Shrout & Fleiss 1979; Bliese 2000 for groups.

    >>> found = one_way([1, 1, 2, 2, 3, 3], [80, 70, 64, 50, 42, 30])
    >>> round(found.between, 6), round(found.within, 6), round(found.single.value, 6)
    (762.0, 73.333333, 0.824421)
    """
    levels, ratings = Levels.of(subject), np.asarray(y, np.float64)
    if ratings.shape != levels.place.shape or not np.isfinite(ratings).all():
        msg = "ratings must be finite, one for every label of a subject"
        raise ScoringError(msg)
    n, groups = len(ratings), len(levels.labels)
    if groups < 2 or n == groups:
        return NotDefined(Gap.TOO_FEW)
    counts = np.bincount(levels.place)
    means = np.bincount(levels.place, ratings) / counts
    between = float(counts @ (means - ratings.mean()) ** 2) / (groups - 1)
    within = float(((ratings - means[levels.place]) ** 2).sum()) / (n - groups)
    if between + within <= (ROUNDING * np.abs(ratings).max()) ** 2:
        return NotDefined(Gap.NO_SPREAD)
    k = n / groups if size is TypicalSize.MEAN else (n - float(counts @ counts) / n) / (groups - 1)
    single, average = _by_f(between, within, (groups - 1, n - groups), k, level)
    return OneWay(single, average, between, within, k)


class _MeanSquares(NamedTuple):
    row: float
    column: float
    rest: float
    within: float
    n: int
    k: int


def _mean_squares(x: Floats) -> _MeanSquares:
    n, k = x.shape
    rows, columns = x.mean(axis=1) - x.mean(), x.mean(axis=0) - x.mean()
    within = x - x.mean(axis=1, keepdims=True)
    rest = float(((within - columns) ** 2).sum())
    row, column = k * float(rows @ rows) / (n - 1), n * float(columns @ columns) / (k - 1)
    return _MeanSquares(row, column, rest / ((n - 1) * (k - 1)), float((within**2).sum()) / (n * (k - 1)), n, k)


_Both = tuple[Coefficient | NotDefined, Coefficient | NotDefined]


def _anybody(ms: _MeanSquares, level: float) -> _Both:
    return _by_f(ms.row, ms.within, (ms.n - 1, ms.n * (ms.k - 1)), ms.k, level)


def _these(ms: _MeanSquares, level: float) -> _Both:
    return _by_f(ms.row, ms.rest, (ms.n - 1, (ms.n - 1) * (ms.k - 1)), ms.k, level)


def _by_f(between: float, error: float, df: tuple[int, int], k: float, level: float) -> _Both:
    """Both coefficients whose interval is that of an F ratio: ICC = (F - 1)/(F + k - 1), and 1 - 1/F of the mean."""
    f = between / error if error else math.inf
    tail = 0.5 + level / 2
    lo, hi = f / float(scipy.special.fdtri(*df, tail)), f * float(scipy.special.fdtri(*df[::-1], tail))
    test = _Test(between - error, f, df)
    return (
        test.coefficient(between + (k - 1) * error, (1 - k / (lo + k - 1), 1 - k / (hi + k - 1))),
        test.coefficient(between, (1 - _share(1, lo), 1 - _share(1, hi))),
    )


def _drawn(ms: _MeanSquares, level: float) -> _Both:
    """ICC(2) and ICC(2,k); the interval is that of Fleiss & Shrout 1978, with Satterthwaite's degrees of freedom v."""
    n, k, df = ms.n, ms.k, (ms.n - 1, (ms.n - 1) * (ms.k - 1))
    others = k * ms.column + (k * n - k - n) * ms.rest
    if ms.row + others <= 0:
        return NotDefined(Gap.NO_SPREAD), NotDefined(Gap.NO_SPREAD)
    value = (ms.row - ms.rest) / (ms.row + others / n)
    a, b = k * value * ms.column, (n * (1 + (k - 1) * value) - k * value) * ms.rest
    v = (k - 1) * (n - 1) * (a + b) ** 2 / ((n - 1) * a**2 + b**2) if a or b else (k - 1) * (n - 1)
    upper, lower = (float(scipy.special.fdtri(*each, 0.5 + level / 2)) for each in ((n - 1, v), (v, n - 1)))
    ends = (
        n * (ms.row - upper * ms.rest) / (upper * others + n * ms.row),
        n * (lower * ms.row - ms.rest) / (others + n * lower * ms.row),
    )
    lo, hi = (_share(end * k, 1 + end * (k - 1)) for end in ends)
    test = _Test(ms.row - ms.rest, ms.row / ms.rest if ms.rest else math.inf, df)
    return (
        test.coefficient(ms.row + others / n, ends),
        test.coefficient(ms.row + (ms.column - ms.rest) / n, (lo, hi)),
    )


class _Test(NamedTuple):
    """What two coefficients share: the variance between subjects, and the F ratio against none."""

    between: float
    f: float
    df: tuple[int, int]

    def coefficient(self, denominator: float, ends: tuple[float, float]) -> Coefficient | NotDefined:
        if denominator <= ROUNDING * abs(self.between):
            return NotDefined(Gap.NO_SPREAD)
        return Coefficient(self.between / denominator, self.f, *self.df, Interval(*ends))


def _share(part: float, whole: float) -> float:
    """A ratio, or minus infinity where it has no sense."""
    return part / whole if whole > 0 else -math.inf
