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

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import special

from app.scoring.columns import Floats
from app.scoring.crossed import RATER, SUBJECT, Crossed
from app.scoring.dense import DenseInverse
from app.scoring.elimination import Inverse, Ratios
from app.scoring.errors import ScoringError
from app.scoring.likelihood import Method, Point, point_at
from app.scoring.moments import Variances, moments
from app.scoring.predictions import Predictor
from app.scoring.probing import FEW_PROBES, ProbedInverse

EXACT_LEVELS = 3000
"""Up to as many levels of the smaller factor its matrix is factored; above, conjugate gradients and probes."""

SKETCHED_LEVELS = 300
"""Above as many, two cheap steps with probes first: they leave one exact step to go."""

LEAST, MOST = 1e-6, 1e6
"""Ratios between which is searched; below, a variance is 0."""

FIRST_RATIO, LEAST_FIRST_RATIO = 0.1, 0.02
LARGEST_STEP = 2.0
EXACTLY, ROUGHLY, SKETCHED = 1e-6, 1e-4, 1e-2
MOST_STEPS = 100
FORGIVEN, FLAT_SLOPE = 1e-10, 1e-6
NOTHING, ROUNDING = 1e-9, 1e-12

Evaluate = Callable[[Ratios], Point]


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
        point, settled = _search(_evaluator(rows, method, exact=False), start, ROUGHLY)
        return CrossedFit(rows, method, point, is_exact=False, is_settled=settled)
    if min(rows.levels) > SKETCHED_LEVELS:
        sketch, _ = _descend(_sketcher(rows, method), start, SKETCHED)
        start = _moved(sketch.inverse.ratios, _newton_step(sketch))
    point, settled = _search(_evaluator(rows, method, exact=True), start, EXACTLY)
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
    certain 0, since a variance cannot be negative: 2.71 at 5 %. Where D is estimated, two of its standard errors are
    taken off.
    Source: Self & Liang 1987, case 5; Stram & Lee 1994.

    >>> from app.scoring.crossed import RATER
    >>> found = fit(Crossed.of([1, 1, 2, 2, 3, 3], list("ababab"), [80, 70, 64, 50, 42, 30]))
    >>> [round(figure, 4) for figure in zero_test(found, RATER)]
    [6.1235, 0.0067]
    """
    if found.point.inverse.ratios[role] == 0:
        return ZeroTest(0.0, 1.0)
    start = list(_start(found.rows))
    start[role] = 0.0
    without, _ = _search(_evaluator(found.rows, found.method, exact=found.is_exact), Ratios(*start), EXACTLY)
    statistic = max(0.0, without.criterion - found.criterion - 2 * found.point.inverse.slack)
    return ZeroTest(statistic, float(special.chdtrc(1, statistic)) / 2 if statistic else 1.0)


def _start(rows: Crossed) -> Ratios:
    """Ratios to start from: the moments where they make sense; 0 for a factor that the fixed effects explain."""
    guess = moments(rows)
    known = guess is not None and guess.residual > 0
    found = [
        min(max(v / guess.residual, LEAST_FIRST_RATIO), MOST / 10) if guess is not None and known else FIRST_RATIO
        for v in (guess or (0.0, 0.0))[:2]
    ]
    return Ratios(*(0.0 if _is_explained(rows, sums) else ratio for ratio, sums in zip(found, rows.sums, strict=True)))


def _is_explained(rows: Crossed, sums: Floats) -> bool:
    """Whether a factor lies in the space of the fixed effects: nothing is left of tr Z'(I - X(X'X)^-1X')Z."""
    by_level = sums[:, :-1]
    explained = np.einsum("ij,ji->", np.linalg.inv(rows.products[:-1, :-1]), by_level.T @ by_level)
    return bool(rows.n - explained <= NOTHING * rows.n)


def _evaluator(rows: Crossed, method: Method, *, exact: bool) -> Evaluate:
    def evaluate(ratios: Ratios) -> Point:
        # With one factor alone the probes are exact, and cheaper than any factorisation.
        inverse: Inverse = DenseInverse(rows, ratios) if exact and 0 not in ratios else ProbedInverse(rows, ratios)
        return point_at(rows, inverse, method)

    return evaluate


def _sketcher(rows: Crossed, method: Method) -> Evaluate:
    def evaluate(ratios: Ratios) -> Point:
        return point_at(rows, ProbedInverse(rows, ratios, probes=FEW_PROBES), method)

    return evaluate


def _search(evaluate: Evaluate, start: Ratios, tolerance: float) -> tuple[Point, bool]:
    """The lowest point from a start, and whether the search came to rest there."""
    point, settled = _descend(evaluate, start, tolerance)
    ratios = point.inverse.ratios
    dropped = Ratios(*(0.0 if ratio <= LEAST * (1 + NOTHING) else ratio for ratio in ratios))
    return (point, settled) if dropped == ratios else _descend(evaluate, dropped, tolerance)


def _descend(evaluate: Evaluate, start: Ratios, tolerance: float) -> tuple[Point, bool]:
    point = evaluate(start)
    for _ in range(MOST_STEPS):
        step = _newton_step(point)
        while np.abs(step).max() > tolerance:
            moved = evaluate(_moved(point.inverse.ratios, step))
            if moved.criterion <= point.criterion + moved.inverse.slack + FORGIVEN * abs(point.criterion):
                point = moved
                break
            step = step / 2
        else:
            return point, True
    return point, False


def _newton_step(point: Point) -> Floats:
    """Step in ln g to the lowest place of the quadratic model within the largest step and the range of the ratios."""
    ratios = np.array(point.inverse.ratios)
    logs = np.log(np.where(ratios > 0, ratios, 1.0))
    can = ratios > 0
    low = np.where(can, np.maximum(-LARGEST_STEP, math.log(LEAST) - logs), 0.0)
    high = np.where(can, np.minimum(LARGEST_STEP, math.log(MOST) - logs), 0.0)
    return _lowest(ratios * point.gradient, point.information * np.outer(ratios, ratios), low, high)


def _lowest(slope: Floats, curvature: Floats, low: Floats, high: Floats) -> Floats:
    """Where slope's + s'(curvature)s/2 is lowest between two corners: inside if it can be, else on an edge.

    A step that is merely cut to the box may lead uphill; this one never does.
    """
    size = np.sqrt(np.maximum(np.diagonal(curvature), np.finfo(float).tiny))
    values, vectors = np.linalg.eigh(curvature / np.outer(size, size))
    along, is_flat = vectors.T @ (slope / size), values < NOTHING
    inside = -(vectors @ np.where(is_flat, 0.0, along / np.where(is_flat, 1.0, values))) / size
    leads_on = is_flat & (np.abs(along) > FLAT_SLOPE)
    if not leads_on.any() and ((inside >= low) & (inside <= high)).all():
        return np.asarray(inside)
    edges = []
    for fixed in (SUBJECT, RATER):
        other = 1 - fixed
        for end in (low[fixed], high[fixed]):
            step = np.full(2, end)
            pull = slope[other] + curvature[other, fixed] * end
            free = -pull / max(curvature[other, other], np.finfo(float).tiny)
            step[other] = min(max(free, low[other]), high[other])
            edges.append(step)
    return min(edges, key=lambda step: float(slope @ step + step @ curvature @ step / 2))


def _moved(ratios: Ratios, step: Floats) -> Ratios:
    return Ratios(*(g * math.exp(d) for g, d in zip(ratios, step.tolist(), strict=True)))
