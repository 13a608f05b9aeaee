"""Mapped classes of rounds: the round, its groups and KPIs, its frozen subjects and readers, and who rates whom."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.infra.types import Bytes, Day, Flag, Id, Instant, Json, Text, Whole, one_of
from app.kpis.values import Form, RaterGroup
from app.rounds.values import (
    AssignmentSource,
    DeclineReason,
    GroupPolicy,
    Mode,
    Pooling,
    ReleaseMode,
    Round,
    RoundId,
    RoundKpi,
    RoundSource,
    RoundState,
)


class RoundRow(Base):
    """A round. `recipe` is what was frozen at launch, `promise_hash` the SHA-256 of all that was frozen.

    `salt` is wiped after the close. `shares` are those of `counted_on`: refreshed once a day, since a share that
    moves with an answer would tell of it (R9). `overlapping` are the places where no atom forms (R10), settled at
    the launch and, with those asked since, at the close.
    """

    __tablename__ = "round"
    __table_args__ = (
        UniqueConstraint("company_id", "external_id"),
        Index(None, "company_id", "state"),
        one_of("state", RoundState),
        one_of("source", RoundSource),
        one_of("pooling", Pooling),
        one_of("release_mode", ReleaseMode),
        CheckConstraint("moderated_by <> ''", name="moderated_by"),
        CheckConstraint("talk_days BETWEEN 0 AND 60", name="talk_days"),
        CheckConstraint("period_end >= period_start", name="period"),
        CheckConstraint("closes_at > opens_at", name="times"),
        CheckConstraint("(state = 'draft') = (recipe IS NULL)", name="frozen_at_launch"),
        CheckConstraint("state <> 'open' OR salt IS NOT NULL", name="salt_while_open"),
        CheckConstraint("state IN ('draft', 'open') OR closed_at IS NOT NULL", name="closed_at"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    scope_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"))
    external_id: Mapped[str | None] = mapped_column(Text)
    name: Mapped[dict[str, str]] = mapped_column(Json)
    purpose: Mapped[dict[str, str]] = mapped_column(Json)
    asked_by: Mapped[str] = mapped_column(Text)
    period_start: Mapped[date] = mapped_column(Day)
    period_end: Mapped[date] = mapped_column(Day)
    opens_at: Mapped[datetime] = mapped_column(Instant)
    closes_at: Mapped[datetime] = mapped_column(Instant)
    extended_until: Mapped[datetime | None] = mapped_column(Instant)
    reminders: Mapped[list[str]] = mapped_column(Json)
    state: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    pooling: Mapped[str] = mapped_column(Text)
    release_mode: Mapped[str] = mapped_column(Text)
    salt: Mapped[bytes | None] = mapped_column(Bytes)
    recipe: Mapped[dict[str, Any] | None] = mapped_column(Json)
    promise_hash: Mapped[str | None] = mapped_column(Text)
    launched_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    released_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(Text)
    counted_on: Mapped[date | None] = mapped_column(Day)
    shares: Mapped[dict[str, int | None]] = mapped_column(Json)
    version: Mapped[int] = mapped_column(Whole)
    overlapping: Mapped[list[list[Any]]] = mapped_column(Json, server_default="[]")
    moderated_by: Mapped[str | None] = mapped_column(Text)
    talk_days: Mapped[int] = mapped_column(Whole, server_default="0")

    def value(self, groups: Iterable[GroupPolicy], kpis: Iterable[RoundKpi]) -> Round:
        """The round with its groups, in the usual order, and its KPIs."""
        order = list(RaterGroup)
        return Round(
            id=RoundId(self.id),
            company_id=self.company_id,
            scope_id=self.scope_id,
            external_id=self.external_id,
            name=self.name,
            purpose=self.purpose,
            asked_by=self.asked_by,
            period_start=self.period_start,
            period_end=self.period_end,
            opens_at=self.opens_at,
            closes_at=self.closes_at,
            extended_until=self.extended_until,
            reminders=tuple(datetime.fromisoformat(at) for at in self.reminders),
            state=RoundState(self.state),
            source=RoundSource(self.source),
            pooling=Pooling(self.pooling),
            release_mode=ReleaseMode(self.release_mode),
            promise_hash=self.promise_hash,
            launched_at=self.launched_at,
            closed_at=self.closed_at,
            released_at=self.released_at,
            version=self.version,
            groups=tuple(sorted(groups, key=lambda one: order.index(one.rater_group))),
            kpis=tuple(kpis),
            moderated_by=self.moderated_by,
            talk_days=self.talk_days,
        )


class RoundGroupRow(Base):
    """A rater group of a round: its mode and minimums."""

    __tablename__ = "round_group"
    __table_args__ = (
        one_of("rater_group", RaterGroup),
        one_of("mode", Mode),
        CheckConstraint("k BETWEEN 1 AND 20", name="k"),
        CheckConstraint("comment_k >= k", name="comment_k"),
        CheckConstraint("mode = 'named' OR k >= 3", name="minimum"),
        CheckConstraint("rater_group <> 'self' OR mode = 'named'", name="self_is_named"),
        {"sqlite_strict": True},
    )

    round_id: Mapped[str] = mapped_column(Id, ForeignKey("round.id", ondelete="CASCADE"), primary_key=True)
    rater_group: Mapped[str] = mapped_column(Text, primary_key=True)
    mode: Mapped[str] = mapped_column(Text)
    k: Mapped[int] = mapped_column(Whole)
    comment_k: Mapped[int] = mapped_column(Whole)

    def value(self) -> GroupPolicy:
        """The policy of the group."""
        return GroupPolicy(RaterGroup(self.rater_group), Mode(self.mode), self.k, self.comment_k)


class RoundKpiRow(Base):
    """A soft KPI asked about in a round, with the weight of each rater group."""

    __tablename__ = "round_kpi"
    __table_args__ = ({"sqlite_strict": True},)

    round_id: Mapped[str] = mapped_column(Id, ForeignKey("round.id", ondelete="CASCADE"), primary_key=True)
    kpi_id: Mapped[str] = mapped_column(Id, ForeignKey("kpi.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Whole)
    weights: Mapped[dict[str, float]] = mapped_column(Json)

    def value(self) -> RoundKpi:
        """The KPI with its weights."""
        return RoundKpi(self.kpi_id, {RaterGroup(group): float(weight) for group, weight in self.weights.items()})


class RoundSubjectRow(Base):
    """A subject as it was at launch: its place, its card, its targets. A draft holds only those to be rated."""

    __tablename__ = "round_subject"
    __table_args__ = (
        Index(None, "subject_id"),
        Index(None, "round_id", "parent_id"),
        one_of("form", Form),
        {"sqlite_strict": True},
    )

    round_id: Mapped[str] = mapped_column(Id, ForeignKey("round.id", ondelete="CASCADE"), primary_key=True)
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"), primary_key=True)
    is_rated: Mapped[bool] = mapped_column(Flag)
    parent_id: Mapped[str | None] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    card: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    targets: Mapped[dict[str, dict[str, float]]] = mapped_column(Json)
    form: Mapped[str] = mapped_column(Text, server_default=Form.ARITHMETIC)


class RoundReaderRow(Base):
    """Somebody who could read results about a subject (and below) at launch; does not count towards k there."""

    __tablename__ = "round_reader"
    __table_args__ = ({"sqlite_strict": True},)

    round_id: Mapped[str] = mapped_column(Id, ForeignKey("round.id", ondelete="CASCADE"), primary_key=True)
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"), primary_key=True)
    mailbox: Mapped[str] = mapped_column(Text, primary_key=True)


class ConflictRow(Base):
    """Two people who must not rate each other, from a day on, until the mark is lifted; each pair in one order."""

    __tablename__ = "conflict"
    __table_args__ = (
        Index(
            "uq_conflict_open",
            "one_id",
            "other_id",
            unique=True,
            sqlite_where=text("lifted_on IS NULL"),
            postgresql_where=text("lifted_on IS NULL"),
        ),
        Index(None, "company_id"),
        CheckConstraint("one_id < other_id", name="in_order"),
        CheckConstraint("lifted_on IS NULL OR lifted_on >= since", name="days"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    one_id: Mapped[str] = mapped_column(Id, ForeignKey("person.id", ondelete="CASCADE"))
    other_id: Mapped[str] = mapped_column(Id, ForeignKey("person.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(Text)
    since: Mapped[date] = mapped_column(Day)
    lifted_on: Mapped[date | None] = mapped_column(Day)


class LoadCapRow(Base):
    """How many minutes of forms a company asks of one rater in a month at most."""

    __tablename__ = "load_cap"
    __table_args__ = (CheckConstraint("minutes BETWEEN 10 AND 600", name="minutes"), {"sqlite_strict": True})

    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"), primary_key=True)
    minutes: Mapped[int] = mapped_column(Whole)


class UsualModeratorsRow(Base):
    """Who reads comments before their release in the rounds, programmes and codes that a company sets up anew."""

    __tablename__ = "usual_moderators"
    __table_args__ = (CheckConstraint("moderated_by <> ''", name="moderated_by"), {"sqlite_strict": True})

    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"), primary_key=True)
    moderated_by: Mapped[str] = mapped_column(Text)


class NominationCallRow(Base):
    """The rated people of a draft may propose raters until a time; `told_on` is when managers last got a letter."""

    __tablename__ = "nomination_call"
    __table_args__ = ({"sqlite_strict": True},)

    round_id: Mapped[str] = mapped_column(Id, ForeignKey("round.id", ondelete="CASCADE"), primary_key=True)
    until: Mapped[datetime] = mapped_column(Instant)
    told_on: Mapped[date | None] = mapped_column(Day)


class NominationRow(Base):
    """Somebody whom a rated person proposes as a rater, by mailbox; a person is made of it once it is approved."""

    __tablename__ = "nomination"
    __table_args__ = (
        UniqueConstraint("round_id", "subject_id", "rater_group", "mailbox"),
        one_of("rater_group", RaterGroup),
        CheckConstraint("state IN ('waiting', 'approved', 'refused')", name="state"),
        CheckConstraint("(state = 'waiting') = (decided_by IS NULL)", name="decided"),
        CheckConstraint("(state = 'refused') = (reason IS NOT NULL)", name="reason"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    round_id: Mapped[str] = mapped_column(Id, ForeignKey("round.id", ondelete="CASCADE"))
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    rater_group: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text)
    mailbox: Mapped[str] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    nominated_by: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[str | None] = mapped_column(Text)


class AssignmentRow(Base):
    """Who rates whom. `answered` carries no time; `counted` says whether the rater counts towards k (R2).

    `seconds` is what the form about this one takes, from the launch on. `declined` is why the rater does not rate:
    the row stays, so that nobody can tell from the list of who is asked who has declined.
    """

    __tablename__ = "assignment"
    __table_args__ = (
        UniqueConstraint("round_id", "rater_id", "subject_id", "rater_group", "occasion"),
        Index(None, "round_id", "subject_id", "rater_group"),
        one_of("rater_group", RaterGroup),
        one_of("source", AssignmentSource),
        one_of("declined", DeclineReason),
        CheckConstraint("declined IS NULL OR NOT answered", name="declined_or_answered"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    round_id: Mapped[str] = mapped_column(Id, ForeignKey("round.id", ondelete="CASCADE"))
    rater_id: Mapped[str] = mapped_column(Id, ForeignKey("person.id"))
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"))
    rater_group: Mapped[str] = mapped_column(Text)
    occasion: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    added_by: Mapped[str] = mapped_column(Text)
    approved_by: Mapped[str | None] = mapped_column(Text)
    counted: Mapped[bool] = mapped_column(Flag)
    answered: Mapped[bool] = mapped_column(Flag)
    seconds: Mapped[int] = mapped_column(Whole, server_default="0")
    declined: Mapped[str | None] = mapped_column(Text)
