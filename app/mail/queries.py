"""Every SELECT of mail: how far messages have come, which mailboxes are suppressed, who got a letter lately."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Row, Table, and_, func, select
from sqlalchemy import cast as sql_cast

from app.infra.database import ReadSession
from app.infra.types import Text
from app.mail.tables import OutboxProgressRow, OutboxRow, SuppressionRow
from app.mail.values import (
    ROUND_LETTERS,
    Delivery,
    Letter,
    OutboxMessage,
    OutboxState,
    Progress,
    Suppression,
    SuppressionReason,
)

AT_ONCE = 500
"""Values of one IN list: below what SQLite and psycopg take, and few enough to be planned quickly."""

OUTBOX = cast("Table", OutboxRow.__table__)
_AS_TEXT = ("id", "parameters", "leaves_with")
MESSAGE_COLUMNS = tuple(
    OUTBOX.c[name] if name not in _AS_TEXT else sql_cast(OUTBOX.c[name], Text).label(name)
    for name in (field.name for field in fields(OutboxMessage))
)
"""What a message is made of, in its order; its ids and parameters as text."""

IS_QUEUED = OUTBOX.c.state == OutboxState.QUEUED
WAITS = and_(IS_QUEUED, OUTBOX.c.lease_owner.is_(None), OUTBOX.c.settled_at.is_(None))
"""The same of all that are in the outbox, in the words of the index of those."""

WAITING = (OutboxState.QUEUED, OutboxState.PREPARED, OutboxState.HANDING_OVER)


def load_suppressed(session: ReadSession, mailboxes: Collection[str]) -> Mapping[str, SuppressionReason]:
    """Those of the mailboxes that get no letter unasked, and why."""
    return {mailbox: found.reason for mailbox, found in load_suppressions(session, mailboxes).items()}


def load_suppressions(session: ReadSession, mailboxes: Collection[str]) -> Mapping[str, Suppression]:
    """The same, with since when and what was said."""
    return {
        row.mailbox: Suppression(row.mailbox, SuppressionReason(row.reason), row.at, row.note)
        for some in in_portions(mailboxes)
        for row in session.scalars(select(SuppressionRow).where(SuppressionRow.mailbox.in_(some)))
    }


def load_latest_round_letters(
    session: ReadSession, mailboxes: Collection[str], *, since: datetime
) -> Mapping[tuple[str, Letter], datetime]:
    """When a mailbox last got, or will get, a letter of a kind that it did not ask for; what it got none of is left out."""
    query = (
        select(OutboxRow.mailbox, OutboxRow.letter, func.max(OutboxRow.next_attempt_at))
        .where(
            OutboxRow.letter.in_(ROUND_LETTERS),
            OutboxRow.state.in_((*WAITING, OutboxState.SENT)),
            OutboxRow.next_attempt_at > since,
        )
        .group_by(OutboxRow.mailbox, OutboxRow.letter)
    )
    return {
        (mailbox, Letter(letter)): latest
        for some in in_portions(mailboxes)
        for mailbox, letter, latest in session.execute(query.where(OutboxRow.mailbox.in_(some)))
    }


def load_waves(session: ReadSession, references: Collection[str]) -> Mapping[str, frozenset[int]]:
    """The waves that each reference has in the outbox already."""
    found: dict[str, set[int]] = {}
    for some in in_portions(references):
        for reference, wave in session.execute(
            select(OutboxRow.reference, OutboxRow.wave).where(OutboxRow.reference.in_(some))
        ):
            found.setdefault(reference, set()).add(wave)
    return {reference: frozenset(waves) for reference, waves in found.items()}


def load_deliveries(session: ReadSession, references: Collection[str]) -> Mapping[str, tuple[Delivery, ...]]:
    """Every wave of each reference that was not cancelled, the latest last."""
    found: dict[str, list[Delivery]] = {}
    for some in in_portions(references):
        rows = session.scalars(
            select(OutboxRow)
            .where(OutboxRow.reference.in_(some), OutboxRow.state != OutboxState.CANCELLED)
            .order_by(OutboxRow.dated_at, OutboxRow.wave)
        )
        for row in rows:
            found.setdefault(row.reference, []).append(_delivery(row))
    return {reference: tuple(deliveries) for reference, deliveries in found.items()}


def list_needing_attention(session: ReadSession, *, limit: int = 200) -> Sequence[Delivery]:
    """Messages that somebody has to look at: undelivered in time, or with an outcome that nobody knows."""
    rows = session.scalars(
        select(OutboxRow)
        .where(OutboxRow.state == OutboxState.ATTENTION)
        .order_by(OutboxRow.dated_at.desc(), OutboxRow.id)
        .limit(limit)
    )
    return [_delivery(row) for row in rows]


def count_by_state(session: ReadSession) -> Mapping[OutboxState, int]:
    """How many messages are in each state."""
    rows = session.execute(select(OutboxRow.state, func.count()).group_by(OutboxRow.state))
    return {OutboxState(state): count for state, count in rows}


def load_progress(session: ReadSession) -> Progress:
    """How far the outbox has come, and whether it is held."""
    columns = (OutboxProgressRow.origin, OutboxProgressRow.batches, OutboxProgressRow.held_at)
    row = session.execute(select(*columns)).first()
    return Progress(*row) if row is not None else Progress("", 0)


def load_messages(session: ReadSession, ids: Collection[str]) -> Mapping[str, OutboxMessage]:
    """Messages by id, whatever became of them."""
    return {
        row.id: message_of(row)
        for some in in_portions(ids)
        for row in session.scalars(select(OutboxRow).where(OutboxRow.id.in_(some)))
    }


def message_of(row: OutboxRow) -> OutboxMessage:
    """A mapped row as a value."""
    return OutboxMessage(
        id=row.id,
        letter=Letter(row.letter),
        recipient=row.recipient,
        recipient_name=row.recipient_name,
        locale=row.locale,
        parameters=row.parameters,
        reference=row.reference,
        wave=row.wave,
        state=OutboxState(row.state),
        attempts=row.attempts,
        copies=row.copies,
        dated_at=row.dated_at,
        message_id=row.message_id,
        boundary=row.boundary,
        deadline_at=row.deadline_at,
        leaves_with=row.leaves_with,
    )


def message_in(row: Row[Any]) -> OutboxMessage:
    """A row of MESSAGE_COLUMNS as a value, in a third of the time: batches are read like this."""
    values: Sequence[Any] = row
    id_, letter, recipient, name, locale, parameters, reference, wave, state, *rest = values
    return OutboxMessage(
        id_, Letter(letter), recipient, name, locale, _read(parameters), reference, wave, OutboxState(state), *rest
    )


# Many letters of a round say the same, and to read it takes longer than to fetch it.
@lru_cache(maxsize=256)
def _read(parameters: str) -> Mapping[str, Any]:
    read: Mapping[str, Any] = json.loads(parameters)
    return read


def _delivery(row: OutboxRow) -> Delivery:
    state = OutboxState(row.state)
    at = row.next_attempt_at if state is OutboxState.QUEUED else None
    return Delivery(row.reference, row.wave, state, row.mailbox, row.dated_at, row.reply, row.copies, at)


def in_portions(values: Collection[str]) -> Iterator[list[str]]:
    """Values in lists short enough to be asked for at once."""
    listed = sorted(values)
    for start in range(0, len(listed), AT_ONCE):
        yield listed[start : start + AT_ONCE]
