"""Every write of receipts: given out, replaced, settled at the release, and forgotten."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.keys import key_of
from app.infra.relay import lay_anew
from app.receipts.rules import answered_until, read
from app.receipts.tables import ReceiptRow
from app.receipts.values import Outcome, ReceiptState, WithheldReason

NOT_SHOWN = Outcome(ReceiptState.WITHHELD, WithheldReason.TOO_FEW)
"""What became of a comment of which the release knows nothing."""

# Made once: building it anew would cost a submit more than running it.
_NEW = insert(ReceiptRow)


def give_out(session: WriteSession, round_id: str, comments: Mapping[str, bytes], *, is_change: bool) -> None:
    """Keep what the codes (of new comments, by their marks) will tell; for submitting, which shows them once.

    In a change to what was sent before, an earlier submit may have come once more after a later one: its code holds again.
    """
    if not comments:
        return
    key = key_of(session)
    rows = [
        {
            "key": key.receipt_key(read(code)),
            "round_id": round_id,
            "comment": mark,
            "state": ReceiptState.RECEIVED,
            "reason": None,
            "keep_until": None,
        }
        for code, mark in comments.items()
    ]
    if is_change:
        session.execute(delete(ReceiptRow).where(ReceiptRow.key.in_([row["key"] for row in rows])))
    session.connection().execute(_NEW, rows)


def note_replaced(session: WriteSession, marks: Collection[bytes]) -> None:
    """Note that comments gave way to newer ones, or to none; for submitting. Idempotent."""
    if marks:
        gone = update(ReceiptRow).where(ReceiptRow.comment.in_(list(marks)))
        session.execute(gone.values(comment=None, state=ReceiptState.REPLACED))


def lay_receipts_anew(session: WriteSession, round_id: str) -> None:
    """Write the receipts of a round once more in the order of their keys; for the close.

    Each was written by the transaction that took its comment in, and a copy of the database would tell so.
    """
    lay_anew(session, ReceiptRow, ReceiptRow.round_id == round_id, ReceiptRow.key)


def settle_receipts(session: WriteSession, round_id: str, outcomes: Mapping[bytes, Outcome], *, now: datetime) -> None:
    """Tell every code of a round what became of its comment, and cut it off from comment and round.

    For the sealing transaction. outcomes : by the mark of the comment. Idempotent: a settled receipt has no round.
    """
    held = select(ReceiptRow.key, ReceiptRow.comment, ReceiptRow.state).where(ReceiptRow.round_id == round_id)
    ends = answered_until(local_day(now))
    # Taken out and put back in the order of their keys, so that no place in a file tells what came in or was settled when.
    rows = sorted((_settled(row, outcomes, ends) for row in session.execute(held)), key=lambda row: bytes(row["key"]))
    session.execute(delete(ReceiptRow).where(ReceiptRow.round_id == round_id))
    if rows:
        session.connection().execute(_NEW, rows)


def expire_receipts(session: WriteSession, *, now: datetime) -> int:
    """Wipe what codes tell once their time is over, and forget them after as much again; how many. For the worker."""
    today = local_day(now)
    over = ReceiptRow.keep_until < today
    gone = session.execute(
        delete(ReceiptRow).where(over, ReceiptRow.state == ReceiptState.EXPIRED).returning(ReceiptRow.key)
    ).all()
    old = (
        update(ReceiptRow).where(over).values(state=ReceiptState.EXPIRED, reason=None, keep_until=answered_until(today))
    )
    return len(gone) + len(session.execute(old.returning(ReceiptRow.key)).all())


def _settled(row: Any, outcomes: Mapping[bytes, Outcome], ends: date) -> dict[str, Any]:
    became = (
        outcomes.get(bytes(row.comment), NOT_SHOWN) if row.comment is not None else Outcome(ReceiptState(row.state))
    )
    return {
        "key": row.key,
        "round_id": None,
        "comment": None,
        "state": became.state,
        "reason": became.reason,
        "keep_until": ends,
    }
