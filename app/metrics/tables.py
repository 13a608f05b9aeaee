"""Mapped classes of readings and their corrections."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.infra.types import Id, Instant, Json, Number, Text, Whole


class ReadingRow(Base):
    """A measured value: by its external id when it has one, else one for each KPI, subject and time."""

    __tablename__ = "reading"
    __table_args__ = (
        UniqueConstraint("company_id", "external_id"),
        Index(
            "uq_reading_time",
            "kpi_id",
            "subject_id",
            "starts_at",
            "ends_at",
            unique=True,
            sqlite_where=text("external_id IS NULL"),
            postgresql_where=text("external_id IS NULL"),
        ),
        Index(None, "kpi_id", "subject_id", "ends_at"),
        CheckConstraint("ends_at >= starts_at", name="times"),
        CheckConstraint("(value IS NULL) = (denominator IS NOT NULL)", name="one_shape"),
        CheckConstraint("(numerator IS NULL) = (denominator IS NULL)", name="both_parts"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    kpi_id: Mapped[str] = mapped_column(Id, ForeignKey("kpi.id", ondelete="CASCADE"))
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    external_id: Mapped[str | None] = mapped_column(Text)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    value: Mapped[float | None] = mapped_column(Number)
    numerator: Mapped[float | None] = mapped_column(Number)
    denominator: Mapped[float | None] = mapped_column(Number)
    source: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(Whole)


class ReadingCorrectionRow(Base):
    """What a reading was before it was corrected, by whom and why."""

    __tablename__ = "reading_correction"
    __table_args__ = (Index(None, "reading_id"), {"sqlite_strict": True})

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    reading_id: Mapped[str] = mapped_column(Id, ForeignKey("reading.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(Instant)
    actor: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    old: Mapped[dict[str, Any]] = mapped_column(Json)
    new: Mapped[dict[str, Any]] = mapped_column(Json)
