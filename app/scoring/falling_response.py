"""Which rater group dries up first: falls in the share of answers that chance does not explain.

=================  ===================================================
Name               Meaning
=================  ===================================================
Asked              how many were asked in a step, and how many answered
Fall               a group that answers less than it did
falling_response   the groups that fell, the first one first
=================  ===================================================

Counts of a rater group are given only where they may be shown.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import scipy

from app.scoring.columns import Floats, Integers
from app.scoring.errors import ScoringError
from app.scoring.weights import TOLERANCE

LEAST_FALL = 0.10
LEVEL = 0.05


class Asked(NamedTuple):
    """How many were asked in a step, and how many of them answered, 0 <= answered <= asked."""

    asked: int
    answered: int


class Fall(NamedTuple):
    """A rater group that answers less than it did.

    group : its name
    since : place of the first step after the fall
    before, after : share of those asked that answered, 0..1
    chance : probability of such a fall anywhere in any of the groups if nothing had changed, 0..1
    """

    group: str
    since: int
    before: float
    after: float
    chance: float


def falling_response(
    groups: Mapping[str, Sequence[Asked]], *, level: float = LEVEL, least: float = LEAST_FALL
) -> list[Fall]:
    """Rater groups whose response fell, the one that fell first foremost.

    Parameters
    ----------
    groups : by rater group, one entry per round or week, in order of time, all over the same steps
    level : chance up to which a fall is believed, 0..1
    least : smallest fall that matters, as a share of those asked, 0..1

    Returns
    -------
    Falls by their first step; in one step the larger first, then in the order of the groups.

    Raises
    ------
    ScoringError : a count is not possible

    Formula: for each place to split, Fisher's exact probability of so few answers after it, given all answers;
    the split with the smallest one tells since when; times the number of splits and of groups.
    Source: Fisher 1935; change point by the best split, Worsley 1983; Bonferroni.

    >>> asked = {"customer": [Asked(40, 20)] * 3 + [Asked(40, 6)] * 2, "colleague": [Asked(8, 7)] * 4 + [Asked(8, 5)]}
    >>> [(fall.group, fall.since, fall.before, fall.after) for fall in falling_response(asked)]
    [('customer', 3, 0.5, 0.15)]
    """
    found = []
    for group, steps in groups.items():
        fall = _fall(group, steps, len(groups))
        if fall is not None and fall.chance <= level and fall.before - fall.after >= least - TOLERANCE:
            found.append(fall)
    return sorted(found, key=lambda fall: (fall.since, fall.after - fall.before))


def _fall(group: str, steps: Sequence[Asked], n_groups: int) -> Fall | None:
    """The fall at the best split; none if there is no place to split."""
    _check(group, steps)
    asked = list(itertools.accumulate(step.asked for step in steps))
    answered = list(itertools.accumulate(step.answered for step in steps))
    chances = {
        place: _few(asked[place - 1], answered[place - 1], asked[-1], answered[-1])
        for place in range(1, len(steps))
        if asked[place - 1] and steps[place].asked
    }
    if not chances:
        return None
    at = min(chances, key=lambda place: chances[place])
    before = answered[at - 1] / asked[at - 1]
    after = (answered[-1] - answered[at - 1]) / (asked[-1] - asked[at - 1])
    chance = min(1.0, chances[at] * len(chances) * n_groups)
    return Fall(group, at, before, after, chance)


def _few(asked_before: int, answered_before: int, asked: int, answered: int) -> float:
    """Hypergeometric probability of at most the answers seen after a split, given all answers."""
    counts = np.arange(max(0, answered - asked_before), answered - answered_before + 1)
    ways = _ways(asked - asked_before, counts) + _ways(asked_before, answered - counts)
    return min(1.0, float(np.exp(ways - _ways(asked, np.array([answered]))).sum()))


def _ways(n: int, k: Integers) -> Floats:
    """Logarithm of the number of ways to choose k of n."""
    ways: Floats = scipy.special.gammaln(n + 1) - scipy.special.gammaln(k + 1) - scipy.special.gammaln(n - k + 1)
    return ways


def _check(group: str, steps: Sequence[Asked]) -> None:
    for step in steps:
        if not 0 <= step.answered <= step.asked:
            msg = f"{group} must have answers from 0 to those asked, got {step.answered} of {step.asked}"
            raise ScoringError(msg)
