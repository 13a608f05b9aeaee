"""How many raters a wished reliability takes, and what a number of raters gives.

===============  ===============================================================
Name             Meaning
===============  ===============================================================
one_rater        reliability of a single rating, from the variances of a model
spearman_brown   reliability of the mean of several raters
raters_needed    raters for a wished reliability
===============  ===============================================================
"""

import math

from app.scoring.errors import ScoringError
from app.scoring.moments import Variances
from app.scoring.reliability import Gap, NotDefined
from app.scoring.weights import TOLERANCE


def one_rater(variances: Variances) -> float | NotDefined:
    """Reliability of one rating where every subject has raters of its own, as in a 360.

    Parameters
    ----------
    variances : of a crossed model; without all three at 0

    Returns
    -------
    0..1. What one rater gives too much or too little is error here, since others have other raters.

    Formula: vs/(vs + vr + ve).
    Source: Brennan 2001, nested design; the same as ICC(1) in expectation.

    >>> round(one_rater(Variances(0.2737, 0.1062, 1.3872)), 4)
    0.1549
    """
    total = math.fsum(variances)
    return variances.subject / total if total > 0 else NotDefined(Gap.NO_SPREAD)


def spearman_brown(one: float, k: float) -> float:
    """Reliability of the mean of several raters.

    Parameters
    ----------
    one : reliability of one rater, 0..1
    k : raters, > 0

    Formula: k r/(1 + (k - 1) r).
    Source: Spearman 1910; Brown 1910.

    >>> round(spearman_brown(0.37, 4), 6)
    0.701422
    """
    if not (0 <= one <= 1 and k > 0):
        msg = f"needs a reliability from 0 to 1 and more than 0 raters, got {one} and {k}"
        raise ScoringError(msg)
    return k * one / (1 + (k - 1) * one)


def raters_needed(wished: float, one: float) -> int | NotDefined:
    """Raters that a wished reliability takes.

    Parameters
    ----------
    wished : reliability of the mean, 0..1, below 1
    one : reliability of one rater, at most 1; an estimate may be negative

    Returns
    -------
    At least 1; not defined if one rater says nothing, for then no number of them does.

    Formula: k = R/(1 - R) (1 - r)/r, rounded up.
    Source: Spearman-Brown solved for k.

    >>> raters_needed(0.7, 0.3), raters_needed(0.7, 0.37), raters_needed(0.7, 0.1549)
    (6, 4, 13)
    """
    if not (0 <= wished < 1 and one <= 1):
        msg = f"reliabilities must be at most 1, the wished one 0 or more and below 1, got {one} and {wished}"
        raise ScoringError(msg)
    if one <= 0:
        return NotDefined(Gap.NO_SPREAD)
    exact = wished / (1 - wished) * (1 - one) / one
    return max(1, math.ceil(exact * (1 - TOLERANCE)))
