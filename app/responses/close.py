"""Closing a round: the round itself, and its anonymous sheets, which from then on lie in no order that tells anything."""

from datetime import datetime

from sqlalchemy import delete, select, update

from app.accounts.values import Viewer
from app.infra.database import WriteSession
from app.infra.relay import lay_anew
from app.receipts.commands import lay_receipts_anew
from app.responses.park import park_suspected
from app.responses.tables import AnonymousSheetRow, ParkedSheetRow, SheetCommentRow, SheetRow
from app.rounds import close as rounds
from app.rounds.queries import take_round
from app.rounds.values import Mode, Round, RoundState


def close_round(session: WriteSession, viewer: Viewer, round_id: str, *, now: datetime) -> Round:
    """Close an open round at once; nothing is accepted any more.

    For who may write rounds at its scope; the doors call `visits.close`, which brings visits in first. Written beside
    the round: its assignments, the sheets of its anonymous groups and the receipts of comments once more, in the order
    of their keys, so that no copy of the database links one to another. Suspected sheets of customers are parked.
    Idempotent.
    """
    held = take_round(session, viewer, round_id, now=now)
    if held.state is RoundState.OPEN:
        park_suspected(session, held)
    round_ = rounds.close_round(session, viewer, round_id, now=now)
    if any(policy.mode is Mode.ANONYMOUS for policy in round_.groups):
        lay_anew(session, AnonymousSheetRow, AnonymousSheetRow.round_id == round_.id, AnonymousSheetRow.key)
    lay_receipts_anew(session, round_.id)
    return round_


def destroy_comments(session: WriteSession, round_id: str) -> None:
    """Delete what was written without a name in a round; for the release, which keeps what may be read of it."""
    nameless = select(SheetRow.id).where(SheetRow.round_id == round_id, SheetRow.pseudonym.is_not(None))
    session.execute(delete(SheetCommentRow).where(SheetCommentRow.sheet_id.in_(nameless)))
    left_out = update(ParkedSheetRow).where(ParkedSheetRow.round_id == round_id, ParkedSheetRow.comments.is_not(None))
    session.execute(left_out.values(comments={}))
