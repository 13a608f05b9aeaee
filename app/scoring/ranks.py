"""Which places scores may hold, given how sure each is; whether they are shown, and to whom, is decided in `ranking`.

===============  =================================================================
Name             Meaning
===============  =================================================================
Places           the best and the worst place a score may hold
joint_interval   intervals that hold all true scores together
joint_ranks      places that hold for all scores together, provably
shrunken         scores drawn towards their mean as far as they are unsure
posterior_ranks  the likely places of each, by drawing
===============  =================================================================

Place 1 is the highest score. The order in which scores are given changes nothing.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy

from app.scoring.columns import Floats, Integers
from app.scoring.errors import ScoringError
from app.scoring.results import Interval

JOINT_LEVEL = 0.9
LIKELY_LEVEL = 0.9
DRAWS = 2000


class Places(NamedTuple):
    """The best and the worst place a score may hold, 1 <= first <= last <= how many there are."""

    first: int
    last: int


class Posterior(NamedTuple):
    """What is believed about true scores: normal with these means and variances; shape (scores,)."""

    mean: Floats
    variance: Floats


def joint_interval(scores: npt.ArrayLike, errors: npt.ArrayLike, *, level: float = JOINT_LEVEL) -> list[Interval]:
    """Intervals that hold all true scores together, as often as the level says.

    Parameters
    ----------
    scores : points; shape (J,)
    errors : standard error of each, >= 0
    level : confidence, 0..1

    Raises
    ------
    ScoringError : there are not as many errors as scores, or one is no number of 0 or more

    Formula: C -+ z SE, z = Phi^-1(.5 + .5 level^(1/J)).
    Source: Sidak 1967: the product bound holds for normal scores whatever their correlation, hence also for subjects
    who share raters.

    >>> [round(end, 4) for end in joint_interval([70, 70, 60], [1, 1, 1])[2]]
    [57.8859, 62.1141]
    """
    points, se = _checked(scores, errors)
    z = float(scipy.special.ndtri(0.5 + 0.5 * level ** (1 / max(len(points), 1))))
    return [Interval(lo, hi) for lo, hi in zip((points - z * se).tolist(), (points + z * se).tolist(), strict=True)]


def joint_ranks(scores: npt.ArrayLike, errors: npt.ArrayLike, *, level: float = JOINT_LEVEL) -> list[Places]:
    """Places that hold for all scores together, as often as the level says, or more often.

    Parameters
    ----------
    scores, errors, level : as `joint_interval`

    Formula: best = 1 + #{lo_j > hi_i}; worst = J - #{hi_j < lo_i}.
    Source: Klein, Wright & Wieczorek 2020.

    >>> joint_ranks([70, 70, 60], [1, 1, 1])
    [Places(first=1, last=2), Places(first=1, last=2), Places(first=3, last=3)]
    """
    ends = joint_interval(scores, errors, level=level)
    lows, highs = (np.sort(np.array(column, np.float64)) for column in ([e.lo for e in ends], [e.hi for e in ends]))
    above = len(ends) - np.searchsorted(lows, [e.hi for e in ends], side="right")
    below = np.searchsorted(highs, [e.lo for e in ends], side="left")
    return [Places(1 + a, len(ends) - b) for a, b in zip(above.tolist(), below.tolist(), strict=True)]


def shrunken(scores: npt.ArrayLike, errors: npt.ArrayLike) -> Posterior:
    """Scores drawn towards their mean as far as they are unsure, where no model tells more.

    Parameters
    ----------
    scores, errors : as `joint_interval`

    Formula: M = mean C, var_b = max(0, Var(C) - mean SE^2), b = var_b/(var_b + SE^2); mean M + b (C - M), variance
    b SE^2. A score without error stays what it is.
    Source: empirical Bayes by moments, Morris 1983; for ranks of institutions Goldstein & Spiegelhalter 1996.

    >>> found = shrunken([50, 60, 70, 80], [5, 5, 5, 5])
    >>> found.mean.round(3).tolist(), found.variance.round(3).tolist()
    ([52.25, 60.75, 69.25, 77.75], [21.25, 21.25, 21.25, 21.25])
    """
    points, se = _checked(scores, errors)
    if not len(points):
        return Posterior(points, se)
    centre = points.mean()
    between = max(0.0, float(points.var(ddof=1)) - float((se**2).mean())) if len(points) > 1 else 0.0
    share = np.where(se > 0, between / np.where(se > 0, between + se**2, 1.0), 1.0)
    return Posterior(centre + share * (points - centre), share * se**2)


def posterior_ranks(
    names: Sequence[str], believed: Posterior, *, seed: str, draws: int = DRAWS, level: float = LIKELY_LEVEL
) -> list[Places]:
    """The likely places of each score, by drawing true scores again and again and ranking them.

    Parameters
    ----------
    names : of the subjects, each once
    believed : about their scores, as many
    seed : what nobody can choose, such as the id of the release: the same seed gives the same places for ever
    draws : how often
    level : share of the draws in which a score holds one of its places, 0..1

    Returns
    -------
    From the place it holds or exceeds in all but the best (1 - level)/2 of the draws to that at the other end. Scores
    that are equal in a draw share all their places.

    Raises
    ------
    ScoringError : a name comes twice, or there are not as many names as scores

    Formula: place in draws from N(mean, variance), 5 % .. 95 %.
    Source: Goldstein & Spiegelhalter 1996. Drawing around the scores themselves covers .81 to .92 of true places at a
    level of .9, as measured, since it counts the noise twice; drawing around what is believed, .92 to .93.

    >>> far_apart = Posterior(np.array([80.0, 50.0, 52.0]), np.array([1.0, 9.0, 9.0]))
    >>> posterior_ranks(["Ada", "Ben", "Cleo"], far_apart, seed="release 1")
    [Places(first=1, last=1), Places(first=2, last=3), Places(first=2, last=3)]
    """
    if len(set(names)) < len(names) or len(names) != len(believed.mean):
        msg = f"each of the {len(believed.mean)} scores needs a name of its own, got {len(set(names))}"
        raise ScoringError(msg)
    if not names:
        return []
    spread = np.sqrt(believed.variance)
    drawn = np.array(
        [m + s * _noise(seed, name, draws) for name, m, s in zip(names, believed.mean, spread, strict=True)]
    )
    best, worst = _places(drawn)
    tail = (1 - level) / 2
    ends = [
        np.quantile(places, p, axis=1, method="inverted_cdf").tolist()
        for places, p in ((best, tail), (worst, 1 - tail))
    ]
    return [Places(first, last) for first, last in zip(*ends, strict=True)]


def _checked(scores: npt.ArrayLike, errors: npt.ArrayLike) -> tuple[Floats, Floats]:
    points, se = (np.asarray(column, np.float64).reshape(-1) for column in (scores, errors))
    if len(points) != len(se) or not (np.isfinite(points) & np.isfinite(se) & (se >= 0)).all():
        msg = f"every score needs a standard error of 0 or more, got {len(points)} scores and {se.tolist()}"
        raise ScoringError(msg)
    return points, se


def _noise(seed: str, name: str, draws: int) -> Floats:
    """Standard normal numbers that hang on seed and name alone, on every machine and in every version of numpy."""
    stream = hashlib.shake_256(f"{seed}\x00{name}".encode()).digest(8 * draws)
    uniform = ((np.frombuffer(stream, "<u8") >> 11) + 0.5) / 2.0**53
    return np.asarray(scipy.special.ndtri(uniform), np.float64)


def _places(drawn: Floats) -> tuple[Integers, Integers]:
    """Best and worst place of each row in each column."""
    columns = np.ascontiguousarray(drawn.T)
    order = np.argsort(columns, axis=1)
    ordered = np.take_along_axis(columns, order, axis=1)
    # Scores that are equal stand side by side, from the first of them to the last.
    differs = ordered[:, 1:] != ordered[:, :-1]
    edge = np.ones((len(columns), 1), bool)
    place = np.arange(len(drawn))
    first = np.maximum.accumulate(np.where(np.hstack([edge, differs]), place, 0), axis=1)
    last = np.minimum.accumulate(np.where(np.hstack([differs, edge]), place, len(drawn))[:, ::-1], axis=1)[:, ::-1]
    best, worst = np.empty(columns.shape, np.int64), np.empty(columns.shape, np.int64)
    np.put_along_axis(best, order, len(drawn) - last, axis=1)
    np.put_along_axis(worst, order, len(drawn) - first, axis=1)
    return best.T, worst.T
