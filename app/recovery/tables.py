"""Mapped classes of recovery: the case, and apart from it how to reach the customer; neither leads to an answer."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.infra.types import Bytes, Day, Id, Text, Whole, one_of
from app.recovery.values import CaseOutcome, CaseState


class RecoveryCaseRow(Base):
    """A case. `origin` follows from the assignment under the instance key, so that nobody is contacted twice for one
    answer; days only, so that it tells nothing of when the answer came.
    """

    __tablename__ = "recovery_case"
    __table_args__ = (
        UniqueConstraint("origin"),
        Index(None, "owner_id", "state"),
        one_of("state", CaseState),
        one_of("outcome", CaseOutcome),
        CheckConstraint("(state = 'closed') = (outcome IS NOT NULL)", name="closed_with_an_outcome"),
        CheckConstraint("(state = 'closed') = (closed_on IS NOT NULL)", name="closed"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"))
    owner_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"))
    origin: Mapped[bytes] = mapped_column(Bytes)
    state: Mapped[str] = mapped_column(Text)
    opened_on: Mapped[date] = mapped_column(Day)
    due_on: Mapped[date] = mapped_column(Day)
    outcome: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    closed_on: Mapped[date | None] = mapped_column(Day)
    version: Mapped[int] = mapped_column(Whole)


class RecoveryContactRow(Base):
    """How to reach the customer of an open case; deleted when it is closed."""

    __tablename__ = "recovery_contact"
    __table_args__ = ({"sqlite_strict": True},)

    case_id: Mapped[str] = mapped_column(Id, ForeignKey("recovery_case.id", ondelete="CASCADE"), primary_key=True)
    contact: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    message: Mapped[str] = mapped_column(Text)
