"""The search for the lowest criterion over two variance ratios; what a criterion is made of is not known here.

===========  ===================================================================
Name         Meaning
===========  ===================================================================
search       to the lowest place, variances of next to nothing set to 0
descend      the same, nothing set to 0
newton_step  the next step
moved        where it leads
===========  ===================================================================
"""

import math
from collections.abc import Callable

import numpy as np

from app.scoring.columns import Floats
from app.scoring.crossed import RATER, SUBJECT
from app.scoring.elimination import Ratios
from app.scoring.likelihood import Point

LEAST, MOST = 1e-6, 1e6
"""Ratios between which is searched; below, a variance is 0."""

LARGEST_STEP = 2.0
MOST_STEPS = 100
FORGIVEN, FLAT_SLOPE, NOTHING = 1e-10, 1e-6, 1e-9

Evaluate = Callable[[Ratios], Point]


def search(evaluate: Evaluate, start: Ratios, tolerance: float) -> tuple[Point, bool]:
    """The lowest place from a start, and whether the search came to rest there.

    Parameters
    ----------
    evaluate : likelihood at a pair of ratios
    start : where to begin; a ratio of 0 stays there
    tolerance : largest step in ln g that is not worth taking

    Formula: as `descend`; ratios that end at the least one are set to 0, and the rest is searched again.
    """
    point, settled = descend(evaluate, start, tolerance)
    ratios = point.inverse.ratios
    dropped = Ratios(*(0.0 if ratio <= LEAST * (1 + NOTHING) else ratio for ratio in ratios))
    return (point, settled) if dropped == ratios else descend(evaluate, dropped, tolerance)


def descend(evaluate: Evaluate, start: Ratios, tolerance: float) -> tuple[Point, bool]:
    """The same without setting anything to 0.

    Formula: Newton steps in ln g with the average information, each halved while the criterion rises by more than
    its own error; at rest when no step exceeds the tolerance, or when none of its halves leads down.
    Source: Gilmour, Thompson & Cullis 1995.
    """
    point = evaluate(start)
    for _ in range(MOST_STEPS):
        step = newton_step(point)
        while np.abs(step).max() > tolerance:
            further = evaluate(moved(point.inverse.ratios, step))
            if further.criterion <= point.criterion + further.inverse.slack + FORGIVEN * abs(point.criterion):
                point = further
                break
            step = step / 2
        else:
            return point, True
    return point, False


def newton_step(point: Point) -> Floats:
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


def moved(ratios: Ratios, step: Floats) -> Ratios:
    """Ratios after a step in their logarithms.

    >>> moved(Ratios(0.5, 0.0), np.array([math.log(4), 1.0]))
    Ratios(subject=2.0, rater=0.0)
    """
    return Ratios(*(g * math.exp(d) for g, d in zip(ratios, step.tolist(), strict=True)))
