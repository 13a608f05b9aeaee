"""V^-1 of a crossed model through a dense Cholesky factor: exact, for up to some thousand levels of the smaller factor.

=============  ===================================================================
Name           Meaning
=============  ===================================================================
DenseInverse   factor, inverse and traces of the smaller system
=============  ===================================================================
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
import scipy

from app.scoring.columns import Floats
from app.scoring.crossed import Crossed, Pair, Table
from app.scoring.elimination import Elimination, Ratios

BLOCK = 4_000_000
"""Numbers in the dense block of levels that is worked on at a time: 32 MB."""

SPARSE_COST = 50
"""Multiplications that a dense product makes while a sparse one makes one; measured."""


class DenseInverse:
    """Factor, inverse and traces of M = I + g_k K.

    Formula: ln|V| = sum ln(1 + g_e n_e) + ln|M|;  tr Z_k'V^-1 Z_k = tr M^-1 K;
    tr Z_e'V^-1 Z_e = sum n_e d - g_k tr M^-1 W d^2 W';
    left over: diag M^-1, and d + g_k g_e d^2 diag(W'M^-1 W).

    >>> rows = Crossed.of([1, 1], ["a", "b"], [80, 70])
    >>> found = DenseInverse(rows, Ratios(1.0, 1.0))
    >>> round(float(np.exp(found.log_det)), 6), [share.round(6).tolist() for share in found.left_over()]
    (8.0, [[0.5], [0.625, 0.625]])
    """

    def __init__(self, rows: Crossed, ratios: Ratios) -> None:
        """Factor and invert.

        Parameters
        ----------
        rows : of which the smaller factor has some thousand levels at most
        ratios : at which V is taken, >= 0
        """
        self.ratios = ratios
        self.slack = 0.0
        self.eliminated = eliminated = Elimination.at(rows, ratios)
        kept, gone = eliminated.kept, eliminated.gone
        shrink = eliminated.shrink[gone]
        system, second = _grams(eliminated.across, shrink, shrink**2)
        system *= -ratios[gone]
        _diagonal(system)[:] += rows.counts[kept]
        self.inverse, log_det = _inverse(ratios[kept], system)
        self.log_det = float(np.log1p(ratios[gone] * rows.counts[gone]).sum()) + log_det
        own = float(np.vdot(self.inverse, system))
        other = float(rows.counts[gone] @ shrink) - ratios[kept] * _inner(self.inverse, second)
        self.traces = (own, other) if kept < gone else (other, own)

    def solve(self, sums: Pair) -> Pair:
        """Z_j'V^-1 v for columns v that are given as Z_j'v."""
        return self.eliminated.expanded(sums, self.inverse @ self.eliminated.condensed(sums))

    def left_over(self) -> Pair:
        """Share of a level's variance that its ratings leave open if the fixed effects are known, 0..1."""
        return self._left_over

    @cached_property
    def _left_over(self) -> Pair:
        kept, gone = self.eliminated.kept, self.eliminated.gone
        shrink = self.eliminated.shrink[gone]
        forms = np.concatenate(
            [np.asarray((block * (block @ self.inverse)).sum(axis=1)) for block in _blocks(self.eliminated.across.T)]
        )
        other = shrink + self.ratios[kept] * self.ratios[gone] * shrink**2 * forms
        own = _diagonal(self.inverse).copy()
        return (own, other) if kept < gone else (other, own)


def _inverse(ratio: float, system: Floats) -> tuple[Floats, float]:
    """Inverse and log-determinant of I + g K, by Cholesky in place."""
    matrix = ratio * system
    _diagonal(matrix)[:] += 1
    factor, _ = scipy.linalg.lapack.dpotrf(matrix.T, lower=1, overwrite_a=1, clean=1)
    log_det = 2 * float(np.log(np.diagonal(factor)).sum())
    half, _ = scipy.linalg.lapack.dpotri(factor, lower=1, overwrite_c=1)
    inverse = np.add(half, half.T, order="C")  # LAPACK fills one half and leaves the other one empty
    _diagonal(inverse)[:] /= 2
    return inverse, log_det


def _grams(across: Table, one: Floats, two: Floats) -> tuple[Floats, Any]:
    """W diag(w) W' for two weightings w, the first as a dense matrix, by whichever product is less work."""
    if isinstance(across, np.ndarray):
        return (across * one) @ across.T, (across * two) @ across.T
    per_level = np.diff(across.T.tocsr().indptr).astype(np.float64)
    if SPARSE_COST * (per_level @ per_level) < across.shape[1] * across.shape[0] ** 2:
        # The product is linear in w: as one complex weighting both take the time of one.
        both = (across * (one + 1j * two)) @ across.T
        return both.real.toarray(), both.imag
    totals = np.zeros((2, across.shape[0], across.shape[0]))
    first = 0
    for block in _blocks(across.T):
        rows = block.toarray()
        last = first + len(rows)
        totals[0] += (rows.T * one[first:last]) @ rows
        totals[1] += (rows.T * two[first:last]) @ rows
        first = last
    return totals[0], totals[1]


def _inner(matrix: Floats, other: Any) -> float:
    """Sum of the products of the elements of two matrices, of which the other may be sparse."""
    if scipy.sparse.issparse(other):
        entries = other.tocoo()
        return float(matrix[entries.coords] @ entries.data)
    return float(np.vdot(matrix, other))


def _blocks(levels: Table) -> Iterator[Any]:
    """Rows of an array in blocks whose dense form is of bounded size."""
    table = levels.tocsr() if scipy.sparse.issparse(levels) else levels
    step = max(1, BLOCK // table.shape[1])
    for first in range(0, table.shape[0], step):
        yield table[first : first + step]


def _diagonal(matrix: Floats) -> Floats:
    """The diagonal, as a view that can be written to."""
    return matrix.reshape(-1)[:: len(matrix) + 1]
