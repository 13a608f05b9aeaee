"""What a code tells, and which codes are known; whoever holds the code may ask."""

from collections.abc import Collection

from sqlalchemy import select

from app.infra.database import ReadSession
from app.infra.keys import key_of
from app.receipts.rules import UnknownReceipt, read
from app.receipts.tables import ReceiptRow
from app.receipts.values import Outcome, ReceiptState, WithheldReason


def get_outcome(session: ReadSession, code: str) -> Outcome:
    """What became of the comment that a code was given for; UnknownReceipt for any other text, in the same way.

    One statement by one key, known or not.
    """
    query = select(ReceiptRow.state, ReceiptRow.reason).where(ReceiptRow.key == key_of(session).receipt_key(read(code)))
    found = session.execute(query).one_or_none()
    if found is None:
        raise UnknownReceipt
    return Outcome(ReceiptState(found.state), WithheldReason(found.reason) if found.reason else None)


def load_known(session: ReadSession, codes: Collection[str]) -> frozenset[str]:
    """Those of some codes that stand for a comment, as they were given."""
    keys = {key_of(session).receipt_key(read(code)): code for code in codes}
    if not keys:
        return frozenset()
    return frozenset(keys[key] for key in session.scalars(select(ReceiptRow.key).where(ReceiptRow.key.in_(list(keys)))))
