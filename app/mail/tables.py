"""Mapped classes of mail: the outbox and the suppression list."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.infra.types import Id, Instant, Json, Text, Whole, one_of
from app.mail.values import Letter, OutboxState, SuppressionReason


class OutboxRow(Base):
    """A mail waiting or sent; one for each reference (an invitation, a sign-in link) and wave."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        UniqueConstraint("reference", "wave"),
        Index(None, "state", "next_attempt_at"),
        Index(None, "mailbox"),
        CheckConstraint("copies BETWEEN 0 AND 2", name="copies"),
        one_of("letter", Letter),
        one_of("state", OutboxState),
        CheckConstraint("(state IN ('prepared', 'handing_over')) = (lease_owner IS NOT NULL)", name="leased"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    letter: Mapped[str] = mapped_column(Text)
    recipient: Mapped[str] = mapped_column(Text)
    recipient_name: Mapped[str] = mapped_column(Text)
    mailbox: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(Text)
    parameters: Mapped[dict[str, Any]] = mapped_column(Json)
    reference: Mapped[str] = mapped_column(Text)
    wave: Mapped[int] = mapped_column(Whole)
    state: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Whole)
    copies: Mapped[int] = mapped_column(Whole)
    next_attempt_at: Mapped[datetime] = mapped_column(Instant)
    lease_owner: Mapped[str | None] = mapped_column(Text)
    leased_until: Mapped[datetime | None] = mapped_column(Instant)
    dated_at: Mapped[datetime] = mapped_column(Instant)
    message_id: Mapped[str] = mapped_column(Text)
    boundary: Mapped[str] = mapped_column(Text)
    deadline_at: Mapped[datetime] = mapped_column(Instant)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    reply: Mapped[str | None] = mapped_column(Text)


class SuppressionRow(Base):
    """A mailbox that gets no round mail, and why."""

    __tablename__ = "suppression"
    __table_args__ = (one_of("reason", SuppressionReason), {"sqlite_strict": True})

    mailbox: Mapped[str] = mapped_column(Text, primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
