"""Mapped classes of KPIs: goals, scales, KPIs, versions, items, targets and scorecards."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.infra.types import Day, Flag, Id, Instant, Json, Number, Text, Whole, one_of
from app.kpis.values import Aggregation, Cadence, Direction, Form, KpiKind, KpiState, Level, Rollup, ScaleKind


class GoalRow(Base):
    """A goal; goals form a tree of their own."""

    __tablename__ = "goal"
    __table_args__ = (UniqueConstraint("company_id", "external_id"), {"sqlite_strict": True})

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    name: Mapped[dict[str, str]] = mapped_column(Json)
    description: Mapped[dict[str, str]] = mapped_column(Json)
    parent_id: Mapped[str | None] = mapped_column(Id, ForeignKey("goal.id"))
    external_id: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(Whole)


class ScaleRow(Base):
    """A scale; it does not change once an item uses it in a launched round."""

    __tablename__ = "scale"
    __table_args__ = (
        UniqueConstraint("company_id", "external_id"),
        one_of("kind", ScaleKind),
        CheckConstraint("kind <> 'points' OR points BETWEEN 2 AND 11", name="points"),
        CheckConstraint("kind <> 'slider' OR high > low", name="slider"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[dict[str, str]] = mapped_column(Json)
    points: Mapped[int | None] = mapped_column(Whole)
    low: Mapped[float | None] = mapped_column(Number)
    high: Mapped[float | None] = mapped_column(Number)
    levels: Mapped[dict[str, float] | None] = mapped_column(Json)
    external_id: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(Whole)


class CompetenceRow(Base):
    """A competence; items name it."""

    __tablename__ = "competence"
    __table_args__ = (UniqueConstraint("company_id", "external_id"), {"sqlite_strict": True})

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    name: Mapped[dict[str, str]] = mapped_column(Json)
    external_id: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(Whole)


class KpiRow(Base):
    """A KPI: what stays the same over its versions."""

    __tablename__ = "kpi"
    __table_args__ = (
        UniqueConstraint("company_id", "external_id"),
        Index(None, "company_id", "state"),
        one_of("kind", KpiKind),
        one_of("state", KpiState),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    goal_id: Mapped[str | None] = mapped_column(Id, ForeignKey("goal.id"))
    owner_id: Mapped[str | None] = mapped_column(Id, ForeignKey("person.id", ondelete="SET NULL"))
    external_id: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(Whole)


class KpiVersionRow(Base):
    """A KPI as one unit of wording, weights and measure, from a day on."""

    __tablename__ = "kpi_version"
    __table_args__ = (
        UniqueConstraint("kpi_id", "number"),
        one_of("direction", Direction),
        one_of("aggregation", Aggregation),
        one_of("cadence", Cadence),
        one_of("rollup", Rollup),
        CheckConstraint("decimals BETWEEN 0 AND 6", name="decimals"),
        CheckConstraint("per > 0", name="per"),
        CheckConstraint("percentile IS NULL OR (percentile > 0 AND percentile < 100)", name="percentile"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kpi_id: Mapped[str] = mapped_column(Id, ForeignKey("kpi.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Whole)
    starts_on: Mapped[date] = mapped_column(Day)
    name: Mapped[dict[str, str]] = mapped_column(Json)
    purpose: Mapped[dict[str, str]] = mapped_column(Json)
    criterion: Mapped[dict[str, str]] = mapped_column(Json)
    decision_rule: Mapped[dict[str, Any] | None] = mapped_column(Json)
    rater_weights: Mapped[dict[str, float]] = mapped_column(Json)
    unit: Mapped[dict[str, str]] = mapped_column(Json)
    direction: Mapped[str | None] = mapped_column(Text)
    aggregation: Mapped[str | None] = mapped_column(Text)
    percentile: Mapped[float | None] = mapped_column(Number)
    per: Mapped[float] = mapped_column(Number)
    cadence: Mapped[str | None] = mapped_column(Text)
    rollup: Mapped[str] = mapped_column(Text)
    prorate: Mapped[bool] = mapped_column(Flag)
    decimals: Mapped[int] = mapped_column(Whole)
    share_rule: Mapped[dict[str, Any] | None] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(Instant)


class ItemRow(Base):
    """One behaviour of a soft KPI version with its anchors by scale point."""

    __tablename__ = "item"
    __table_args__ = (
        UniqueConstraint("kpi_version_id", "position"),
        UniqueConstraint("kpi_version_id", "code"),
        CheckConstraint("weight >= 0 AND (weight > 0) = (condition IS NULL)", name="weight"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kpi_version_id: Mapped[str] = mapped_column(Id, ForeignKey("kpi_version.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Whole)
    code: Mapped[str] = mapped_column(Text)
    name: Mapped[dict[str, str]] = mapped_column(Json)
    question: Mapped[dict[str, str]] = mapped_column(Json)
    scale_id: Mapped[str] = mapped_column(Id, ForeignKey("scale.id"))
    weight: Mapped[float] = mapped_column(Number)
    is_reversed: Mapped[bool] = mapped_column(Flag)
    anchors: Mapped[dict[str, dict[str, str]]] = mapped_column(Json)
    condition: Mapped[dict[str, str] | None] = mapped_column(Json)
    competence_id: Mapped[str | None] = mapped_column(Id, ForeignKey("competence.id"))
    resource: Mapped[dict[str, Any] | None] = mapped_column(Json)
    exercise: Mapped[dict[str, Any] | None] = mapped_column(Json)


class TargetRow(Base):
    """Goalposts from a day on: floor, target, stretch; or low, best_low, best_high, high for in range."""

    __tablename__ = "kpi_target"
    __table_args__ = (
        UniqueConstraint("kpi_id", "subject_id", "starts_on"),
        Index(
            "uq_kpi_target_for_all",
            "kpi_id",
            "starts_on",
            unique=True,
            sqlite_where=text("subject_id IS NULL"),
            postgresql_where=text("subject_id IS NULL"),
        ),
        CheckConstraint("(floor IS NULL) = (target IS NULL)", name="floor_and_target"),
        CheckConstraint("(floor IS NULL) <> (best_low IS NULL)", name="one_shape"),
        CheckConstraint(
            "best_low IS NULL OR (low < best_low AND best_low <= best_high AND best_high < high)", name="range"
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kpi_id: Mapped[str] = mapped_column(Id, ForeignKey("kpi.id", ondelete="CASCADE"))
    subject_id: Mapped[str | None] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    starts_on: Mapped[date] = mapped_column(Day)
    floor: Mapped[float | None] = mapped_column(Number)
    target: Mapped[float | None] = mapped_column(Number)
    stretch: Mapped[float | None] = mapped_column(Number)
    low: Mapped[float | None] = mapped_column(Number)
    best_low: Mapped[float | None] = mapped_column(Number)
    best_high: Mapped[float | None] = mapped_column(Number)
    high: Mapped[float | None] = mapped_column(Number)


class ScorecardRow(Base):
    """A card for a level, set at a subject, from a day on."""

    __tablename__ = "scorecard"
    __table_args__ = (
        UniqueConstraint("subject_id", "level", "starts_on"),
        one_of("level", Level),
        one_of("form", Form),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    level: Mapped[str] = mapped_column(Text)
    starts_on: Mapped[date] = mapped_column(Day)
    created_at: Mapped[datetime] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(Whole)
    form: Mapped[str] = mapped_column(Text, server_default=Form.ARITHMETIC)


class ScorecardLineRow(Base):
    """A KPI on a card, with its weight relative to the other lines."""

    __tablename__ = "scorecard_line"
    __table_args__ = (
        UniqueConstraint("scorecard_id", "position"),
        CheckConstraint("weight > 0", name="weight"),
        {"sqlite_strict": True},
    )

    scorecard_id: Mapped[str] = mapped_column(Id, ForeignKey("scorecard.id", ondelete="CASCADE"), primary_key=True)
    kpi_id: Mapped[str] = mapped_column(Id, ForeignKey("kpi.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Whole)
    weight: Mapped[float] = mapped_column(Number)
    is_required: Mapped[bool] = mapped_column(Flag)
    in_focus: Mapped[bool] = mapped_column(Flag)
