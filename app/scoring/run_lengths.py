"""How long a chart runs until it signals, computed numerically: the price of a warning in false alarms.

====================  =================================================================
Function              Gives
====================  =================================================================
run_length            mean number of steps until a chart signals
width_for             limit of an EWMA that gives a wanted run length
decision_for          decision value of a CUSUM that does
alarms_expected       false alarms to expect among so many steps
====================  =================================================================

For independent normal values with a known centre and spread. Limits from 20 points alarm more often
(docs/scoring.md, section "How often a false alarm is expected").
"""

import math
from collections.abc import Callable
from enum import StrEnum
from functools import cache

import numpy as np
import scipy

from app.scoring.charts import Chart, Cusum, Ewma
from app.scoring.columns import Floats
from app.scoring.errors import ScoringError

SETTLED = 1e-11  # the part of the limits that may still be missing when they count as full
NEVER = 1e-13  # so small a chance to leave keeps the equations solvable where rounding would close the way out
LONGEST = 1e9  # beyond it the equations are too near to singular to be told from never
FAR = 8.0  # standard deviations to a bound that is practically never reached
LARGEST_SHIFT = 10.0
REACH = 10.0  # largest limit looked for, in sigma


class Sides(StrEnum):
    """Which limits signal."""

    ONE = "one"
    BOTH = "both"


class Limits(StrEnum):
    """How the limits of an EWMA begin: at their exact width for each step, or at full width."""

    EXACT = "exact"
    FULL = "full"


def run_length(chart: Chart, shift: float = 0.0, *, sides: Sides = Sides.BOTH, limits: Limits = Limits.EXACT) -> float:
    """Mean number of steps until a chart signals.

    Parameters
    ----------
    chart : with its settings
    shift : of the true mean from the first step on, in sigma, -10..10; upward is positive
    sides : one watches for a rise (by symmetry, turn the sign for a fall)
    limits : for an EWMA

    Returns
    -------
    Steps, >= 1; infinite beyond 10^9.

    Raises
    ------
    ScoringError : the shift is out of range

    Formula: EWMA: L(z) = 1 + integral of L(x) phi((x - (1 - lambda) z)/lambda - shift)/lambda dx between the limits;
    CUSUM: L(z) = 1 + L(0) Phi(k - shift - z) + integral of L(x) phi(x + k - shift - z) dx over 0..h, and
    1/L = 1/L+ + 1/L- for both sides; single values: 1/P(beyond). Integrals by Gauss-Legendre quadrature.
    Source: Crowder 1987; Page 1954; Brook & Evans 1972; van Dobben de Bruyn 1968 for two sides; exact limits by the
    survival of each step, Knoth 2003. Agrees with Knoth's R package spc.

    >>> round(run_length(Ewma(), limits=Limits.FULL), 3), round(run_length(Cusum(), 1.0), 3)
    (499.735, 10.376)
    >>> from app.scoring.charts import Single
    >>> round(run_length(Single()), 1), round(run_length(Single(), sides=Sides.ONE), 1)
    (370.4, 740.8)
    """
    if not -LARGEST_SHIFT <= shift <= LARGEST_SHIFT:
        msg = f"shift must be from -{LARGEST_SHIFT:g} to {LARGEST_SHIFT:g} sigma, got {shift}"
        raise ScoringError(msg)
    if isinstance(chart, Ewma):
        length = _ewma(chart, shift, sides, limits)
    elif isinstance(chart, Cusum):
        rates = [1 / _cusum(chart, shift), 1 / _cusum(chart, -shift) if sides is Sides.BOTH else 0.0]
        length = 1 / sum(rates)
    else:
        beyond = scipy.special.ndtr([shift - chart.width, -shift - chart.width if sides is Sides.BOTH else -math.inf])
        length = 1 / max(float(beyond.sum()), 1 / (2 * LONGEST))
    return length if 1 - 1e-6 <= length <= LONGEST else math.inf


def width_for(length: float, smoothing: float, *, sides: Sides = Sides.BOTH, limits: Limits = Limits.EXACT) -> float:
    """Limit of an EWMA that signals by chance once in so many steps.

    Parameters
    ----------
    length : wanted run length without a shift, 2..10^8
    smoothing : lambda

    Returns
    -------
    L, in standard deviations of the smoothed value.

    >>> round(width_for(370.398, 0.2, limits=Limits.FULL), 5)
    2.85934
    """
    return _setting_for(length, lambda width: run_length(Ewma(smoothing, width), sides=sides, limits=limits))


