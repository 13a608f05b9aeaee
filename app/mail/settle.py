"""What becomes of a message that a worker holds: the body begins to leave, and how that ended."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from operator import attrgetter
from typing import Any
from typing import cast as as_type

from sqlalchemy import CursorResult, Update, bindparam, cast, literal, update

from app.infra.addresses import mailbox_of
from app.infra.among import is_among
from app.infra.database import WriteSession
from app.infra.types import Json, Text
from app.mail import queries, rules
from app.mail.suppress import suppress
from app.mail.tables import OutboxRow
from app.mail.values import OutboxMessage, OutboxState, Outcome, Settled, SuppressionReason

MOST_REPLY = 500

_NAMES = [field.name for field in fields(OutboxMessage)]
_VALUES = attrgetter(*_NAMES)
_STATE, _COPIES = _NAMES.index("state"), _NAMES.index("copies")

# Made once, for a whole batch at a time: of ten thousand letters each goes through these.
_OUTBOX = queries.OUTBOX
_HELD = update(_OUTBOX).where(
    is_among(_OUTBOX.c.id, "messages"),
    _OUTBOX.c.attempts == bindparam("attempt"),
    _OUTBOX.c.lease_owner == bindparam("owner"),
)
_BEGUN = (
    _HELD.where(_OUTBOX.c.state == OutboxState.PREPARED)
    .values(state=OutboxState.HANDING_OVER, copies=_OUTBOX.c.copies + 1, leased_until=bindparam("until"))
    .returning(_OUTBOX.c.id)
)
_ARRIVED = _HELD.where(_OUTBOX.c.state == OutboxState.HANDING_OVER).values(
    state=OutboxState.SENT,
    settled_at=bindparam("at"),
    # Which begin with no digit: SQLite would take them for places in a list.
    reply=bindparam("replies", type_=Json).op("->>")(literal("_", Text) + cast(_OUTBOX.c.id, Text)),
    lease_owner=None,
    leased_until=None,
)


def begin_handing_over(
    session: WriteSession, messages: Sequence[OutboxMessage], *, owner: str, now: datetime
) -> dict[str, OutboxMessage]:
    """Note that bodies are about to leave; those whose lease is gone are left out and must not.

    For the worker that holds the messages. To be committed BEFORE a body is sent: whoever finds this state after
    a crash knows that the outcome is unknown.
    """
    begun: dict[str, OutboxMessage] = {}
    for attempt in {message.attempts for message in messages}:
        some = {message.id: message for message in messages if message.attempts == attempt}
        held = {"messages": list(some), "attempt": attempt, "owner": owner, "until": now + rules.LEASE}
        marked = session.connection().execute(_BEGUN, held)
        begun |= {id_: _begun(some[id_]) for (id_,) in marked.all()}
    return begun


def settle_all(session: WriteSession, settled: Sequence[Settled], *, owner: str, now: datetime) -> None:
    """Note what became of many messages; see `settle`, which does it for all but those that simply arrived."""
    arrived = [one for one in settled if one.outcome is Outcome.TAKEN]
    for attempt in {one.message.attempts for one in arrived}:
        replies = {one.message.id: one.reply[:MOST_REPLY] for one in arrived if one.message.attempts == attempt}
        labelled = {f"_{id_}": reply for id_, reply in replies.items()}
        held = {"messages": list(replies), "attempt": attempt, "owner": owner, "at": now, "replies": labelled}
        session.connection().execute(_ARRIVED, held)
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
            leaves_with=None if made.alone else OutboxRow.leaves_with,
        )
    )
    if as_type("CursorResult[Any]", done).rowcount != 1:
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


def _begun(message: OutboxMessage) -> OutboxMessage:
    """The same with one more copy under way; `replace` takes nearly twice as long, of each letter."""
    values = list(_VALUES(message))
    values[_STATE] = OutboxState.HANDING_OVER
    values[_COPIES] += 1
    return OutboxMessage(*values)
