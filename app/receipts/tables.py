"""Mapped class of receipts; from a row nothing leads to who wrote, about whom, when, or what."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.infra.types import Bytes, Day, Id, Text, one_of
from app.receipts.values import ReceiptState, WithheldReason


class ReceiptRow(Base):
    """What a code tells. `key` is a keyed hash of the code, so that rows lie in no order of arrival.

    Until the release, `comment` is the mark of the comment, which follows from its sheet under the instance key alone,
    and `round_id` the round that settles it; then both are wiped, for good. `keep_until` is the end of a month.
    """

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("comment"),
        Index(None, "round_id"),
        one_of("state", ReceiptState),
        one_of("reason", WithheldReason),
        CheckConstraint("(state = 'received') = (comment IS NOT NULL)", name="comment_until_settled"),
        CheckConstraint("(state = 'withheld') = (reason IS NOT NULL)", name="reason_of_withheld"),
        CheckConstraint("(round_id IS NULL) = (keep_until IS NOT NULL)", name="round_until_settled"),
        {"sqlite_strict": True, "sqlite_with_rowid": False},
    )

    key: Mapped[bytes] = mapped_column(Bytes, primary_key=True)
    round_id: Mapped[str | None] = mapped_column(Id, ForeignKey("round.id", ondelete="CASCADE"))
    comment: Mapped[bytes | None] = mapped_column(Bytes)
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    keep_until: Mapped[date | None] = mapped_column(Day)
