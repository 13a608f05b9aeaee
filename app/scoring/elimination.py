"""The larger factor of a crossed model taken out of its equations; what is left is as small as the other factor.

==============  ====================================================================
Name            Meaning
==============  ====================================================================
Ratios          variance of each factor divided by the residual variance
Solver          what predictions ask of V^-1
Inverse         what the likelihood asks of it beyond that
Elimination     to the smaller system and back
==============  ====================================================================

With g_j = v_j/ve the covariance of the ratings is ve V, V = I + g_s Z_s Z_s' + g_r Z_r Z_r'. For any v that enters
through h_j = Z_j'v, the sums f_j = Z_j'V^-1 v solve (I + G^1/2 Z'Z G^1/2) in this form:

    f_e + g_e n_e f_e + g_k W' f_k = h_e
    f_k + g_k n_k f_k + g_e W f_e = h_k        W = Z_k'Z_e

e is the factor with more levels, k the other. The first line is diagonal, d = 1/(1 + g_e n_e), and leaves

    (I + g_k K) f_k = h_k - g_e W d h_e,       K = n_k - g_e W d W'
    f_e = d (h_e - g_k W' f_k)

f = u/g, where u are the mixed-model solutions of Henderson; unlike those, f stays finite and the matrix keeps its
eigenvalues at 1 or more when a variance is 0.
Source: Henderson 1975 for the equations, Schur complement as in Bates et al. 2015, section 3.
"""

from typing import NamedTuple, Protocol, Self

import numpy as np

from app.deferred import dataclass
from app.scoring.columns import Floats
from app.scoring.crossed import RATER, SUBJECT, Crossed, Pair, Table


class Ratios(NamedTuple):
    """Variance of each factor divided by the residual variance, >= 0."""

    subject: float
    rater: float


class Solver(Protocol):
    """What predictions ask of V^-1.

    ratios : at which V is taken
    """

    @property
    def ratios(self) -> Ratios: ...

    def solve(self, sums: Pair) -> Pair:
        """Z_j'V^-1 v for columns v that are given as Z_j'v."""

    def left_over(self) -> Pair:
        """Share of a level's variance that its ratings leave open if the fixed effects are known, 0..1.

        Formula: diag (I - g_j Z_j'V^-1 Z_j).
        """


class Inverse(Solver, Protocol):
    """What the likelihood asks of V^-1 beyond that, exact or estimated.

    log_det : ln |V|
    slack : standard error of `log_det`, 0 if it is exact
    traces : tr Z_j'V^-1 Z_j, subject and rater
    """

    @property
    def log_det(self) -> float: ...
    @property
    def slack(self) -> float: ...
    @property
    def traces(self) -> tuple[float, float]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Elimination:
    """To the smaller system and back, at one pair of ratios.

    rows : the ratings
    ratios : at which V is taken
    kept, gone : places of the smaller and the larger factor
    across : W, levels of the kept factor by those of the other
    shrink : d_j = 1/(1 + g_j n_j) of both factors
    """

    rows: Crossed
    ratios: Ratios
    kept: int
    gone: int
    across: Table
    shrink: Pair

    @classmethod
    def at(cls, rows: Crossed, ratios: Ratios) -> Self:
        """Eliminate the factor with more levels; the raters if both have as many."""
        kept = RATER if rows.levels[RATER] < rows.levels[SUBJECT] else SUBJECT
        subject, rater = (1 / (1 + g * count) for g, count in zip(ratios, rows.counts, strict=True))
        return cls(rows, ratios, kept, 1 - kept, rows.across(kept), (subject, rater))

    def condensed(self, sums: Pair) -> Floats:
        """Right-hand side of the smaller system: h_k - g_e W d h_e."""
        taken = self.across @ (self.shrink[self.gone][:, None] * sums[self.gone])
        return np.asarray(sums[self.kept] - self.ratios[self.gone] * taken)

    def expanded(self, sums: Pair, solution: Floats) -> Pair:
        """Both factors' f from that of the kept one."""
        spread = self.ratios[self.kept] * (self.across.T @ solution)
        other = np.asarray(self.shrink[self.gone][:, None] * (sums[self.gone] - spread))
        return (solution, other) if self.kept == SUBJECT else (other, solution)
