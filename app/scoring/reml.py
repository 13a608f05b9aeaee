"""Variances of a crossed model at their likeliest, and whether one of them is more than chance.

=============  ==================================================================
Name           Meaning
=============  ==================================================================
CrossedFit     the model at its best
varies         whether there is anything to explain
fit            find it
ZeroTest       likelihood ratio against a variance of 0
zero_test      the same from a fit
=============  ==================================================================
"""

from itertools import product
from typing import NamedTuple

import numpy as np
import scipy

from app.deferred import dataclass
from app.scoring.columns import Floats
from app.scoring.crossed import Crossed
from app.scoring.dense import DenseInverse
from app.scoring.elimination import Inverse, Ratios
from app.scoring.errors import ScoringError
from app.scoring.likelihood import Method, Point, point_at
from app.scoring.moments import Variances, moments
from app.scoring.predictions import Predictor
from app.scoring.probing import FEW_PROBES, ProbedInverse
from app.scoring.search import MOST, Evaluate, descend, moved, newton_step, search

EXACT_LEVELS = 3000
"""Up to as many levels of the smaller factor its matrix is factored; above, conjugate gradients and probes."""

SKETCHED_LEVELS = 300
"""Above as many, two cheap steps with probes first: they leave one exact step to go."""

FACTORED_LEVELS = 50
"""Up to as many levels a factorisation is cheaper than probes also where these are exact; measured."""

FIRST_RATIO, LEAST_FIRST_RATIO, FROM_ABOVE, FROM_BELOW = 0.1, 0.02, 10.0, 1e-3
_ENDS = (FROM_ABOVE, FROM_BELOW)
FEW = 100
"""Up to as many ratings the likelihood can have several peaks away from 0: the search starts from every pair of ends as well."""

EXACTLY, ROUGHLY, SKETCHED = 1e-6, 1e-4, 1e-2
NOTHING, ROUNDING = 1e-9, 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class CrossedFit:
    """The model at its best.

    rows : the ratings
    method : restricted or full likelihood
    point : likelihood, fixed effects and predictions at the ratios found
    is_exact : whether the matrix was factored; else traces, criterion and prediction errors are estimates
    is_settled : whether the search came to rest, which it always should
    """

    rows: Crossed
    method: Method
    point: Point
    is_exact: bool
    is_settled: bool

    @property
    def variances(self) -> Variances:
        """Of subjects, raters and residual, in squared units of the ratings; the first two may be 0."""
        subject, rater = self.point.inverse.ratios
        return Variances(subject * self.point.residual, rater * self.point.residual, self.point.residual)

    @property
    def criterion(self) -> float:
        """-2 log likelihood, restricted or full; lme4 calls it the REML criterion, or the deviance."""
        return self.point.criterion

    @property
    def predictor(self) -> Predictor:
        """What predictions need of the fit."""
        return Predictor(self.rows, self.point.inverse, self.point.projection, self.point.residual)


def varies(rows: Crossed) -> bool:
    """Whether the ratings vary beyond what the fixed effects say.

    >>> varies(Crossed.of([1, 1, 2], ["a", "b", "a"], [50, 50, 50]))
    False
    """
    n, gram = rows.n, rows.products
    if n <= rows.p or gram[-1, -1] <= n * (ROUNDING * rows.centre) ** 2:
        return False
    beside = gram[:-1, -1]
    left = gram[-1, -1] - beside @ np.linalg.solve(gram[:-1, :-1], beside)
    return bool(left > ROUNDING * gram[-1, -1])


def fit(rows: Crossed, method: Method = Method.REML, *, exact_levels: int = EXACT_LEVELS) -> CrossedFit:
    """Find the variances that make the ratings likeliest.

    Parameters
    ----------
    rows : ratings that vary, more of them than fixed coefficients, subjects or raters
    method : restricted or full likelihood
    exact_levels : largest smaller factor whose matrix is factored

    Returns
    -------
    The fit. A variance below 1e-6 of the residual one is 0, and so is that of a factor that the fixed effects explain
    (one subject only; one rater in each group).

    Raises
    ------
    ScoringError : the ratings do not vary beyond the fixed effects, or are too few for the model

    Formula: minimise D(g) of `likelihood.point_at` over ln g by Newton steps with the average information, each cut
    to 2 and halved while D rises, from the moments, floored at .02; stop when no step exceeds 1e-6 (1e-4 with probes).
    Up to 100 ratings, and where a variance ends at 0, the search starts also from ratios of 10 and of .001, and the
    lowest D counts; not with probes.
    Source: Gilmour, Thompson & Cullis 1995.

    >>> plates = [plate for plate in range(4) for _ in range(3)]
    >>> samples = [0, 1, 2] * 4
    >>> found = fit(Crossed.of(plates, samples, [27, 23, 26, 27, 23, 26, 25, 21, 25, 26, 23, 25]))
    >>> [round(variance, 6) for variance in found.variances]
    [0.555556, 3.888889, 0.194444]
    """
    if max(rows.levels) >= rows.n or not varies(rows):
        msg = "a crossed model needs ratings that vary, and more of them than subjects, raters and fixed coefficients"
        raise ScoringError(msg)
    start = _start(rows)
    if min(rows.levels) > exact_levels:
        point, settled = search(_evaluator(rows, method, exact=False), start, ROUGHLY)
        return CrossedFit(rows, method, point, is_exact=False, is_settled=settled)
    if min(rows.levels) > SKETCHED_LEVELS:
        sketch, _ = descend(_sketcher(rows, method), start, SKETCHED)
        start = moved(sketch.inverse.ratios, newton_step(sketch))
    point, settled = _highest(_evaluator(rows, method, exact=True), start, is_small=rows.n <= FEW)
    return CrossedFit(rows, method, point, is_exact=True, is_settled=settled)


