"""Mapped classes of dossiers and their reviews."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.dossiers.values import Dossier, DossierContent, DossierId, DossierReview, Measure
from app.infra.database import Base
from app.infra.types import Day, Flag, Id, Instant, Json, Text, Whole


class DossierRow(Base):
    """A control measure on record, about a unit and everything below it."""

    __tablename__ = "dossier"
    __table_args__ = (
        Index(None, "company_id"),
        Index(None, "review_on"),
        CheckConstraint("ends_on IS NULL OR starts_on IS NULL OR ends_on >= starts_on", name="duration"),
        CheckConstraint("review_on IS NULL OR ends_on IS NULL OR review_on <= ends_on", name="review"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    scope_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"))
    name: Mapped[dict[str, str]] = mapped_column(Json)
    for_visits: Mapped[bool] = mapped_column(Flag)
    for_customers: Mapped[bool] = mapped_column(Flag)
    purpose: Mapped[dict[str, str]] = mapped_column(Json)
    legal_basis: Mapped[dict[str, str]] = mapped_column(Json)
    discussed_on: Mapped[date | None] = mapped_column(Day)
    discussed_with: Mapped[dict[str, str]] = mapped_column(Json)
    notified_on: Mapped[date | None] = mapped_column(Day)
    notified_how: Mapped[dict[str, str]] = mapped_column(Json)
    starts_on: Mapped[date | None] = mapped_column(Day)
    ends_on: Mapped[date | None] = mapped_column(Day)
    review_on: Mapped[date | None] = mapped_column(Day)
    responsible_id: Mapped[str | None] = mapped_column(Id, ForeignKey("person.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(Whole)

    def value(self) -> Dossier:
        """The dossier as a value."""
        flags = {Measure.MYSTERY_VISITS: self.for_visits, Measure.CUSTOMER_RATINGS: self.for_customers}
        content = DossierContent(
            scope_id=self.scope_id,
            name=self.name,
            measures=frozenset(measure for measure, is_meant in flags.items() if is_meant),
            purpose=self.purpose,
            legal_basis=self.legal_basis,
            discussed_on=self.discussed_on,
            discussed_with=self.discussed_with,
            notified_on=self.notified_on,
            notified_how=self.notified_how,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            review_on=self.review_on,
            responsible_id=self.responsible_id,
        )
        return Dossier(DossierId(self.id), self.company_id, content, self.version)


class DossierReviewRow(Base):
    """One review of a measure; never changed."""

    __tablename__ = "dossier_review"
    __table_args__ = (Index(None, "dossier_id"), {"sqlite_strict": True})

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    dossier_id: Mapped[str] = mapped_column(Id, ForeignKey("dossier.id", ondelete="CASCADE"))
    reviewed_at: Mapped[datetime] = mapped_column(Instant)
    reviewed_on: Mapped[date] = mapped_column(Day)
    reviewer: Mapped[str] = mapped_column(Text)
    conclusion: Mapped[str] = mapped_column(Text)
    next_on: Mapped[date] = mapped_column(Day)

    def value(self) -> DossierReview:
        """The review as a value."""
        return DossierReview(self.reviewed_on, self.reviewer, self.conclusion, self.next_on)
