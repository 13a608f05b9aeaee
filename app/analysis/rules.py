"""Pure decisions of analysis: who of the raters is listed, how finely, and what several rounds allow together."""

import math
from collections.abc import Iterable

from app.errors import Conflict
from app.scoring.obstacles import Assignment
from app.scoring.reliability import SOLID_FROM

LEAST_LISTED = 3
"""Subjects from which on a rater without a name is listed: fewer would show an answer nearly alone."""
LEAST_SUBJECTS = 5
"""Subjects from which on coefficients are told: the spread inside one small atom is nobody's to see (R7)."""
WISHED = SOLID_FROM
"""The reliability for which raters are counted unless another one is asked for."""
MOST_ROUNDS = 8
"""So many releases of one scope are compared at once at most."""


class NoFairScore(Conflict):
    """The fair score is to be used where there is none."""

    code = "no_fair_score"
    message = "There is no fair score of this subject, so it cannot be used."


def together(answers: Iterable[Assignment]) -> Assignment:
    """What several rounds allow: by merit in one is by merit, unknown in one is unknown.

    Parameters
    ----------
    answers : one per round, at least one

    >>> together([Assignment.UNRELATED, Assignment.UNKNOWN]).value
    'unknown'
    >>> together([Assignment.UNKNOWN, Assignment.BY_MERIT]).value
    'by_merit'
    """
    given = set(answers)
    for worst in (Assignment.BY_MERIT, Assignment.UNKNOWN):
        if worst in given:
            return worst
    return Assignment.UNRELATED


def is_listed(subjects: int, *, is_named: bool) -> bool:
    """Whether a rater's severity is told: one with a name always, another from three subjects on.

    Parameters
    ----------
    subjects : how many he has rated, 1 or more
    is_named : of a group that says who has rated

    >>> is_listed(1, is_named=True), is_listed(2, is_named=False), is_listed(3, is_named=False)
    (True, False, True)
    """
    return is_named or subjects >= LEAST_LISTED


def coarsely(severity: float, lo: float, hi: float) -> tuple[float, float, float]:
    """A severity in whole points, its ends outward: as much as is told of a rater without a name.

    Parameters
    ----------
    severity, lo, hi : points

    >>> coarsely(-6.4, -10.2, -2.6)
    (-6.0, -11.0, -2.0)
    """
    # Adding 0 makes a zero of a minus zero.
    return round(severity) + 0.0, math.floor(round(lo, 9)) + 0.0, math.ceil(round(hi, 9)) + 0.0
