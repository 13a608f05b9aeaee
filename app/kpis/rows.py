"""What the rows of goals, scales, KPIs, targets and cards say as values, and versions and items as rows."""

from dataclasses import asdict
from datetime import datetime

from app.kpis.checks import scale_points
from app.kpis.tables import (
    CompetenceRow,
    GoalRow,
    ItemRow,
    KpiRow,
    KpiVersionRow,
    ScaleRow,
    ScorecardLineRow,
    ScorecardRow,
    TargetRow,
)
from app.kpis.values import (
    Aggregation,
    Cadence,
    Comparison,
    Competence,
    CompetenceId,
    Condition,
    DecisionRule,
    Direction,
    Exercise,
    Form,
    Goal,
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
    Scorecard,
    ScorecardId,
    ScorecardLine,
    ShareRule,
    Target,
)
from app.words import Words


def goal_of(row: GoalRow) -> Goal:
    """The goal as a value."""
    return Goal(
        GoalId(row.id),
        row.company_id,
        row.name,
        row.description,
        None if row.parent_id is None else GoalId(row.parent_id),
        row.external_id,
        row.version,
    )


def scale_of(row: ScaleRow) -> Scale:
    """The scale as a value."""
    return Scale(
        ScaleId(row.id),
        row.company_id,
        ScaleKind(row.kind),
        row.name,
        row.points,
        row.low,
        row.high,
        row.levels,
        row.external_id,
        row.version,
    )


def competence_of(row: CompetenceRow) -> Competence:
    """The competence as a value."""
    return Competence(CompetenceId(row.id), row.company_id, row.name, row.external_id, row.version)


def kpi_of(row: KpiRow, current: KpiVersion) -> Kpi:
    """The KPI as a value, with a version."""
    return Kpi(
        KpiId(row.id),
        row.company_id,
        KpiKind(row.kind),
        KpiState(row.state),
        None if row.goal_id is None else GoalId(row.goal_id),
        row.owner_id,
        row.external_id,
        current,
        row.version,
    )


def version_row(version: KpiVersion, *, id: str, kpi_id: str, created_at: datetime) -> KpiVersionRow:  # noqa: A002 - the column's name
    """The row of a version; its items have rows of their own."""
    fields = {name: value for name, value in asdict(version).items() if name not in {"id", "items"}}
    return KpiVersionRow(**fields, id=id, kpi_id=kpi_id, created_at=created_at)


def version_of(row: KpiVersionRow, items: tuple[Item, ...]) -> KpiVersion:
    """The version as a value, with its items."""
    rule = row.decision_rule
    share = row.share_rule
    return KpiVersion(
        id=KpiVersionId(row.id),
        number=row.number,
        starts_on=row.starts_on,
        name=row.name,
        purpose=row.purpose,
        criterion=row.criterion,
        decision_rule=None if rule is None else DecisionRule(rule["text"], rule["days"]),
        rater_weights={group: row.rater_weights[group] for group in RaterGroup if group in row.rater_weights},
        items=items,
        unit=row.unit,
        direction=None if row.direction is None else Direction(row.direction),
        aggregation=None if row.aggregation is None else Aggregation(row.aggregation),
        percentile=row.percentile,
        per=row.per,
        cadence=None if row.cadence is None else Cadence(row.cadence),
        rollup=Rollup(row.rollup),
        prorate=row.prorate,
        decimals=row.decimals,
        share_rule=None if share is None else ShareRule(Comparison(share["comparison"]), share["limit"]),
    )


def item_row(item: Item, *, id: str, kpi_version_id: str, position: int) -> ItemRow:  # noqa: A002 - the column's name
    """The row of an item."""
    fields = {name: value for name, value in asdict(item).items() if name not in {"id", "scale", "practice"}}
    practice = item.practice
    return ItemRow(
        **fields,
        id=id,
        kpi_version_id=kpi_version_id,
        position=position,
        scale_id=item.scale.id,
        competence_id=None if practice.competence is None else practice.competence.id,
        resource=None if practice.resource is None else asdict(practice.resource),
        exercise=None if practice.exercise is None else asdict(practice.exercise),
    )


def item_of(row: ItemRow, scale: Scale, competence: Words | None) -> Item:
    """The item as a value, on its scale, with the name of its competence; anchors in the order of the scale."""
    points = [point for point in scale_points(scale) if point in row.anchors]
    return Item(
        ItemId(row.id),
        row.code,
        row.name,
        row.question,
        scale,
        row.weight,
        row.is_reversed,
        {point: row.anchors[point] for point in points},
        None if row.condition is None else Condition(**row.condition),
        Practice(
            None if row.competence_id is None else NamedCompetence(CompetenceId(row.competence_id), competence or {}),
            None if row.resource is None else LearningResource(**row.resource),
            None if row.exercise is None else Exercise(**row.exercise),
        ),
    )


def target_of(row: TargetRow) -> Target:
    """The goalposts as a value."""
    return Target(
        row.id,
        KpiId(row.kpi_id),
        row.subject_id,
        row.starts_on,
        row.floor,
        row.target,
        row.stretch,
        row.low,
        row.best_low,
        row.best_high,
        row.high,
    )


def card_of(row: ScorecardRow, lines: tuple[ScorecardLine, ...]) -> Scorecard:
    """The card as a value, with its lines."""
    return Scorecard(
        ScorecardId(row.id),
        row.company_id,
        row.subject_id,
        Level(row.level),
        row.starts_on,
        lines,
        row.version,
        Form(row.form),
    )


def line_of(row: ScorecardLineRow) -> ScorecardLine:
    """The line as a value."""
    return ScorecardLine(KpiId(row.kpi_id), row.weight, row.is_required, row.in_focus)
