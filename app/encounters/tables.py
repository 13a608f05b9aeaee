"""Mapped classes of encounters: programmes, the rounds they began, and encounters without their customers' names."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.encounters.values import (
    Encounter,
    EncounterId,
    EncounterState,
    Period,
    Programme,
    ProgrammeId,
    ProgrammeState,
    Reason,
    Rhythm,
)
from app.infra.database import Base
from app.infra.types import Bytes, Day, Flag, Id, Instant, Json, Text, Whole, one_of
from app.organisation.values import SubjectId


class ProgrammeRow(Base):
    """A programme; a change of it holds from the next period on, since a round is frozen when it begins."""

    __tablename__ = "programme"
    __table_args__ = (
        UniqueConstraint("company_id", "external_id"),
        one_of("rhythm", Rhythm),
        one_of("state", ProgrammeState),
        CheckConstraint("k BETWEEN 3 AND 20", name="k"),
        CheckConstraint("quota >= 1", name="quota"),
        CheckConstraint("pause_days >= 1", name="pause_days"),
        CheckConstraint("answer_days BETWEEN 2 AND 30", name="answer_days"),
        CheckConstraint("moderated_by <> ''", name="moderated_by"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    scope_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"))
    external_id: Mapped[str | None] = mapped_column(Text)
    name: Mapped[dict[str, str]] = mapped_column(Json)
    purpose: Mapped[dict[str, str]] = mapped_column(Json)
    asked_by: Mapped[str] = mapped_column(Text)
    rhythm: Mapped[str] = mapped_column(Text)
    kpi_ids: Mapped[list[str]] = mapped_column(Json)
    k: Mapped[int] = mapped_column(Whole)
    quota: Mapped[int] = mapped_column(Whole)
    pause_days: Mapped[int] = mapped_column(Whole)
    answer_days: Mapped[int] = mapped_column(Whole)
    starts_on: Mapped[date] = mapped_column(Day)
    offers_contact: Mapped[bool] = mapped_column(Flag)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Whole)
    moderated_by: Mapped[str | None] = mapped_column(Text)

    def value(self) -> Programme:
        """The programme."""
        return Programme(
            id=ProgrammeId(self.id),
            company_id=self.company_id,
            scope_id=self.scope_id,
            external_id=self.external_id,
            name=self.name,
            purpose=self.purpose,
            asked_by=self.asked_by,
            rhythm=Rhythm(self.rhythm),
            kpi_ids=tuple(self.kpi_ids),
            k=self.k,
            quota=self.quota,
            pause_days=self.pause_days,
            answer_days=self.answer_days,
            starts_on=self.starts_on,
            offers_contact=self.offers_contact,
            moderated_by=self.moderated_by,
            state=ProgrammeState(self.state),
            version=self.version,
        )


class ProgrammePeriodRow(Base):
    """A period of a programme with its round; `seed` is what its draws follow from, kept so that they can be repeated."""

    __tablename__ = "programme_period"
    __table_args__ = (
        UniqueConstraint("round_id"),
        CheckConstraint("ends_on > starts_on", name="days"),
        {"sqlite_strict": True},
    )

    programme_id: Mapped[str] = mapped_column(Id, ForeignKey("programme.id", ondelete="CASCADE"), primary_key=True)
    starts_on: Mapped[date] = mapped_column(Day, primary_key=True)
    ends_on: Mapped[date] = mapped_column(Day)
    round_id: Mapped[str] = mapped_column(Id, ForeignKey("round.id", ondelete="CASCADE"))
    seed: Mapped[bytes] = mapped_column(Bytes)
    drawn_on: Mapped[date | None] = mapped_column(Day)

    def value(self, *, is_over: bool) -> Period:
        """The period; its seed only once it is over."""
        return Period(
            ProgrammeId(self.programme_id),
            self.starts_on,
            self.ends_on,
            self.round_id,
            self.drawn_on,
            self.seed.hex() if is_over else None,
        )


class EncounterRow(Base):
    """An encounter. `customer` is a mark that follows from the mailbox under the instance key.

    Address, name and language stand here only while a request waits: who is asked becomes a person known as a rater,
    of everybody else nothing is kept but the mark.
    """

    __tablename__ = "encounter"
    __table_args__ = (
        UniqueConstraint("company_id", "external_id"),
        Index(None, "company_id", "customer"),
        Index(None, "programme_id", "period_start", "state"),
        Index(None, "state"),
        one_of("state", EncounterState),
        one_of("reason", Reason),
        CheckConstraint("(state = 'delayed') = (settled_at IS NULL)", name="settled"),
        CheckConstraint("(state = 'delayed') = (email IS NOT NULL)", name="email_while_waiting"),
        CheckConstraint("state <> 'sent' OR round_id IS NOT NULL", name="sent_in_a_round"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    external_id: Mapped[str] = mapped_column(Text)
    programme_id: Mapped[str | None] = mapped_column(Id, ForeignKey("programme.id", ondelete="CASCADE"))
    period_start: Mapped[date | None] = mapped_column(Day)
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"))
    occurred_at: Mapped[datetime] = mapped_column(Instant)
    customer: Mapped[bytes] = mapped_column(Bytes)
    email: Mapped[str | None] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    locale: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    arrived_at: Mapped[datetime] = mapped_column(Instant)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    drawn_on: Mapped[date | None] = mapped_column(Day)
    round_id: Mapped[str | None] = mapped_column(Id, ForeignKey("round.id", ondelete="CASCADE"))

    def value(self) -> Encounter:
        """The encounter without its customer."""
        return Encounter(
            EncounterId(self.id),
            self.external_id,
            ProgrammeId(self.programme_id) if self.programme_id else None,
            SubjectId(self.subject_id),
            self.occurred_at,
            EncounterState(self.state),
            Reason(self.reason),
            self.settled_at,
            self.drawn_on,
            self.round_id,
        )
