"""Published figures put together once more, from nothing but what is published: an item over groups, items over a theme.

===========  ==================================================================
Name         Meaning
===========  ==================================================================
Published    a published figure with its interval and what it weighs
Across       several of them as one figure
across       their weighted mean with an interval that is wide enough
===========  ==================================================================
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from app.scoring.errors import ScoringError
from app.scoring.results import NotScored, Reason
from app.scoring.weights import reaches

LEAST_SHARE = 0.5
"""The share of the whole weight that must be published, as for a KPI over its rater groups."""


class Published(NamedTuple):
    """A published figure.

    score, lo, hi : 0..100, lo <= score <= hi; none of both ends for one that nothing is known about the error of
    weight : > 0, any unit
    """

    score: float
    lo: float | None
    hi: float | None
    weight: float


class Across(NamedTuple):
    """Published figures as one.

    score : 0..100
    lo, hi : its interval, at least 95 %; none where a figure has none
    coverage : published weight divided by the whole, 0.5..1
    """

    score: float
    lo: float | None
    hi: float | None
    coverage: float


def across(parts: Sequence[Published], whole: float) -> Across | NotScored:
    """The weighted mean of published figures.

    Nothing that was withheld enters, so whoever reads the parts could reckon this, and learns nothing new from it.

    Parameters
    ----------
    parts : the figures that are published
    whole : the weight of all figures, published or not, > 0, in the unit of the parts

    Returns
    -------
    A score between the lowest and the highest part; `insufficient` where less than half of the weight is published.

    Raises
    ------
    ScoringError : `whole` is not above 0

    Formula: x = sum(w_i x_i) / W, lo = sum(w_i lo_i) / W, hi = sum(w_i hi_i) / W, W the published weight. The half-width
    is the weighted mean of the half-widths, h = sum(w_i h_i) / W, which is never below the half-width of the mean,
    whatever the correlation of the parts, since the standard deviation of a sum is at most the sum of the standard
    deviations (Minkowski).
    Source: docs/scoring.md, section "Items over groups, and competences".

    >>> across([Published(60, 50, 70, 40), Published(40, 20, 60, 20)], 100)
    Across(score=53.333333333333336, lo=40.0, hi=66.66666666666667, coverage=0.6)
    >>> across([Published(60, 50, 70, 40)], 100)
    NotScored(reason=<Reason.INSUFFICIENT: 'insufficient'>, coverage=0.4)
    """
    if not whole > 0:
        msg = f"the whole weight must be above 0, got {whole}"
        raise ScoringError(msg)
    published = math.fsum(part.weight for part in parts)
    coverage = min(1.0, published / whole)
    if not reaches(coverage, LEAST_SHARE):
        return NotScored(Reason.INSUFFICIENT, coverage)
    score = math.fsum(part.weight * part.score for part in parts) / published
    lows = [part.weight * part.lo for part in parts if part.lo is not None]
    highs = [part.weight * part.hi for part in parts if part.hi is not None]
    if min(len(lows), len(highs)) < len(parts):
        return Across(score, None, None, coverage)
    return Across(score, min(score, math.fsum(lows) / published), max(score, math.fsum(highs) / published), coverage)
