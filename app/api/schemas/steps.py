"""What to work on next, and how a subject does by competence, as they are answered."""

from typing import Any

from pydantic import AliasPath, Field

from app.api.schemas.base import ID, OTHER_ID, WORDS, Id, Out, Texts, example
from app.api.schemas.competences import (
    COMPETENCE,
    EXERCISE,
    RESOURCE,
    ExerciseOut,
    LearningResourceOut,
    NamedCompetenceOut,
)
from app.api.schemas.releases import SCALE, ScaleOfScores
from app.organisation.values import SubjectKind
from app.releases.values import ScoreStatus, Withheld
from app.scoring.goalposts import DEFAULT_TARGET_SCORE
from app.summaries.gaps import GapReport

_FIGURE = {"status": "ok", "reason": None, "score": 55.5, "lo": 40, "hi": 70, "coverage": 0.85}
_ITEM = {"item_id": ID, "item_code": "a", "item": WORDS, "kpi_id": OTHER_ID, "kpi": WORDS}
STEP: dict[str, Any] = {
    **_ITEM,
    "figure": _FIGURE,
    "target": 75,
    "competence": COMPETENCE,
    "resource": RESOURCE,
    "exercise": EXERCISE,
}


class CombinedFigureOut(Out):
    """Published figures as one, or why too little of them is published."""

    model_config = example(**_FIGURE)

    status: ScoreStatus
    reason: Withheld | None
    score: float | None
    lo: float | None
    hi: float | None
    coverage: float | None = Field(description="Published share of the weight, 0-1")


class NextStepOut(Out):
    """The one item to work on next, over the rater groups that may be shown, and what helps."""

    model_config = example(**STEP)

    kpi_id: Id
    kpi: Texts
    item_id: Id = Field(validation_alias=AliasPath("item", "item_id"))
    item_code: str = Field(validation_alias=AliasPath("item", "code"), description="The same in every version")
    item: Texts = Field(validation_alias=AliasPath("item", "name"))
    figure: CombinedFigureOut = Field(validation_alias=AliasPath("item", "figure"))
    target: float
    competence: NamedCompetenceOut | None = Field(validation_alias=AliasPath("item", "practice", "competence"))
    resource: LearningResourceOut | None = Field(validation_alias=AliasPath("item", "practice", "resource"))
    exercise: ExerciseOut | None = Field(validation_alias=AliasPath("item", "practice", "exercise"))


class AskedItemOut(Out):
    """An item that asks for a competence."""

    model_config = example(**_ITEM, figure=_FIGURE)

    kpi_id: Id
    kpi: Texts
    item_id: Id = Field(validation_alias=AliasPath("item", "item_id"))
    item_code: str = Field(validation_alias=AliasPath("item", "code"))
    item: Texts = Field(validation_alias=AliasPath("item", "name"))
    figure: CombinedFigureOut = Field(validation_alias=AliasPath("item", "figure"))


class CompetenceScoreOut(Out):
    """How a subject does on what asks for a competence: the mean of the published items."""

    model_config = example(competence=COMPETENCE, figure=_FIGURE, items=[{**_ITEM, "figure": _FIGURE}])

    competence: NamedCompetenceOut
    figure: CombinedFigureOut
    items: list[AskedItemOut]


class CompetenceScoresOut(Out):
    """The competences that items ask for, the lowest score first, those without one last."""

    model_config = example(scale=SCALE, items=[])

    scale: ScaleOfScores = ScaleOfScores()
    items: list[CompetenceScoreOut]


_PLACE = {"subject_id": ID, "kind": "team", "name": "Team Nord"}


class LackOut(Out):
    """What a subject lacks of a competence."""

    model_config = example(**_PLACE, figure=_FIGURE, gap=19.5)

    subject_id: Id = Field(validation_alias=AliasPath("place", "id"))
    kind: SubjectKind = Field(validation_alias=AliasPath("place", "kind"))
    name: str = Field(validation_alias=AliasPath("place", "name"))
    figure: CombinedFigureOut
    gap: float | None = Field(description="Points missing up to the target, below 0 beyond it; none without a figure")


_LACK = {**_PLACE, "figure": _FIGURE, "gap": 19.5}


class CompetenceGapsOut(Out):
    """A competence at a unit: the unit as a whole, and everybody and every unit below it, the largest gap first."""

    model_config = example(competence=COMPETENCE, whole=_LACK, told=5, lacking=3, below=[_LACK])

    competence: NamedCompetenceOut
    whole: LackOut | None
    told: int = Field(description="How many below the unit have a published figure")
    lacking: int = Field(description="How many of these are below the target")
    below: list[LackOut]


class GapReportOut(Out):
    """What is lacking at a unit and below it, the competence with the largest gap of the unit first."""

    model_config = example(scale=SCALE, target=75, is_cut=False, items=[])

    scale: ScaleOfScores = ScaleOfScores()
    target: float = DEFAULT_TARGET_SCORE
    is_cut: bool = Field(
        description="More hang below the unit than are read at once: people, or some units, are left out"
    )
    items: list[CompetenceGapsOut]

    @classmethod
    def told_of(cls, found: GapReport) -> "GapReportOut":
        return cls(is_cut=found.is_cut, items=[CompetenceGapsOut.of(one) for one in found.gaps])
