"""What analysts read of scores and raters and leave behind, as it is answered and sent."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field

from app.analysis.values import Absence, Choice
from app.api.schemas.base import DAY, ID, INSTANT, OTHER_ID, WORDS, Id, In, Out, Texts, example, one_of
from app.api.schemas.releases import SCALE, ScaleOfScores
from app.kpis.values import RaterGroup
from app.organisation.values import SubjectKind
from app.scoring.obstacles import Assignment, Obstacle
from app.scoring.reliability import Firmness

_ANSWER = {"answer": "unrelated", "answered_by": f"account:{ID}", "answered_at": INSTANT, "version": 1}
_NOTE: dict[str, Any] = {
    "id": ID,
    "release_id": OTHER_ID,
    "subject_id": ID,
    "kpi_id": OTHER_ID,
    "choice": "fair",
    "reason": "Two of five customers rated nobody else as low.",
    "plain": 55.3,
    "fair": 61.2,
    "noted_by": f"account:{ID}",
    "author": "Ida Øst",
    "noted_at": INSTANT,
}
_SUBJECT: dict[str, Any] = {
    "subject_id": ID,
    "name": "Sofie Berg",
    "kind": "person",
    "component": 0,
    "ratings": 12,
    "plain": 55.3,
    "released": 55.3,
    "lo": 43.0,
    "hi": 66.0,
    "fair": {"score": 61.2, "lo": 53.1, "hi": 69.2, "reliability": 0.74, "firmness": "solid"},
    "obstacle": None,
    "note": None,
}
_RATER: dict[str, Any] = {
    "name": None,
    "person_id": None,
    "number": 7,
    "release_id": OTHER_ID,
    "rater_groups": ["customer"],
    "subjects": 6,
    "severity": 8.0,
    "lo": 2.0,
    "hi": 14.0,
    "component": 0,
}
_COMPONENT: dict[str, Any] = {
    "number": 0,
    "subjects": 10,
    "raters": 25,
    "ratings": 139,
    "sharing": 22,
    "obstacle": None,
    "variances": {"subjects": 36.4, "raters": 223.5, "rest": 60.9},
    "tests": {
        "subjects": {"statistic": 21.7, "p_value": 0.0000016},
        "raters": {"statistic": 63.1, "p_value": 9.9e-16},
    },
    "groups": [
        {
            "rater_group": "customer",
            "level": 57.2,
            "level_se": 3.9,
            "points": -2.1,
            "se": 0.9,
            "lo": -3.9,
            "hi": -0.3,
        }
    ],
}
_ROUND = {
    "release_id": OTHER_ID,
    "round_id": ID,
    "name": WORDS,
    "period_start": DAY,
    "period_end": DAY,
    "assignment": _ANSWER,
}
KPI = {"kpi_id": OTHER_ID, "name": WORDS}
LEFT_OUT = {"rater_group": "colleague", "reason": "anonymous"}

# ------------------------------------------------------------ answers and notes


class AssignmentAnswerIn(In):
    """How the raters of the round came to their subjects: unrelated to how good these are, by merit, or unknown."""

    model_config = example(answer="unrelated")

    answer: Annotated[str, one_of(Assignment)]


class AssignmentAnswerOut(Out):
    """What was said last; version 0 as long as nobody has said anything."""

    model_config = example(**_ANSWER)

    answer: Assignment
    answered_by: str | None
    answered_at: datetime | None
    version: int


class ScoreNoteIn(In):
    """Which score to use in talks about a subject, and why."""

    model_config = example(subject_id=ID, kpi_id=OTHER_ID, choice="fair", reason=_NOTE["reason"])

    subject_id: Id
    kpi_id: Id
    choice: Annotated[str, one_of(Choice)]
    reason: str


class ScoreNoteOut(Out):
    """A note with both figures as they were when it was written; it changes no figure."""

    model_config = example(**_NOTE)

    id: Id
    release_id: Id
    subject_id: Id
    kpi_id: Id
    choice: Choice
    reason: str
    plain: float
    fair: float | None
    noted_by: str
    author: str
    noted_at: datetime


# ------------------------------------------------------------ severity


class AnalysedKpiOut(Out):
    """A rated KPI of the round."""

    model_config = example(**KPI)

    kpi_id: Id
    name: Texts


class AnalysedRoundOut(Out):
    """A round whose ratings take part."""

    model_config = example(**_ROUND)

    release_id: Id
    round_id: Id
    name: Texts
    period_start: date
    period_end: date
    assignment: AssignmentAnswerOut


class VariancesOut(Out):
    """Of ratings, in points squared."""

    model_config = example(**_COMPONENT["variances"])

    subjects: float
    raters: float
    rest: float


class ChanceTestOut(Out):
    """Whether a variance is more than chance: the restricted likelihood ratio against 0."""

    model_config = example(**_COMPONENT["tests"]["raters"])

    statistic: float
    p_value: float = Field(description="Half a chi-square with one degree of freedom, half a certain 0")


class VarianceTestsOut(Out):
    """Of the variance between subjects, and of that between raters."""

    model_config = example(**_COMPONENT["tests"])

    subjects: ChanceTestOut
    raters: ChanceTestOut


class GroupLevelOut(Out):
    """What a rater group gives an average subject."""

    model_config = example(**_COMPONENT["groups"][0])

    rater_group: RaterGroup
    level: float = Field(description="Expected from an average rater of the group")
    level_se: float
    points: float = Field(description="The level less that of all groups by their weights")
    se: float = Field(description="Standard error of `points`")
    lo: float
    hi: float


class ComponentOut(Out):
    """Subjects and raters that hang together; scores of different components cannot be compared."""

    model_config = example(**_COMPONENT)

    number: int
    subjects: int
    raters: int
    ratings: int
    sharing: int = Field(description="Raters who rated two subjects or more")
    obstacle: Obstacle | None = Field(description="Why nothing is adjusted here")
    variances: VariancesOut | None
    tests: VarianceTestsOut | None = Field(description="Of the variances against 0")
    groups: list[GroupLevelOut] = Field(
        description="None where there is one, or where groups cannot be told from rounds"
    )


class FairFigureOut(Out):
    """What a subject would get from raters of average severity."""

    model_config = example(**_SUBJECT["fair"])

    score: float
    lo: float
    hi: float
    reliability: float
    firmness: Firmness


class BothScoresOut(Out):
    """The plain score of the ratings that take part and the fair one; `released` is what all others read."""

    model_config = example(**_SUBJECT)

    subject_id: Id
    name: str
    kind: SubjectKind
    component: int
    ratings: int
    plain: float
    released: float
    lo: float | None = Field(description="Interval of `released`")
    hi: float | None
    fair: FairFigureOut | None
    obstacle: Obstacle | None
    note: ScoreNoteOut | None = Field(description="The latest note")


class RaterSeverityOut(Out):
    """How strict a rater is. Raters of `named` groups have a name, others a number and figures in whole points."""

    model_config = example(**_RATER)

    name: str | None
    person_id: Id | None
    number: int | None = Field(description="Within the round; says nothing of who it is")
    release_id: Id
    rater_groups: list[RaterGroup]
    subjects: int
    severity: float = Field(description="Points given too little, below 0 for a lenient rater")
    lo: float
    hi: float
    component: int


class LeftOutOut(Out):
    """A rater group that weighs in the KPI and takes no part, and why."""

    model_config = example(**LEFT_OUT)

    rater_group: RaterGroup
    reason: Absence


class SeverityOut(Out):
    """A KPI of a release as the analyst sees it."""

    model_config = example(
        scale=SCALE,
        kpi=KPI,
        kpis=[KPI],
        assignment="unrelated",
        is_whole=True,
        rounds=[_ROUND],
        left_out=[LEFT_OUT],
        components=[_COMPONENT],
        subjects=[_SUBJECT],
        raters=[_RATER],
        unlisted=3,
        without_score=0,
    )

    scale: ScaleOfScores = ScaleOfScores()
    kpi: AnalysedKpiOut
    kpis: list[AnalysedKpiOut]
    assignment: Assignment = Field(description="What the answers of all rounds together allow")
    is_whole: bool = Field(
        description="Whether you analyse the whole scope: then you may say how raters were assigned, and read `reliability`"
    )
    rounds: list[AnalysedRoundOut]
    left_out: list[LeftOutOut] = Field(description="Groups that weigh in the KPI and take no part")
    components: list[ComponentOut]
    subjects: list[BothScoresOut]
    raters: list[RaterSeverityOut]
    unlisted: int = Field(description="Raters without a name who rated too few subjects to be listed")
    without_score: int = Field(description="Subjects whose ratings take part and whose score is withheld")
