"""Generalizability of scores that hang on items and raters: variance components and what more of either would give.

============  ====================================================================
Name          Meaning
============  ====================================================================
FacetVariances    of persons, items, raters and their interactions
MeanSquares   the same as mean squares
GStudy        both, from a full table
g_study       compute it
DStudy        what a number of items and raters gives
d_study       compute it
raters_for    raters that a wished generalizability takes
============  ====================================================================

The facets are named as in the literature: p persons (here subjects), i items, j raters, every rater rating every
person on every item.
"""

import math
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from app.scoring.columns import Floats
from app.scoring.errors import ScoringError
from app.scoring.reliability import Gap, NotDefined
from app.scoring.weights import TOLERANCE


class FacetVariances(NamedTuple):
    """Variance components, or mean squares, of the crossed design p x i x j, in squared units of the scores."""

    p: float
    i: float
    j: float
    pi: float
    pj: float
    ij: float
    pij: float

    def truncated(self) -> Self:
        """Negative components as 0, which they are estimates of.

        >>> FacetVariances(1.0, -0.5, 0.0, 0.0, 0.0, 0.0, 2.0).truncated().i
        0.0
        """
        return type(self)(*(max(0.0, value) for value in self))


class GStudy(NamedTuple):
    """Variance components of a full table.

    mean_squares : by source
    raw : components as estimated, possibly negative
    """

    mean_squares: FacetVariances
    raw: FacetVariances


class DStudy(NamedTuple):
    """What the mean over a number of items and raters gives.

    relative, absolute : error variance of differences between persons, and of the score itself
    g : generalizability coefficient, for comparing persons, 0..1
    phi : dependability, for the score itself, 0..1, at most g
    """

    relative: float
    absolute: float
    g: float
    phi: float


def g_study(table: npt.ArrayLike) -> GStudy | NotDefined:
    """Variance components of scores by person, item and rater.

    Parameters
    ----------
    table : persons by items by raters, finite, in any unit

    Returns
    -------
    The components; none below two of each.

    Formula: from the expected mean squares of the three-way random model, I items, J raters, P persons:
    pij = MSpij, pi = (MSpi - MSpij)/J, pj = (MSpj - MSpij)/I, ij = (MSij - MSpij)/P,
    p = (MSp - MSpi - MSpj + MSpij)/(I J), i = (MSi - MSpi - MSij + MSpij)/(P J),
    j = (MSj - MSpj - MSij + MSpij)/(P I).
    Source: Cronbach et al. 1972; Brennan 2001, chapter 3.

    >>> found = g_study([[[1, 2], [3, 4]], [[2, 4], [5, 5]], [[6, 6], [7, 9]]])
    >>> [round(value, 6) for value in found.raw]
    [5.5, 2.166667, 0.666667, -0.5, -0.5, -0.333333, 1.0]
    """
    x = np.asarray(table, np.float64)
    if x.ndim != 3 or not np.isfinite(x).all():
        msg = "a g study needs a finite score for every person, item and rater"
        raise ScoringError(msg)
    if min(x.shape) < 2:
        return NotDefined(Gap.TOO_FEW)
    ms = FacetVariances(*(_mean_square(x, axes) for axes in ((0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2))))
    persons, items, raters = x.shape
    raw = FacetVariances(
        p=(ms.p - ms.pi - ms.pj + ms.pij) / (items * raters),
        i=(ms.i - ms.pi - ms.ij + ms.pij) / (persons * raters),
        j=(ms.j - ms.pj - ms.ij + ms.pij) / (persons * items),
        pi=(ms.pi - ms.pij) / raters,
        pj=(ms.pj - ms.pij) / items,
        ij=(ms.ij - ms.pij) / persons,
        pij=ms.pij,
    )
    return GStudy(ms, raw)


def d_study(components: FacetVariances, items: float, raters: float) -> DStudy | NotDefined:
    """What the mean over a number of items and raters gives.

    Parameters
    ----------
    components : from a g study; negative ones count as 0
    items, raters : how many, > 0

    Returns
    -------
    Errors and coefficients; none where persons do not differ and nothing errs.

    Formula: rel = pi/I + pj/J + pij/(I J), abs = rel + i/I + j/J + ij/(I J); G = p/(p + rel), Phi = p/(p + abs).
    Source: Brennan 2001, chapter 4.

    >>> gleser = FacetVariances(
    ...     p=0.418687, i=0.467172, j=-0.014141, pi=0.427273, pj=0.191919, ij=0.020455, pij=0.621212
    ... )
    >>> found = d_study(gleser, items=6, raters=2)
    >>> round(found.g, 5), round(found.phi, 5)
    (0.65663, 0.58379)
    """
    if not (items > 0 and raters > 0):
        msg = f"a d study needs items and raters, got {items} and {raters}"
        raise ScoringError(msg)
    part = components.truncated()
    relative = part.pi / items + part.pj / raters + part.pij / (items * raters)
    absolute = relative + part.i / items + part.j / raters + part.ij / (items * raters)
    if part.p + relative <= 0:
        return NotDefined(Gap.NO_SPREAD)
    return DStudy(relative, absolute, part.p / (part.p + relative), part.p / (part.p + absolute))


def raters_for(wished: float, components: FacetVariances, items: float) -> int | NotDefined:
    """Raters that a wished generalizability takes, where the items stay as they are.

    Parameters
    ----------
    wished : generalizability coefficient, above 0 and below 1
    components : from a g study; negative ones count as 0
    items : how many, > 0

    Returns
    -------
    At least 1; not defined where no number of raters is enough, since persons differ too little or by item.

    Formula: J = (pj + pij/I)/(p (1 - G)/G - pi/I), rounded up; none where the divisor is not above 0.
    Source: the G of `d_study` solved for J.

    >>> gleser = FacetVariances(
    ...     p=0.418687, i=0.467172, j=-0.014141, pi=0.427273, pj=0.191919, ij=0.020455, pij=0.621212
    ... )
    >>> raters_for(0.7, gleser, items=6), raters_for(0.9, gleser, items=6)
    (3, NotDefined(reason=<Gap.NO_SPREAD: 'no_spread'>))
    """
    if not (0 < wished < 1 and items > 0):
        msg = f"needs a wished coefficient between 0 and 1 and items, got {wished} and {items}"
        raise ScoringError(msg)
    part = components.truncated()
    room = part.p * (1 - wished) / wished - part.pi / items
    if room <= 0:
        return NotDefined(Gap.NO_SPREAD)
    return max(1, math.ceil((part.pj + part.pij / items) / room * (1 - TOLERANCE)))


def _mean_square(x: Floats, axes: tuple[int, ...]) -> float:
    """Mean square of the main effect or interaction of some facets.

    The deviations are what is left of the means over the other facets once the mean over each facet is taken off.
    """
    others = tuple(axis for axis in range(x.ndim) if axis not in axes)
    deviations = x.mean(axis=others, keepdims=True)
    for axis in axes:
        deviations = deviations - deviations.mean(axis=axis, keepdims=True)
    repeated = np.prod([x.shape[axis] for axis in others], dtype=np.int64)
    df = np.prod([x.shape[axis] - 1 for axis in axes], dtype=np.int64)
    return float((deviations**2).sum() * repeated / df)
