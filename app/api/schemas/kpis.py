"""Goals, scales and KPIs with their versions as they are sent and answered."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import AliasPath, Field

from app.api.schemas.base import DAY, ID, OTHER_ID, WORDS, GivenDay, Id, In, Out, Texts, example, one_of
from app.api.schemas.competences import (
    COMPETENCE,
    EXERCISE,
    RESOURCE,
    ExerciseIn,
    ExerciseOut,
    LearningResourceIn,
    LearningResourceOut,
    NamedCompetenceOut,
)
from app.kpis.changes import VersionChanges
from app.kpis.hints import practice_hints
from app.kpis.values import Aggregation, Cadence, Comparison, Direction, Kpi, KpiKind, Rollup, ScaleKind

_GOAL = {"name": {"nb": "Fornøyde kunder", "en": "Satisfied customers"}, "external_id": "G1"}
_SCALE = {"kind": "points", "name": {"nb": "Fem trinn", "en": "Five steps"}, "points": 5, "external_id": "five"}
_ANCHORS = {"1": {"nb": "Ser ikke opp", "en": "Does not look up"}, "5": {"nb": "Hilser først", "en": "Greets first"}}
_ITEM = {
    "code": "M1",
    "name": WORDS,
    "question": {},
    "scale_id": ID,
    "weight": 1,
    "anchors": _ANCHORS,
    "competence_id": ID,
    "resource": RESOURCE,
    "exercise": EXERCISE,
}
_RULE = {"text": {"nb": "Under 60: leder tar det opp", "en": "Below 60: the manager raises it"}, "days": 14}
_CONTENT: Mapping[str, Any] = {
    "name": {"nb": "Førsteinntrykk", "en": "First impression"},
    "purpose": {"nb": "Kunder som føler seg sett, kommer igjen.", "en": "Customers who feel seen return."},
    "criterion": {"nb": "Slik møter vi kunden", "en": "How we meet the customer"},
    "decision_rule": _RULE,
    "rater_weights": {"customer": 0.6, "colleague": 0.4},
    "items": [_ITEM],
}
_SCALE_OUT = {"id": ID, "company_id": OTHER_ID, **_SCALE, "low": None, "high": None, "levels": None, "version": 1}
_ITEM_OUT = {
    "id": OTHER_ID,
    "code": "M1",
    "name": WORDS,
    "question": {},
    "scale": _SCALE_OUT,
    "weight": 1,
    "reversed": False,
    "anchors": _ANCHORS,
    "condition": None,
    "competence": COMPETENCE,
    "resource": RESOURCE,
    "exercise": EXERCISE,
}
_CONDITION = {"item": "M1", "lowest": "1", "highest": "2"}
VERSION_OUT: Mapping[str, Any] = {
    **_CONTENT,
    "id": OTHER_ID,
    "number": 1,
    "starts_on": DAY,
    "items": [_ITEM_OUT],
    "unit": {},
    "direction": None,
    "aggregation": None,
    "percentile": None,
    "per": 1,
    "share_rule": None,
    "cadence": None,
    "rollup": "pooled",
    "prorate": False,
    "decimals": 0,
}
_KPI = {"goal_id": ID, "owner_id": OTHER_ID, "external_id": "first-impression"}


class GoalIn(In):
    """What the company wants to reach."""

    model_config = example(**_GOAL)

    name: Texts
    description: Texts | None = None
    parent_id: Id | None = None
    external_id: str | None = None


class GoalOut(Out):
    """A goal."""

    model_config = example(id=ID, company_id=OTHER_ID, **_GOAL, description={}, parent_id=None, version=1)

    id: Id
    company_id: Id
    name: Texts
    description: Texts
    parent_id: Id | None
    external_id: str | None
    version: int


class ScaleIn(In):
    """What an item is answered on; which fields are needed follows from `kind`."""

    model_config = example(**_SCALE)

    kind: Annotated[str, one_of(ScaleKind)]
    name: Texts
    points: int | None = None
    low: int | None = None
    high: int | None = None
    levels: dict[str, float] | None = Field(None, description="For `bars`: the value 0-100 of each level")
    external_id: str | None = None


class ScaleOut(Out):
    """A scale."""

    model_config = example(**_SCALE_OUT)

    id: Id
    company_id: Id
    kind: ScaleKind
    name: Texts
    points: int | None
    low: float | None
    high: float | None
    levels: dict[str, float] | None
    external_id: str | None
    version: int


class ConditionIn(In):
    """When an item is asked: the item of this code, earlier in the KPI, got an answer from `lowest` to `highest`."""

    model_config = example(**_CONDITION)

    item: str = Field(description="Its code")
    lowest: str = Field(description="As the scale writes the answer")
    highest: str | None = Field(None, description="None: only the one answer")


class ItemIn(In):
    """One observable behaviour that raters are asked about."""

    model_config = example(**_ITEM)

    name: Texts
    scale_id: Id
    code: str | None = None
    question: Texts | None = None
    anchors: dict[str, Texts] | None = Field(None, description="The wording of some scale points, keyed by the point")
    weight: float | None = Field(None, description="None: 1, or 0 with a condition")
    reversed: bool | None = None
    condition: ConditionIn | None = Field(None, description="None: everybody is asked; else it counts in no score")
    competence_id: Id | None = None
    resource: LearningResourceIn | None = None
    exercise: ExerciseIn | None = None


class DecisionRuleIn(In):
    """If this, then that, by whom, within `days`."""

    model_config = example(**_RULE)

    text: Texts | None = None
    days: int | None = None


class ShareRuleIn(In):
    """What a reading must meet to count in a share."""

    model_config = example(comparison="at_most", limit=20)

    comparison: Annotated[str, one_of(Comparison)]
    limit: float


class VersionIn(In):
    """What one version of a KPI says: `rater_weights` and `items` for soft KPIs, the other fields for hard ones."""

    model_config = example(**_CONTENT, starts_on=DAY)

    name: Texts
    purpose: Texts | None = None
    criterion: Texts | None = None
    decision_rule: DecisionRuleIn | None = None
    starts_on: GivenDay | None = None
    rater_weights: dict[str, float] | None = None
    items: list[ItemIn] | None = None
    unit: Texts | None = None
    direction: Annotated[str, one_of(Direction)] | None = None
    aggregation: Annotated[str, one_of(Aggregation)] | None = None
    percentile: float | None = None
    per: float | None = None
    share_rule: ShareRuleIn | None = None
    cadence: Annotated[str, one_of(Cadence)] | None = None
    rollup: Annotated[str, one_of(Rollup)] | None = None
    prorate: bool | None = None
    decimals: int | None = None


class KpiIn(VersionIn):
    """A KPI with its first version."""

    model_config = example(kind="soft", **_KPI, **_CONTENT)

    kind: Annotated[str, one_of(KpiKind)]
    goal_id: Id | None = None
    owner_id: Id | None = None
    external_id: str | None = None


class ReasonIn(In):
    """Why; it goes into the journal."""

    model_config = example(reason="Measured twice; the customer survey covers it.")

    reason: str


def _practice(part: str) -> Any:
    """A field whose value stands in the practice of an item."""
    return Field(validation_alias=AliasPath("practice", part))


class ConditionOut(Out):
    """When an item is asked: the item of this code got an answer from `lowest` to `highest`."""

    model_config = example(**_CONDITION)

    item: str
    lowest: str
    highest: str


class ItemOut(Out):
    """An item with its scale."""

    model_config = example(**_ITEM_OUT)

    id: Id
    code: str
    name: Texts
    question: Texts
    scale: ScaleOut
    weight: float
    reversed: bool = Field(validation_alias="is_reversed")
    anchors: dict[str, dict[str, str]]
    condition: ConditionOut | None
    competence: NamedCompetenceOut | None = _practice("competence")
    resource: LearningResourceOut | None = _practice("resource")
    exercise: ExerciseOut | None = _practice("exercise")


class DecisionRuleOut(Out):
    """A decision rule."""

    model_config = example(**_RULE)

    text: Texts
    days: int


class ShareRuleOut(Out):
    """What a reading must meet to count in a share."""

    model_config = example(comparison="at_most", limit=20)

    comparison: Comparison
    limit: float


class VersionOut(Out):
    """A KPI as it was worded and weighed from a day on."""

    model_config = example(**VERSION_OUT)

    id: Id
    number: int
    starts_on: date
    name: Texts
    purpose: Texts
    criterion: Texts
    decision_rule: DecisionRuleOut | None
    rater_weights: dict[str, float]
    items: list[ItemOut]
    unit: Texts
    direction: Direction | None
    aggregation: Aggregation | None
    percentile: float | None
    per: float
    share_rule: ShareRuleOut | None
    cadence: Cadence | None
    rollup: Rollup
    prorate: bool
    decimals: int


class KpiOut(Out):
    """A KPI and the version that is valid today."""

    model_config = example(
        id=ID, company_id=OTHER_ID, kind="soft", state="draft", **_KPI, current=VERSION_OUT, version=1
    )

    id: Id
    company_id: Id
    kind: KpiKind
    state: str
    goal_id: Id | None
    owner_id: Id | None
    external_id: str | None
    current: VersionOut
    version: int


class VersionsOut(Out):
    """All versions of a KPI, the newest first."""

    model_config = example(items=[VERSION_OUT])

    items: list[VersionOut]


class ChangeOut(Out):
    """A field that reads otherwise in the later version."""

    model_config = example(field="items.0.anchors.3.en", before="Greets", after="Greets and gives own name")

    field: str = Field(description="As in what is sent; items as the later version numbers them, then those left out")
    before: str | bool | float | None = Field(description="Null where it was empty")
    after: str | bool | float | None = Field(
        description="Null where it is empty; of an item that came or went, its name"
    )


class VersionChangesOut(Out):
    """What is different in the later of two versions."""

    model_config = example(since=1, number=2, items=[])

    since: int
    number: int
    items: list[ChangeOut]

    @classmethod
    def told(cls, found: VersionChanges) -> "VersionChangesOut":
        """As it is answered."""
        changes = [ChangeOut.of(change) for change in found.changes]
        return cls(since=found.older.number, number=found.newer.number, items=changes)


class HintOut(Out):
    """Advice on one text of an item; nothing of it is refused."""

    model_config = example(field="items.0.question.en", message="Ask one thing at a time.")

    field: str
    message: str


class HintsOut(Out):
    """Advice on the words of a KPI; empty where there is none."""

    model_config = example(items=[{"field": "items.0.question.en", "message": "Ask one thing at a time."}])

    items: list[HintOut]


class ActivatedOut(KpiOut):
    """A KPI that was put to use, and what is advised all the same."""

    model_config = example(
        id=ID, company_id=OTHER_ID, kind="soft", state="active", **_KPI, current=VERSION_OUT, version=2, warnings=[]
    )

    warnings: list[HintOut]

    @classmethod
    def told(cls, kpi: Kpi) -> "ActivatedOut":
        """As it is answered."""
        warnings = [HintOut.of(hint) for hint in practice_hints(kpi.current)]
        told = KpiOut.of(kpi)
        return cls.model_construct(**{name: getattr(told, name) for name in KpiOut.model_fields}, warnings=warnings)
