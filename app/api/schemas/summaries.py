"""A feedback summary as it is answered: the figures of the page, at full precision."""

from datetime import date, datetime
from typing import Any

from pydantic import Field

from app.api.schemas.base import DAY, ID, INSTANT, OTHER_ID, WORDS, Id, Out, Texts, example
from app.api.schemas.findings import (
    CHANGE,
    SELF_VIEW,
    SINCE,
    STANDOUTS,
    ChangeOut,
    SelfViewOut,
    SinceOut,
    StandoutsOut,
)
from app.api.schemas.releases import SCALE, ReleaseOut, ScaleOfScores
from app.api.schemas.steps import STEP, NextStepOut
from app.kpis.values import Direction, Form
from app.organisation.values import SubjectKind
from app.receipts.values import WithheldReason
from app.releases.values import ScoreStatus, Withheld
from app.rounds.values import RoundState
from app.scoring.reliability import Firmness
from app.scoring.selfview import View

_PLACE = {"id": ID, "kind": "person", "name": "Sofie Dahl"}
FIGURE: dict[str, Any] = {
    "status": "ok",
    "reason": None,
    "score": 79.16666666666667,
    "lo": 64.0,
    "hi": 88.0,
    "coverage": 1.0,
    "minimum": None,
    "se": None,
    "df": None,
}
_POSTS = {"floor": 180, "target": 60, "stretch": 20, "low": None, "best_low": None, "best_high": None, "high": None}
_RELEASE = {
    "id": ID,
    "round_id": OTHER_ID,
    "company_id": ID,
    "sequence": 1,
    "method_version": "1",
    "sealed_at": INSTANT,
    "scrubbed_at": INSTANT,
    "input_digest": None,
}
_ROUND = {
    "id": OTHER_ID,
    "name": {"nb": "Høstrunden", "en": "Autumn round"},
    "period_start": DAY,
    "period_end": DAY,
    "closes_at": INSTANT,
    "state": "released",
}
_WORDING = {"point": "4", "words": {"nb": "Hilser nesten alltid", "en": "Nearly always greets"}}
_ITEM = {
    "item_id": OTHER_ID,
    "name": WORDS,
    "figure": FIGURE,
    "raters": 12,
    "asked": 14,
    "closest": _WORDING,
    "is_conditional": False,
}
_GROUP = {
    "rater_groups": ["customer"],
    "figure": FIGURE,
    "raters": 12,
    "asked": 14,
    "not_observed": 2,
    "voice": "",
    "weight": 0.6,
    "share": 0.6,
    "view": None,
    "gap": None,
    "items": [_ITEM],
}
_SOFT = {
    "kpi_id": OTHER_ID,
    "name": WORDS,
    "criterion": WORDS,
    "weight": 40,
    "figure": FIGURE,
    "groups": [_GROUP],
    "firmness": "moderate",
    "change": CHANGE,
}
_HARD = {
    "kpi_id": OTHER_ID,
    "name": {"nb": "Svartid", "en": "Answer time"},
    "unit": {"nb": "s", "en": "s"},
    "decimals": 0,
    "direction": "lower",
    "weight": 20,
    "figure": FIGURE,
    "value": 52.0,
    "lo": None,
    "hi": None,
    "certainty": None,
    "readings": 92,
    "is_prorated": False,
    "posts": _POSTS,
    "is_reached": True,
    "left": None,
    "change": None,
}
_COMMENT = {"author": None, "text": "Spør alltid hva jeg trenger.", "is_edited": False}
_HELD = {"reason": "private", "comments": 1}
_COMMENTS = {
    "rater_groups": ["customer"],
    "item_id": None,
    "item_name": None,
    "comments": [_COMMENT],
    "withheld": [_HELD],
}
_COMPOSITE: dict[str, Any] = {
    "figure": FIGURE,
    "soft": {"score": 76.5, "lo": 60.0, "hi": 90.0},
    "hard": None,
    "form": "arithmetic",
    "firmness": "solid",
    "unsure": [],
    "change": None,
}


class PlaceOut(Out):
    """A subject as it was at the launch."""

    model_config = example(**_PLACE)

    id: Id
    kind: SubjectKind
    name: str


class SummarisedRoundOut(Out):
    """The round that the figures come from."""

    model_config = example(**_ROUND)

    id: Id
    name: Texts
    period_start: date
    period_end: date
    closes_at: datetime
    state: RoundState


class FigureOut(Out):
    """A score 0-100 with its 95 % interval, or why there is none."""

    model_config = example(**FIGURE)

    status: ScoreStatus
    reason: Withheld | None
    score: float | None
    lo: float | None
    hi: float | None
    coverage: float | None
    minimum: int | None
    se: float | None
    df: float | None


