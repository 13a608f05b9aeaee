"""Predictions of a crossed model with their errors: each subject, each rater, and the levels between; no rule is applied.

===========  ====================================================================
Name         Meaning
===========  ====================================================================
Effects      predicted deviations of one factor's levels
effects      BLUPs and prediction errors
Level        an average rating, with its error
mean_level   what an average subject gets from an average rater
expected     the same for each subject, with its own deviation
===========  ====================================================================
"""

import math
from typing import NamedTuple

import numpy as np

from app.scoring.columns import Floats
from app.scoring.crossed import SUBJECT, Labels
from app.scoring.reml import CrossedFit


class Effects(NamedTuple):
    """Predicted deviations of one factor's levels from the average level, in the order of the labels.

    labels : of the levels
    n : ratings behind each
    blup : best linear unbiased prediction, shrunk towards 0
    pev : prediction error variance, in squared units; that of the factor where nothing is known
    reliability : share of the factor's variance that is known, 0..1; 0 where the factor has none
    """

    labels: Labels
    n: Floats
    blup: Floats
    pev: Floats
    reliability: Floats


def effects(found: CrossedFit, role: int) -> Effects:
    """BLUPs and their prediction error variances.

    Parameters
    ----------
    found : the fit
    role : SUBJECT or RATER

    Formula: u_j = g_j Z_j'P y;  PEV_j = ve diag C_jj, where C is the inverse of the mixed-model matrix with ve = 1:
    C_jj = g_j - g_j^2 Z_j'V^-1Z_j + B (X'V^-1X)^-1 B', B = g_j Z_j'V^-1X;  reliability = 1 - PEV/v_j.
    The variances count as known, as is usual; with few levels the true errors are larger.
    Source: Henderson 1975; Robinson 1991.

    >>> from app.scoring.crossed import Crossed
    >>> from app.scoring.reml import fit
    >>> found = fit(Crossed.of([1, 1, 2, 2, 3, 3], list("ababab"), [80, 70, 64, 50, 42, 30]))
    >>> effects(found, SUBJECT).blup.round(6).tolist()
    [18.950131, 0.997375, -19.947507]
    """
    rows, point = found.rows, found.point
    ratio = point.inverse.ratios[role]
    by_fixed = ratio * point.fixed[role]
    open_share = point.inverse.left_over()[role]
    spread = ratio * open_share + np.einsum("ij,jk,ik->i", by_fixed, point.beta_spread, by_fixed)
    reliability = np.clip(1 - spread / ratio, 0, 1) if ratio else np.zeros(len(spread))
    return Effects(
        rows.labels[role], rows.counts[role], ratio * point.scores[role], point.residual * spread, reliability
    )


class Level(NamedTuple):
    """An average rating in the unit of the ratings, with its standard error."""

    value: float
    se: float


def mean_level(found: CrossedFit, mix: Floats) -> Level:
    """What an average subject gets from an average rater, for a mix of the fixed effects.

    Parameters
    ----------
    found : the fit
    mix : x from `Crossed.mix`

    Formula: x'b; ve x'(X'V^-1X)^-1 x.
    """
    point = found.point
    error = point.residual * float(mix @ point.beta_spread @ mix)
    return Level(found.rows.centre + float(mix @ point.beta), math.sqrt(error))


def expected(found: CrossedFit, mix: Floats) -> tuple[Floats, Floats]:
    """What each subject would get from an average rater, and the standard error of that.

    Parameters
    ----------
    found : the fit
    mix : x from `Crossed.mix`

    Formula: x'b + s;  its prediction error variance is that of the sum,
    ve (g - g^2 diag Z'V^-1Z + (x - B_s)'(X'V^-1X)^-1(x - B_s)), B_s the row of B = g Z'V^-1X.
    Source: Henderson 1975.

    >>> from app.scoring.crossed import Crossed
    >>> from app.scoring.reml import fit
    >>> found = fit(Crossed.of([1, 1, 2, 2, 3, 3], list("ababab"), [80, 70, 64, 50, 42, 30]))
    >>> expected(found, np.ones(1))[0].round(4).tolist()
    [74.9501, 56.9974, 36.0525]
    """
    point = found.point
    ratio = point.inverse.ratios[SUBJECT]
    apart = mix - ratio * point.fixed[SUBJECT]
    spread = ratio * point.inverse.left_over()[SUBJECT] + np.einsum("ij,jk,ik->i", apart, point.beta_spread, apart)
    level = mean_level(found, mix).value
    return level + ratio * point.scores[SUBJECT], np.sqrt(point.residual * spread)
