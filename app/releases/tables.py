"""Mapped classes of a release: atoms with their totals, scores, explanations and comments; written once."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.infra.types import Bytes, Day, Flag, Id, Instant, Json, Number, Text, Whole, one_of
from app.organisation.values import SubjectKind
from app.receipts.values import WithheldReason
from app.releases.values import ScoreStatus

IS_WHOLE = "item_id IS NULL AND rater_groups = ''"


class ReleaseRow(Base):
    """One release of one round, with the method that made it and the keyed digest of what went in."""

    __tablename__ = "release"
    __table_args__ = (UniqueConstraint("round_id", "sequence"), {"sqlite_strict": True})

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    round_id: Mapped[str] = mapped_column(Id, ForeignKey("round.id", ondelete="CASCADE"))
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    sequence: Mapped[int] = mapped_column(Whole)
    method_version: Mapped[str] = mapped_column(Text)
    input_digest: Mapped[bytes] = mapped_column(Bytes)
    sealed_at: Mapped[datetime] = mapped_column(Instant)
    scrubbed_at: Mapped[datetime | None] = mapped_column(Instant)


class AtomRow(Base):
    """A set of at least k sheets that is shown only as a whole; `totals` are integers, by KPI and item."""

    __tablename__ = "atom"
    __table_args__ = (UniqueConstraint("release_id", "subject_id", "rater_groups"), {"sqlite_strict": True})

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    release_id: Mapped[str] = mapped_column(Id, ForeignKey("release.id", ondelete="CASCADE"))
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"))
    rater_groups: Mapped[str] = mapped_column(Text)
    is_own: Mapped[bool] = mapped_column(Flag)
    is_protected: Mapped[bool] = mapped_column(Flag)
    raters: Mapped[int] = mapped_column(Whole)
    sheets: Mapped[int] = mapped_column(Whole)
    totals: Mapped[dict[str, Any]] = mapped_column(Json)


class ScoreRow(Base):
    """One readable figure, or the reason why there is none. `place` makes (kpi, item, groups) unique with its gaps.

    `lo` and `hi` are what a reader sees (in whole points, outward, where an atom is small, R7); `se` and `df`
    are empty there. `details` holds what a hard KPI shows beside its score.
    """

    __tablename__ = "score"
    __table_args__ = (
        UniqueConstraint("release_id", "subject_id", "place"),
        # A few rows in fifteen, and all that is asked of a subject over hundreds of releases; see `is_whole`.
        Index(
            "ix_score_whole",
            "subject_id",
            "kpi_id",
            "release_id",
            "score",
            sqlite_where=text(IS_WHOLE),
            postgresql_where=text(IS_WHOLE),
        ),
        one_of("status", ScoreStatus),
        CheckConstraint("(status = 'ok') = (score IS NOT NULL)", name="score"),
        CheckConstraint("score IS NULL OR (lo <= score AND score <= hi)", name="interval"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    release_id: Mapped[str] = mapped_column(Id, ForeignKey("release.id", ondelete="CASCADE"))
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"))
    place: Mapped[str] = mapped_column(Text)
    kpi_id: Mapped[str | None] = mapped_column(Id)
    item_id: Mapped[str | None] = mapped_column(Id)
    rater_groups: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    score: Mapped[float | None] = mapped_column(Number)
    lo: Mapped[float | None] = mapped_column(Number)
    hi: Mapped[float | None] = mapped_column(Number)
    se: Mapped[float | None] = mapped_column(Number)
    df: Mapped[float | None] = mapped_column(Number)
    raters: Mapped[int | None] = mapped_column(Whole)
    coverage: Mapped[float | None] = mapped_column(Number)
    details: Mapped[dict[str, Any] | None] = mapped_column(Json)


class ExplanationRow(Base):
    """The arithmetic of every figure of one subject, from item to composite."""

    __tablename__ = "explanation"
    __table_args__ = ({"sqlite_strict": True},)

    release_id: Mapped[str] = mapped_column(Id, ForeignKey("release.id", ondelete="CASCADE"), primary_key=True)
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"), primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(Json)


class FindingRow(Base):
    """What a release found about one subject beside its scores: strengths, gaps, changes, how firmly scores stand."""

    __tablename__ = "finding"
    __table_args__ = ({"sqlite_strict": True},)

    release_id: Mapped[str] = mapped_column(Id, ForeignKey("release.id", ondelete="CASCADE"), primary_key=True)
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"), primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(Json)


class ComparisonRow(Base):
    """The subjects of a kind below a unit, or its competitors, like for like; `document` holds errors for analysts."""

    __tablename__ = "comparison"
    __table_args__ = (one_of("kind", SubjectKind), {"sqlite_strict": True})

    release_id: Mapped[str] = mapped_column(Id, ForeignKey("release.id", ondelete="CASCADE"), primary_key=True)
    unit_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(Json)


class ReleasedCommentRow(Base):
    """A comment that may be read; `position` is the keyed order inside its atom and question."""

    __tablename__ = "released_comment"
    __table_args__ = (
        UniqueConstraint(
            "release_id", "subject_id", "rater_groups", "about", "position", name="uq_released_comment_place"
        ),
        Index(None, "release_id", "subject_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    release_id: Mapped[str] = mapped_column(Id, ForeignKey("release.id", ondelete="CASCADE"))
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"))
    rater_groups: Mapped[str] = mapped_column(Text)
    about: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(Whole)
    author: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    is_edited: Mapped[bool] = mapped_column(Flag, server_default=false())


class WithheldCommentsRow(Base):
    """How many comments are withheld at a place that shows comments, for one reason."""

    __tablename__ = "withheld_comments"
    __table_args__ = (
        one_of("reason", WithheldReason),
        CheckConstraint("comments > 0", name="comments"),
        {"sqlite_strict": True},
    )

    release_id: Mapped[str] = mapped_column(Id, ForeignKey("release.id", ondelete="CASCADE"), primary_key=True)
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"), primary_key=True)
    rater_groups: Mapped[str] = mapped_column(Text, primary_key=True)
    about: Mapped[str] = mapped_column(Text, primary_key=True)
    reason: Mapped[str] = mapped_column(Text, primary_key=True)
    comments: Mapped[int] = mapped_column(Whole)


class HeldSummaryRow(Base):
    """The own summary of a person that opens to that person on a day, at the latest on `latest_on`; kept afterwards.

    `told` is set once the letter about it has been written.
    """

    __tablename__ = "held_summary"
    __table_args__ = (
        Index(None, "subject_id"),
        Index(None, "told", "opens_on"),
        CheckConstraint("opens_on <= latest_on", name="opens_on"),
        {"sqlite_strict": True},
    )

    round_id: Mapped[str] = mapped_column(Id, ForeignKey("round.id", ondelete="CASCADE"), primary_key=True)
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"), primary_key=True)
    opens_on: Mapped[date] = mapped_column(Day)
    latest_on: Mapped[date] = mapped_column(Day)
    told: Mapped[bool] = mapped_column(Flag, server_default=false())
