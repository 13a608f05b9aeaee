"""The nouns of analysis: how strict raters are, scores freed of it, how reliable ratings are, answers and notes.

Figures are as computed, save what is told of a rater without a name: that is in whole points.
"""

from datetime import date, datetime
from enum import StrEnum

from app.deferred import dataclass
from app.kpis.values import RaterGroup
from app.organisation.values import SubjectKind
from app.releases.values import Release
from app.scoring.obstacles import Assignment, Obstacle
from app.scoring.reliability import Firmness
from app.scoring.trend import Untrended
from app.words import Words

# ------------------------------------------------------------ what analysts leave behind


class Choice(StrEnum):
    """Which score to use in talks: the fair one, or the plain one after all."""

    FAIR = "fair"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class AssignmentAnswer:
    """What somebody who knows has said about how the raters of a round came to their subjects; version 0: nobody."""

    answer: Assignment = Assignment.UNKNOWN
    answered_by: str | None = None
    answered_at: datetime | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class NoteDraft:
    """A note to be left beside a score, with its reason."""

    subject_id: str
    kpi_id: str
    choice: Choice
    reason: str


@dataclass(frozen=True, slots=True)
class ScoreNote:
    """Which score to use in talks about a subject, and why; with the figures as they were then.

    noted_by : the actor; author : what that account or key is called, where it is known
    """

    id: str
    release_id: str
    subject_id: str
    kpi_id: str
    choice: Choice
    reason: str
    plain: float
    fair: float | None
    noted_by: str
    noted_at: datetime
    author: str = ""


# ------------------------------------------------------------ strict and lenient raters


@dataclass(frozen=True, slots=True)
class AnalysedKpi:
    """A rated KPI of the round."""

    kpi_id: str
    name: Words


@dataclass(frozen=True, slots=True)
class Outline:
    """What there is to analyse in a round; `is_whole` says whether the viewer analyses its whole scope."""

    kpis: tuple[AnalysedKpi, ...]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class AnalysedRound:
    """A round whose ratings take part, with what is known about how its raters came to their subjects."""

    release_id: str
    round_id: str
    name: Words
    period_start: date
    period_end: date
    assignment: AssignmentAnswer


@dataclass(frozen=True, slots=True)
class Variances:
    """Of ratings in points squared: between subjects, between raters, and what is left."""

    subjects: float
    raters: float
    rest: float


@dataclass(frozen=True, slots=True)
class ChanceTest:
    """Whether a variance is more than chance: the restricted likelihood ratio against 0, >= 0, and its p-value, 0..1."""

    statistic: float
    p_value: float


@dataclass(frozen=True, slots=True)
class VarianceTests:
    """Of the variance between subjects, and of that between raters."""

    subjects: ChanceTest
    raters: ChanceTest


@dataclass(frozen=True, slots=True)
class GroupLevel:
    """What a rater group gives an average subject.

    level, level_se : expected from an average rater of the group, and the standard error, in points
    points, se, lo, hi : the same less that of all groups by their weights, with the 95 % interval
    """

    rater_group: RaterGroup
    level: float
    level_se: float
    points: float
    se: float
    lo: float
    hi: float


@dataclass(frozen=True, slots=True)
class Component:
    """Subjects and raters that hang together; scores of different components cannot be compared.

    sharing : raters who rated two subjects or more
    obstacle : why nothing is adjusted here; none where it is
    variances : where they could be estimated
    tests : of these against 0
    groups : the rater groups side by side; none where there is one, or where they cannot be told from rounds
    """

    number: int
    subjects: int
    raters: int
    ratings: int
    sharing: int
    obstacle: Obstacle | None
    variances: Variances | None
    tests: VarianceTests | None
    groups: tuple[GroupLevel, ...]


@dataclass(frozen=True, slots=True)
class FairFigure:
    """What a subject would get from raters of average severity, 0-100, with its 95 % interval."""

    score: float
    lo: float
    hi: float
    reliability: float
    firmness: Firmness


