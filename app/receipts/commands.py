"""Every write of receipts: given out, replaced, settled at the release, and forgotten."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, update

from app.infra.bulk import AT_ONCE
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.keys import key_of
from app.infra.relay import lay_anew
from app.receipts.rules import answered_until, read
from app.receipts.tables import ReceiptRow
from app.receipts.values import NOT_SHOWN, Outcome, ReceiptState

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


def give_out_apart(session: WriteSession, code: str, comment: bytes, *, ends_on: date) -> None:
    """Keep what the code of a new comment outside any round will tell; for open answers, whose period ends on a day.

    Until it is settled it knows its comment, and no round; forgotten in the same time even if nobody settles it.
    """
    row = {
        "key": key_of(session).receipt_key(read(code)),
        "round_id": None,
        "comment": comment,
        "state": ReceiptState.RECEIVED,
        "reason": None,
        "keep_until": answered_until(ends_on),
    }
    session.connection().execute(_NEW, [row])


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
    _settle(session, [ReceiptRow.round_id == round_id], outcomes, now=now)


def settle_apart(session: WriteSession, outcomes: Mapping[bytes, Outcome], *, now: datetime) -> None:
    """The same for comments outside any round, by their marks; for the computing of a period of open answers."""
    marks = sorted(outcomes)
    portions = (marks[start : start + AT_ONCE] for start in range(0, len(marks), AT_ONCE))
    _settle(session, (ReceiptRow.comment.in_(some) for some in portions), outcomes, now=now)


def expire_receipts(session: WriteSession, *, now: datetime) -> int:
    """Wipe what codes tell once their time is over, and forget them after as much again; how many. For the worker."""
    today = local_day(now)
    over = ReceiptRow.keep_until < today
    gone = session.execute(
        delete(ReceiptRow).where(over, ReceiptRow.state == ReceiptState.EXPIRED).returning(ReceiptRow.key)
    ).all()
    old = (
        update(ReceiptRow)
        .where(over)
        .values(state=ReceiptState.EXPIRED, comment=None, reason=None, keep_until=answered_until(today))
    )
    return len(gone) + len(session.execute(old.returning(ReceiptRow.key)).all())


def _settle(
    session: WriteSession,
    which: Iterable[ColumnElement[bool]],
    outcomes: Mapping[bytes, Outcome],
    *,
    now: datetime,
) -> None:
    # Taken out and put back in the order of their keys, so that no place in a file tells what came in or was settled when.
    out = (
        delete(ReceiptRow).where(one).returning(ReceiptRow.key, ReceiptRow.comment, ReceiptRow.state) for one in which
    )
    ends = answered_until(local_day(now))
    rows = [_settled(row, outcomes, ends) for one in out for row in session.execute(one)]
    if rows:
        session.connection().execute(_NEW, sorted(rows, key=lambda row: bytes(row["key"])))


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
