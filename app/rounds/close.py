"""How an open round goes on and ends: held while answers come in, counted once a day, closed, released."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, bindparam, select, update

from app.accounts.values import Viewer
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.relay import lay_anew
from app.journal.commands import record
from app.rounds import recipe, rules
from app.rounds.overlap import with_overlaps
from app.rounds.preview import shares_of
from app.rounds.queries import (
    load_assignments,
    load_frozen_round,
    load_round,
    load_rounds,
    take_round,
)
from app.rounds.tables import AssignmentRow, RoundRow
from app.rounds.values import Round, RoundState

# Made once: building it anew would cost a submit more than running it.
_ANSWERED = update(AssignmentRow).where(AssignmentRow.id == bindparam("assignment_id")).values(answered=True)


def close_round(session: WriteSession, viewer: Viewer, round_id: str, *, now: datetime) -> Round:
    """Close an open round at once; nothing is accepted any more.

    For who may write rounds at its scope; the doors call `visits.close`, which sees to visits and sheets as well. The salt
    of its links is wiped. Idempotent.
    """
    round_ = take_round(session, viewer, round_id, now=now)
    if round_.state in {RoundState.CLOSED, RoundState.RELEASED}:
        return round_
    if round_.state is not RoundState.OPEN:
        raise rules.RoundNotOpen
    _close(session, viewer.actor, round_, now=now)
    return load_round(session, round_.id)


def keep_open_until(session: WriteSession, round_id: str, until: datetime) -> None:
    """Keep a round open for the sake of one rater; for the extension of an invitation, which has asked."""
    row = session.get_one(RoundRow, round_id)
    if row.state != RoundState.OPEN:
        raise rules.RoundNotOpen
    row.extended_until = max(until, row.extended_until or until)
    session.flush()


def mark_answered(session: WriteSession, assignment_ids: Sequence[str]) -> None:
    """Note that sheets are in, without a time; for submitting. Idempotent."""
    if assignment_ids:
        session.connection().execute(_ANSWERED, [{"assignment_id": one} for one in assignment_ids])


def unmark_answered(session: WriteSession, assignment_ids: Sequence[str]) -> None:
    """Take the marks of sheets that count in nothing; for parking, which holds the round. Idempotent."""
    if assignment_ids:
        ids = list(assignment_ids)
        session.execute(update(AssignmentRow).where(AssignmentRow.id.in_(ids)).values(answered=False))


def mark_released(session: WriteSession, round_id: str, *, now: datetime) -> None:
    """Note that a closed round is released; for the sealing transaction, which holds the round."""
    row = session.get_one(RoundRow, round_id)
    if row.state != RoundState.CLOSED:
        raise rules.RoundNotClosed
    row.state, row.released_at, row.version = RoundState.RELEASED, now, row.version + 1
    session.flush()


def refresh_shares(session: WriteSession, *, now: datetime) -> int:
    """Count once a day how many have answered in the protected groups of open rounds (R9). For the worker."""
    today = local_day(now)
    query = select(RoundRow.id, RoundRow.counted_on).where(RoundRow.state == RoundState.OPEN)
    due = [round_id for round_id, counted_on in session.execute(query) if counted_on is None or counted_on < today]
    for round_id, round_ in load_rounds(session, due).items():
        shares = shares_of(round_.groups, load_assignments(session, round_id))
        session.execute(update(RoundRow).where(RoundRow.id == round_id).values(shares=shares, counted_on=today))
    return len(due)


def _close(session: WriteSession, actor: str, round_: Round, *, now: datetime) -> None:
    done = session.execute(
        update(RoundRow)
        .where(RoundRow.id == round_.id, RoundRow.state == RoundState.OPEN)
        .values(state=RoundState.CLOSED, closed_at=now, salt=None, version=RoundRow.version + 1)
    )
    # Of two workers only the one that closes it says so.
    if cast("CursorResult[Any]", done).rowcount:
        settle_overlaps(session, round_.id)
        # The order in which assignments were marked is the order in which sheets came in.
        lay_anew(session, AssignmentRow, AssignmentRow.round_id == round_.id, AssignmentRow.id)
        company_id = round_.company_id
        record(session, actor, "round.closed", company_id=company_id, object_kind="round", object_id=round_.id, now=now)


def settle_overlaps(session: WriteSession, round_id: str) -> None:
    """Compare with the rounds close by once more: some were asked since the launch, and the atoms are known now (R10)."""
    frozen = load_frozen_round(session, round_id)
    settled = with_overlaps(session, frozen)
    if settled.overlapping != frozen.overlapping:
        places = recipe.overlaps_out(settled.overlapping)
        session.execute(update(RoundRow).where(RoundRow.id == round_id).values(overlapping=places))
