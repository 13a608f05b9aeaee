"""The one write of readings: a batch at once, all or nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from app.accounts.rules import Action, may, require, roots
from app.accounts.values import Viewer
from app.deferred import dataclass
from app.errors import TooLarge
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import new_id
from app.journal.commands import record
from app.kpis.queries import find_kpis, load_kpis
from app.kpis.tables import KpiRow
from app.kpis.values import Kpi
from app.metrics import queries, rules
from app.metrics.rules import Key, Place, key_of
from app.metrics.tables import ReadingCorrectionRow, ReadingRow
from app.metrics.values import Reading, ReadingBatch, ReadingDraft, ReadingId, Source
from app.organisation.named import find_subjects
from app.organisation.queries import load_paths
from app.organisation.values import SubjectId
from app.reports import BulkReport, Outcome, RowError, RowReport

MOST_ROWS = 250_000


class TooManyReadings(TooLarge):
    """More readings than one request may carry."""

    code = "too_many_readings"
    message = "These are too many readings at once. Send them in smaller parts."


@dataclass(frozen=True, slots=True)
class Step:
    """One row on its way: where it belongs, what it meets there, and what it changes."""

    draft: ReadingDraft
    place: Place
    stored: Reading | None
    id: ReadingId | None
    changes: Mapping[str, tuple[object, object]]

    @property
    def outcome(self) -> Outcome:
        """What becomes of the row."""
        if self.stored is None:
            return Outcome.CREATED
        return Outcome.CHANGED if self.changes else Outcome.UNCHANGED


def record_readings(  # noqa: PLR0913 - who, what, where, whence, how and when
    session: WriteSession,
    viewer: Viewer,
    batch: ReadingBatch,
    *,
    company_id: str,
    source: Source,
    dry_run: bool = False,
    now: datetime,
) -> BulkReport:
    """Store readings, correct those that are there already, and say row by row what became of them.

    For whoever may write the readings of each subject. All rows are stored or none: RowsRefused lists what stands
    in the way, ReadingsOverlap when it is only periods. A correction keeps what was, by whom and why. Idempotent:
    the same batch again changes nothing. A dry run gives the same report and writes nothing.
    """
    if len(batch.drafts) + len(batch.refused) > MOST_ROWS:
        raise TooManyReadings
    placed, problems = _settled(session, viewer, batch, company_id, now)
    if not dry_run:
        _take_turn(session, placed)
    known = _stored(session, company_id, placed)
    rules.refuse([*batch.refused, *problems, *rules.collisions(placed, known)])
    steps = [_step(session, draft, place, known, dry_run=dry_run) for draft, place in placed]
    if not dry_run:
        _write(session, viewer, steps, company_id, source, now)
    return BulkReport(
        tuple(
            RowReport(step.draft.row, step.outcome, step.id, step.draft.external_id, tuple(step.changes))
            for step in steps
        ),
        dry_run,
    )


def _settled(
    session: WriteSession, viewer: Viewer, batch: ReadingBatch, company_id: str, now: datetime
) -> tuple[list[tuple[ReadingDraft, Place]], list[RowError]]:
    """The drafts with their places, and the rows that have none."""
    kpis = _kpis(session, company_id, batch, now)
    subjects = _subjects(session, viewer, company_id, batch, now)
    placed: list[tuple[ReadingDraft, Place]] = []
    problems: list[RowError] = []
    for draft in batch.drafts:
        found = rules.settle(draft, kpis.get(draft.kpi), subjects.get(draft.subject), now)
        if isinstance(found, RowError):
            problems.append(found)
        else:
            placed.append((draft, found))
    return placed, problems


def _kpis(session: WriteSession, company_id: str, batch: ReadingBatch, now: datetime) -> Mapping[str, Kpi]:
    """The KPIs by what the batch calls them."""
    ids = find_kpis(session, company_id, {draft.kpi for draft in batch.drafts})
    kpis = load_kpis(session, set(ids.values()), on=local_day(now))
    return {name: kpis[kpi_id] for name, kpi_id in ids.items()}


def _subjects(
    session: WriteSession, viewer: Viewer, company_id: str, batch: ReadingBatch, now: datetime
) -> Mapping[str, SubjectId]:
    """The subjects whose readings the viewer may write, by what the batch calls them."""
    everywhere = may(viewer, Action.READINGS_WRITE, (company_id,))
    if not everywhere and not roots(viewer, Action.READINGS_WRITE):
        require(viewer, Action.READINGS_WRITE, (company_id,))
    found = find_subjects(session, company_id, {draft.subject for draft in batch.drafts})
    if everywhere:
        return found
    paths = load_paths(session, found.values(), on=local_day(now))
    return {name: one for name, one in found.items() if may(viewer, Action.READINGS_WRITE, paths.get(one, ()))}


def _take_turn(session: WriteSession, placed: Sequence[tuple[ReadingDraft, Place]]) -> None:
    """Let batches for the same KPI follow one another: two at once would both miss what the other one stores."""
    kpi_ids = {place.kpi_id for _, place in placed}
    turn = select(KpiRow.id).where(KpiRow.id.in_(kpi_ids)).order_by(KpiRow.id)
    session.execute(turn.with_for_update(key_share=True))


def _stored(
    session: WriteSession, company_id: str, placed: Sequence[tuple[ReadingDraft, Place]]
) -> Mapping[Key, Reading]:
    """What is stored already under the same keys, or in the way of them."""
    names = [draft.external_id for draft, _ in placed if draft.external_id is not None]
    found = queries.load_named(session, company_id, names)
    unnamed = [place for draft, place in placed if draft.external_id is None]
    if unnamed:
        found += queries.load_unnamed(
            session,
            {place.kpi_id for place in unnamed},
            {place.subject_id for place in unnamed},
            start=min(place.starts_at for place in unnamed),
            end=max(place.ends_at for place in unnamed),
        )
    return {key_of(reading.external_id, rules.place_of(reading)): reading for reading in found}


def _step(
    session: WriteSession, draft: ReadingDraft, place: Place, known: Mapping[Key, Reading], *, dry_run: bool
) -> Step:
    stored = known.get(key_of(draft.external_id, place))
    if stored is not None:
        return Step(draft, place, stored, stored.id, rules.changes(draft, place, stored))
    return Step(draft, place, None, None if dry_run else ReadingId(new_id(session)), {})


def _write(
    session: WriteSession, viewer: Viewer, steps: Sequence[Step], company_id: str, source: Source, now: datetime
) -> None:
    """Insert, update, keep what was, and note it: one statement each, however many rows."""
    made = [_columns(step, company_id, source, now) for step in steps if step.outcome is Outcome.CREATED]
    changed = [step for step in steps if step.outcome is Outcome.CHANGED]
    if made:
        session.execute(insert(ReadingRow), made)
    if changed:
        session.execute(update(ReadingRow), [_new_columns(step) for step in changed])
        session.execute(insert(ReadingCorrectionRow), [_correction(session, viewer, step, now) for step in changed])
    if made or changed:
        record(
            session,
            viewer.actor,
            "readings.recorded",
            company_id=company_id,
            object_kind="company",
            object_id=company_id,
            details={"source": source.value, "created": len(made), "changed": len(changed)},
            now=now,
        )


def _columns(step: Step, company_id: str, source: Source, now: datetime) -> dict[str, Any]:
    return {
        "id": step.id,
        "company_id": company_id,
        "external_id": step.draft.external_id,
        "source": source.value,
        "recorded_at": now,
        "version": 1,
        "kpi_id": step.place.kpi_id,
        "subject_id": step.place.subject_id,
        "starts_at": step.place.starts_at,
        "ends_at": step.place.ends_at,
        "value": step.draft.amount.value,
        "numerator": step.draft.amount.numerator,
        "denominator": step.draft.amount.denominator,
    }


def _new_columns(step: Step) -> dict[str, Any]:
    new = {name: after for name, (_, after) in step.changes.items()}
    return {"id": step.id, "version": step.stored.version + 1 if step.stored else 1, **new}


def _correction(session: WriteSession, viewer: Viewer, step: Step, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(session),
        "reading_id": step.id,
        "at": now,
        "actor": viewer.actor,
        "reason": step.draft.reason,
        "old": {name: _plain(before) for name, (before, _) in step.changes.items()},
        "new": {name: _plain(after) for name, (_, after) in step.changes.items()},
    }


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
