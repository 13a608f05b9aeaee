"""Mapped classes of rounds that repeat: the repetition, and the rounds that came of it."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.infra.types import Day, Flag, Id, Text, Whole, one_of
from app.repeats.values import RepetitionState


class RepetitionRow(Base):
    """A repetition; `next_from` is the first day of the next period, whatever becomes of the draft for it."""

    __tablename__ = "repetition"
    __table_args__ = (
        one_of("state", RepetitionState),
        CheckConstraint("lead_days BETWEEN 1 AND 30", name="lead_days"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"), index=True)
    scope_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    owner_id: Mapped[str | None] = mapped_column(Id, ForeignKey("person.id", ondelete="SET NULL"))
    state: Mapped[str] = mapped_column(Text)
    starts_itself: Mapped[bool] = mapped_column(Flag)
    lead_days: Mapped[int] = mapped_column(Whole)
    next_from: Mapped[date] = mapped_column(Day)
    version: Mapped[int] = mapped_column(Whole)


class RepeatedRoundRow(Base):
    """A round of a repetition: the first one, and each that was drafted like it."""

    __tablename__ = "repeated_round"
    __table_args__ = ({"sqlite_strict": True},)

    round_id: Mapped[str] = mapped_column(Id, ForeignKey("round.id", ondelete="CASCADE"), primary_key=True)
    repetition_id: Mapped[str] = mapped_column(Id, ForeignKey("repetition.id", ondelete="CASCADE"), index=True)
