"""How firmly each of many scores stands among the others, in a word; what the words mean is told in `reliability`.

================  ==============================================================
Name              Meaning
================  ==============================================================
Told              a score, and its error as far as readers may know it
firmness_of_all   the word for each, from ten scores on
================  ==============================================================
"""

from collections.abc import Sequence
from typing import NamedTuple

from app.scoring.errors import ScoringError
from app.scoring.reliability import Firmness, NotDefined, between_variance, firmness, reliability
from app.scoring.results import Interval

LEAST_SUBJECTS = 10
"""With fewer the variance between subjects is a guess: at ten its own error is half of it, at five three quarters."""

TWO_SIDED = 1.96


class Told(NamedTuple):
    """A score, and its error as far as readers may know it.

    score : 0..100
    se : standard error in points, >= 0
    """

    score: float
    se: float

    @classmethod
    def from_ends(cls, score: float, ends: Interval) -> "Told":
        """The same from an interval alone, where the error itself is not told.

        Parameters
        ----------
        score : 0..100
        ends : its 95 % interval as the reader sees it

        Formula: SE = max(score - lo, hi - score)/1.96. The longer side, since the other may be cut by the scale; a
        quantile of t and ends in whole points make it larger than it is, so that no score looks firmer.

        >>> round(Told.from_ends(90.0, Interval(70.4, 100.0)).se, 9)
        10.0
        """
        return cls(score, max(score - ends.lo, ends.hi - score) / TWO_SIDED)


def firmness_of_all(told: Sequence[Told]) -> list[Firmness] | None:
    """The word for each of many scores that mean the same, say all persons on one KPI.

    Parameters
    ----------
    told : one per subject

    Returns
    -------
    One word each, in the order given; none below ten subjects.

    Raises
    ------
    ScoringError : a standard error below 0

    Formula: R = vs/(vs + SE^2), vs = max(0, Var(S) - mean SE^2) over these scores.
    Source: docs/scoring.md, section "How firmly a score stands".

    >>> team = [Told(40.0 + 5 * place, 6.0) for place in range(9)]
    >>> firmness_of_all(team), firmness_of_all([*team, Told(85.0, 20.0)])[-2:]
    (None, [<Firmness.SOLID: 'solid'>, <Firmness.PRELIMINARY: 'preliminary'>])
    """
    if min((one.se for one in told), default=0) < 0:
        msg = f"a standard error must be 0 or more, got {min(one.se for one in told)}"
        raise ScoringError(msg)
    between = between_variance([one.score for one in told], [one.se for one in told])
    if len(told) < LEAST_SUBJECTS or isinstance(between, NotDefined):
        return None
    return [firmness(reliability(between, one.se)) for one in told]
