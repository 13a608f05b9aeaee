"""Likelihood of a crossed model at one pair of variance ratios, with its slope and curvature; nothing is searched here.

==========  ===================================================================
Name        Meaning
==========  ===================================================================
Method      restricted or full maximum likelihood
Point       what is known at one pair of ratios
point_at    the same from ratings and V^-1
==========  ===================================================================
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from app.scoring.columns import Floats
from app.scoring.crossed import RATER, SUBJECT, Crossed, Pair
from app.scoring.elimination import Inverse


class Method(StrEnum):
    """What is maximised.

    reml : the likelihood of what is left when the fixed effects are taken off; variances are not too small
    ml : the likelihood of the ratings; for comparing fixed effects
    """

    REML = "reml"
    ML = "ml"


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """What is known at one pair of ratios.

    inverse : V^-1 there
    criterion : -2 log likelihood, the residual variance at its best
    gradient : its derivatives by the ratios, subject and rater
    information : average of its observed and expected second derivatives
    residual : the residual variance, > 0
    beta : fixed coefficients of the centred ratings
    beta_spread : their covariance divided by the residual variance, (X'V^-1X)^-1
    fixed : Z_j'V^-1X
    scores : Z_j'P y; times the ratio, the predictions
    """

    inverse: Inverse
    criterion: float
    gradient: Floats
    information: Floats
    residual: float
    beta: Floats
    beta_spread: Floats
    fixed: Pair
    scores: Pair


def point_at(rows: Crossed, inverse: Inverse, method: Method) -> Point:
    """Likelihood, slope and curvature from V^-1.

    Parameters
    ----------
    rows : the ratings, more of them than fixed coefficients
    inverse : V^-1 at the ratios asked for
    method : restricted or full likelihood

    Formula: P = V^-1 - V^-1X (X'V^-1X)^-1 X'V^-1, s2 = y'Py/(n - p),
    D = ln|V| + ln|X'V^-1X| + (n - p)(1 + ln(2 pi s2));  for ML without the second term, and n for n - p;
    dD/dg_j = tr Z_j'PZ_j - e_j'e_j/s2, e_j = Z_j'Py;  for ML V^-1 in place of P;
    H_ij = q_i'Pq_j/s2 - (q_i'Py)(q_j'Py)/(s2 y'Py), q_j = Z_j e_j.
    Source: Patterson & Thompson 1971; Bates et al. 2015, equations 39 to 42, for D; Gilmour, Thompson & Cullis 1995
    for H, here with the residual variance profiled out.

    >>> from app.scoring.elimination import Ratios
    >>> from app.scoring.dense import DenseInverse
    >>> rows = Crossed.of([1, 1, 2, 2, 2], list("ababc"), [80, 70, 60, 50, 40])
    >>> point = point_at(rows, DenseInverse(rows, Ratios(1.0, 0.5)), Method.REML)
    >>> round(float(point.beta[0]) + rows.centre, 6), point.scores[SUBJECT].round(6).tolist()
    (60.769231, [8.076923, -8.076923])
    """
    p = rows.p
    solved = inverse.solve(rows.sums)
    factor = np.linalg.cholesky(_quadratic(rows.products, rows.sums, solved, inverse))
    spread = np.linalg.inv(factor[:p, :p] @ factor[:p, :p].T)
    beta = np.linalg.solve(factor[:p, :p].T, factor[p, :p])
    fixed = (solved[SUBJECT][:, :p], solved[RATER][:, :p])
    scores = (solved[SUBJECT][:, p] - fixed[SUBJECT] @ beta, solved[RATER][:, p] - fixed[RATER] @ beta)
    restricted = method is Method.REML
    df = rows.n - p if restricted else rows.n
    left = float(factor[p, p]) ** 2
    traces = np.array(inverse.traces)
    if restricted:
        traces -= [np.einsum("ij,ji->", spread, each.T @ each) for each in fixed]
    squares = np.array([each @ each for each in scores])
    fixed_part = 2 * float(np.log(np.diagonal(factor)[:p]).sum()) if restricted else 0.0
    return Point(
        inverse,
        inverse.log_det + fixed_part + df * (1 + math.log(2 * math.pi * left / df)),
        traces - squares * df / left,
        df / left * (_curvature(rows, inverse, fixed, scores, spread) - np.outer(squares, squares) / left),
        left / df,
        beta,
        spread,
        fixed,
        scores,
    )


def _quadratic(products: Floats, sums: Pair, solved: Pair, inverse: Inverse) -> Floats:
    """A'V^-1A from A'A, Z'A and Z'V^-1A."""
    explained = [g * given.T @ found for g, given, found in zip(inverse.ratios, sums, solved, strict=True)]
    return np.asarray(products - explained[SUBJECT] - explained[RATER])


def _curvature(rows: Crossed, inverse: Inverse, fixed: Pair, scores: Pair, spread: Floats) -> Floats:
    """q_i'Pq_j for q_j = Z_j e_j, from sums over levels alone."""
    subject, rater = scores
    across = np.asarray(rows.cross @ rater), np.asarray(rows.cross.T @ subject)
    own = rows.counts[SUBJECT] * subject, rows.counts[RATER] * rater
    sums = (np.stack([own[SUBJECT], across[SUBJECT]], axis=1), np.stack([across[RATER], own[RATER]], axis=1))
    mixed = subject @ across[SUBJECT]
    products = np.array([[subject @ own[SUBJECT], mixed], [mixed, rater @ own[RATER]]])
    inner = _quadratic(products, sums, inverse.solve(sums), inverse)
    p = rows.p
    by_fixed = np.stack([rows.sums[role][:, :p].T @ scores[role] for role in (SUBJECT, RATER)], axis=1)
    for role in (SUBJECT, RATER):
        by_fixed = by_fixed - inverse.ratios[role] * fixed[role].T @ sums[role]
    return np.asarray(inner - by_fixed.T @ spread @ by_fixed)