class ZeroTest(NamedTuple):
    """Likelihood ratio against a variance of 0.

    statistic : by how much the criterion rises without the factor, >= 0
    p_value : chance of such a rise if the variance is 0
    """

    statistic: float
    p_value: float


def zero_test(found: CrossedFit, role: int) -> ZeroTest:
    """Whether a factor's variance is more than chance.

    Parameters
    ----------
    found : the fit with both factors
    role : SUBJECT or RATER, the factor in question

    Formula: D without the factor less D with it, against half a chi-square with one degree of freedom and half a
    certain 0, since a variance cannot be negative: 2.71 at 5 %; with few levels a little too careful. Where D is
    estimated, two of its standard errors are taken off.
    Source: Self & Liang 1987, case 5; Stram & Lee 1994; Crainiceanu & Ruppert 2004 for few levels.

    >>> from app.scoring.crossed import RATER
    >>> found = fit(Crossed.of([1, 1, 2, 2, 3, 3], list("ababab"), [80, 70, 64, 50, 42, 30]))
    >>> [round(figure, 4) for figure in zero_test(found, RATER)]
    [6.1235, 0.0067]
    """
    if found.point.inverse.ratios[role] == 0:
        return ZeroTest(0.0, 1.0)
    start = list(_start(found.rows))
    start[role] = 0.0
    without, _ = search(_evaluator(found.rows, found.method, exact=found.is_exact), Ratios(*start), EXACTLY)
    statistic = max(0.0, without.criterion - found.criterion - 2 * found.point.inverse.slack)
    return ZeroTest(statistic, float(scipy.special.chdtrc(1, statistic)) / 2 if statistic else 1.0)


def _start(rows: Crossed) -> Ratios:
    """Ratios to start from: the moments where they make sense; 0 for a factor that the fixed effects explain."""
    guess = moments(rows)
    if guess is None or guess.residual <= 0:
        found = [FIRST_RATIO, FIRST_RATIO]
    else:
        found = [min(max(v / guess.residual, LEAST_FIRST_RATIO), MOST / 10) for v in guess[:2]]
    return Ratios(*(0.0 if _is_explained(rows, sums) else ratio for ratio, sums in zip(found, rows.sums, strict=True)))


def _is_explained(rows: Crossed, sums: Floats) -> bool:
    """Whether a factor lies in the space of the fixed effects: nothing is left of tr Z'(I - X(X'X)^-1X')Z."""
    by_level = sums[:, :-1]
    explained = np.einsum("ij,ji->", np.linalg.inv(rows.products[:-1, :-1]), by_level.T @ by_level)
    return bool(rows.n - explained <= NOTHING * rows.n)


def _evaluator(rows: Crossed, method: Method, *, exact: bool) -> Evaluate:
    is_small = min(rows.levels) <= FACTORED_LEVELS

    def evaluate(ratios: Ratios) -> Point:
        # With one factor alone the probes are exact, and for many levels cheaper than any factorisation.
        is_factored = exact and (is_small or 0 not in ratios)
        inverse: Inverse = DenseInverse(rows, ratios) if is_factored else ProbedInverse(rows, ratios)
        return point_at(rows, inverse, method)

    return evaluate


def _sketcher(rows: Crossed, method: Method) -> Evaluate:
    def evaluate(ratios: Ratios) -> Point:
        return point_at(rows, ProbedInverse(rows, ratios, probes=FEW_PROBES), method)

    return evaluate


def _highest(evaluate: Evaluate, start: Ratios, *, is_small: bool) -> tuple[Point, bool]:
    """The likeliest place. Few ratings, and peaks at 0, can have higher ones elsewhere: they are looked for from both ends.

    Of few ratings each factor is begun from either end, whatever the other one is begun from.

    Where a design leaves nothing for the residual variance the likelihood has no bound; that is no peak.
    """
    found = search(evaluate, start, EXACTLY)
    if not is_small and found[0].inverse.ratios.count(0.0) == start.count(0.0):
        return found
    ends = product(_ENDS, repeat=len(start)) if is_small else zip(_ENDS, _ENDS, strict=True)
    others = [
        search(evaluate, Ratios(*(g and end for g, end in zip(start, both, strict=True))), EXACTLY) for both in ends
    ]
    peaks = [one for one in others if max(one[0].inverse.ratios) < MOST / 2]
    return min([found, *peaks], key=lambda one: one[0].criterion)
