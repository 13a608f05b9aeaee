"""Mapped classes of what raters hand in; nothing here has a time, and protected sheets have no rater."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.infra.types import Bytes, Day, Id, Json, Number, Text, Whole, one_of
from app.kpis.values import RaterGroup
from app.responses.values import ParkState


class SheetRow(Base):
    """A sheet of a `named` or `report` group (with its rater) or of a `confidential` one (under a pseudonym).

    `id` is random, so rows lie in no order of arrival; `key` follows from the assignment under the instance key,
    so that a sheet is found and replaced without a stored link between the two. `submission_id` is a mark of the
    submit that follows from it in the same way, another one on each of its sheets.
    """

    __tablename__ = "sheet"
    __table_args__ = (
        UniqueConstraint("key"),
        Index(None, "round_id", "subject_id", "rater_group"),
        one_of("rater_group", RaterGroup),
        CheckConstraint("(rater_id IS NULL) <> (pseudonym IS NULL)", name="named_or_pseudonymous"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Whole, primary_key=True, autoincrement=False)
    round_id: Mapped[str] = mapped_column(Id, ForeignKey("round.id", ondelete="CASCADE"))
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"))
    rater_group: Mapped[str] = mapped_column(Text)
    key: Mapped[bytes] = mapped_column(Bytes)
    rater_id: Mapped[str | None] = mapped_column(Id, ForeignKey("person.id"))
    pseudonym: Mapped[bytes | None] = mapped_column(Bytes)
    submission_id: Mapped[str] = mapped_column(Text)


class AnswerRow(Base):
    """One item of a sheet; `level` as the scale has it, empty for "could not observe"."""

    __tablename__ = "answer"
    __table_args__ = ({"sqlite_strict": True, "sqlite_with_rowid": False},)

    sheet_id: Mapped[int] = mapped_column(Whole, ForeignKey("sheet.id", ondelete="CASCADE"), primary_key=True)
    item_id: Mapped[str] = mapped_column(Id, ForeignKey("item.id"), primary_key=True)
    level: Mapped[float | None] = mapped_column(Number)


class SheetCommentRow(Base):
    """A comment on an item, or on the subject as a whole (`about` empty)."""

    __tablename__ = "sheet_comment"
    __table_args__ = (CheckConstraint("text <> ''", name="text"), {"sqlite_strict": True, "sqlite_with_rowid": False})

    sheet_id: Mapped[int] = mapped_column(Whole, ForeignKey("sheet.id", ondelete="CASCADE"), primary_key=True)
    about: Mapped[str] = mapped_column(Text, primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class DraftRow(Base):
    """What a rater has typed and not sent, under a key that follows from the link alone; gone once sent or closed.

    `fields` are named by marks that stand for assignments under the instance key.
    """

    __tablename__ = "form_draft"
    __table_args__ = (Index(None, "round_id"), {"sqlite_strict": True, "sqlite_with_rowid": False})

    key: Mapped[bytes] = mapped_column(Bytes, primary_key=True)
    round_id: Mapped[str] = mapped_column(Id, ForeignKey("round.id", ondelete="CASCADE"))
    fields: Mapped[dict[str, str]] = mapped_column(Json)


class SuspicionRow(Base):
    """Why a customer's sheet will be parked at the close, under the key of the sheet; gone after the close."""

    __tablename__ = "suspicion"
    __table_args__ = (Index(None, "round_id"), {"sqlite_strict": True, "sqlite_with_rowid": False})

    key: Mapped[bytes] = mapped_column(Bytes, primary_key=True)
    round_id: Mapped[str] = mapped_column(Id, ForeignKey("round.id", ondelete="CASCADE"))
    reasons: Mapped[list[str]] = mapped_column(Json)


class ParkedSheetRow(Base):
    """A customer's sheet that counts in nothing: taken out of the others at the close, whole, so that it can go back.

    While it is `counted` its answers stand among the others and not here.
    """

    __tablename__ = "parked_sheet"
    __table_args__ = (
        UniqueConstraint("key"),
        Index(None, "round_id"),
        one_of("rater_group", RaterGroup),
        one_of("state", ParkState),
        CheckConstraint("(state = 'counted') = (answers IS NULL)", name="answers_in_one_place"),
        CheckConstraint("(state = 'parked') = (decided_on IS NULL)", name="decided"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    round_id: Mapped[str] = mapped_column(Id, ForeignKey("round.id", ondelete="CASCADE"))
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"))
    rater_group: Mapped[str] = mapped_column(Text)
    key: Mapped[bytes] = mapped_column(Bytes)
    pseudonym: Mapped[bytes] = mapped_column(Bytes)
    submission_id: Mapped[str] = mapped_column(Text)
    questions: Mapped[int] = mapped_column(Whole)
    answers: Mapped[dict[str, float | None] | None] = mapped_column(Json)
    comments: Mapped[dict[str, str] | None] = mapped_column(Json)
    reasons: Mapped[list[str]] = mapped_column(Json)
    state: Mapped[str] = mapped_column(Text)
    decided_on: Mapped[date | None] = mapped_column(Day)
    decided_by: Mapped[str | None] = mapped_column(Text)


class AnonymousSheetRow(Base):
    """A sheet of an `anonymous` group: key and submission mark follow from the rating link alone; deleted at the seal."""

    __tablename__ = "anonymous_sheet"
    __table_args__ = (
        Index(None, "round_id"),
        one_of("rater_group", RaterGroup),
        {"sqlite_strict": True, "sqlite_with_rowid": False},
    )

    key: Mapped[bytes] = mapped_column(Bytes, primary_key=True)
    round_id: Mapped[str] = mapped_column(Id, ForeignKey("round.id", ondelete="CASCADE"))
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"))
    rater_group: Mapped[str] = mapped_column(Text)
    submission_id: Mapped[str] = mapped_column(Text)
    answers: Mapped[dict[str, float | None]] = mapped_column(Json)
    comments: Mapped[dict[str, Any]] = mapped_column(Json)