@dataclass(frozen=True, slots=True)
class SubjectScores:
    """A subject's plain score and its fair one side by side.

    plain : of the ratings that take part, 0-100; released : of all that was released, with its interval
    ratings : how many take part
    fair : none where there is an obstacle
    note : the latest that an analyst has left
    """

    subject_id: str
    name: str
    kind: SubjectKind
    component: int
    ratings: int
    plain: float
    released: float
    lo: float | None
    hi: float | None
    fair: FairFigure | None
    obstacle: Obstacle | None
    note: ScoreNote | None = None


@dataclass(frozen=True, slots=True)
class RaterSeverity:
    """How strict a rater is: points given too little, below 0 for a lenient one, with a 95 % interval.

    name, person_id : of a rater of a `named` group; any other has a number instead, which says nothing of who it is
    release_id : the round, as numbers are given anew in each
    subjects : how many the rater has rated
    """

    name: str | None
    person_id: str | None
    number: int | None
    release_id: str
    rater_groups: tuple[RaterGroup, ...]
    subjects: int
    severity: float
    lo: float
    hi: float
    component: int


class Absence(StrEnum):
    """Why the ratings of a rater group take no part; the set is closed.

    anonymous : its sheets are taken apart when a round is released, so that nobody can compare its raters
    withheld : nothing of its own is released: too few answered, or they are shown further up or with others only
    """

    ANONYMOUS = "anonymous"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A rater group that weighs in the KPI and takes no part, and why."""

    rater_group: RaterGroup
    reason: Absence


@dataclass(frozen=True, slots=True)
class Severity:
    """A KPI of a release as the analyst sees it: components, subjects and raters by name.

    assignment : what the answers of all rounds together allow
    is_whole : whether the viewer analyses the whole scope; then he may say how raters were assigned, and read how
        reliable they are
    rounds : those whose ratings take part, this one first
    unlisted : raters without a name who rated too few subjects to be listed
    without_score : subjects whose ratings take part and whose score is withheld
    """

    release: Release
    kpi: AnalysedKpi
    kpis: tuple[AnalysedKpi, ...]
    assignment: Assignment
    is_whole: bool
    rounds: tuple[AnalysedRound, ...]
    left_out: tuple[LeftOut, ...]
    components: tuple[Component, ...]
    subjects: tuple[SubjectScores, ...]
    raters: tuple[RaterSeverity, ...]
    unlisted: int
    without_score: int


# ------------------------------------------------------------ change


@dataclass(frozen=True, slots=True)
class ComparedRound:
    """An earlier release that subjects are compared with.

    pairs : scores of the same people about the same subjects, in the same rater group, in both rounds; 0 where the KPI
        asked something else then
    correlation : of these within subject and rater group; none where it is that of readers, since there are too few
    """

    release_id: str
    round_id: str
    name: Words
    period_start: date
    period_end: date
    pairs: int
    correlation: float | None


@dataclass(frozen=True, slots=True)
class SubjectChange:
    """The change of a subject's score, or why there is none.

    release_id : what it is compared with
    points, lo, hi : with the 95 % interval, outward in whole points where an atom is small; se, df, index none there
    is_real : beyond chance, also as one of all subjects of the round, and five points or more
    """

    subject_id: str
    name: str
    kind: SubjectKind
    release_id: str
    reason: Untrended | None = None
    before: float | None = None
    after: float | None = None
    points: float | None = None
    lo: float | None = None
    hi: float | None = None
    se: float | None = None
    df: float | None = None
    index: float | None = None
    is_real: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """How the scores of a KPI have changed, with how alike the same raters answer.

    rounds : those that the subjects are compared with, by release
    """

    release: Release
    kpi: AnalysedKpi
    kpis: tuple[AnalysedKpi, ...]
    rounds: tuple[ComparedRound, ...]
    subjects: tuple[SubjectChange, ...]
