"""What becomes of a message that a worker holds: the body begins to leave, and how that ended."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Update, bindparam, tuple_, update

from app.infra.addresses import mailbox_of
from app.infra.database import WriteSession
from app.mail import queries, rules
from app.mail.suppress import suppress
from app.mail.tables import OutboxRow
from app.mail.values import OutboxMessage, OutboxState, Outcome, Settled, SuppressionReason

MOST_REPLY = 500

# Made once: of ten thousand letters each goes through these.
_OUTBOX = queries.OUTBOX
_ARRIVED = (
    update(_OUTBOX)
    .where(
        _OUTBOX.c.id == bindparam("message"),
        _OUTBOX.c.attempts == bindparam("attempt"),
        _OUTBOX.c.state == OutboxState.HANDING_OVER,
        _OUTBOX.c.lease_owner == bindparam("owner"),
    )
    .values(
        state=OutboxState.SENT, settled_at=bindparam("at"), reply=bindparam("said"), lease_owner=None, leased_until=None
    )
)


def begin_handing_over(
    session: WriteSession, messages: Sequence[OutboxMessage], *, owner: str, now: datetime
) -> dict[str, OutboxMessage]:
    """Note that bodies are about to leave; those whose lease is gone are left out and must not.

    For the worker that holds the messages. To be committed BEFORE a body is sent: whoever finds this state after
    a crash knows that the outcome is unknown.
    """
    if not messages:
        return {}
    begun = {message.id: message for message in messages}
    held = session.connection().execute(
        update(_OUTBOX)
        .where(
            tuple_(_OUTBOX.c.id, _OUTBOX.c.attempts).in_([(message.id, message.attempts) for message in messages]),
            _OUTBOX.c.state == OutboxState.PREPARED,
            _OUTBOX.c.lease_owner == owner,
        )
        .values(state=OutboxState.HANDING_OVER, copies=_OUTBOX.c.copies + 1, leased_until=now + rules.LEASE)
        .returning(_OUTBOX.c.id)
    )
    return {
        id_: replace(begun[id_], state=OutboxState.HANDING_OVER, copies=begun[id_].copies + 1) for id_ in held.scalars()
    }


def settle_all(session: WriteSession, settled: Sequence[Settled], *, owner: str, now: datetime) -> None:
    """Note what became of many messages; see `settle`, which does it for all but those that simply arrived."""
    arrived = [one for one in settled if one.outcome is Outcome.TAKEN]
    if arrived:
        session.connection().execute(
            _ARRIVED,
            [
                {
                    "message": one.message.id,
                    "attempt": one.message.attempts,
                    "owner": owner,
                    "at": now,
                    "said": one.reply[:MOST_REPLY],
                }
                for one in arrived
            ],
        )
    for one in settled:
        if one.outcome is not Outcome.TAKEN:
            settle(session, one.message, one.outcome, one.reply, owner=owner, now=now)


def settle(
    session: WriteSession, message: OutboxMessage, outcome: Outcome, reply: str, *, owner: str, now: datetime
) -> OutboxState | None:
    """Note what became of a message; its new state, or None when the lease is gone.

    For the worker that holds the message. A mailbox that was refused for good is suppressed.
    """
    made = rules.settlement(message, outcome, reply, now=now)
    settled_at = None if made.state is OutboxState.QUEUED else now
    done = session.execute(
        held_by(message, owner, message.state).values(
            state=made.state,
            copies=made.copies,
            next_attempt_at=made.next_attempt_at or OutboxRow.next_attempt_at,
            lease_owner=None,
            leased_until=None,
            settled_at=settled_at,
            reply=reply[:MOST_REPLY],
        )
    )
    if cast("CursorResult[Any]", done).rowcount != 1:
        return None
    if made.suppresses:
        suppress(session, mailbox_of(message.recipient), SuppressionReason.BOUNCE, note=reply[:MOST_REPLY], now=now)
    return made.state


def held_by(message: OutboxMessage, owner: str, state: OutboxState) -> Update:
    """An update that does nothing once another worker has taken the message over."""
    return update(OutboxRow).where(
        OutboxRow.id == message.id,
        OutboxRow.state == state,
        OutboxRow.lease_owner == owner,
        OutboxRow.attempts == message.attempts,
    )
