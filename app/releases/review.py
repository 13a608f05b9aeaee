"""Comments on their way into a release: laid out to be looked at after the close, settled in the sealing transaction."""

from datetime import datetime
from functools import partial

from app.accounts.values import Viewer
from app.infra.database import ReadSession, WriteSession
from app.infra.keys import key_of
from app.moderation.commands import forget_rulings, lay_out
from app.moderation.queries import load_begun, load_moderated, load_rulings
from app.organisation.queries import load_people
from app.receipts.commands import settle_receipts
from app.releases.comments import Order, Settled, settle, to_moderate
from app.releases.partition import JudgedRound, item_ids, judge
from app.responses.close import destroy_comments
from app.responses.park import decide_parked
from app.responses.parked import load_in_review
from app.responses.sheets import load_sheets
from app.responses.values import ParkState, SheetColumns
from app.rounds.queries import load_frozen_round, load_marks
from app.rounds.values import FrozenRound, Mode, Round


def load_due_reviews(session: ReadSession, *, now: datetime) -> tuple[Round, ...]:
    """Closed rounds whose comments are to be laid out: nothing is parked in them any more, or for too long."""
    closed = load_moderated(session)
    settled = load_begun(session, [one.id for one in closed]) | load_in_review(session, closed, now=now)
    return tuple(one for one in closed if one.id not in settled)


def begin_review(session: WriteSession, round_id: str, *, now: datetime) -> None:
    """Lay out the comments of a closed round that could be read, to be looked at; once more, those that came since.

    For the worker. Idempotent.
    """
    frozen = load_frozen_round(session, round_id)
    sheets = load_sheets(session, round_id, item_ids(frozen))
    judged = judge(frozen, sheets, load_marks(session, round_id))
    lay_out(session, round_id, list(to_moderate(frozen, judged, sheets)), now=now)


def review_counted(session: WriteSession, viewer: Viewer, parked_id: str, wanted: ParkState, *, now: datetime) -> None:
    """Decide about a parked answer as `responses.park.decide_parked`, whose rules hold; its comments are looked at, too.

    Where the comments of the round were laid out already, those that can be read now are laid beside them.
    """
    round_id = decide_parked(session, viewer, parked_id, wanted, now=now)
    if load_begun(session, [round_id]):
        begin_review(session, round_id, now=now)


def settle_comments(session: WriteSession, frozen: FrozenRound, judged: JudgedRound, sheets: SheetColumns) -> Settled:
    """What becomes of the comments of a round; for the sealing transaction."""
    named = {policy.rater_group.value for policy in frozen.groups if policy.mode is Mode.NAMED}
    voices = {one.voice for one in sheets.comments if sheets.cells[one.cell][1] in named}
    names = {str(person.id): person.name or "" for person in load_people(session, voices).values()}
    rulings = load_rulings(session, frozen.id)
    return settle(frozen, judged, sheets, rulings, order=_order(session), names=names)


def let_go(session: WriteSession, frozen: FrozenRound, settled: Settled, *, now: datetime) -> None:
    """Tell every code what became of its comment, and cut all that leads from what is released to who wrote it.

    Where comments were moderated, what was written is destroyed: only what is released of it is left.
    """
    settle_receipts(session, frozen.id, settled.outcomes, now=now)
    forget_rulings(session, frozen.id)
    if frozen.moderated_by is not None:
        destroy_comments(session, frozen.id)


def _order(session: ReadSession) -> Order:
    return partial(key_of(session).derive, "comment-order")
