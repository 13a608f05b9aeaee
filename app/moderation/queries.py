"""What waits to be moderated, for who may; and what was decided, for the release. Reads only."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select

from app.accounts.values import Viewer
from app.errors import NotFound
from app.infra.database import ReadSession
from app.infra.formats import local_day
from app.infra.ids import is_id
from app.moderation.rules import WAIT, NotInModeration, may_moderate, require_moderator
from app.moderation.tables import ModeratedCommentRow, ModerationRow
from app.moderation.values import Queue, QueuedComment, QueueSource, Ruling, Rulings, Verdict
from app.organisation.queries import load_paths
from app.organisation.values import SubjectId
from app.receipts.values import WithheldReason
from app.responses.sheets import load_comment_texts
from app.rounds.queries import find_round, load_frozen_round, load_rounds, place_of
from app.rounds.tables import RoundRow
from app.rounds.values import FrozenRound, ReleaseMode, Round, RoundId, RoundState


def list_queues(session: ReadSession, viewer: Viewer, *, now: datetime) -> Sequence[Queue]:
    """The closed rounds in which comments wait for the release that the viewer may moderate, the oldest close first."""
    ids = session.scalars(select(ModeratedCommentRow.round_id).distinct()).all()
    closed = [one for one in load_rounds(session, ids).values() if one.state is RoundState.CLOSED]
    found = [_queue(session, viewer, one, now=now) for one in sorted(closed, key=lambda one: (one.closed_at, one.id))]
    return [queue for queue in found if queue.comments]


def get_queue(session: ReadSession, viewer: Viewer, round_id: str, *, now: datetime) -> Queue:
    """The comments of a closed round that the viewer may moderate, in no telling order.

    For who may moderate somebody that comments are about, or at the scope of the round; NotInModeration before the
    comments are laid out and from the release on.
    """
    round_ = find_round(session, round_id)
    queue = _queue(session, viewer, round_, now=now) if round_ is not None else None
    if round_ is None or queue is None:
        raise NotFound
    if not queue.comments:
        require_moderator(viewer, place_of(session, round_, now=now))
    if round_.state is not RoundState.CLOSED or not is_begun(session, round_.id):
        raise NotInModeration
    return queue


def get_queued(session: ReadSession, viewer: Viewer, comment_id: str, *, now: datetime) -> QueuedComment:
    """One comment that waits for the release; for who may moderate whom it is about."""
    row = take_comment(session, viewer, comment_id, now=now)
    queue = get_queue(session, viewer, row.round_id, now=now)
    found = next((one for one in queue.comments if one.id == comment_id), None)
    if found is None:
        raise NotFound
    return found


def take_comment(session: ReadSession, viewer: Viewer, comment_id: str, *, now: datetime) -> ModeratedCommentRow:
    """The row of a comment, for who may moderate everybody whom the comments of its place are about."""
    row = session.get(ModeratedCommentRow, comment_id) if is_id(comment_id) else None
    if row is None:
        raise NotFound
    paths = load_paths(session, {row.subject_id, *row.subjects}, on=local_day(now))
    for subject_id in (row.subject_id, *row.subjects):
        require_moderator(viewer, paths.get(SubjectId(subject_id), ()))
    return row


def is_begun(session: ReadSession, round_id: str) -> bool:
    """Whether the comments of a round were laid out, whoever asks."""
    return session.get(ModerationRow, round_id) is not None


def has_waiting(session: ReadSession, round_: Round) -> bool:
    """Whether comments of a round would be withheld because nobody has looked at them, or may be, whoever asks."""
    if round_.moderated_by is None:
        return False
    if not is_begun(session, round_.id):
        return True
    row = ModeratedCommentRow
    left = session.scalars(select(row.mark).where(row.round_id == round_.id, row.verdict == Verdict.WAITING)).all()
    # What was taken out meanwhile has no text, and nothing to be decided about.
    return bool(left) and not load_comment_texts(session, round_.id).keys().isdisjoint(map(bytes, left))


def load_unmoderated(session: ReadSession, rounds: Collection[Round], *, now: datetime) -> frozenset[str]:
    """Those of some closed rounds that wait for their comments to be looked at, a week at most."""
    fresh = [one for one in rounds if one.closed_at is not None and now < one.closed_at + WAIT]
    return frozenset(one.id for one in fresh if has_waiting(session, one))


def load_moderated(session: ReadSession) -> tuple[Round, ...]:
    """Closed rounds whose comments are read before they are released, in the order they closed."""
    query = select(RoundRow.id).where(RoundRow.state == RoundState.CLOSED, RoundRow.moderated_by.is_not(None))
    ids = session.scalars(query.order_by(RoundRow.closed_at, RoundRow.id)).all()
    found = load_rounds(session, ids)
    return tuple(found[RoundId(one)] for one in ids)


def load_begun(session: ReadSession, round_ids: Collection[str]) -> frozenset[str]:
    """Those of some rounds whose comments were laid out."""
    query = select(ModerationRow.round_id).where(ModerationRow.round_id.in_(list(round_ids)))
    return frozenset(session.scalars(query))


def load_rulings(session: ReadSession, round_id: str) -> Rulings:
    """What was decided about the comments of a round, by their marks; for the release."""
    row = ModeratedCommentRow
    query = select(row.mark, row.verdict, row.reason, row.text).where(row.round_id == round_id)
    return {bytes(mark): _ruling(verdict, reason, text) for mark, verdict, reason, text in session.execute(query)}


def _queue(session: ReadSession, viewer: Viewer, round_: Round, *, now: datetime) -> Queue:
    """The part of a round's comments that the viewer may moderate; empty while there are none."""
    query = select(ModeratedCommentRow).where(ModeratedCommentRow.round_id == round_.id)
    rows = session.scalars(query.order_by(ModeratedCommentRow.id)).all()
    about = {subject_id for row in rows for subject_id in (row.subject_id, *row.subjects)}
    paths = load_paths(session, about, on=local_day(now))
    mine = {subject_id for subject_id in about if may_moderate(viewer, paths.get(SubjectId(subject_id), ()))}
    own = [row for row in rows if mine.issuperset((row.subject_id, *row.subjects))]
    comments: tuple[QueuedComment, ...] = ()
    if own and round_.state is RoundState.CLOSED:
        texts, frozen = load_comment_texts(session, round_.id), load_frozen_round(session, round_.id)
        # A comment whose sheet was taken out meanwhile has no text, and nothing to be decided about.
        comments = tuple(_queued(row, frozen, texts[bytes(row.mark)]) for row in own if bytes(row.mark) in texts)
    is_automatic = round_.release_mode is ReleaseMode.AUTOMATIC
    until = round_.closed_at + WAIT if is_automatic and round_.closed_at is not None else None
    return Queue(round_.id, QueueSource.ROUND, round_.name, comments, until)


def _queued(row: ModeratedCommentRow, frozen: FrozenRound, text: str) -> QueuedComment:
    items = {item.id: item.name for kpi in frozen.kpis for item in kpi.items}
    names = {subject.id: subject.name for subject in frozen.subjects}
    return QueuedComment(
        id=row.id,
        queue_id=row.round_id,
        source=QueueSource.ROUND,
        subject_id=row.subject_id,
        subject_name=names[row.subject_id],
        rater_groups=tuple(row.rater_groups.split("+")),
        item=items.get(row.about),
        text=text,
        ruling=_ruling(row.verdict, row.reason, row.text),
    )


def _ruling(verdict: str, reason: str | None, text: str | None) -> Ruling:
    return Ruling(Verdict(verdict), WithheldReason(reason) if reason else None, text)
