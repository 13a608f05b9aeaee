"""Mapped classes of follow-up: how a KPI is watched, and the new levels that were accepted."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.followup.values import Method
from app.infra.database import Base
from app.infra.types import Day, Id, Instant, Number, Text, Whole, one_of
from app.scoring.seasons import Season


class WatchRow(Base):
    """How a KPI is watched, where somebody has set something."""

    __tablename__ = "watch"
    __table_args__ = (
        one_of("method", Method),
        one_of("season", Season),
        CheckConstraint("baseline >= 20", name="baseline"),
        CheckConstraint("red_line >= 0 AND red_line <= 100", name="red_line"),
        {"sqlite_strict": True},
    )

    kpi_id: Mapped[str] = mapped_column(Id, ForeignKey("kpi.id", ondelete="CASCADE"), primary_key=True)
    method: Mapped[str] = mapped_column(Text)
    season: Mapped[str] = mapped_column(Text)
    baseline: Mapped[int] = mapped_column(Whole)
    red_line: Mapped[float | None] = mapped_column(Number)
    version: Mapped[int] = mapped_column(Whole)


class ShiftRow(Base):
    """A new level of a KPI at a subject, accepted from a day on: what came before counts for nothing there."""

    __tablename__ = "accepted_shift"
    __table_args__ = (UniqueConstraint("kpi_id", "subject_id", "starts_on"), {"sqlite_strict": True})

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kpi_id: Mapped[str] = mapped_column(Id, ForeignKey("kpi.id", ondelete="CASCADE"))
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    starts_on: Mapped[date] = mapped_column(Day)
    reason: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Instant)