class SubtotalOut(Out):
    """The soft or the hard part of a composite."""

    model_config = example(score=76.5, lo=60.0, hi=90.0)

    score: float
    lo: float | None
    hi: float | None


class CompositeOut(Out):
    """The whole card as one score."""

    model_config = example(**_COMPOSITE)

    figure: FigureOut
    soft: SubtotalOut | None
    hard: SubtotalOut | None
    form: Form
    firmness: Firmness | None
    unsure: list[Id] = Field(description="Measured KPIs whose error nobody knows; the interval leaves it out")
    change: ChangeOut | None


class WordingOut(Out):
    """The anchor nearest to a mean."""

    model_config = example(**_WORDING)

    point: str
    words: Texts


class ItemFigureOut(Out):
    """One item as a rater group rated it."""

    model_config = example(**_ITEM)

    item_id: Id
    name: Texts
    figure: FigureOut
    raters: int | None
    asked: int | None
    closest: WordingOut | None
    is_conditional: bool = Field(description="Only some were asked: it counts in no score")


class GroupFigureOut(Out):
    """One rater group, or several together, on a soft KPI."""

    model_config = example(**_GROUP)

    rater_groups: list[str]
    figure: FigureOut
    raters: int | None
    asked: int | None = Field(description="How many handed in a sheet that asked for it: raters of them could judge")
    not_observed: int | None
    voice: str = Field(description="Whose single rating it is, in groups that say so")
    weight: float
    share: float | None
    view: View | None = Field(description="Of self only: how it stands to the others")
    gap: float | None = Field(description="Of self only: own rating less that of the others")
    items: list[ItemFigureOut]


class SoftKpiOut(Out):
    """A rated KPI and its groups."""

    model_config = example(**_SOFT)

    kpi_id: Id
    name: Texts
    criterion: Texts
    weight: float | None
    figure: FigureOut | None
    groups: list[GroupFigureOut]
    firmness: Firmness | None = Field(description="How firmly the score stands among those of the others")
    change: ChangeOut | None


class GoalpostsOut(Out):
    """What a hard KPI was to reach."""

    model_config = example(**_POSTS)

    floor: float | None
    target: float | None
    stretch: float | None
    low: float | None
    best_low: float | None
    best_high: float | None
    high: float | None


class HardKpiOut(Out):
    """A measured KPI against its goalposts; `value`, `lo`, `hi` and `left` are in its unit."""

    model_config = example(**_HARD)

    kpi_id: Id
    name: Texts
    unit: Texts
    decimals: int
    direction: Direction
    weight: float | None
    figure: FigureOut
    value: float | None
    lo: float | None
    hi: float | None
    certainty: str | None
    readings: int | None
    is_prorated: bool
    posts: GoalpostsOut | None
    is_reached: bool | None
    left: float | None
    change: ChangeOut | None


class CommentOut(Out):
    """One comment; the author only where the rater's name is shown."""

    model_config = example(**_COMMENT)

    author: str | None
    text: str
    is_edited: bool = Field(description="Somebody took out what gave somebody away; the sense is kept")


class WithheldCommentsOut(Out):
    """How many comments are withheld beside those shown, for one reason."""

    model_config = example(**_HELD)

    reason: WithheldReason
    comments: int


class CommentsOut(Out):
    """The comments of a rater group on one item, or on the subject as a whole."""

    model_config = example(**_COMMENTS)

    rater_groups: list[str]
    item_id: Id | None
    item_name: Texts | None
    comments: list[CommentOut]
    withheld: list[WithheldCommentsOut]


class SummaryOut(Out):
    """All that is fed back about one subject after one release."""

    model_config = example(
        scale=SCALE,
        release=_RELEASE,
        round=_ROUND,
        subject=_PLACE,
        above=[],
        composite=_COMPOSITE,
        soft=[_SOFT],
        hard=[_HARD],
        comments=[_COMMENTS],
        standouts=STANDOUTS,
        self_view=SELF_VIEW,
        since=SINCE,
        step=STEP,
    )

    scale: ScaleOfScores = ScaleOfScores()
    release: ReleaseOut
    round: SummarisedRoundOut
    subject: PlaceOut
    above: list[PlaceOut]
    composite: CompositeOut | None
    soft: list[SoftKpiOut]
    hard: list[HardKpiOut]
    comments: list[CommentsOut]
    standouts: StandoutsOut | None
    self_view: SelfViewOut | None
    since: SinceOut | None
    step: NextStepOut | None
