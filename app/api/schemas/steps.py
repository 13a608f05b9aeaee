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
from app.releases.values import ScoreStatus, Withheld

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
