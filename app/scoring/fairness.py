"""Values of the comparison between severe and lenient raters: what goes in, and what is said of each; no arithmetic.

============  ===================================================================
Value         Stands for
============  ===================================================================
RaterScores   the rater scores of one KPI, with who gave them
FairScore     a score freed of the severity of its raters
NotAdjusted   the plain score alone, and why
Severity      how strict a rater is
============  ===================================================================
"""

from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from app.deferred import dataclass
from app.scoring.columns import Floats
from app.scoring.crossed import Labels
from app.scoring.errors import ScoringError
from app.scoring.obstacles import Obstacle
from app.scoring.results import Interval


@dataclass(frozen=True, slots=True, eq=False)
class RaterScores:
    """The rater scores of one KPI as columns, one row per subject, rater, rater group and round.

    subject, rater : labels
    group : name of the rater group
    score : 0..100
    rounds : label of the round
    """

    subject: Labels
    rater: Labels
    group: Labels
    score: Floats
    rounds: Labels

    @classmethod
    def of(
        cls,
        subject: npt.ArrayLike,
        rater: npt.ArrayLike,
        group: npt.ArrayLike,
        score: npt.ArrayLike,
        rounds: npt.ArrayLike | None = None,
    ) -> Self:
        """Columns from anything that can be read as such; without rounds there is one.

        Raises
        ------
        ScoringError : columns of different lengths, or a score outside 0..100

        >>> RaterScores.of([1, 1], ["a", "b"], ["customer", "customer"], [50, 101])
        Traceback (most recent call last):
        ...
        app.scoring.errors.ScoringError: rater scores must be from 0 to 100
        """
        scores = np.asarray(score, np.float64)
        when = np.zeros(scores.shape, np.int64) if rounds is None else rounds
        labels = [np.asarray(column) for column in (subject, rater, group, when)]
        if {column.shape for column in labels} != {(scores.size,)}:
            msg = "rater scores need one subject, rater, group and round in every row"
            raise ScoringError(msg)
        if not ((scores >= 0) & (scores <= 100)).all():
            msg = "rater scores must be from 0 to 100"
            raise ScoringError(msg)
        return cls(labels[0], labels[1], labels[2], scores, labels[3])

    def at(self, rows: npt.NDArray[Any]) -> "RaterScores":
        """Some of the rows, by place or by truth."""
        return RaterScores(self.subject[rows], self.rater[rows], self.group[rows], self.score[rows], self.rounds[rows])


class FairScore(NamedTuple):
    """A score freed of the severity of its raters, beside the plain one.

    plain : group means by weight, 0..100
    score : expected from raters of average severity, shrunk towards the average subject, cut to 0..100
    se : standard error in points, with the variances taken as known
    interval : 95 %, cut to 0..100
    reliability : share of the variance between subjects that is known about this one, 0.5..1
    n : rater scores behind it
    component : number; scores of different components are not to be compared
    """

    plain: float
    score: float
    se: float
    interval: Interval
    reliability: float
    n: int
    component: int


class NotAdjusted(NamedTuple):
    """The plain score alone, and why there is no other.

    reason : one of the closed set
    plain : group means by weight, 0..100
    n : rater scores behind it
    component : number
    """

    reason: Obstacle
    plain: float
    n: int
    component: int


class Severity(NamedTuple):
    """How strict a rater is, for the analyst alone.

    points : what the rater gives too little, compared with an average one; below 0 for a lenient rater
    se : standard error in points
    n : rater scores behind it
    component : number
    """

    points: float
    se: float
    n: int
    component: int
