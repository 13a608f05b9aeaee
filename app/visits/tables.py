"""Mapped classes of mystery shopping: scenarios, visits from order to ruling, and their evidence."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.infra.types import Bytes, Day, Id, Instant, Json, Number, Text, Whole, one_of
from app.rounds.recipe import kpis_in
from app.visits.values import (
    AppealOutcome,
    Band,
    Critical,
    Evidence,
    EvidenceId,
    EvidenceKind,
    Fact,
    Report,
    Ruling,
    Scenario,
    ScenarioContent,
    ScenarioId,
    Visit,
    VisitForm,
    VisitId,
    VisitState,
)


class ScenarioRow(Base):
    """A scenario; visits keep what they asked in a form of their own."""

    __tablename__ = "visit_scenario"
    __table_args__ = (
        Index(None, "company_id"),
        CheckConstraint("cap BETWEEN 0 AND 100", name="cap"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    name: Mapped[dict[str, str]] = mapped_column(Json)
    task: Mapped[dict[str, str]] = mapped_column(Json)
    kpi_ids: Mapped[list[str]] = mapped_column(Json)
    facts: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    critical: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    cap: Mapped[float] = mapped_column(Number)
    rotation_months: Mapped[int] = mapped_column(Whole)
    appeal_days: Mapped[int] = mapped_column(Whole)
    pictures: Mapped[int] = mapped_column(Whole)
    created_at: Mapped[datetime] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(Whole)

    def value(self) -> Scenario:
        """The scenario as a value."""
        content = ScenarioContent(
            name=self.name,
            task=self.task,
            kpi_ids=tuple(self.kpi_ids),
            facts=tuple(Fact(**one) for one in self.facts),
            critical=tuple(Critical(**one) for one in self.critical),
            cap=self.cap,
            rotation_months=self.rotation_months,
            appeal_days=self.appeal_days,
            pictures=self.pictures,
        )
        return Scenario(ScenarioId(self.id), self.company_id, content, self.version)


class VisitRow(Base):
    """One visit. Only the SHA-256 of its link's secret is kept; `form` is what it asks, frozen at the order."""

    __tablename__ = "visit"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index(None, "company_id", "state"),
        Index(None, "subject_id"),
        Index(None, "place_id"),
        one_of("state", VisitState),
        one_of("band", Band),
        CheckConstraint("until_on >= from_on", name="window"),
        CheckConstraint("score IS NULL OR score BETWEEN 0 AND 100", name="score"),
        CheckConstraint("outcome IS NULL OR outcome IN ('stands', 'set_aside')", name="outcome"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    scenario_id: Mapped[str] = mapped_column(Id, ForeignKey("visit_scenario.id"))
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"))
    place_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"))
    shopper_id: Mapped[str] = mapped_column(Id, ForeignKey("person.id"))
    from_on: Mapped[date] = mapped_column(Day)
    until_on: Mapped[date] = mapped_column(Day)
    band: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[bytes] = mapped_column(Bytes)
    form: Mapped[dict[str, Any]] = mapped_column(Json)
    ordered_at: Mapped[datetime] = mapped_column(Instant)
    ordered_by: Mapped[str] = mapped_column(Text)
    report: Mapped[dict[str, Any] | None] = mapped_column(Json)
    score: Mapped[float | None] = mapped_column(Number)
    earned: Mapped[float | None] = mapped_column(Number)
    returns: Mapped[int] = mapped_column(Whole)
    note: Mapped[str] = mapped_column(Text)
    validated_at: Mapped[datetime | None] = mapped_column(Instant)
    validated_by: Mapped[str] = mapped_column(Text)
    appeal_until: Mapped[datetime | None] = mapped_column(Instant)
    appeal: Mapped[str] = mapped_column(Text)
    appealed_at: Mapped[datetime | None] = mapped_column(Instant)
    outcome: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(Whole)

    def value(self) -> Visit:
        """The visit as a value, with everything that is known of it."""
        return Visit(
            id=VisitId(self.id),
            company_id=self.company_id,
            scenario_id=self.scenario_id,
            subject_id=self.subject_id,
            place_id=self.place_id,
            shopper_id=self.shopper_id,
            from_on=self.from_on,
            until_on=self.until_on,
            band=Band(self.band),
            state=VisitState(self.state),
            form=form_in(self.form),
            report=report_in(self.report) if self.report is not None else None,
            score=self.score,
            earned=self.earned,
            ruling=self._ruling(),
            version=self.version,
        )

    def _ruling(self) -> Ruling:
        return Ruling(
            note=self.note,
            validated_at=self.validated_at,
            validated_by=self.validated_by,
            appeal_until=self.appeal_until,
            appeal=self.appeal,
            appealed_at=self.appealed_at,
            outcome=AppealOutcome(self.outcome) if self.outcome is not None else None,
            reason=self.reason,
            decided_at=self.decided_at,
        )


class EvidenceRow(Base):
    """A picture, as it was encoded anew; what it held beside the picture is gone."""

    __tablename__ = "visit_evidence"
    __table_args__ = (
        Index(None, "visit_id"),
        UniqueConstraint("visit_id", "fingerprint"),
        one_of("kind", EvidenceKind),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    visit_id: Mapped[str] = mapped_column(Id, ForeignKey("visit.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(Text)
    width: Mapped[int] = mapped_column(Whole)
    height: Mapped[int] = mapped_column(Whole)
    size: Mapped[int] = mapped_column(Whole)
    fingerprint: Mapped[bytes] = mapped_column(Bytes)
    picture: Mapped[bytes] = mapped_column(Bytes, deferred=True)

    def value(self) -> Evidence:
        """The picture without its bytes."""
        return Evidence(EvidenceId(self.id), EvidenceKind(self.kind), self.width, self.height, self.size)


def form_in(document: dict[str, Any]) -> VisitForm:
    """A form as it was frozen."""
    return VisitForm(
        name=document["name"],
        task=document["task"],
        kpis=kpis_in(document["kpis"]),
        facts=tuple(Fact(**one) for one in document["facts"]),
        critical=tuple(Critical(**one) for one in document["critical"]),
        cap=document["cap"],
        appeal_days=document["appeal_days"],
        pictures=document["pictures"],
    )


def report_in(document: dict[str, Any]) -> Report:
    """A report as it was handed in."""
    return Report(
        visited_on=date.fromisoformat(document["visited_on"]),
        visited_at=time.fromisoformat(document["visited_at"]),
        levels=document["levels"],
        facts=document["facts"],
        passed=document["passed"],
        comment=document["comment"],
    )


def report_out(report: Report) -> dict[str, Any]:
    """A report as it is stored."""
    return {
        "visited_on": report.visited_on.isoformat(),
        "visited_at": report.visited_at.isoformat("minutes"),
        "levels": dict(report.levels),
        "facts": dict(report.facts),
        "passed": dict(report.passed),
        "comment": report.comment,
    }
