"""Predictions of a crossed model with their errors: each subject, each rater, and the level they stand on.

===========  ====================================================================
Name         Meaning
===========  ====================================================================
Predictor    a model whose variances are known, from a fit or from an earlier one
refreshed    new ratings, variances as they were
Effects      predicted deviations of one factor's levels
effects      BLUPs and prediction errors
Level        an average rating, with its error
mean_level   what an average subject gets from an average rater
expected     what each subject would get from an average rater
===========  ====================================================================
"""

import math
from typing import NamedTuple

import numpy as np

from app.deferred import dataclass
from app.scoring.columns import Floats
from app.scoring.crossed import RATER, SUBJECT, Crossed, Labels, Pair
from app.scoring.dense import DenseInverse
from app.scoring.elimination import Solver
from app.scoring.fixed_effects import Projection, project
from app.scoring.iterative import IterativeSolver


@dataclass(frozen=True, slots=True, eq=False)
class Predictor:
    """A model whose variances are known.

    rows : the ratings
    solver : V^-1 at the ratios of the variances
    projection : fixed effects and what is left of the ratings
    residual : residual variance, > 0
    """

    rows: Crossed
    solver: Solver
    projection: Projection
    residual: float


def refreshed(earlier: Predictor, rows: Crossed, *, is_exact: bool) -> Predictor:
    """Predictions from newer ratings with the variances of an earlier fit, as between two nightly fits.

    Parameters
    ----------
    earlier : the fit
    rows : the newer ratings, with the same fixed effects
    is_exact : whether the matrix of the smaller factor is formed; else one solve that starts from the earlier
        solutions, with prediction errors a little low (see `iterative.IterativeSolver.left_over`)

    >>> from app.scoring.reml import fit
    >>> before = Crossed.of([1, 1, 2, 2, 3, 3], list("ababab"), [80, 70, 64, 50, 42, 30])
    >>> after = Crossed.of([1, 1, 2, 2, 3, 3, 4], list("abababa"), [80, 70, 64, 50, 42, 30, 20])
    >>> effects(refreshed(fit(before).predictor, after, is_exact=False), SUBJECT).blup.round(3).tolist()
    [29.381, 11.429, -9.516, -31.294]
    """
    ratios = earlier.solver.ratios
    solver: Solver = (
        DenseInverse(rows, ratios) if is_exact else IterativeSolver(rows, ratios, start=_carried(earlier, rows))
    )
    return Predictor(rows, solver, project(rows, solver), earlier.residual)


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


def effects(found: Predictor, role: int) -> Effects:
    """BLUPs and their prediction error variances.

    Parameters
    ----------
    found : the model
    role : SUBJECT or RATER

    Formula: u_j = g_j Z_j'P y;  PEV_j = ve diag C_jj, where C is the inverse of the mixed-model matrix with ve = 1:
    C_jj = g_j - g_j^2 Z_j'V^-1Z_j + B (X'V^-1X)^-1 B', B = g_j Z_j'V^-1X;  reliability = 1 - PEV/v_j.
    The variances count as known, as is usual; with few levels the true errors are larger.
    Source: Henderson 1975; Robinson 1991.

    >>> from app.scoring.reml import fit
    >>> rows = Crossed.of([1, 1, 2, 2, 3, 3], list("ababab"), [80, 70, 64, 50, 42, 30])
    >>> effects(fit(rows).predictor, SUBJECT).blup.round(6).tolist()
    [18.950131, 0.997375, -19.947507]
    """
    ratio = found.solver.ratios[role]
    spread = _spread(found, role, ratio * found.projection.fixed[role])
    reliability = np.clip(1 - spread / ratio, 0, 1) if ratio else np.zeros(len(spread))
    return Effects(
        found.rows.labels[role],
        found.rows.counts[role],
        ratio * found.projection.scores[role],
        found.residual * spread,
        reliability,
    )


class Level(NamedTuple):
    """An average rating in the unit of the ratings, with its standard error."""

    value: float
    se: float


def mean_level(found: Predictor, mix: Floats) -> Level:
    """What an average subject gets from an average rater, for a mix of the fixed effects.

    Parameters
    ----------
    found : the model
    mix : x from `Crossed.mix`

    Formula: x'b; ve x'(X'V^-1X)^-1 x.

    >>> from app.scoring.reml import fit
    >>> rows = Crossed.of([1, 1, 2, 2, 3, 3], list("ababab"), [80, 70, 64, 50, 42, 30])
    >>> [round(figure, 3) for figure in mean_level(fit(rows).predictor, np.ones(1))]
    [56.0, 12.754]
    """
    error = found.residual * float(mix @ found.projection.beta_spread @ mix)
    return Level(found.rows.centre + float(mix @ found.projection.beta), math.sqrt(error))


def expected(found: Predictor, mix: Floats) -> tuple[Floats, Floats]:
    """What each subject would get from an average rater, and the standard error of that.

    Parameters
    ----------
    found : the model
    mix : x from `Crossed.mix`

    Formula: x'b + s;  its prediction error variance is that of the sum,
    ve (g - g^2 diag Z'V^-1Z + (x - B_s)'(X'V^-1X)^-1(x - B_s)), B_s the row of B = g Z'V^-1X.
    Source: Henderson 1975.

    >>> from app.scoring.reml import fit
    >>> rows = Crossed.of([1, 1, 2, 2, 3, 3], list("ababab"), [80, 70, 64, 50, 42, 30])
    >>> expected(fit(rows).predictor, np.ones(1))[0].round(4).tolist()
    [74.9501, 56.9974, 36.0525]
    """
    ratio = found.solver.ratios[SUBJECT]
    spread = _spread(found, SUBJECT, mix - ratio * found.projection.fixed[SUBJECT])
    value = mean_level(found, mix).value + ratio * found.projection.scores[SUBJECT]
    return value, np.sqrt(found.residual * spread)


def _spread(found: Predictor, role: int, by_fixed: Floats) -> Floats:
    """Prediction error variances over the residual one: what ratings leave open, and what fixed effects add."""
    own = found.solver.ratios[role] * found.solver.left_over()[role]
    return np.asarray(own + np.einsum("ij,jk,ik->i", by_fixed, found.projection.beta_spread, by_fixed))


def _carried(earlier: Predictor, rows: Crossed) -> Pair | None:
    """The earlier Z_j'V^-1[X y] by label, 0 for new levels; none where the columns of X have changed."""
    before = earlier.rows
    if not np.array_equal(before.columns, rows.columns) or [len(labels) for labels in before.fixed] != [
        len(labels) for labels in rows.fixed
    ]:
        return None
    subject, rater = (_by_label(before, rows, role, earlier.projection.solved[role]) for role in (SUBJECT, RATER))
    return subject, rater


def _by_label(before: Crossed, rows: Crossed, role: int, solved: Floats) -> Floats:
    labels, wanted = before.labels[role], rows.labels[role]
    place = np.minimum(np.searchsorted(labels, wanted), len(labels) - 1)
    carried = np.where((labels[place] == wanted)[:, None], solved[place], 0.0)
    carried[:, -1] += (before.centre - rows.centre) * carried[:, 0]  # y is centred anew
    return carried
