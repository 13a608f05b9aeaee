"""Traces and log-determinant of V^-1 of a crossed model, estimated by probing it with random signs.

=============  ==================================================================
Name           Meaning
=============  ==================================================================
ProbedInverse  estimates whose error shrinks as the design grows
=============  ==================================================================

For each factor j, M_j = I + g_j K_j is what is left when the other one is eliminated, and
M_j^-1 = I - g_j Z_j'V^-1 Z_j. With P the diagonal of M_j and g_j E what P^-1/2 M_j P^-1/2 has beside its diagonal,
(I + gE)^-1 = I - gE + g^2 E^2 (I + gE)^-1, of which the first two terms have a known diagonal. Random signs w then
estimate a correction of some hundredths only: diag M_j^-1 = (1 + g c)/P, c = mean of Ew * (w - (I + gE)^-1 w).
Source: Hutchinson 1990 for traces; Bekas, Kokiopoulou & Saad 2007 for diagonals.
"""

import math

import numpy as np

from app.scoring.columns import Floats
from app.scoring.conjugate import Solution, log_quadratic
from app.scoring.crossed import RATER, SUBJECT, Crossed, Pair
from app.scoring.elimination import Ratios
from app.scoring.iterative import IterativeSolver

ROUGHLY = 1e-4
"""Tolerance for the probes: what it leaves is far below their own noise."""

SEED = 20_261_101

MANY_LEVELS, FEW_PROBES = 10_000, 4


class ProbedInverse:
    """Estimates at one pair of ratios; exact, too, where one of the two is 0.

    The signs come from a fixed seed: the same ratings give the same figures, and figures at different ratios share
    their noise, so that differences between them are known better than each of them.

    >>> rows = Crossed.of([1, 1], ["a", "b"], [80, 70])
    >>> found = ProbedInverse(rows, Ratios(1.0, 1.0))
    >>> round(math.exp(found.log_det), 6), [share.round(2).tolist() for share in found.left_over()]
    (8.0, [[0.5], [0.62, 0.62]])
    """

    def __init__(self, rows: Crossed, ratios: Ratios, *, probes: int = 0, seed: int = SEED) -> None:
        """Draw and solve the probes.

        Parameters
        ----------
        rows : of any size
        ratios : at which V is taken, >= 0
        probes : columns of signs for each factor; as many as the size of the design asks for if 0
        seed : of the signs
        """
        self.rows = rows
        self.ratios = ratios
        self.solver = IterativeSolver(rows, ratios)
        draw = np.random.default_rng(seed)
        self.probes = probes or _n_probes(rows, ratios)
        subject, rater = (draw.choice([-1.0, 1.0], (levels, self.probes)) for levels in rows.levels)
        signs = (subject, rater)
        beside = (self._beside(SUBJECT, subject), self._beside(RATER, rater))
        solved, solution = self._probed(signs)
        self.corrections = (
            np.mean(beside[SUBJECT] * (subject - solved[SUBJECT]), axis=1),
            np.mean(beside[RATER] * (rater - solved[RATER]), axis=1),
        )
        kept = self.solver.eliminated.kept
        first_order = ratios[kept] * np.einsum("ij,ij->j", signs[kept], beside[kept])
        self.log_det, self.slack = self._log_det(solution, first_order)

    @property
    def traces(self) -> tuple[float, float]:
        """Traces of Z_j'V^-1 Z_j, subject and rater: sum of (K_jj - c)/P."""
        subject, rater = (
            float(((k - c) / (1 + g * k)).sum())
            for k, c, g in zip(self.solver.diagonals, self.corrections, self.ratios, strict=True)
        )
        return subject, rater

    def solve(self, sums: Pair) -> Pair:
        """Z_j'V^-1 v for columns v that are given as Z_j'v."""
        return self.solver.solve(sums)

    def left_over(self) -> Pair:
        """Share of a level's variance that its ratings leave open if the fixed effects are known, 0..1.

        Formula: (1 + g c)/P, where a negative c counts as 0 and the share ends at 1.
        """
        subject, rater = (
            np.minimum(1.0, (1 + g * np.maximum(c, 0.0)) / (1 + g * k))
            for k, c, g in zip(self.solver.diagonals, self.corrections, self.ratios, strict=True)
        )
        return subject, rater

    def _probed(self, signs: Pair) -> tuple[Pair, Solution]:
        """(I + gE)^-1 w of both factors, and the iteration that found them: subjects' columns, then raters'."""
        count = signs[SUBJECT].shape[1]
        own = (slice(0, count), slice(count, 2 * count))
        roots = [np.sqrt(1 + g * k)[:, None] for g, k in zip(self.ratios, self.solver.diagonals, strict=True)]
        blocks = (np.zeros((len(signs[SUBJECT]), 2 * count)), np.zeros((len(signs[RATER]), 2 * count)))
        for role in (SUBJECT, RATER):
            blocks[role][:, own[role]] = roots[role] * signs[role]
        solution = self.solver.iterate(blocks, ROUGHLY)
        both = self.solver.eliminated.expanded(blocks, solution.x)
        subject, rater = (roots[role] * both[role][:, own[role]] for role in (SUBJECT, RATER))
        return (subject, rater), solution

    def _beside(self, role: int, signs: Floats) -> Floats:
        """E w."""
        diagonal = self.solver.diagonals[role][:, None]
        root = np.sqrt(1 + self.ratios[role] * diagonal)
        scaled = signs / root
        return np.asarray((self.solver.reduced(role, scaled) - diagonal * scaled) / root)

    def _log_det(self, solution: Solution, first_order: Floats) -> tuple[float, float]:
        """ln|V| and its standard error: what the preconditioner knows, and the mean of w' ln(I + gE) w.

        w'gEw has the mean 0 and goes along with the noise, so it is taken off each probe.
        """
        kept, gone = self.solver.eliminated.kept, self.solver.eliminated.gone
        size, count = self.rows.levels[kept], len(first_order)
        columns = range(kept * count, (kept + 1) * count)
        found = np.array([size * log_quadratic(solution, column) for column in columns]) - first_order
        known = np.log1p(self.ratios[gone] * self.rows.counts[gone]).sum()
        known += np.log1p(self.ratios[kept] * self.solver.diagonals[kept]).sum()
        slack = float(found.std(ddof=1)) / math.sqrt(count) if count > 1 else 0.0
        return float(known + found.mean()), slack


def _n_probes(rows: Crossed, ratios: Ratios) -> int:
    """One where the preconditioner is the whole matrix, else 16; 4 suffice where many levels average the noise."""
    if 0 in ratios:
        return 1
    return FEW_PROBES if min(rows.levels) > MANY_LEVELS else 16
