"""Mapped classes of the organisation: the tree, people, dated membership and manager roles."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.infra.types import Day, Id, Instant, Text, Whole, one_of
from app.organisation.values import SubjectKind
from app.words import LOCALES


class SubjectRow(Base):
    """A node of the tree; a company is its own company. `name_key` is the name as it is compared."""

    __tablename__ = "subject"
    __table_args__ = (
        UniqueConstraint("company_id", "external_id"),
        Index(None, "company_id", "kind"),
        one_of("kind", SubjectKind),
        CheckConstraint("(kind = 'company') = (id = company_id)", name="company_is_root"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"))
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    name_key: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(Whole)


class MembershipRow(Base):
    """Where a subject hangs, from day to day; at most one membership is open-ended, one of no days never counted."""

    __tablename__ = "membership"
    __table_args__ = (
        Index(None, "parent_id"),
        Index(
            "uq_membership_open",
            "subject_id",
            unique=True,
            sqlite_where=text("ends_on IS NULL"),
            postgresql_where=text("ends_on IS NULL"),
        ),
        CheckConstraint("subject_id <> parent_id", name="not_itself"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="days"),
        {"sqlite_strict": True},
    )

    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"), primary_key=True)
    starts_on: Mapped[date] = mapped_column(Day, primary_key=True)
    parent_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    ends_on: Mapped[date | None] = mapped_column(Day)


class PersonRow(Base):
    """A human: one mailbox and one external id at most once in a company. `name_key` is the name as it is compared."""

    __tablename__ = "person"
    __table_args__ = (
        UniqueConstraint("company_id", "external_id"),
        UniqueConstraint("company_id", "mailbox"),
        UniqueConstraint("subject_id"),
        Index(None, "mailbox"),
        one_of("locale", LOCALES),
        CheckConstraint("(email IS NULL) = (mailbox IS NULL)", name="email"),
        CheckConstraint("email IS NOT NULL OR external_id IS NOT NULL OR subject_id IS NOT NULL", name="known_by"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"))
    name: Mapped[str | None] = mapped_column(Text)
    name_key: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    mailbox: Mapped[str | None] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str | None] = mapped_column(Text)
    subject_id: Mapped[str | None] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(Whole)


class DeputyRow(Base):
    """Who acts for a manager, from day to day; always with an end."""

    __tablename__ = "deputy"
    __table_args__ = (
        Index(None, "subject_id"),
        Index(None, "deputy_id"),
        CheckConstraint("ends_on >= starts_on", name="days"),
        CheckConstraint("subject_id <> deputy_id", name="not_himself"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    deputy_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    starts_on: Mapped[date] = mapped_column(Day)
    ends_on: Mapped[date] = mapped_column(Day)


class ManagerRoleRow(Base):
    """Who leads a unit, from day to day."""

    __tablename__ = "manager_role"
    __table_args__ = (
        UniqueConstraint("unit_id", "subject_id", "starts_on"),
        Index(None, "subject_id"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="days"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    unit_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    starts_on: Mapped[date] = mapped_column(Day)
    ends_on: Mapped[date | None] = mapped_column(Day)