def decision_for(length: float, reference: float, *, sides: Sides = Sides.BOTH) -> float:
    """Decision value of a CUSUM that signals by chance once in so many steps.

    Parameters
    ----------
    length : wanted run length without a shift, 2..10^8
    reference : k

    Returns
    -------
    h in sigma.

    >>> round(decision_for(370.398, 0.5), 5)
    4.77489
    """
    return _setting_for(length, lambda decision: run_length(Cusum(reference, decision), sides=sides))


def alarms_expected(steps: int, length: float) -> float:
    """False alarms to expect among so many steps, each answered by a fresh start.

    Parameters
    ----------
    steps : judged steps, of any number of series, >= 0
    length : run length without a shift

    Formula: steps/length.

    >>> alarms_expected(52 * 10, 499.735) < 1.05
    True
    """
    return steps / length


def _ewma(chart: Ewma, shift: float, sides: Sides, limits: Limits) -> float:
    """Run length from the centre; with exact limits the survival of each step, then the equation of full limits."""
    sd = chart.share_of_sigma(math.inf)
    top = chart.width * sd
    bottom = -top if sides is Sides.BOTH else min(0.0, shift) - FAR * sd
    count = _enough((top - bottom) / chart.smoothing)
    nodes, weights = _nodes(bottom, top, count)
    left = _left(_moves(nodes, nodes, chart.smoothing, shift) * weights)
    if limits is Limits.FULL:
        return 1 + float((_moves(np.zeros(1), nodes, chart.smoothing, shift) * weights @ left)[0])
    length, alive, t = 1.0, np.ones(1), 0
    at, mass = np.zeros(1), np.ones(1)
    while (1 - chart.smoothing) ** (2 * t) > SETTLED:
        t += 1
        limit = chart.width * chart.share_of_sigma(t)
        to, step = _nodes(-limit if sides is Sides.BOTH else bottom, limit, count)
        alive = (alive * mass) @ _moves(at, to, chart.smoothing, shift)
        at, mass = to, step
        length += float(alive @ mass)
    ahead = _moves(at, nodes, chart.smoothing, shift) * weights @ left
    return length + float((alive * mass) @ ahead)


def _cusum(chart: Cusum, shift: float) -> float:
    """Run length of one sum from 0, where probability is heaped up."""
    nodes, weights = _nodes(0.0, chart.decision, _enough(chart.decision))
    at = np.concatenate([[0.0], nodes])
    stays = scipy.special.ndtr(chart.reference - shift - at)
    moves = _density(nodes + chart.reference - shift - at[:, None]) * weights
    return float(_left(np.column_stack([stays, moves]))[0])


def _left(kernel: Floats) -> Floats:
    """Steps still to go from each place."""
    return np.asarray(np.linalg.solve((1 + NEVER) * np.eye(len(kernel)) - kernel, np.ones(len(kernel))), np.float64)


def _moves(at: Floats, to: Floats, smoothing: float, shift: float) -> Floats:
    """Density of the smoothed value's next place, by its present place; shape (at, to)."""
    return _density((to - (1 - smoothing) * at[:, None]) / smoothing - shift) / smoothing


def _enough(spreads: float) -> int:
    """Nodes for an interval that is so many standard deviations of the density wide."""
    return 24 + math.ceil(4 * spreads)


def _nodes(low: float, high: float, count: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre nodes and weights of an interval."""
    nodes, weights = _legendre(count)
    return (low + high) / 2 + (high - low) / 2 * nodes, (high - low) / 2 * weights


@cache
def _legendre(count: int) -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return nodes, weights


def _density(x: Floats) -> Floats:
    density: Floats = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return density


def _setting_for(length: float, lengths: Callable[[float], float]) -> float:
    """Setting at which a run length that grows with it has the wanted value, by bisection."""
    if not 2 <= length <= LONGEST / 10:
        msg = f"a run length must be from 2 to {LONGEST / 10:g} steps, got {length}"
        raise ScoringError(msg)
    low, high = 1e-3, REACH
    while high - low > 1e-10:
        middle = (low + high) / 2
        low, high = (middle, high) if lengths(middle) < length else (low, middle)
    return (low + high) / 2
