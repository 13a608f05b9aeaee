"""Ratings of subjects by raters as the counts and sums that a crossed model needs; no model is fitted here.

===============  =================================================================
Name             Meaning
===============  =================================================================
SUBJECT, RATER   places of the two crossed factors wherever there is one figure each
Levels           the distinct labels of a column, and which one each row has
Crossed          counts and sums of the rows; what every later step reads
===============  =================================================================

The model is y = X b + Z_s s + Z_r r + e: X holds the intercept and the fixed effects (rater groups, rounds), Z_s and
Z_r say which subject and which rater a row belongs to. Likelihood, predictions and their errors need the rows through
cross-products of [X y], Z_s and Z_r only, so ten million rows are read once.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import scipy

from app.deferred import dataclass
from app.scoring.columns import Floats, Integers
from app.scoring.errors import ScoringError
from app.scoring.weights import check_weights, normalise

SUBJECT, RATER = 0, 1

Labels = npt.NDArray[Any]
Pair = tuple[Floats, Floats]
"""One array for the subjects, one for the raters, a row per level."""

Sparse = Any
"""A sparse array of scipy, which ships no types."""

Table = Any
"""Rows per level of one factor and level of the other: an array of numpy where it is small, else a sparse one."""

SMALL_TABLE = 10_000
"""Pairs up to which products are dense: a fit took half the time there, a little less at 40,000, more at 90,000."""

ALIASED = 1e-9


class Levels(NamedTuple):
    """The distinct labels of a column, and which one each row has.

    labels : distinct, sorted
    place : 0..len(labels) - 1 for each row
    """

    labels: Labels
    place: Integers

    @classmethod
    def of(cls, column: npt.ArrayLike) -> Self:
        """Number the labels of a column.

        Parameters
        ----------
        column : one label per row, of one type that can be sorted

        >>> Levels.of(["b", "a", "b"]).place.tolist()
        [1, 0, 1]
        """
        given = np.asarray(column)
        if given.ndim != 1:
            msg = f"labels must be one per row, got an array of {given.ndim} dimensions"
            raise ScoringError(msg)
        if given.dtype.kind in "iu" and len(given) and given.min() >= 0 and given.max() <= 4 * len(given):
            # Numbers that lie close need no sorting: ten million take a tenth of a second instead of four.
            there = np.zeros(int(given.max()) + 1, np.bool_)
            there[given] = True
            return cls(np.flatnonzero(there).astype(given.dtype), (np.cumsum(there) - 1)[given])
        return cls(*np.unique(given, return_inverse=True))


@dataclass(frozen=True, slots=True, eq=False)
class Crossed:
    """Counts and sums of the rows; factors in the order subject, rater.

    labels : of the levels of both factors
    fixed : labels of each fixed effect
    columns : which columns of the full X are kept; the others are sums of earlier ones
    n : rows
    centre : mean of y, which was taken off before summing
    counts : rows per level, n_j
    cross : rows per subject and rater, Z_s' Z_r
    table : the same as products are taken with it
    squares : the same, squared; the same array where no pair comes twice
    sums : Z_j' [X y]
    products : [X y]' [X y]

    X has a column of ones and, for every fixed effect, one of 0 and 1 for each of its levels but the first
    (treatment coding, as lme4 does it).
    """

    labels: tuple[Labels, Labels]
    fixed: tuple[Labels, ...]
    columns: Integers
    n: int
    centre: float
    counts: Pair
    cross: Sparse
    table: Table
    squares: Table
    sums: Pair
    products: Floats

    @classmethod
    def of(
        cls,
        subject: npt.ArrayLike,
        rater: npt.ArrayLike,
        y: npt.ArrayLike,
        fixed: Sequence[npt.ArrayLike] = (),
    ) -> Self:
        """Sum up rows of subject, rater and rating.

        Parameters
        ----------
        subject, rater : labels, one per row; a pair may come more than once (several rater groups or rounds)
        y : the ratings, finite, in any unit
        fixed : further columns of labels with fixed effects

        Raises
        ------
        ScoringError : no row, columns of different lengths, or a rating that is not finite

        >>> rows = Crossed.of([1, 1, 2, 2, 2], list("ababc"), [80, 70, 60, 50, 40])
        >>> rows.n, rows.centre, rows.cross.toarray().tolist()
        (5, 60.0, [[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
        """
        factors = (Levels.of(subject), Levels.of(rater))
        effects = [Levels.of(column) for column in fixed]
        ratings = _checked(y, [levels.place for levels in (*factors, *effects)])
        centre = float(ratings.mean())
        sums_of = _Sums(effects, ratings - centre)
        sums = (sums_of.by(factors[SUBJECT]), sums_of.by(factors[RATER]))
        products = sums_of.products(sums[SUBJECT].sum(axis=0))
        kept = _independent(products[:-1, :-1])
        with_y = np.append(kept, len(products) - 1)
        cross = _cross(*factors)
        table = cross.toarray() if math.prod(cross.shape) <= SMALL_TABLE else cross
        return cls(
            (factors[SUBJECT].labels, factors[RATER].labels),
            tuple(levels.labels for levels in effects),
            kept,
            len(ratings),
            centre,
            (sums[SUBJECT][:, 0], sums[RATER][:, 0]),
            cross,
            table,
            table * table if cross.nnz < len(ratings) else table,
            (sums[SUBJECT][:, with_y], sums[RATER][:, with_y]),
            products[np.ix_(with_y, with_y)],
        )

    @property
    def p(self) -> int:
        """Fixed coefficients: the rank of X, at least 1."""
        return len(self.columns)

    @property
    def levels(self) -> tuple[int, int]:
        """Number of subjects and of raters."""
        return len(self.labels[SUBJECT]), len(self.labels[RATER])

    def across(self, role: int) -> Table:
        """Rows per level of one factor and level of the other, Z_j' Z_k.

        >>> Crossed.of([1, 1], ["a", "b"], [1, 2]).across(RATER).tolist()
        [[1.0], [1.0]]
        """
        return self.table if role == SUBJECT else self.table.T

    def squares_by(self, role: int, weights: Floats) -> Floats:
        """Sum over the levels of the other factor of n_ij^2 w_j, per level of one.

        >>> Crossed.of([1, 1, 1], ["a", "a", "b"], [1, 2, 3]).squares_by(SUBJECT, np.ones(2)).tolist()
        [5.0]
        """
        return np.asarray((self.squares if role == SUBJECT else self.squares.T) @ weights)

    def mix(self, weights: Sequence[Mapping[Any, float]]) -> Floats:
        """Row x of X for an average over the levels of the fixed effects.

        Parameters
        ----------
        weights : for every fixed effect what each of its levels weighs, >= 0 in any unit, not all 0; a level that
            is not named weighs nothing, one that no row has is left out

        Raises
        ------
        ScoringError : a weight is not usable, or nothing is left

        >>> rows = Crossed.of([1, 1], ["a", "b"], [1, 2], [["manager", "customer"]])
        >>> rows.mix([{"manager": 3, "customer": 1}]).tolist()
        [1.0, 0.75]
        """
        row = [1.0]
        for labels, given in zip(self.fixed, weights, strict=True):
            present = {str(label): float(given.get(label, 0.0)) for label in labels.tolist()}
            check_weights(present, "level of a fixed effect")
            row += normalise(list(present.values()))[1:]
        return np.array(row, np.float64)[self.columns]


class _Sums:
    """Sums of [X y] over the rows, X with all its columns, by any classification of the rows."""

    def __init__(self, effects: Sequence[Levels], centred: Floats) -> None:
        self.effects = effects
        self.centred = centred

    def by(self, levels: Levels) -> Floats:
        """Z' [X y] for the classification Z."""
        size = len(levels.labels)
        columns = [np.bincount(levels.place, minlength=size)[:, None].astype(np.float64)]
        columns += [_crosstab(levels, effect)[:, 1:] for effect in self.effects]
        return np.concatenate([*columns, np.bincount(levels.place, self.centred, size)[:, None]], axis=1)

    def products(self, total: Floats) -> Floats:
        """[X y]' [X y], given the sum of [X y] over all rows."""
        upper = np.concatenate([total[None], *(self.by(effect)[1:] for effect in self.effects)])
        return np.concatenate([upper, np.append(upper[:, -1], self.centred @ self.centred)[None]])


def _checked(y: npt.ArrayLike, places: Sequence[Integers]) -> Floats:
    ratings = np.asarray(y, np.float64)
    if {ratings.shape} != {place.shape for place in places} or not ratings.size:
        msg = "ratings need at least one row, with one label in every column"
        raise ScoringError(msg)
    if not np.isfinite(ratings).all():
        msg = "ratings must be finite; leave out those that are missing"
        raise ScoringError(msg)
    return ratings


def _crosstab(one: Levels, other: Levels) -> Floats:
    width = len(other.labels)
    cells = np.bincount(one.place * width + other.place, minlength=len(one.labels) * width)
    return cells.reshape(-1, width).astype(np.float64)


def _cross(subject: Levels, rater: Levels) -> Sparse:
    places = (subject.place.astype(np.int32), rater.place.astype(np.int32))
    shape = (len(subject.labels), len(rater.labels))
    return scipy.sparse.coo_array((np.ones(len(places[0])), places), shape=shape).tocsr()


def _independent(gram: Floats) -> Integers:
    """Columns of X that are no sums of earlier ones, from X'X: what is left of a column after a projection."""
    kept = [0]
    for column in range(1, len(gram)):
        beside = gram[kept, column]
        left = gram[column, column] - beside @ np.linalg.solve(gram[np.ix_(kept, kept)], beside)
        if left > ALIASED * gram[column, column]:
            kept.append(column)
    return np.array(kept, np.int64)
