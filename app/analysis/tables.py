"""Mapped classes of what analysts leave behind: how raters came to their subjects, and notes beside scores."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.analysis.values import AssignmentAnswer, Choice, ScoreNote
from app.infra.database import Base
from app.infra.types import Id, Instant, Number, Text, Whole, one_of
from app.scoring.obstacles import Assignment


class AssignmentAnswerRow(Base):
    """What somebody has said about how the raters of a round came to their subjects; the present answer only."""

    __tablename__ = "assignment_answer"
    __table_args__ = (one_of("answer", Assignment), {"sqlite_strict": True})

    round_id: Mapped[str] = mapped_column(Id, ForeignKey("round.id", ondelete="CASCADE"), primary_key=True)
    answer: Mapped[str] = mapped_column(Text)
    answered_by: Mapped[str] = mapped_column(Text)
    answered_at: Mapped[datetime] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(Whole)

    def value(self) -> AssignmentAnswer:
        """The answer."""
        return AssignmentAnswer(Assignment(self.answer), self.answered_by, self.answered_at, self.version)


class ScoreNoteRow(Base):
    """Which score to use in talks about a subject, and why; written once. The latest of a subject counts."""

    __tablename__ = "score_note"
    __table_args__ = (
        Index(None, "release_id", "kpi_id", "noted_at", "id"),
        one_of("choice", Choice),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("choice <> 'fair' OR fair IS NOT NULL", name="fair_is_there"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    release_id: Mapped[str] = mapped_column(Id, ForeignKey("release.id", ondelete="CASCADE"))
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"))
    kpi_id: Mapped[str] = mapped_column(Id, ForeignKey("kpi.id"))
    choice: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    plain: Mapped[float] = mapped_column(Number)
    fair: Mapped[float | None] = mapped_column(Number)
    noted_by: Mapped[str] = mapped_column(Text)
    noted_at: Mapped[datetime] = mapped_column(Instant)

    def value(self, author: str = "") -> ScoreNote:
        """The note, with what its author is called."""
        return ScoreNote(
            self.id,
            self.release_id,
            self.subject_id,
            self.kpi_id,
            Choice(self.choice),
            self.reason,
            self.plain,
            self.fair,
            self.noted_by,
            self.noted_at,
            author,
        )
