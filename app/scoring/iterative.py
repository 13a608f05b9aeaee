"""V^-1 of a crossed model by conjugate gradients, for predictions at variances that are known.

================  ============================================================
Name              Meaning
================  ============================================================
IterativeSolver   the smaller system as an operator, with its diagonal
================  ============================================================
"""

import numpy as np

from app.scoring.columns import Floats
from app.scoring.conjugate import Solution, conjugate
from app.scoring.crossed import RATER, SUBJECT, Crossed, Pair
from app.scoring.elimination import Elimination, Ratios

TOLERANCE = 1e-8


class IterativeSolver:
    """The smaller system M_k = I + g_k K_k as an operator, with the diagonals of both systems.

    Whichever factor is eliminated, K_j = n_j - g_o W_j d_o W_j' for the other factor o, and
    M_j^-1 = I - g_j Z_j'V^-1 Z_j.

    >>> rows = Crossed.of([1, 1], ["a", "b"], [80, 70])
    >>> [share.round(6).tolist() for share in IterativeSolver(rows, Ratios(1.0, 1.0)).left_over()]
    [[0.5], [0.6, 0.6]]
    """

    def __init__(self, rows: Crossed, ratios: Ratios, *, start: Pair | None = None) -> None:
        """Prepare; nothing is solved yet.

        Parameters
        ----------
        rows : of any size
        ratios : at which V is taken, >= 0
        start : solutions close to those that `solve` is going to be asked for, if there are any
        """
        self.rows = rows
        self.ratios = ratios
        self.start = start
        self.eliminated = Elimination.at(rows, ratios)
        self.diagonals = (self._diagonal(SUBJECT), self._diagonal(RATER))
        """Diagonals of K_j."""

    def solve(self, sums: Pair) -> Pair:
        """Z_j'V^-1 v for columns v that are given as Z_j'v."""
        return self.eliminated.expanded(sums, self.iterate(sums, TOLERANCE).x)

    def left_over(self) -> Pair:
        """Share of a level's variance that its ratings leave open if the fixed effects are known, 0..1, a little low.

        Formula: 1/diag M_j, the largest bound from below that needs the diagonal only.
        """
        subject, rater = (1 / (1 + g * k) for g, k in zip(self.ratios, self.diagonals, strict=True))
        return subject, rater

    def iterate(self, sums: Pair, tolerance: float) -> Solution:
        """Solve the smaller system for columns that are given as Z_j'v."""
        kept = self.eliminated.kept
        ratio = self.ratios[kept]
        return conjugate(
            lambda v: v + ratio * self.reduced(kept, v),
            1 + ratio * self.diagonals[kept],
            self.eliminated.condensed(sums),
            tolerance,
            start=None if self.start is None else self.start[kept],
        )

    def reduced(self, role: int, v: Floats) -> Floats:
        """K_j v for a block of columns."""
        other, across = 1 - role, self.rows.across(role)
        through = across @ (self.eliminated.shrink[other][:, None] * (across.T @ v))
        return np.asarray(self.rows.counts[role][:, None] * v - self.ratios[other] * through)

    def _diagonal(self, role: int) -> Floats:
        other = 1 - role
        shared = self.rows.squares_by(role, self.eliminated.shrink[other])
        return np.asarray(self.rows.counts[role] - self.ratios[other] * shared)
