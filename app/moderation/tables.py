"""Mapped classes of moderation, there between the close and the release; no comment's own text stands here."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.infra.types import Bytes, Id, Instant, Json, Text, one_of
from app.moderation.values import Verdict
from app.receipts.values import WithheldReason


class ModerationRow(Base):
    """The comments of a round were laid out to be looked at, then; a round without this row waits for that."""

    __tablename__ = "moderation"
    __table_args__ = ({"sqlite_strict": True},)

    round_id: Mapped[str] = mapped_column(Id, ForeignKey("round.id", ondelete="CASCADE"), primary_key=True)
    begun_at: Mapped[datetime] = mapped_column(Instant)


class ModeratedCommentRow(Base):
    """What is decided about one comment, by its mark, which leads to its sheet under the instance key alone.

    `subjects` are all whom the comments at its place are about, so that none of them reads it here. `id` is random, and
    rows are read by it; the text of the comment stays with its sheet until the release, `text` is what an edit makes of
    it. Gone with the release.
    """

    __tablename__ = "moderated_comment"
    __table_args__ = (
        UniqueConstraint("mark"),
        Index(None, "round_id"),
        one_of("verdict", Verdict),
        one_of("reason", WithheldReason),
        CheckConstraint("(verdict IN ('edited', 'withheld')) = (reason IS NOT NULL)", name="reason_given"),
        CheckConstraint("(verdict = 'edited') = (text IS NOT NULL)", name="text_of_edited"),
        {"sqlite_strict": True, "sqlite_with_rowid": False},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    round_id: Mapped[str] = mapped_column(Id, ForeignKey("round.id", ondelete="CASCADE"))
    mark: Mapped[bytes] = mapped_column(Bytes)
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"))
    subjects: Mapped[list[str]] = mapped_column(Json)
    rater_groups: Mapped[str] = mapped_column(Text)
    about: Mapped[str] = mapped_column(Text)
    verdict: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str | None] = mapped_column(Text)
