"""Mapped classes of talks: the talk about a summary and what was agreed in it."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.infra.types import Day, Id, Text, Whole, one_of
from app.talks.values import Side


class TalkRow(Base):
    """A talk about the summary of a person in a release; there from the first thing that either side does."""

    __tablename__ = "talk"
    __table_args__ = (
        UniqueConstraint("release_id", "subject_id"),
        Index(None, "subject_id"),
        CheckConstraint("reply = '' OR replied_on IS NOT NULL", name="reply"),
        CheckConstraint("replied_on IS NULL OR read_on IS NOT NULL", name="read"),
        CheckConstraint("(leader_signed_on IS NULL) = (leader_signed_by IS NULL)", name="signed_by"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    release_id: Mapped[str] = mapped_column(Id, ForeignKey("release.id", ondelete="CASCADE"))
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"))
    talk_on: Mapped[date | None] = mapped_column(Day)
    agenda: Mapped[str] = mapped_column(Text)
    read_on: Mapped[date | None] = mapped_column(Day)
    reply: Mapped[str] = mapped_column(Text)
    replied_on: Mapped[date | None] = mapped_column(Day)
    leader_signed_on: Mapped[date | None] = mapped_column(Day)
    leader_signed_by: Mapped[str | None] = mapped_column(Text)
    person_signed_on: Mapped[date | None] = mapped_column(Day)
    version: Mapped[int] = mapped_column(Whole)


class AgreementRow(Base):
    """What somebody is to do by a day, as both agreed."""

    __tablename__ = "agreement"
    __table_args__ = (
        UniqueConstraint("talk_id", "position"),
        one_of("side", Side),
        CheckConstraint("position >= 1", name="position"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    talk_id: Mapped[str] = mapped_column(Id, ForeignKey("talk.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Whole)
    text: Mapped[str] = mapped_column(Text)
    side: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date] = mapped_column(Day)
