"""Mapped classes of mail: the outbox, how far it has come, how much a domain got this minute, and suppressions."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.infra.types import Id, Instant, Json, Text, Whole, one_of
from app.mail.values import Letter, OutboxState, SuppressionReason

_IS_BUNDLED = text("leaves_with IS NOT NULL")
_WAITS = text("lease_owner IS NULL AND settled_at IS NULL")
_SIGNS_IN = text("letter = 'sign_in' AND lease_owner IS NULL AND settled_at IS NULL")
_IS_LEASED = text("lease_owner IS NOT NULL")


class OutboxRow(Base):
    """A mail waiting or sent; one for each reference (an invitation, a sign-in link) and wave.

    Those with the same `leaves_with`, the id of one of them, leave as one mail.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (
        UniqueConstraint("reference", "wave"),
        # None by state: PostgreSQL enters a message anew in all of its indices when what one of them goes by changes.
        Index(None, "next_attempt_at", sqlite_where=_WAITS, postgresql_where=_WAITS),
        Index(None, "lease_owner", sqlite_where=_IS_LEASED, postgresql_where=_IS_LEASED),
        # Somebody looks at an empty mailbox: whatever else waits is not to be looked through first.
        Index("ix_outbox_message_sign_in", "next_attempt_at", sqlite_where=_SIGNS_IN, postgresql_where=_SIGNS_IN),
        Index(None, "mailbox"),
        Index(None, "message_id"),
        # Most leave alone, and cost nothing here.
        Index(None, "leaves_with", sqlite_where=_IS_BUNDLED, postgresql_where=_IS_BUNDLED),
        CheckConstraint("copies BETWEEN 0 AND 2", name="copies"),
        one_of("letter", Letter),
        one_of("state", OutboxState),
        CheckConstraint("(state IN ('prepared', 'handing_over')) = (lease_owner IS NOT NULL)", name="leased"),
        # What is in no index of those that wait would never leave.
        CheckConstraint("state != 'queued' OR settled_at IS NULL", name="waiting"),
        # Half of each page is left for the next states of what stands there: only beside the last one are they in no index.
        {"sqlite_strict": True, "postgresql_with": {"fillfactor": 50}},
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
    leaves_with: Mapped[str | None] = mapped_column(Id)


class OutboxProgressRow(Base):
    """The one row of how many batches have left, and since when none may; `origin` is the same in every copy."""

    __tablename__ = "outbox_progress"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("batches >= 0", name="batches"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Whole, primary_key=True, autoincrement=False)
    origin: Mapped[str] = mapped_column(Id)
    batches: Mapped[int] = mapped_column(Whole)
    held_at: Mapped[datetime | None] = mapped_column(Instant)


class SendingWindowRow(Base):
    """How many letters a domain got in the minute that began at `started_at`; for all workers together."""

    __tablename__ = "sending_window"
    __table_args__ = (CheckConstraint("count >= 0", name="count"), {"sqlite_strict": True})

    domain: Mapped[str] = mapped_column(Text, primary_key=True)
    started_at: Mapped[datetime] = mapped_column(Instant)
    count: Mapped[int] = mapped_column(Whole)


class SuppressionRow(Base):
    """A mailbox that gets no round mail, and why; `note` is what the other side or who did it had to say."""

    __tablename__ = "suppression"
    __table_args__ = (one_of("reason", SuppressionReason), {"sqlite_strict": True})

    mailbox: Mapped[str] = mapped_column(Text, primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    note: Mapped[str] = mapped_column(Text)
