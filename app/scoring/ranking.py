"""Who can be told apart from whom, and which places each may hold; never an order that chance alone could explain.

=============  ================================================================
Name           Meaning
=============  ================================================================
Entry          one subject with its score and error
Standing       its likely places, its proven places and its band
Ranking        all of them
NotRanked      why there is none
ranking        bands and places, from five subjects on
are_apart      whether two scores can be told apart among so many
=============  ================================================================
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from app.deferred import dataclass
from app.scoring.columns import Integers
from app.scoring.ranks import JOINT_LEVEL, Places, Posterior, joint_interval, joint_ranks, posterior_ranks, shrunken
from app.scoring.results import Composite, GroupScore, Interval, KpiScore

LEAST_SUBJECTS = 5


class Entry(NamedTuple):
    """One subject.

    subject : id, each once
    score : 0..100
    se : standard error in points, >= 0
    """

    subject: str
    score: float
    se: float

    @classmethod
    def of(cls, subject: str, score: Composite | KpiScore | GroupScore) -> "Entry":
        """From any score that knows its error.

        >>> from app.scoring.results import Uncertainty
        >>> Entry.of("Ada", Composite(70, 1, Uncertainty(5, 9, 4), Interval(60, 79), (), None, None))
        Entry(subject='Ada', score=70, se=5)
        """
        points = score.mean if isinstance(score, GroupScore) else score.score
        return cls(subject, points, score.uncertainty.se)


class Standing(NamedTuple):
    """Where one subject may stand among the others.

    subject : id
    score : 0..100
    likely : the places it holds in nine draws out of ten
    proven : the places that hold for all subjects together; "cannot be told apart" is said by these
    band : 1 for the highest; everybody in a higher band is told apart from everybody in a lower one, while the order
        within a band is not known as a whole
    """

    subject: str
    score: float
    likely: Places
    proven: Places
    band: int


class Unranked(StrEnum):
    """Why there is no ranking; the set is closed.

    too_few_subjects : fewer than five
    """

    TOO_FEW_SUBJECTS = "too_few_subjects"


@dataclass(frozen=True, slots=True)
class NotRanked:
    """A ranking that cannot be given."""

    reason: Unranked


@dataclass(frozen=True, slots=True)
class Ranking:
    """Standings of all subjects, in the order in which they were given.

    standings : one per subject
    intervals : by subject, those that hold all true scores together
    """

    standings: tuple[Standing, ...]
    intervals: Mapping[str, Interval]

    def are_apart(self, one: str, other: str) -> bool:
        """Whether two of the subjects can be told apart."""
        return _apart(self.intervals[one], self.intervals[other])

    def bands(self) -> list[list[str]]:
        """Subjects band by band, the highest first; by id within a band, which says nothing."""
        last = max(standing.band for standing in self.standings)
        return [sorted(one.subject for one in self.standings if one.band == band) for band in range(1, last + 1)]


def ranking(
    entries: Sequence[Entry], *, seed: str, believed: Posterior | None = None, level: float = JOINT_LEVEL
) -> Ranking | NotRanked:
    """Bands and places of subjects that are measured alike.

    Parameters
    ----------
    entries : those that have a score, in any order
    seed : the id of the release
    believed : for analysts, true scores by the mixed model, in the order of the entries; else by `shrunken`
    level : confidence of the proven places, 0..1

    Returns
    -------
    The ranking, or why there is none.

    Raises
    ------
    ScoringError : a subject comes twice, or a standard error is no number of 0 or more

    Formula: proven places by `joint_ranks`, likely ones by `posterior_ranks`; a band ends where the lower ends of all
    above lie over the upper ends of all below.
    Source: docs/scoring.md, section "Ranks".

    >>> team = [
    ...     Entry("Ada", 82, 3),
    ...     Entry("Ben", 79, 4),
    ...     Entry("Cleo", 60, 3),
    ...     Entry("Dag", 58, 4),
    ...     Entry("Eva", 56, 2),
    ... ]
    >>> found = ranking(team, seed="release 1")
    >>> found.bands(), found.are_apart("Ada", "Ben"), found.are_apart("Ben", "Cleo")
    ([['Ada', 'Ben'], ['Cleo', 'Dag', 'Eva']], False, True)
    >>> found.standings[2].proven
    Places(first=3, last=5)
    >>> ranking(team[:4], seed="release 1").reason
    <Unranked.TOO_FEW_SUBJECTS: 'too_few_subjects'>
    """
    if len(entries) < LEAST_SUBJECTS:
        return NotRanked(Unranked.TOO_FEW_SUBJECTS)
    # By id: sums of floats in another order could differ in their last bits, and places with them.
    order = sorted(range(len(entries)), key=lambda place: entries[place].subject)
    names, scores, errors = (list(column) for column in zip(*(entries[place] for place in order), strict=True))
    if believed is None:
        believed = shrunken(scores, errors)
    else:
        believed = Posterior(believed.mean[order], believed.variance[order])
    ends = joint_interval(scores, errors, level=level)
    likely = posterior_ranks(names, believed, seed=seed)
    columns = (names, scores, likely, joint_ranks(scores, errors, level=level), _bands(ends).tolist())
    standings = {one[0]: Standing(*one) for one in zip(*columns, strict=True)}
    return Ranking(tuple(standings[entry.subject] for entry in entries), dict(zip(names, ends, strict=True)))


def are_apart(one: Entry, other: Entry, *, among: int = 2, level: float = JOINT_LEVEL) -> bool:
    """Whether two scores can be told apart, where so few are compared that there is no ranking.

    Parameters
    ----------
    one, other : subjects that are measured alike
    among : how many subjects are looked at together, 2 or more
    level : confidence that no two of them are told apart by chance, 0..1

    Formula: their joint intervals among so many do not meet.
    Source: as `joint_ranks`.

    >>> (
    ...     are_apart(Entry("we", 74, 3), Entry("they", 63, 2)),
    ...     are_apart(Entry("we", 74, 3), Entry("they", 63, 2), among=4),
    ... )
    (True, False)
    """
    rest = [0.0] * (max(among, 2) - 2)
    ends = joint_interval([one.score, other.score, *rest], [one.se, other.se, *rest], level=level)
    return _apart(ends[0], ends[1])


def _apart(one: Interval, other: Interval) -> bool:
    return one.lo > other.hi or other.lo > one.hi


def _bands(ends: Sequence[Interval]) -> Integers:
    """Number of the band of each interval: sets of intervals that hang together, the highest first."""
    lows, highs = (np.array(column, np.float64) for column in ([e.lo for e in ends], [e.hi for e in ends]))
    order = np.argsort(-highs, kind="stable")
    lowest = np.minimum.accumulate(lows[order])
    starts = np.concatenate([[1], highs[order][1:] < lowest[:-1]])
    bands = np.empty(len(ends), np.int64)
    bands[order] = np.cumsum(starts)
    return bands
