"""Setting targets and cards at a subject, for it and what is below it.

Both ask for kpis:write at that subject (a target for all: at the company), leave a journal entry and send nothing.
They begin on a day, today or later once there is one; the same day again rewrites what has not become the past.
"""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, insert, select

from app.accounts.rules import Action, require
from app.accounts.values import Viewer
from app.errors import FieldError, NotFound
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import is_id, new_id
from app.infra.versions import check_version
from app.journal.commands import record
from app.kpis.checks import target_problems
from app.kpis.drafts import ScorecardDraft, TargetDraft
from app.kpis.queries import get_kpi, load_kpis, load_states
from app.kpis.rules import (
    HARD_ONLY,
    LEVEL_ABOVE,
    check_cap,
    check_start,
    fits_level,
    length_problems,
    line_problems,
    live_lines,
    questions_asked,
    refuse,
)
from app.kpis.tables import ScorecardLineRow, ScorecardRow, TargetRow
from app.kpis.values import KpiKind, Level, ScorecardId
from app.organisation.place import take_turn
from app.organisation.queries import load_subjects
from app.organisation.values import Subject, SubjectId


def set_target(session: WriteSession, viewer: Viewer, kpi_id: str, draft: TargetDraft, *, now: datetime) -> str:
    """Write goalposts of a hard KPI from a day on; the id of the target. A band upside down is Invalid."""
    kpi = get_kpi(session, viewer, kpi_id, on=draft.starts_on)
    place = _place(session, viewer, draft.subject_id or kpi.company_id, kpi.company_id, now)
    refuse([] if kpi.kind is KpiKind.HARD else [FieldError("kpi_id", HARD_ONLY)])
    refuse(target_problems(draft, kpi.current.direction))
    same = TargetRow.subject_id.is_(None) if draft.subject_id is None else TargetRow.subject_id == draft.subject_id
    rows = session.scalars(select(TargetRow).where(TargetRow.kpi_id == kpi.id, same)).all()
    check_start([row.starts_on for row in rows], draft.starts_on, local_day(now))
    row = next((row for row in rows if row.starts_on == draft.starts_on), None)
    if row is None:
        row = TargetRow(id=new_id(session), kpi_id=kpi.id)
        session.add(row)
    for name, post in asdict(draft).items():
        setattr(row, name, post)
    session.flush()
    _note(session, viewer, "target", row.id, place, now)
    return row.id


def set_scorecard(
    session: WriteSession,
    viewer: Viewer,
    draft: ScorecardDraft,
    *,
    company_id: str,
    expected_version: int | None = None,
    now: datetime,
) -> ScorecardId:
    """Write the card of a subject and level from a day on; without lines the next card upward applies again.

    CardFull when more KPIs are live than the level may have; paused ones take no place. Invalid also when answering
    about a person with this card would take some rater group longer than it has patience for; units mostly get their
    figures from below, and a round asks only as much about them as it may.
    """
    place = _place(session, viewer, draft.subject_id, company_id, now)
    refuse([] if fits_level(place.kind, draft.level) else [FieldError("level", LEVEL_ABOVE)])
    states = load_states(session, company_id, [line.kpi_id for line in draft.lines])
    refuse(line_problems(draft.lines, draft.level, states))
    check_cap(draft.level, draft.lines, states)
    if draft.level is Level.PERSON:
        live = [line.kpi_id for line in live_lines(draft.lines, states)]
        versions = [kpi.current for kpi in load_kpis(session, live, on=draft.starts_on).values()]
        refuse(length_problems("lines", questions_asked(versions)))
    row = _card_row(session, draft, company_id, expected_version, now)
    session.execute(delete(ScorecardLineRow).where(ScorecardLineRow.scorecard_id == row.id))
    lines = [
        {"scorecard_id": row.id, "position": position, **asdict(line)}
        for position, line in enumerate(draft.lines, start=1)
    ]
    if lines:
        session.execute(insert(ScorecardLineRow), lines)
    _note(session, viewer, "scorecard", row.id, place, now)
    return ScorecardId(row.id)


def _place(session: WriteSession, viewer: Viewer, subject_id: str, company_id: str, now: datetime) -> Subject:
    """The subject at which something is set, of this company and in the viewer's hands."""
    found = load_subjects(session, [subject_id], on=local_day(now)) if is_id(subject_id) else {}
    subject = found.get(SubjectId(subject_id))
    if subject is None or subject.company_id != company_id:
        raise NotFound
    require(viewer, Action.KPIS_WRITE, subject.path)
    take_turn(session, company_id)
    return subject


def _card_row(
    session: WriteSession, draft: ScorecardDraft, company_id: str, expected_version: int | None, now: datetime
) -> ScorecardRow:
    """The card of the same day, or a new one."""
    same = (ScorecardRow.subject_id == draft.subject_id, ScorecardRow.level == draft.level)
    rows = session.scalars(select(ScorecardRow).where(*same)).all()
    check_start([row.starts_on for row in rows], draft.starts_on, local_day(now))
    row = next((row for row in rows if row.starts_on == draft.starts_on), None)
    if row is None:
        row = ScorecardRow(
            id=new_id(session),
            company_id=company_id,
            subject_id=draft.subject_id,
            level=draft.level,
            starts_on=draft.starts_on,
            created_at=now,
            version=1,
        )
        session.add(row)
    else:
        check_version(row.version, expected_version)
        row.version += 1
    row.form = draft.form
    session.flush()
    return row


def _note(session: WriteSession, viewer: Viewer, kind: str, row_id: str, place: Subject, now: datetime) -> None:
    record(
        session,
        viewer.actor,
        f"{kind}.set",
        company_id=place.company_id,
        object_kind=kind,
        object_id=row_id,
        details={"subject_id": place.id},
        now=now,
    )
