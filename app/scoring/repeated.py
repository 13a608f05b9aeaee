"""Differences between two rounds that partly the same raters answered, and how sure they are; of what, is told elsewhere.

==================  ================================================================
Name                Meaning
==================  ================================================================
ErrorPart           squared error of one independent part of a score in one round
Repeated            the same part in two rounds, and who was asked in both
Difference          a difference with its error, and whether it is one
difference_of       the same from its parts
pooled_correlation  how alike the same raters answer in two rounds, for analysts
==================  ================================================================
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.deferred import dataclass
from app.scoring.columns import totals_by
from app.scoring.discoveries import two_sided_p
from app.scoring.errors import ScoringError
from app.scoring.intervals import LEVEL, t_quantile
from app.scoring.linear import combined
from app.scoring.pooling import LEAST_DF
from app.scoring.results import Interval
from app.scoring.weights import reaches

READER_CORRELATION = 0.3
"""Correlation of one rater's errors in two rounds in readers' figures: under the .54 that was measured, so that a
change does not look surer than it is, and the same for everybody, so that it tells nothing about anybody."""

LARGEST_CORRELATION = 0.99
"""Counts at most, so that a change keeps an error even where the same raters moved alike in every way."""

LEAST_CHANGE = 5.0
RELIABLE = 1.96


class ErrorPart(NamedTuple):
    """Squared error of one independent part of a score in one round.

    square : points squared, >= 0
    df : its degrees of freedom, > 0; infinite if none are spent
    raters : behind it; 0 for a hard figure
    """

    square: float
    df: float
    raters: int


class Repeated(NamedTuple):
    """The same part of a score in two rounds.

    before, after : its error in each
    members : people who were asked in both, >= 0, whatever they answered
    """

    before: ErrorPart
    after: ErrorPart
    members: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between two rounds.

    points : after less before, -100..100
    se, df : of the difference; for analysts only where an atom is small
    interval : 95 %, -100..100
    index : reliable change index, points/se; infinite for a difference without error
    p : chance of a difference at least as large without any change, for lists
    is_changed : the interval leaves out 0, and it is 5 points or more
    is_reliable : the index is beyond 1.96 either way
    """

    points: float
    se: float
    df: float
    interval: Interval
    index: float
    p: float
    is_changed: bool
    is_reliable: bool


def difference_of(points: float, parts: Sequence[Repeated], correlation: float = READER_CORRELATION) -> Difference:
    """A difference between two rounds with its error.

    Parameters
    ----------
    points : after less before
    parts : that the score adds up from, independent of each other; weights are in their errors already
    correlation : of one rater's errors in the two rounds, -1..1

    Raises
    ------
    ScoringError : a correlation outside -1..1, or a negative number of people

    Formula: Var = sum over the parts of A1 + A2 - 2 rho c/sqrt(n1 n2) sqrt(A1 A2), which with A = v/n is
    v1/n1 + v2/n2 - 2 c rho sqrt(v1 v2)/(n1 n2); c at most n1 and n2. df = (sum A)^2/sum(A^2/df) over all A1 and A2;
    interval d -+ t SE; index d/SE.
    Source: variance of a difference of means of partly the same raters; Satterthwaite 1946; reliable change index of
    Jacobson & Truax 1991, limit 1.96; docs/scoring.md, section "Change between rounds".

    >>> parts = [Repeated(ErrorPart(347.7273 / 4, 11, 4), ErrorPart(300 / 5, 12, 5), 4)]
    >>> found = difference_of(12.5, parts)
    >>> round(found.se, 5), round(found.df, 5), round(found.index, 5), found.is_changed
    (10.40067, 21.87303, 1.20185, False)
    >>> round(found.interval.lo, 4), round(found.interval.hi, 4)
    (-9.0769, 34.0769)
    """
    if not -1 <= correlation <= 1 or min((part.members for part in parts), default=0) < 0:
        msg = f"a correlation must be from -1 to 1 and people 0 or more, got {correlation} and {list(parts)}"
        raise ScoringError(msg)
    alone = [part for repeated in parts for part in (repeated.before, repeated.after)]
    square = math.fsum(part.square for part in alone)
    _, df = combined(square, math.fsum(part.square**2 / part.df for part in alone))
    shared = math.fsum(_shared(part) for part in parts)
    se = math.sqrt(square - 2 * min(correlation, LARGEST_CORRELATION) * shared)
    half = t_quantile(0.5 + LEVEL / 2, df) * se
    ends = Interval(max(-100.0, points - half), min(100.0, points + half))
    return Difference(
        points,
        se,
        df,
        ends,
        points / se if se else math.copysign(math.inf, points) if points else 0.0,
        two_sided_p(points, se, df),
        is_changed=not ends.lo <= 0 <= ends.hi and reaches(abs(points), LEAST_CHANGE),
        is_reliable=abs(points) > RELIABLE * se,
    )


def pooled_correlation(cells: npt.ArrayLike, before: npt.ArrayLike, after: npt.ArrayLike) -> float | None:
    """Correlation of the rater scores of the same raters in two rounds, within subjects and rater groups.

    Parameters
    ----------
    cells : number of subject and rater group of each rater, >= 0; shape (raters,)
    before, after : rater scores 0..100 in the two rounds, NaN where there is none; shape (raters,)

    Returns
    -------
    -1..1; none below 20 degrees of freedom, or if nobody differs.

    Formula: sum d1 d2/sqrt(sum d1^2 sum d2^2), d = x - mean of the cell over the raters with both scores;
    df = sum over the cells of raters - 1.
    Source: pooled within-group correlation of the analysis of covariance.

    >>> round(pooled_correlation([0] * 21 + [1] * 2, [50, 75] * 11 + [10], [25, 75] * 11 + [0]), 6)
    0.970675
    """
    place, scores = np.asarray(cells, np.int64), np.stack([np.asarray(x, np.float64) for x in (before, after)])
    both = ~np.isnan(scores).any(axis=0)
    place, scores = place[both], scores[:, both]
    length = int(place.max(initial=-1)) + 1
    n = np.bincount(place, minlength=length)
    if len(place) - np.count_nonzero(n) < LEAST_DF:
        return None
    first, second = (x - (totals_by(place, x, length) / np.maximum(n, 1))[place] for x in scores)
    spread = math.sqrt(float(first @ first) * float(second @ second))
    return max(-1.0, min(1.0, float(first @ second) / spread)) if spread else None


def _shared(part: Repeated) -> float:
    """What the raters who are in both rounds would take from the variance at a correlation of 1/2."""
    before, after, members = part
    most = min(members, before.raters, after.raters)
    return most / math.sqrt(before.raters * after.raters) * math.sqrt(before.square * after.square) if most else 0.0
