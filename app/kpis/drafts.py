"""Goals, scales, KPIs, targets and cards as they are wanted, before anybody has checked or stored them."""

import dataclasses
from collections.abc import Mapping
from datetime import date

from app.deferred import dataclass
from app.kpis.values import (
    Aggregation,
    Cadence,
    Competence,
    CompetenceId,
    Condition,
    DecisionRule,
    Direction,
    Exercise,
    Form,
    GoalId,
    Item,
    ItemId,
    Kpi,
    KpiId,
    KpiKind,
    KpiState,
    KpiVersion,
    KpiVersionId,
    LearningResource,
    Level,
    NamedCompetence,
    Practice,
    RaterGroup,
    Rollup,
    Scale,
    ScaleId,
    ScaleKind,
    ScorecardLine,
    ShareRule,
)
from app.words import Words


@dataclass(frozen=True, slots=True)
class GoalDraft:
    """A goal as it is wanted."""

    name: Words
    description: Words
    parent_id: GoalId | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class ScaleDraft:
    """A scale as it is wanted; what its kind does not need is empty."""

    kind: ScaleKind
    name: Words
    points: int | None = None
    low: float | None = None
    high: float | None = None
    levels: Mapping[str, float] | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class CompetenceDraft:
    """A competence as it is wanted."""

    name: Words
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class PracticeDraft:
    """What helps to get better at an item, as it is wanted; each part may be missing."""

    competence_id: CompetenceId | None = None
    resource: LearningResource | None = None
    exercise: Exercise | None = None


NO_PRACTICE = PracticeDraft()


@dataclass(frozen=True, slots=True)
class ItemDraft:
    """An item as it is wanted."""

    code: str
    name: Words
    question: Words
    scale_id: ScaleId
    anchors: Mapping[str, Words]
    weight: float = 1.0
    is_reversed: bool = False
    condition: Condition | None = None
    practice: PracticeDraft = NO_PRACTICE


@dataclass(frozen=True, slots=True)
class SoftMeasure:
    """What raters are asked, and what each rater group weighs."""

    rater_weights: Mapping[RaterGroup, float]
    items: tuple[ItemDraft, ...]


@dataclass(frozen=True, slots=True)
class HardMeasure:
    """What is measured, and how readings become one value. `percentile` is in per cent."""

    unit: Words
    direction: Direction | None
    aggregation: Aggregation | None
    percentile: float | None = None
    per: float = 1.0
    share_rule: ShareRule | None = None
    cadence: Cadence | None = None
    rollup: Rollup = Rollup.POOLED
    prorate: bool = False
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class KpiContent:
    """What one version of a KPI says, and from which day (none: at once)."""

    name: Words
    purpose: Words
    criterion: Words
    decision_rule: DecisionRule | None
    measure: SoftMeasure | HardMeasure
    starts_on: date | None = None

    @property
    def kind(self) -> KpiKind:
        """Soft or hard, by what is rated or measured."""
        return KpiKind.SOFT if isinstance(self.measure, SoftMeasure) else KpiKind.HARD


@dataclass(frozen=True, slots=True)
class KpiDraft:
    """A KPI as it is wanted, with its first version."""

    content: KpiContent
    goal_id: GoalId | None = None
    owner_id: str | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class SwapDraft:
    """The KPI that is to make room for another, whether it rests or is laid away, and why."""

    kpi_id: KpiId
    state: KpiState
    reason: str


@dataclass(frozen=True, slots=True)
class TargetDraft:
    """Goalposts as they are wanted; `subject_id` None stands for the whole company."""

    starts_on: date
    subject_id: str | None = None
    floor: float | None = None
    target: float | None = None
    stretch: float | None = None
    low: float | None = None
    best_low: float | None = None
    best_high: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class ScorecardDraft:
    """A card as it is wanted; without lines the next one upward applies again from the day on."""

    subject_id: str
    level: Level
    starts_on: date
    lines: tuple[ScorecardLine, ...]
    form: Form = Form.ARITHMETIC


_HARD_FIELDS = [field.name for field in dataclasses.fields(HardMeasure)]


@dataclass(frozen=True, slots=True)
class Named:
    """What the items of a content name: scales, and competences."""

    scales: Mapping[ScaleId, Scale]
    competences: Mapping[CompetenceId, Competence]


NAMES_NOTHING = Named({}, {})


def drafted_version(content: KpiContent, *, number: int, named: Named, today: date) -> KpiVersion:
    """A content as a version that has no id yet, beginning today unless it says otherwise."""
    soft = content.measure if isinstance(content.measure, SoftMeasure) else SoftMeasure({}, ())
    hard = content.measure if isinstance(content.measure, HardMeasure) else HardMeasure({}, None, None)
    return KpiVersion(
        id=KpiVersionId(""),
        number=number,
        starts_on=content.starts_on or today,
        name=content.name,
        purpose=content.purpose,
        criterion=content.criterion,
        decision_rule=content.decision_rule,
        rater_weights=soft.rater_weights,
        items=tuple(_item_of(item, named) for item in soft.items),
        **{name: getattr(hard, name) for name in _HARD_FIELDS},
    )


def content_of(kpi: Kpi) -> KpiContent:
    """The version of a KPI as a content that `version_of` would make it from."""
    version = kpi.current
    hard = HardMeasure(**{name: getattr(version, name) for name in _HARD_FIELDS})
    items = tuple(
        ItemDraft(
            item.code,
            item.name,
            item.question,
            item.scale.id,
            item.anchors,
            item.weight,
            item.is_reversed,
            item.condition,
            PracticeDraft(
                item.practice.competence.id if item.practice.competence else None,
                item.practice.resource,
                item.practice.exercise,
            ),
        )
        for item in version.items
    )
    soft = SoftMeasure(version.rater_weights, items)
    return KpiContent(
        version.name,
        version.purpose,
        version.criterion,
        version.decision_rule,
        soft if kpi.kind is KpiKind.SOFT else hard,
        version.starts_on,
    )


def _item_of(draft: ItemDraft, named: Named) -> Item:
    wanted = draft.practice
    competence = None if wanted.competence_id is None else named.competences[wanted.competence_id]
    return Item(
        ItemId(""),
        draft.code,
        draft.name,
        draft.question,
        named.scales[draft.scale_id],
        draft.weight,
        draft.is_reversed,
        draft.anchors,
        draft.condition,
        Practice(
            None if competence is None else NamedCompetence(competence.id, competence.name),
            wanted.resource,
            wanted.exercise,
        ),
    )
