"""The writes of analysis: how raters came to their subjects, and which score to use in talks. No figure changes.

Both leave a journal entry, which names nobody and no figure, and send nothing.
"""

from datetime import datetime

from sqlalchemy import select

from app.accounts.values import Viewer
from app.analysis.queries import get_severity
from app.analysis.rows import load_released, require_whole
from app.analysis.rules import NoFairScore
from app.analysis.tables import AssignmentAnswerRow, ScoreNoteRow
from app.analysis.values import AssignmentAnswer, Choice, NoteDraft, ScoreNote
from app.errors import NotFound
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import new_id
from app.infra.versions import check_version
from app.journal.commands import record
from app.releases.values import Release
from app.rounds.tables import RoundRow
from app.scoring.obstacles import Assignment


def answer_assignment(
    session: WriteSession,
    viewer: Viewer,
    release_id: str,
    answer: Assignment,
    *,
    expected_version: int | None = None,
    now: datetime,
) -> AssignmentAnswer:
    """Say how the raters of a round came to their subjects, in place of what was said before.

    For who analyses the whole scope of the round: NotFound for who analyses nobody in it, Forbidden for who analyses
    a part. Written: the answer with who and when. The same answer again is written again: somebody has confirmed it.
    """
    release, found = load_released(session, viewer, release_id, on=local_day(now))
    require_whole(session, viewer, found, on=local_day(now))
    # Held, so that two answers at once come one after the other.
    session.execute(select(RoundRow.id).where(RoundRow.id == release.round_id).with_for_update())
    row = session.get(AssignmentAnswerRow, release.round_id, populate_existing=True)
    check_version(row.version if row else 0, expected_version)
    if row is None:
        row = AssignmentAnswerRow(round_id=release.round_id, version=0)
        session.add(row)
    row.answer, row.answered_by, row.answered_at = answer, viewer.actor, now
    row.version += 1
    session.flush()
    _record(session, viewer, "assignment.answered", release, now)
    return row.value()


def note_score(session: WriteSession, viewer: Viewer, release_id: str, draft: NoteDraft, *, now: datetime) -> ScoreNote:
    """Leave a note beside a subject's score: which one to use in talks, and why. Released figures stay as they are.

    For who analyses the subject. Written: the note with both figures as they are now. NoFairScore when the fair one
    is wanted and there is none.
    """
    severity = get_severity(session, viewer, release_id, draft.kpi_id, on=local_day(now))
    line = next((one for one in severity.subjects if one.subject_id == draft.subject_id), None)
    if line is None:
        raise NotFound
    if draft.choice is Choice.FAIR and line.fair is None:
        raise NoFairScore
    row = ScoreNoteRow(
        id=new_id(session),
        release_id=severity.release.id,
        subject_id=line.subject_id,
        kpi_id=draft.kpi_id,
        choice=draft.choice,
        reason=draft.reason,
        plain=line.plain,
        fair=line.fair.score if line.fair is not None else None,
        noted_by=viewer.actor,
        noted_at=now,
    )
    session.add(row)
    session.flush()
    _record(session, viewer, "score.noted", severity.release, now)
    return row.value(viewer.name)


def _record(session: WriteSession, viewer: Viewer, action: str, release: Release, now: datetime) -> None:
    """What an administrator reads in the journal: that something was written, and nothing of what."""
    record(
        session,
        viewer.actor,
        action,
        company_id=release.company_id,
        object_kind="release",
        object_id=release.id,
        now=now,
    )
