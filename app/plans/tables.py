"""Mapped classes of action plans: the plan and its actions."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.infra.types import Day, Id, Instant, Json, Number, Text, Whole, one_of
from app.plans.values import PlanState
from app.words import Words


class ActionPlanRow(Base):
    """A plan. What it did is told by released figures whenever it is asked, and hence stands in no column."""

    __tablename__ = "action_plan"
    __table_args__ = (
        Index(None, "company_id", "state", "check_on"),
        Index(None, "owner_id", "state"),
        Index(None, "kpi_id"),
        one_of("state", PlanState),
        CheckConstraint("expected > 0 AND expected <= 100", name="expected"),
        CheckConstraint("check_on >= started_on", name="check_on"),
        CheckConstraint("(state = 'open') = (ended_on IS NULL)", name="ended"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    kpi_id: Mapped[str] = mapped_column(Id, ForeignKey("kpi.id"))
    item_id: Mapped[str | None] = mapped_column(Id, ForeignKey("item.id"))
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"))
    owner_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"))
    case_id: Mapped[str | None] = mapped_column(Id, ForeignKey("decision_case.id"))
    what: Mapped[str] = mapped_column(Text)
    expected: Mapped[float] = mapped_column(Number)
    started_on: Mapped[date] = mapped_column(Day)
    check_on: Mapped[date] = mapped_column(Day)
    state: Mapped[str] = mapped_column(Text)
    ended_on: Mapped[date | None] = mapped_column(Day)
    note: Mapped[str] = mapped_column(Text)
    made_by: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Whole)


class PlannedActionRow(Base):
    """One thing to do."""

    __tablename__ = "planned_action"
    __table_args__ = (
        UniqueConstraint("plan_id", "position"),
        CheckConstraint("position >= 1", name="position"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    plan_id: Mapped[str] = mapped_column(Id, ForeignKey("action_plan.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Whole)
    text: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date] = mapped_column(Day)
    done_on: Mapped[date | None] = mapped_column(Day)


class PlanRoundRow(Base):
    """A round that measures again what a plan is about."""

    __tablename__ = "plan_round"
    __table_args__ = (Index(None, "round_id"), {"sqlite_strict": True})

    plan_id: Mapped[str] = mapped_column(Id, ForeignKey("action_plan.id", ondelete="CASCADE"), primary_key=True)
    round_id: Mapped[str] = mapped_column(Id, ForeignKey("round.id", ondelete="CASCADE"), primary_key=True)


class PlanLetterRow(Base):
    """What the raters of a round were told of a finished plan; once for each plan."""

    __tablename__ = "plan_letter"
    __table_args__ = (Index(None, "round_id"), {"sqlite_strict": True})

    plan_id: Mapped[str] = mapped_column(Id, ForeignKey("action_plan.id", ondelete="CASCADE"), primary_key=True)
    round_id: Mapped[str] = mapped_column(Id, ForeignKey("round.id", ondelete="CASCADE"))
    heard: Mapped[Words] = mapped_column(Json)
    did: Mapped[Words] = mapped_column(Json)
    told_by: Mapped[str] = mapped_column(Text)
    told_at: Mapped[datetime] = mapped_column(Instant)
