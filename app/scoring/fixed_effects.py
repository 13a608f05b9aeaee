"""Fixed effects of a crossed model and what is left of the ratings, at variances that are known.

===========  ===================================================================
Name         Meaning
===========  ===================================================================
Projection   the least-squares fit in the metric of V^-1
project      make it
quadratic    A'V^-1 B from A'B, Z'A and Z'V^-1 B
===========  ===================================================================
"""

import numpy as np

from app.deferred import dataclass
from app.scoring.columns import Floats
from app.scoring.crossed import RATER, SUBJECT, Crossed, Pair
from app.scoring.elimination import Ratios, Solver


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """The least-squares fit in the metric of V^-1.

    solved : Z_j'V^-1 [X y]
    beta : fixed coefficients of the centred ratings
    beta_spread : their covariance divided by the residual variance, (X'V^-1X)^-1
    scores : e_j = Z_j'Py; times the ratio, the predictions
    left : y'Py
    log_det : ln |X'V^-1X|
    """

    solved: Pair
    beta: Floats
    beta_spread: Floats
    scores: Pair
    left: float
    log_det: float

    @property
    def fixed(self) -> Pair:
        """Z_j'V^-1 X."""
        return self.solved[SUBJECT][:, :-1], self.solved[RATER][:, :-1]


def project(rows: Crossed, solver: Solver) -> Projection:
    """Fit the fixed effects.

    Parameters
    ----------
    rows : the ratings
    solver : V^-1 at the ratios asked for

    Formula: one Cholesky factor L of [X y]'V^-1[X y] holds everything: b solves L_X'b = L_y, y'Py is the square of
    the last number on the diagonal, ln|X'V^-1X| twice the sum of the logarithms of the others.
    Source: Bates et al. 2015, section 3.

    >>> from app.scoring.dense import DenseInverse
    >>> rows = Crossed.of([1, 1], ["a", "b"], [80, 70])
    >>> found = project(rows, DenseInverse(rows, Ratios(1.0, 1.0)))
    >>> round(found.left, 6), found.beta_spread.round(6).tolist()
    (25.0, [[2.0]])
    """
    p = rows.p
    solved = solver.solve(rows.sums)
    factor = np.linalg.cholesky(quadratic(rows.products, rows.sums, solved, solver.ratios))
    beta = np.linalg.solve(factor[:p, :p].T, factor[p, :p])
    subject, rater = (each[:, p] - each[:, :p] @ beta for each in solved)
    return Projection(
        solved,
        beta,
        np.linalg.inv(factor[:p, :p] @ factor[:p, :p].T),
        (subject, rater),
        float(factor[p, p]) ** 2,
        2 * float(np.log(np.diagonal(factor)[:p]).sum()),
    )


def quadratic(products: Floats, sums: Pair, solved: Pair, ratios: Ratios) -> Floats:
    """A'V^-1 B from A'B, Z'A and Z'V^-1 B, or from Z'V^-1 A and Z'B.

    Formula: A'V^-1 B = A'B - sum_j g_j (Z_j'A)' Z_j'V^-1 B.
    """
    for ratio, given, found in zip(ratios, sums, solved, strict=True):
        products = products - ratio * given.T @ found
    return products
