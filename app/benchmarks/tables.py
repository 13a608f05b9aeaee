"""Mapped classes of benchmarks: our own signing key, the keys that are trusted, and the files that were brought in."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.infra.types import Day, Id, Instant, Json, Text, Whole


class SigningKeyRow(Base):
    """The signing key of a company: what it is derived from under the instance key, and its public half."""

    __tablename__ = "signing_key"
    __table_args__ = (UniqueConstraint("key_id"), {"sqlite_strict": True})

    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"), primary_key=True)
    key_id: Mapped[str] = mapped_column(Id)
    public_key: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Instant)


class TrustedKeyRow(Base):
    """A key of somebody else that a company has decided to trust, and until when it did."""

    __tablename__ = "trusted_key"
    __table_args__ = (
        UniqueConstraint("company_id", "public_key"),
        CheckConstraint("length(public_key) = 43", name="public_key"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text)
    public_key: Mapped[str] = mapped_column(Text)
    trusted_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class BenchmarkRow(Base):
    """A file that was brought in, as it was signed; `own_kpis` says with which of our KPIs its own are compared."""

    __tablename__ = "benchmark"
    __table_args__ = (
        UniqueConstraint("company_id", "digest"),
        Index(None, "trusted_key_id"),
        CheckConstraint("length(digest) = 64", name="digest"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    trusted_key_id: Mapped[str] = mapped_column(Id, ForeignKey("trusted_key.id", ondelete="CASCADE"))
    digest: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    made_on: Mapped[date] = mapped_column(Day)
    document: Mapped[dict[str, Any]] = mapped_column(Json)
    own_kpis: Mapped[dict[str, str]] = mapped_column(Json)
    imported_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(Whole)
