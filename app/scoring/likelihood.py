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
from enum import StrEnum

import numpy as np

from app.deferred import dataclass
from app.scoring.columns import Floats
from app.scoring.crossed import RATER, SUBJECT, Crossed
from app.scoring.elimination import Inverse
from app.scoring.fixed_effects import Projection, project, quadratic


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
    projection : fixed effects and what is left of the ratings
    residual : the residual variance, > 0
    criterion : -2 log likelihood with that residual variance, the best one
    gradient : its derivatives by the ratios, subject and rater
    information : average of its observed and expected second derivatives
    """

    inverse: Inverse
    projection: Projection
    residual: float
    criterion: float
    gradient: Floats
    information: Floats


def point_at(rows: Crossed, inverse: Inverse, method: Method) -> Point:
    """Likelihood, slope and curvature from V^-1.

    Parameters
    ----------
    rows : the ratings, more of them than fixed coefficients
    inverse : V^-1 at the ratios asked for
    method : restricted or full likelihood

    Formula: P = V^-1 - V^-1X (X'V^-1X)^-1 X'V^-1, s2 = y'Py/(n - p),
    D = ln|V| + ln|X'V^-1X| + (n - p)(1 + ln(2 pi s2));  for ML without the second term, and n for n - p;
    dD/dg_j = tr Z_j'PZ_j - e_j'e_j/s2, e_j = Z_j'Py;  for ML V^-1 in place of the first P;
    H_ij = q_i'Pq_j/s2 - (q_i'Py)(q_j'Py)/(s2 y'Py), q_j = Z_j e_j.
    Source: Patterson & Thompson 1971 for D, in the form of Bates et al. 2015, section 3; Gilmour, Thompson & Cullis 1995
    for H, here with the residual variance profiled out.

    >>> from app.scoring.dense import DenseInverse
    >>> from app.scoring.elimination import Ratios
    >>> rows = Crossed.of([1, 1, 2, 2, 2], list("ababc"), [80, 70, 60, 50, 40])
    >>> point = point_at(rows, DenseInverse(rows, Ratios(1.0, 0.5)), Method.REML)
    >>> round(float(point.projection.beta[0]) + rows.centre, 6), point.projection.scores[SUBJECT].round(6).tolist()
    (60.769231, [8.076923, -8.076923])
    """
    found = project(rows, inverse)
    is_restricted = method is Method.REML
    df = rows.n - rows.p if is_restricted else rows.n
    residual = found.left / df
    squares = np.array([scores @ scores for scores in found.scores])
    traces = np.array(inverse.traces)
    if is_restricted:
        traces -= [np.einsum("ij,ji->", found.beta_spread, fixed.T @ fixed) for fixed in found.fixed]
    return Point(
        inverse,
        found,
        residual,
        inverse.log_det + (found.log_det if is_restricted else 0.0) + df * (1 + math.log(2 * math.pi * residual)),
        traces - squares / residual,
        (_curvature(rows, inverse, found) - np.outer(squares, squares) / found.left) / residual,
    )


def _curvature(rows: Crossed, inverse: Inverse, found: Projection) -> Floats:
    """q_i'Pq_j for q_j = Z_j e_j, from sums over levels alone."""
    subject, rater = found.scores
    own = (rows.counts[SUBJECT] * subject, rows.counts[RATER] * rater)
    across = (np.asarray(rows.across(SUBJECT) @ rater), np.asarray(rows.across(RATER) @ subject))
    sums = (np.stack([own[SUBJECT], across[SUBJECT]], axis=1), np.stack([across[RATER], own[RATER]], axis=1))
    mixed = subject @ across[SUBJECT]
    products = np.array([[subject @ own[SUBJECT], mixed], [mixed, rater @ own[RATER]]])
    by_fixed = np.stack([given[:, :-1].T @ e for given, e in zip(rows.sums, found.scores, strict=True)], axis=1)
    through = quadratic(by_fixed, found.fixed, sums, inverse.ratios)
    inner = quadratic(products, sums, inverse.solve(sums), inverse.ratios)
    return np.asarray(inner - through.T @ found.beta_spread @ through)
