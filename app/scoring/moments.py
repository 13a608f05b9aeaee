"""Variances of a crossed model from three sums of squares, in one pass; where the search for likelier ones starts.

==========  ===============================================================
Name        Meaning
==========  ===============================================================
Variances   of subjects, raters and what is left
moments     the estimates without iteration
==========  ===============================================================
"""

from typing import NamedTuple

import numpy as np

from app.scoring.columns import Floats
from app.scoring.crossed import RATER, SUBJECT, Crossed


class Variances(NamedTuple):
    """Variances of a crossed model, in squared units of the ratings.

    subject, rater : between subjects and between raters
    residual : what neither explains
    """

    subject: float
    rater: float
    residual: float


def moments(rows: Crossed) -> Variances | None:
    """Variances whose expected sums of squares are the observed ones.

    Parameters
    ----------
    rows : fixed effects are taken off by least squares before

    Returns
    -------
    Unbiased without fixed effects, and thus possibly negative; none where the three equations do not determine them
    (one subject, one rater, nobody with two ratings).

    Formula: with y centred, T_i the sum and n_i the number of ratings of level i,
    U_s = sum y^2 - sum over subjects of T_i^2/n_i, U_r likewise over raters, U_e = sum y^2 - (sum y)^2/N;
    E U_s = vr (N - sum_ij n_ij^2/n_i) + ve (N - S),  E U_r = vs (N - sum_ij n_ij^2/n_j) + ve (N - R),
    E U_e = vs (N - sum n_i^2/N) + vr (N - sum n_j^2/N) + ve (N - 1).
    Source: Gao & Owen 2017, whose U_e is N times this one; there n_ij is 0 or 1, and the sums of n_ij^2/n_i are S and R.

    >>> rows = Crossed.of([1, 1, 2, 2, 2], list("ababc"), [80, 70, 60, 50, 40])
    >>> [round(variance, 6) for variance in moments(rows)]
    [358.333333, 241.666667, -158.333333]
    """
    n = rows.n
    left, sums = _residuals(rows)
    squares = [counts @ counts for counts in rows.counts]
    matrix = np.array(
        [
            [0.0, n - _shared(rows, SUBJECT), n - rows.levels[SUBJECT]],
            [n - _shared(rows, RATER), 0.0, n - rows.levels[RATER]],
            [n - squares[SUBJECT] / n, n - squares[RATER] / n, n - 1],
        ]
    )
    within = [left - float((total**2 / count).sum()) for total, count in zip(sums, rows.counts, strict=True)]
    observed = np.array([*within, left - float(sums[SUBJECT].sum()) ** 2 / n])
    if np.linalg.matrix_rank(matrix) < 3:
        return None
    return Variances(*np.linalg.solve(matrix, observed).tolist())


def _residuals(rows: Crossed) -> tuple[float, tuple[Floats, Floats]]:
    """Sum of squares of what the fixed effects leave, and its sums by subject and by rater."""
    gram = rows.products
    effects = np.linalg.solve(gram[:-1, :-1], gram[:-1, -1])
    off = np.append(-effects, 1.0)
    subject, rater = (sums @ off for sums in rows.sums)
    return float(gram[-1] @ off), (subject, rater)


def _shared(rows: Crossed, role: int) -> float:
    """Sum of n_ij^2/n_i over the levels i of a factor: their number, if no pair comes twice."""
    return float((rows.squares_by(role, np.ones(rows.levels[1 - role])) / rows.counts[role]).sum())
