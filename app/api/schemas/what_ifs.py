"""What-ifs as they are sent, who moves as it is answered, and what adopting one has written."""

from typing import Annotated, Any, Self

from pydantic import Field

from app.api.schemas.base import DAY, ID, OTHER_ID, GivenDay, Id, In, Out, example, one_of
from app.api.schemas.releases import SCALE, ScaleOfScores
from app.kpis.values import Level, RaterGroup
from app.organisation.values import SubjectKind
from app.releases.moves import Move, MovePart, Way
from app.releases.trial import Trial
from app.releases.values import Score, ScoreStatus, Withheld

_WEIGHTS = {"kpi_id": OTHER_ID, "weights": {"customer": 60, "manager": 20}}
_CARD = {"subject_id": ID, "level": "person", "weights": {OTHER_ID: 40}}
_POSTS: dict[str, Any] = {"kpi_id": OTHER_ID, "subject_id": None, "floor": 180, "target": 40, "stretch": 15}
_MINIMUM = {"rater_group": "colleague", "k": 5}
_CHANGES = {"rater_weights": [_WEIGHTS], "scorecards": [_CARD], "targets": [_POSTS]}
_FIGURE = {"status": "ok", "reason": None, "score": 79.16666666666667, "lo": 64.0, "hi": 88.0, "coverage": 1.0}
_PART = {"kpi_id": OTHER_ID, "rater_groups": [], "by_score": 0.0, "by_weight": -16.25, "by_weight_apart": -1.25}
_MOVE = {
    "subject_id": ID,
    "name": "Sofie Berg",
    "kind": "person",
    "kpi_id": None,
    "way": "down",
    "before": _FIGURE,
    "after": {**_FIGURE, "score": 77.91666666666667, "lo": 63.0, "hi": 87.0},
    "change": -1.25,
    "parts": [_PART],
}


class WeightsIn(In):
    """Other weights of rater groups on a soft KPI; groups that are left out keep theirs."""

    model_config = example(**_WEIGHTS)

    kpi_id: Id
    weights: dict[str, float]


class CardIn(In):
    """Other weights on the cards of a level that count at a subject and below; 0 takes a KPI off."""

    model_config = example(**_CARD)

    subject_id: Id
    level: Annotated[str, one_of(Level)]
    weights: dict[str, float] = Field(description="By KPI; those that are left out keep theirs")


class PostsIn(In):
    """Other goalposts of a hard KPI: floor, target and stretch, or low, best_low, best_high and high."""

    model_config = example(**_POSTS)

    kpi_id: Id
    subject_id: Id | None = Field(None, description="Where they count, and below; null for the whole company")
    floor: float | None = None
    target: float | None = None
    stretch: float | None = None
    low: float | None = None
    best_low: float | None = None
    best_high: float | None = None
    high: float | None = None


class MinimumIn(In):
    """A larger least number of people for a rater group; never below that of the round."""

    model_config = example(**_MINIMUM)

    rater_group: Annotated[str, one_of(RaterGroup)]
    k: int


class WhatIfIn(In):
    """What is tried, all of it together."""

    model_config = example(**_CHANGES, minimums=[_MINIMUM])

    rater_weights: list[WeightsIn] = Field([])
    scorecards: list[CardIn] = Field([])
    targets: list[PostsIn] = Field([])
    minimums: list[MinimumIn] = Field([])


class AdoptionIn(In):
    """What is adopted, and from which day on; minimums are chosen when the next round is drafted."""

    model_config = example(starts_on=DAY, **_CHANGES)

    starts_on: GivenDay
    rater_weights: list[WeightsIn] = Field([])
    scorecards: list[CardIn] = Field([])
    targets: list[PostsIn] = Field([])


class SideOut(Out):
    """A figure under one policy; under the other one its interval is in whole points, made of published intervals."""

    model_config = example(**_FIGURE)

    status: ScoreStatus
    reason: Withheld | None
    score: float | None
    lo: float | None
    hi: float | None
    coverage: float | None


class MovePartOut(Out):
    """What a KPI, or a rater group, adds to a change: through its score and through its weight."""

    model_config = example(**_PART)

    kpi_id: Id
    rater_groups: list[str]
    by_score: float
    by_weight: float
    by_weight_apart: float = Field(description="By the distance from the total; adds up to the same as `by_weight`")

    @classmethod
    def of_part(cls, part: MovePart) -> Self:
        """A part as it is answered."""
        return cls(
            kpi_id=part.kpi_id,
            rater_groups=list(part.rater_groups),
            by_score=part.by_score,
            by_weight=part.by_weight,
            by_weight_apart=part.by_weight_apart,
        )


class MoveOut(Out):
    """A figure that would be another one; its parts add up to the change."""

    model_config = example(**_MOVE)

    subject_id: Id
    name: str
    kind: SubjectKind
    kpi_id: Id | None = Field(description="Null for the composite")
    way: Way
    before: SideOut | None = Field(description="As it is released")
    after: SideOut | None = Field(description="As it would be; null for a KPI that is taken off the card")
    change: float | None
    parts: list[MovePartOut]

    @classmethod
    def of_move(cls, move: Move) -> Self:
        """A move as it is answered."""
        return cls(
            subject_id=move.subject.id,
            name=move.subject.name,
            kind=move.subject.kind,
            kpi_id=move.kpi_id,
            way=move.way,
            before=_side(move.before),
            after=_side(move.after),
            change=move.change,
            parts=[MovePartOut.of_part(part) for part in move.parts],
        )


class WhatIfOut(Out):
    """Who would move, the largest moves first; what has no size on one side stands before them."""

    model_config = example(scale=SCALE, figures=120, moving=1, items=[_MOVE], next_cursor=None)

    scale: ScaleOfScores = ScaleOfScores()
    figures: int = Field(description="How many composites and KPI scores were compared")
    moving: int = Field(description="How many of them would be other ones")
    items: list[MoveOut]
    next_cursor: str | None

    @classmethod
    def of_trial(cls, trial: Trial, items: tuple[Move, ...], next_cursor: str | None) -> Self:
        """One slice of the moves."""
        moves = [MoveOut.of_move(move) for move in items]
        return cls(figures=trial.figures, moving=len(trial.moves), items=moves, next_cursor=next_cursor)


class AdoptionOut(Out):
    """The ids of what was written, in the order it was sent."""

    model_config = example(kpi_versions=[ID], scorecards=[ID], targets=[ID])

    kpi_versions: list[Id]
    scorecards: list[Id]
    targets: list[Id]


def _side(score: Score | None) -> SideOut | None:
    return None if score is None else SideOut.of(score)
