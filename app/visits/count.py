"""The end of a visit, when it counts: its facts become readings of their hard KPIs."""

from datetime import datetime

from app.accounts.rules import SERVICE
from app.accounts.values import Viewer
from app.infra.database import WriteSession
from app.infra.formats import DEFAULT_ZONE
from app.journal.commands import record
from app.metrics.commands import record_readings
from app.metrics.values import Amount, ReadingBatch, ReadingDraft, Shape, Source
from app.reports import RowsRefused
from app.visits.tables import VisitRow
from app.visits.values import Visit, VisitState


def count_visit(session: WriteSession, row: VisitRow, *, now: datetime) -> None:
    """Let a visit count: its facts become readings of their hard KPIs at the moment of the visit.

    For whoever holds the row and has seen that nobody can object any more.
    """
    row.state = VisitState.FINAL
    note_step(session, SERVICE, row, "visit.counted", now=now)
    drafts = _readings(row.value())
    if not drafts:
        return
    try:
        with session.begin_nested():
            batch = ReadingBatch(drafts)
            record_readings(session, SERVICE, batch, company_id=row.company_id, source=Source.VISIT, now=now)
    except RowsRefused:
        # A KPI may have been retired since the order; the visit itself still counts.
        record(
            session,
            SERVICE.actor,
            "visit.facts_refused",
            company_id=row.company_id,
            object_kind="visit",
            object_id=row.id,
            now=now,
        )


def note_step(session: WriteSession, viewer: Viewer, row: VisitRow, action: str, *, now: datetime) -> None:
    """Store a step of a visit under its next version, and put it in the journal."""
    row.version += 1
    session.flush()
    record(session, viewer.actor, action, company_id=row.company_id, object_kind="visit", object_id=row.id, now=now)


def _readings(visit: Visit) -> tuple[ReadingDraft, ...]:
    report = visit.report
    if report is None:
        return ()
    at = datetime.combine(report.visited_on, report.visited_at, DEFAULT_ZONE)
    return tuple(
        ReadingDraft(
            row=place,
            kpi=fact.kpi_id,
            subject=visit.subject_id,
            external_id=f"visit:{visit.id}:{fact.code}",
            starts_at=at,
            ends_at=at,
            shape=Shape.VALUE,
            amount=Amount(value=report.facts[fact.code]),
        )
        for place, fact in enumerate(visit.form.facts, start=1)
        if fact.code in report.facts
    )
