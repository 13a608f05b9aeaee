"""Comments of open answers before their period is computed, looked at like those of rounds and beside them."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select, update

from app.accounts.values import Viewer
from app.errors import NotFound
from app.infra.database import ReadSession, WriteSession
from app.infra.formats import DEFAULT_ZONE, local_day
from app.infra.ids import is_id
from app.journal.commands import record
from app.kpis.values import RaterGroup
from app.moderation import commands as of_rounds
from app.moderation import queries
from app.moderation.rules import NotInModeration, may_moderate, require_moderator
from app.moderation.values import Queue, QueuedComment, QueueSource, Ruling
from app.open_answers import rules
from app.open_answers.queries import find_code, load_looked_at, load_over
from app.open_answers.tables import OpenAnswerRow, OpenCodeRow, OpenResultRow
from app.open_answers.values import OpenCode
from app.organisation.queries import load_subjects, path_of
from app.organisation.values import SubjectId


def list_every_queue(session: ReadSession, viewer: Viewer, *, now: datetime) -> Sequence[Queue]:
    """All comments that the viewer may look at before anybody else reads them: of closed rounds, then of QR codes."""
    codes = load_looked_at(session)
    found = [_queue(session, code, now=now) for code in codes if _may_look(session, viewer, code, now=now)]
    return [*queries.list_queues(session, viewer, now=now), *(queue for queue in found if queue.comments)]


def get_either_queue(session: ReadSession, viewer: Viewer, queue_id: str, *, now: datetime) -> Queue:
    """The comments of a closed round, or of the periods of a code that are over and not computed yet.

    For a round as `moderation.queries.get_queue`. For a code, for who may moderate where it hangs; NotInModeration where
    its comments are not looked at.
    """
    code = find_code(session, queue_id)
    return (
        queries.get_queue(session, viewer, queue_id, now=now) if code is None else _get(session, viewer, code, now=now)
    )


def get_either_comment(session: ReadSession, viewer: Viewer, comment_id: str, *, now: datetime) -> QueuedComment:
    """One comment that waits, of a round or a code; for who may moderate whom it is about."""
    answer = session.get(OpenAnswerRow, comment_id) if is_id(comment_id) else None
    code = find_code(session, answer.code_id) if answer is not None else None
    if code is None:
        return queries.get_queued(session, viewer, comment_id, now=now)
    queue = _get(session, viewer, code, now=now)
    found = next((one for one in queue.comments if one.id == comment_id), None)
    if found is None:
        raise NotFound
    return found


def rule_on_either(session: WriteSession, viewer: Viewer, comment_id: str, ruling: Ruling, *, now: datetime) -> None:
    """Decide what becomes of a comment; it can be decided otherwise until the release, or until its period is computed.

    For a round as `moderation.commands.decide`. For a code, for who may moderate where it hangs; the journal says who
    decided what and why, neither about which comment nor any of its words. Sends nothing. Idempotent.
    """
    comment = get_either_comment(session, viewer, comment_id, now=now)
    if comment.source is QueueSource.ROUND:
        of_rounds.decide(session, viewer, comment_id, ruling, now=now)
        return
    # The computing of a period holds the code, too: a decision is in it, or refused.
    code = session.execute(select(OpenCodeRow).where(OpenCodeRow.id == comment.queue_id).with_for_update()).scalar_one()
    row = session.get(OpenAnswerRow, comment_id, populate_existing=True)
    if row is None or session.get(OpenResultRow, (code.id, row.period_start)) is not None:
        raise NotInModeration
    values = {"verdict": ruling.verdict, "reason": ruling.reason, "text": ruling.text}
    session.execute(update(OpenAnswerRow).where(OpenAnswerRow.id == row.id).values(**values))
    session.expire(row)
    record(
        session,
        viewer.actor,
        "comment.moderated",
        company_id=code.company_id,
        object_kind="open_code",
        object_id=code.id,
        details={"verdict": ruling.verdict, **({"reason": ruling.reason} if ruling.reason else {})},
        now=now,
    )


def _may_look(session: ReadSession, viewer: Viewer, code: OpenCode, *, now: datetime) -> bool:
    return may_moderate(viewer, path_of(session, code.subject_id, on=local_day(now)))


def _get(session: ReadSession, viewer: Viewer, code: OpenCode, *, now: datetime) -> Queue:
    require_moderator(viewer, path_of(session, code.subject_id, on=local_day(now)))
    if code.moderated_by is None and code.id not in {one.id for one in load_looked_at(session)}:
        raise NotInModeration
    return _queue(session, code, now=now)


def _queue(session: ReadSession, code: OpenCode, *, now: datetime) -> Queue:
    """What could be shown of the periods that are over, by random ids, which tell nothing of arrival."""
    unit = load_subjects(session, [code.subject_id], on=local_day(now))[SubjectId(code.subject_id)]
    comments: list[QueuedComment] = []
    ends: list[date] = []
    for end, rows in load_over(session, code, on=local_day(now)):
        said = [row for row in rows if row.comment]
        if rules.shown_comments(said, len(rows), code.k):
            ends.append(end)
            comments += [_queued(code, unit.name, row) for row in said]
    until = min(map(_waits_until, ends), default=None)
    return Queue(code.id, QueueSource.OPEN_CODE, code.name, tuple(sorted(comments, key=lambda one: one.id)), until)


def _waits_until(end: date) -> datetime:
    return rules.unread_until(end, DEFAULT_ZONE)


def _queued(code: OpenCode, unit: str, row: OpenAnswerRow) -> QueuedComment:
    return QueuedComment(
        id=row.id,
        queue_id=code.id,
        source=QueueSource.OPEN_CODE,
        subject_id=code.subject_id,
        subject_name=unit,
        rater_groups=(RaterGroup.CUSTOMER,),
        item=None,
        text=row.comment,
        ruling=row.ruling,
    )
