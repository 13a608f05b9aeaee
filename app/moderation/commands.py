"""Every write of moderation: comments laid out after the close, decided about, and forgotten at the release."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from app.accounts.values import Viewer
from app.infra.database import WriteSession
from app.infra.ids import new_id
from app.infra.upserts import insert_or_leave
from app.journal.commands import record
from app.moderation.queries import take_comment
from app.moderation.rules import NotInModeration
from app.moderation.tables import ModeratedCommentRow, ModerationRow
from app.moderation.values import PlacedComment, Ruling, Verdict
from app.rounds.queries import load_round
from app.rounds.tables import RoundRow
from app.rounds.values import RoundState


def lay_out(session: WriteSession, round_id: str, comments: Sequence[PlacedComment], *, now: datetime) -> None:
    """Put the comments of a closed round down to be looked at; for `releases`, which knows what could be read.

    Rows are written and read by their random ids, which tell nothing of arrival. Idempotent: what was laid out stays as
    it is, and what could be read since is laid beside it.
    """
    insert_or_leave(session, ModerationRow, round_id=round_id, begun_at=now)
    marks = session.scalars(select(ModeratedCommentRow.mark).where(ModeratedCommentRow.round_id == round_id))
    known = set(map(bytes, marks))
    rows = [
        {
            "id": new_id(session),
            "round_id": round_id,
            "mark": one.mark,
            "subject_id": one.subject_id,
            "subjects": list(one.subjects),
            "rater_groups": one.rater_groups,
            "about": one.about,
            "verdict": Verdict.WAITING,
        }
        for one in comments
        if one.mark not in known
    ]
    if rows:
        session.execute(insert(ModeratedCommentRow), sorted(rows, key=lambda row: str(row["id"])))


def decide(session: WriteSession, viewer: Viewer, comment_id: str, ruling: Ruling, *, now: datetime) -> None:
    """Decide what becomes of a comment at the release; it can be decided otherwise until then.

    For who may moderate whom it is about, between the close and the release (NotInModeration). Written: verdict and
    reason, and an edit beside the comment, which stays as it is until the release. The journal says who decided what
    and why in the round, neither about which comment nor any of its words. Sends nothing, and no receipt says anything
    before the release. Idempotent.
    """
    row = take_comment(session, viewer, comment_id, now=now)
    # The release holds the round, too: a decision is in it, or refused.
    session.execute(select(RoundRow.id).where(RoundRow.id == row.round_id).with_for_update())
    round_ = load_round(session, row.round_id)
    if round_.state is not RoundState.CLOSED:
        raise NotInModeration
    values = {"verdict": ruling.verdict, "reason": ruling.reason, "text": ruling.text}
    session.execute(update(ModeratedCommentRow).where(ModeratedCommentRow.id == row.id).values(**values))
    session.expire(row)
    record(
        session,
        viewer.actor,
        "comment.moderated",
        company_id=round_.company_id,
        object_kind="round",
        object_id=round_.id,
        details={"verdict": ruling.verdict, **({"reason": ruling.reason} if ruling.reason else {})},
        now=now,
    )


def forget_rulings(session: WriteSession, round_id: str) -> None:
    """Throw away what was decided, once the release has done it: nothing leads from a released comment to its sheet."""
    session.execute(delete(ModeratedCommentRow).where(ModeratedCommentRow.round_id == round_id))
