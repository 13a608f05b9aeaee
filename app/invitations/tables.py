"""Mapped classes of invitations: the links, those that were replaced, and who has asked for a link again."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.infra.types import Bytes, Id, Instant, Text, Whole


class InvitationRow(Base):
    """One rater in one round: one link for all the subjects to rate; only the SHA-256 of its secret is kept."""

    __tablename__ = "invitation"
    __table_args__ = (
        UniqueConstraint("round_id", "person_id"),
        UniqueConstraint("token_hash"),
        Index(None, "person_id"),
        CheckConstraint("rotation >= 0", name="rotation"),
        CheckConstraint("reminded BETWEEN 0 AND 2", name="reminded"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    round_id: Mapped[str] = mapped_column(Id, ForeignKey("round.id", ondelete="CASCADE"))
    person_id: Mapped[str] = mapped_column(Id, ForeignKey("person.id"))
    locale: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[bytes] = mapped_column(Bytes)
    rotation: Mapped[int] = mapped_column(Whole)
    reminded: Mapped[int] = mapped_column(Whole)
    created_at: Mapped[datetime] = mapped_column(Instant)
    voided_at: Mapped[datetime | None] = mapped_column(Instant)
    extended_until: Mapped[datetime | None] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(Whole)


class VoidedLinkRow(Base):
    """The SHA-256 of a link that was replaced by a newer one: whoever opens it is told so."""

    __tablename__ = "voided_link"
    __table_args__ = (Index(None, "invitation_id"), {"sqlite_strict": True})

    token_hash: Mapped[bytes] = mapped_column(Bytes, primary_key=True)
    invitation_id: Mapped[str] = mapped_column(Id, ForeignKey("invitation.id", ondelete="CASCADE"))


class LinkRequestRow(Base):
    """Somebody has asked for the links of an address; kept for any address, known or not, until the worker answers."""

    __tablename__ = "link_request"
    __table_args__ = ({"sqlite_strict": True},)

    mailbox: Mapped[str] = mapped_column(Text, primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(Instant)
