"""Mapped classes of open answers: codes, answers until their period is computed, and the results, which stay."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.encounters.values import Rhythm
from app.infra.database import Base
from app.infra.types import Bytes, Day, Id, Json, Text, Whole, one_of
from app.moderation.values import Ruling, Verdict
from app.open_answers.values import CodeState
from app.receipts.values import WithheldReason
from app.responses.values import ParkState


class OpenCodeRow(Base):
    """A code; of the secret in its address only the SHA-256 is kept, it follows from the id under the instance key."""

    __tablename__ = "open_code"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index(None, "company_id"),
        one_of("rhythm", Rhythm),
        one_of("state", CodeState),
        CheckConstraint("k BETWEEN 5 AND 20", name="k"),
        CheckConstraint("moderated_by <> ''", name="moderated_by"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"))
    name: Mapped[dict[str, str]] = mapped_column(Json)
    kpi_ids: Mapped[list[str]] = mapped_column(Json)
    rhythm: Mapped[str] = mapped_column(Text)
    k: Mapped[int] = mapped_column(Whole)
    state: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[bytes] = mapped_column(Bytes)
    version: Mapped[int] = mapped_column(Whole)
    moderated_by: Mapped[str | None] = mapped_column(Text)


class OpenAnswerRow(Base):
    """An open answer, gone once its period is computed.

    `device` is a mark of address and browser under the instance key, another one for each code and period; `slot` are
    the ten minutes in which it came; `submission_id` is a mark of the submit, from which no receipt code follows.
    `verdict`, `reason` and `text` are what was decided about the comment, and waiting is what was promised to wait.
    """

    __tablename__ = "open_answer"
    __table_args__ = (
        UniqueConstraint("code_id", "submission_id"),
        Index(None, "code_id", "period_start"),
        one_of("state", ParkState),
        one_of("verdict", Verdict),
        one_of("reason", WithheldReason),
        CheckConstraint("(verdict IN ('edited', 'withheld')) = (reason IS NOT NULL)", name="reason_given"),
        CheckConstraint("(verdict = 'edited') = (text IS NOT NULL)", name="text_of_edited"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    code_id: Mapped[str] = mapped_column(Id, ForeignKey("open_code.id", ondelete="CASCADE"))
    period_start: Mapped[date] = mapped_column(Day)
    submission_id: Mapped[str] = mapped_column(Text)
    device: Mapped[bytes] = mapped_column(Bytes)
    slot: Mapped[int] = mapped_column(Whole)
    answers: Mapped[dict[str, float | None]] = mapped_column(Json)
    comment: Mapped[str] = mapped_column(Text)
    reasons: Mapped[list[str]] = mapped_column(Json)
    state: Mapped[str] = mapped_column(Text)
    verdict: Mapped[str] = mapped_column(Text, server_default=Verdict.WAITING)
    reason: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str | None] = mapped_column(Text)

    @property
    def ruling(self) -> Ruling:
        """What was decided about the comment."""
        return Ruling(Verdict(self.verdict), WithheldReason(self.reason) if self.reason else None, self.text)


class OpenResultRow(Base):
    """What the open answers of a period said, computed once; never changed, and read by nothing that scores."""

    __tablename__ = "open_result"
    __table_args__ = ({"sqlite_strict": True},)

    code_id: Mapped[str] = mapped_column(Id, ForeignKey("open_code.id", ondelete="CASCADE"), primary_key=True)
    period_start: Mapped[date] = mapped_column(Day, primary_key=True)
    period_end: Mapped[date] = mapped_column(Day)
    document: Mapped[dict[str, Any]] = mapped_column(Json)
