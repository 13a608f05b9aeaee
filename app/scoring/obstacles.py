"""When scores are not adjusted for severe and lenient raters, and why; nothing is fitted here.

=================  ==================================================================
Name               Meaning
=================  ==================================================================
Obstacle           why there is no adjusted score; the set is closed
Assignment         how raters came to their subjects
Sizes              what a design, or a component of it, is made of
sizes_of           count them
design_obstacle    what a design says before anything is fitted
fit_obstacle       what the fitted variances say
=================  ==================================================================
"""

from enum import StrEnum
from typing import NamedTuple

import numpy as np

from app.scoring.columns import Integers
from app.scoring.crossed import RATER, Crossed
from app.scoring.reml import CrossedFit, zero_test
from app.scoring.weights import reaches

LEAST_RATERS, LEAST_SUBJECTS, LEAST_SCORES = 10, 5, 50
LEAST_SHARING = 0.5
LEAST_RELIABILITY = 0.5
SIGNIFICANCE = 0.05


class Obstacle(StrEnum):
    """Why a score is not adjusted; the set is closed, pages have one sentence for each.

    nested : every rater rated one subject: severity and chance are one, only shrinkage would remain
    disconnected : the subject hangs together with too few others; what lies beyond cannot be compared with it
    too_small : fewer than 10 raters, 5 subjects or 50 rater scores
    few_shared : fewer than half of the raters rated two subjects or more
    assignment_unknown : nobody has said yet whether raters were chosen by how good the subject is
    assigned_by_merit : they were; the model would take true differences away
    no_difference : subjects do not differ by more than chance
    no_severity : raters do not differ in severity by more than chance
    unsettled : the search for the variances did not come to rest
    unreliable : less than half of what the adjusted score says would be the subject
    """

    NESTED = "nested"
    DISCONNECTED = "disconnected"
    TOO_SMALL = "too_small"
    FEW_SHARED = "few_shared"
    ASSIGNMENT_UNKNOWN = "assignment_unknown"
    ASSIGNED_BY_MERIT = "assigned_by_merit"
    NO_DIFFERENCE = "no_difference"
    NO_SEVERITY = "no_severity"
    UNSETTLED = "unsettled"
    UNRELIABLE = "unreliable"


class Assignment(StrEnum):
    """How raters came to their subjects; the ratings cannot tell, so somebody is asked.

    unrelated : by place, shift, chance or structure, not by how good the subject is
    by_merit : the best raters, or the strictest, have the best subjects
    unknown : not asked yet
    """

    UNRELATED = "unrelated"
    BY_MERIT = "by_merit"
    UNKNOWN = "unknown"


class Sizes(NamedTuple):
    """What a design, or a component of it, is made of.

    subjects, raters, scores : how many
    sharing : raters with two subjects or more
    """

    subjects: int
    raters: int
    scores: int
    sharing: int


def sizes_of(rows: Crossed, subject: Integers, rater: Integers, count: int) -> list[Sizes]:
    """Sizes of every component.

    Parameters
    ----------
    rows : the whole design
    subject, rater : number of the component of each level, 0..count - 1
    count : components

    >>> rows = Crossed.of([1, 1, 2], ["a", "b", "b"], [80, 70, 60])
    >>> sizes_of(rows, np.zeros(2, int), np.zeros(2, int), 1)
    [Sizes(subjects=2, raters=2, scores=3, sharing=1)]
    """
    subjects_of = np.bincount(rows.cross.indices, minlength=len(rater))
    columns = (
        np.bincount(subject, minlength=count),
        np.bincount(rater, minlength=count),
        np.bincount(rater, rows.counts[RATER], count).astype(np.int64),
        np.bincount(rater[subjects_of > 1], minlength=count),
    )
    return [Sizes(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def design_obstacle(part: Sizes, whole: Sizes, assignment: Assignment) -> Obstacle | None:
    """What stands against adjusting in one component of a design, before anything is fitted.

    Parameters
    ----------
    part : the component
    whole : the design it belongs to; the same if everything hangs together
    assignment : how raters came to their subjects

    Formula: at least 10 raters, 5 subjects, 50 rater scores and half of the raters with two subjects in the component.
    A component that fails while the whole would be large enough is cut off from it. Only where a design would do is
    it worth asking how raters were assigned.
    Source: docs/scoring.md, section "When not to adjust".

    >>> whole = Sizes(subjects=20, raters=30, scores=200, sharing=25)
    >>> print(design_obstacle(whole, whole, Assignment.UNRELATED))
    None
    >>> print(design_obstacle(Sizes(4, 6, 40, 6), whole, Assignment.UNRELATED))
    disconnected
    """
    own = _lack(part)
    if own is None:
        return _ASKED.get(assignment)
    if whole.sharing == 0:
        return Obstacle.NESTED
    return own if part == whole or _lack(whole) is Obstacle.TOO_SMALL else Obstacle.DISCONNECTED


def fit_obstacle(found: CrossedFit) -> Obstacle | None:
    """What the fitted variances say against adjusting.

    Parameters
    ----------
    found : the fit of a component

    Formula: subjects must differ (vs > 0), and raters by more than chance (vr > 0 at 5 % by `reml.zero_test`).
    """
    if not found.is_settled:
        return Obstacle.UNSETTLED
    if found.variances.subject == 0:
        return Obstacle.NO_DIFFERENCE
    return Obstacle.NO_SEVERITY if zero_test(found, RATER).p_value >= SIGNIFICANCE else None


_ASKED = {
    Assignment.UNKNOWN: Obstacle.ASSIGNMENT_UNKNOWN,
    Assignment.BY_MERIT: Obstacle.ASSIGNED_BY_MERIT,
}


def _lack(sizes: Sizes) -> Obstacle | None:
    if sizes.raters < LEAST_RATERS or sizes.subjects < LEAST_SUBJECTS or sizes.scores < LEAST_SCORES:
        return Obstacle.TOO_SMALL
    return None if reaches(sizes.sharing / sizes.raters, LEAST_SHARING) else Obstacle.FEW_SHARED
