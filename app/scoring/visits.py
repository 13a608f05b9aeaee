"""Mystery visits: what one visit scores, and what several of them say about a place, with the pull of a single one.

==============  =================================================================
Name            Meaning
==============  =================================================================
VisitScore      per cent of the possible points, before and after the cap
VisitsTogether  several visits: mean, interval, the most that one of them does
visit_score     one visit
together        several visits
==============  =================================================================
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from app.scoring.errors import ScoringError
from app.scoring.intervals import outward, score_interval
from app.scoring.linear import PRIOR_DF
from app.scoring.pooling import prior_variance
from app.scoring.results import Interval, NotScored, Reason, Uncertainty

LEAST_VISITS = 3


class VisitScore(NamedTuple):
    """The score of one visit.

    score : 0..100, what counts
    earned : 0..100, per cent of the possible points, whatever was critical
    is_capped : a critical item failed and took something away
    """

    score: float
    earned: float
    is_capped: bool


class VisitsTogether(NamedTuple):
    """What visits to one place say together.

    mean : 0..100
    interval : 95 %, whole points outward, never of width 0; from two visits on, None for a single one
    visits : how many
    largest_pull : 0..100, by how many points the mean moves when the most extreme visit is left out; None for one
    extreme : place of that visit in the list
    """

    mean: float
    interval: Interval | None
    visits: int
    largest_pull: float | None
    extreme: int


def visit_score(
    points: Sequence[float], weights: Sequence[float], *, failed: int, cap: float
) -> VisitScore | NotScored:
    """Per cent of the possible points of one visit, held down by a cap where something critical failed.

    Parameters
    ----------
    points : [item] 0..100, of the items that could be observed
    weights : [item] > 0
    failed : how many critical items failed, >= 0
    cap : 0..100, the most that a visit with such a failure scores; a cap and not a zero, so that what went well
        can still be seen

    Returns
    -------
    0..100; NotScored when nothing could be observed.

    Raises
    ------
    ScoringError : lists of different length, a weight that is not above 0, a cap outside 0..100

    Formula: earned = sum(w p) / sum(w); score = min(earned, cap) if failed else earned.
    Source: weighted points over possible points; docs/scoring.md, section "Mystery visits".

    >>> visit_score([100, 50, 75], [1, 1, 2], failed=0, cap=50)
    VisitScore(score=75.0, earned=75.0, is_capped=False)
    >>> visit_score([100, 50, 75], [1, 1, 2], failed=1, cap=50)
    VisitScore(score=50.0, earned=75.0, is_capped=True)
    """
    if len(points) != len(weights) or any(not weight > 0 for weight in weights) or not 0 <= cap <= 100:
        msg = f"a visit needs a weight above 0 for each item and a cap from 0 to 100, got {list(weights)} and {cap}"
        raise ScoringError(msg)
    if not points:
        return NotScored(Reason.NO_VALUE)
    earned = min(100.0, sum(weight * one for one, weight in zip(points, weights, strict=True)) / sum(weights))
    return VisitScore(min(earned, float(cap)) if failed else earned, earned, bool(failed) and earned > cap)


def together(scores: Sequence[float], *, least: int = LEAST_VISITS) -> VisitsTogether | NotScored:
    """Mean of several visits with its interval, and how far one single visit pulls it.

    Parameters
    ----------
    scores : [visit] 0..100
    least : visits needed, 1 or more; 3 before a person is shown

    Returns
    -------
    NotScored when there are fewer.

    Formula: leaving visit i out moves the mean by |x_i - mean| / (n - 1). The interval is that of a score with
    SE^2 = v/n, v = (nu0 s0 + sum (x_i - mean)^2)/(nu0 + n - 1), nu0 = 8, s0 = 900, df = nu0 + n - 1, N = n.
    Source: deletion influence of the mean (Cook and Weisberg 1982, 2.2); moderated variance of Smyth 2004 in
    `intervals.score_interval`; docs/scoring.md, section "Mystery visits".

    >>> one = together([80, 70, 30])
    >>> one.mean, one.largest_pull, one.extreme
    (60.0, 15.0, 2)
    >>> one.interval
    Interval(lo=26.0, hi=87.0)
    >>> together([80, 70])
    NotScored(reason=<Reason.SUPPRESSED: 'suppressed'>, coverage=0.0)
    """
    n = len(scores)
    if n < max(1, least):
        return NotScored(Reason.SUPPRESSED)
    mean = math.fsum(scores) / n
    apart = [abs(score - mean) for score in scores]
    extreme = max(range(n), key=apart.__getitem__)
    if n == 1:
        return VisitsTogether(mean, None, n, None, extreme)
    df = PRIOR_DF + n - 1
    square = (PRIOR_DF * prior_variance(1) + math.fsum(one * one for one in apart)) / df / n
    interval = outward(score_interval(mean, Uncertainty(math.sqrt(square), df, n)))
    return VisitsTogether(mean, interval, n, apart[extreme] / (n - 1), extreme)
