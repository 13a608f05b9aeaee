"""The mapped class of decisions: the case, and in it what was chosen."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.decisions.values import CaseCause, CaseState, Choice
from app.infra.database import Base
from app.infra.types import Day, Id, Json, Text, Whole, one_of


class DecisionCaseRow(Base):
    """A case. `told_id` is the owner who has had a letter about it; `found` is what the course said."""

    __tablename__ = "decision_case"
    __table_args__ = (
        Index(
            "uq_decision_case_open",
            "kpi_id",
            "subject_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index(None, "company_id", "state", "due_on"),
        Index(None, "owner_id", "state"),
        one_of("cause", CaseCause),
        one_of("state", CaseState),
        one_of("choice", Choice),
        CheckConstraint("(cause = 'by_hand') = (found IS NULL)", name="found"),
        CheckConstraint("(cause = 'by_hand') = (question <> '')", name="question"),
        CheckConstraint("(state = 'decided') = (choice IS NOT NULL)", name="decided_with_a_choice"),
        CheckConstraint("(state = 'decided') = (decided_on IS NOT NULL)", name="decided"),
        CheckConstraint("(state = 'decided') = (reason <> '')", name="reason"),
        CheckConstraint("escalations >= 0", name="escalations"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    kpi_id: Mapped[str] = mapped_column(Id, ForeignKey("kpi.id"))
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"))
    cause: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    question: Mapped[str] = mapped_column(Text)
    found: Mapped[dict[str, Any] | None] = mapped_column(Json)
    owner_id: Mapped[str | None] = mapped_column(Id, ForeignKey("subject.id"))
    told_id: Mapped[str | None] = mapped_column(Id, ForeignKey("subject.id"))
    opened_on: Mapped[date] = mapped_column(Day)
    opened_by: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date] = mapped_column(Day)
    escalations: Mapped[int] = mapped_column(Whole)
    choice: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    decided_on: Mapped[date | None] = mapped_column(Day)
    decided_by: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Whole)
