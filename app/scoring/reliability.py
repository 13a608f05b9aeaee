"""How much of what a shown score says is the subject and not chance, in a figure and in a word.

=================  ============================================================
Name               Meaning
=================  ============================================================
Gap                why a coefficient is not defined
NotDefined         a coefficient that is not defined
Firmness           the word: preliminary, moderate, solid
reliability        of one score
firmness           its word
between_variance   true variance between subjects, from scores and their errors
=================  ============================================================
"""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np

from app.deferred import dataclass
from app.scoring.errors import ScoringError
from app.scoring.weights import reaches

MODERATE_FROM, SOLID_FROM = 0.5, 0.7


class Gap(StrEnum):
    """Why a coefficient is not defined; the set is closed.

    too_few : too few subjects, raters or items
    no_spread : nobody differs, so that there is nothing to compare
    """

    TOO_FEW = "too_few"
    NO_SPREAD = "no_spread"


@dataclass(frozen=True, slots=True)
class NotDefined:
    """A coefficient that is not defined, and why."""

    reason: Gap


class Firmness(StrEnum):
    """How firmly a score stands, in a word.

    preliminary : reliability below .5; most of the difference from others may be chance
    moderate : .5 to .7
    solid : .7 or more
    """

    PRELIMINARY = "preliminary"
    MODERATE = "moderate"
    SOLID = "solid"


def reliability(between: float, se: float) -> float:
    """Share of the variance of a shown score that lies between subjects.

    Parameters
    ----------
    between : true variance between subjects, >= 0, points squared
    se : standard error of the score, >= 0, points

    Returns
    -------
    0..1; 0 where subjects do not differ.

    Formula: R = vs/(vs + SE^2).
    Source: Cronbach et al. 1972, as the ratio of universe-score variance to expected observed variance.

    >>> reliability(100.0, 10.0), reliability(0.0, 0.0)
    (0.5, 0.0)
    """
    if between < 0 or se < 0:
        msg = f"a variance and a standard error must be 0 or more, got {between} and {se}"
        raise ScoringError(msg)
    return between / (between + se * se) if between else 0.0


def firmness(value: float) -> Firmness:
    """Word for a reliability.

    Parameters
    ----------
    value : reliability, 0..1

    Formula: from .7 solid, from .5 moderate, else preliminary.
    Source: .7 after Nunnally 1978; below .5 chance outweighs the subject.

    >>> [firmness(value).value for value in (0.49, 0.5, 0.7)]
    ['preliminary', 'moderate', 'solid']
    """
    if reaches(value, SOLID_FROM):
        return Firmness.SOLID
    return Firmness.MODERATE if reaches(value, MODERATE_FROM) else Firmness.PRELIMINARY


def between_variance(scores: Sequence[float], errors: Sequence[float]) -> float | NotDefined:
    """True variance between subjects, from their scores and standard errors.

    Parameters
    ----------
    scores : 0..100, one per subject
    errors : standard errors in points, one per subject

    Returns
    -------
    Points squared, >= 0; not defined for fewer than two subjects.

    Formula: max(0, Var(S) - mean SE^2), Var with divisor n - 1.
    Source: method of moments, as Morris 1983 for groups of equal precision.

    >>> between_variance([50, 60, 70], [6, 6, 6])
    64.0
    """
    if len(scores) < 2:
        return NotDefined(Gap.TOO_FEW)
    return max(0.0, float(np.var(scores, ddof=1) - np.mean(np.square(errors))))
