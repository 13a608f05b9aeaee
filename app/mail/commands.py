"""Every write of mail: the outbox from enqueueing to settling, and the suppression list. Nothing is sent here."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Result, Update, delete, insert, select, update

from app.infra.addresses import mailbox_of
from app.infra.database import WriteSession
from app.infra.ids import new_id
from app.mail import queries, rules
from app.mail.tables import OutboxRow, SuppressionRow
from app.mail.values import ROUND_LETTERS, Mail, OutboxMessage, OutboxState, Outcome, SuppressionReason

MOST_REPLY = 500
TOO_LATE = "Not delivered before its deadline."
WORKER_STOPPED = "The worker stopped before the mail server answered."


def enqueue(session: WriteSession, mail: Mail, *, now: datetime) -> bool:
    """Put one mail into the outbox; whether it is new there. See `enqueue_all`."""
    return enqueue_all(session, [mail], now=now) == 1


def enqueue_all(session: WriteSession, mails: Sequence[Mail], *, now: datetime) -> int:
    """Put mails into the outbox and say how many are new.

    For commands of any capability; whoever calls has asked whether it may. A mail whose reference and wave are
    there already is left as it is (idempotent), one to a suppressed mailbox is left out unless it was asked for.
    Date, Message-ID and boundary are fixed here, so that a second copy is the same to the byte. Sent by the worker,
    with at most one unasked letter a day to each mailbox.
    """
    mailboxes = [mailbox_of(mail.recipient) for mail in mails]
    suppressed = queries.load_suppressed(session, set(mailboxes))
    since = now - rules.BETWEEN_ROUND_LETTERS
    latest = dict(queries.load_latest_round_letters(session, set(mailboxes), since=since))
    known = {key: set(waves) for key, waves in queries.load_waves(session, {mail.reference for mail in mails}).items()}
    rows = []
    for mail, mailbox in zip(mails, mailboxes, strict=True):
        waves = known.setdefault(mail.reference, set())
        if mail.wave in waves or not rules.may_be_sent(mail, suppressed.get(mailbox)):
            continue
        waves.add(mail.wave)
        at = rules.first_attempt(mail, latest.get(mailbox), now=now)
        latest[mailbox] = at
        rows.append(_new_row(session, mail, mailbox, at, now=now))
    if rows:
        session.execute(insert(OutboxRow), rows)
    return len(rows)


def claim(session: WriteSession, *, owner: str, limit: int, now: datetime) -> tuple[OutboxMessage, ...]:
    """Lease due messages to a worker, the longest waiting first, after freeing those whose lease ran out.

    For the worker. Two workers never get the same message: on PostgreSQL rows locked by another are skipped, on
    SQLite write transactions queue up.
    """
    _free(session, OutboxRow.leased_until <= now, now=now)
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.state == OutboxState.QUEUED, OutboxRow.deadline_at <= now)
        .values(state=OutboxState.ATTENTION, settled_at=now, reply=TOO_LATE)
    )
    due = (
        select(OutboxRow.id)
        .where(OutboxRow.state == OutboxState.QUEUED, OutboxRow.next_attempt_at <= now)
        .order_by(OutboxRow.next_attempt_at, OutboxRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = session.scalars(
        update(OutboxRow)
        .where(OutboxRow.id.in_(due.scalar_subquery()))
        .values(
            state=OutboxState.PREPARED,
            attempts=OutboxRow.attempts + 1,
            lease_owner=owner,
            leased_until=now + rules.LEASE,
        )
        .returning(OutboxRow),
        execution_options={"synchronize_session": False, "populate_existing": True},
    )
    return tuple(sorted((queries.message_of(row) for row in rows), key=lambda message: (message.dated_at, message.id)))


def take_back(session: WriteSession, *, owner: str, now: datetime) -> int:
    """Free the leases of a worker that starts: it has lost them. How many there were.

    For a starting worker, with the name that it alone bears. What was only prepared was surely not sent; where the
    body had begun to leave, the outcome is unknown.
    """
    return _free(session, OutboxRow.lease_owner == owner, now=now)


def put_back(session: WriteSession, messages: Sequence[OutboxMessage], *, owner: str, at: datetime) -> None:
    """Return prepared messages untried, to be claimed again from `at` on; for the worker that holds them."""
    for message in messages:
        session.execute(
            _held(message, owner, OutboxState.PREPARED).values(
                state=OutboxState.QUEUED,
                attempts=message.attempts - 1,
                next_attempt_at=at,
                lease_owner=None,
                leased_until=None,
            )
        )


def begin_handing_over(
    session: WriteSession, message: OutboxMessage, *, owner: str, now: datetime
) -> OutboxMessage | None:
    """Note that the body is about to leave; None when the lease is gone and it must not.

    For the worker that holds the message. To be committed BEFORE the body is sent: whoever finds this state after
    a crash knows that the outcome is unknown.
    """
    begun = replace(message, state=OutboxState.HANDING_OVER, copies=message.copies + 1)
    done = session.execute(
        _held(message, owner, OutboxState.PREPARED).values(
            state=begun.state, copies=begun.copies, leased_until=now + rules.LEASE
        )
    )
    return begun if _rowcount(done) == 1 else None


def settle(
    session: WriteSession, message: OutboxMessage, outcome: Outcome, reply: str, *, owner: str, now: datetime
) -> OutboxState | None:
    """Note what became of a message; its new state, or None when the lease is gone.

    For the worker that holds the message. A mailbox that was refused for good is suppressed.
    """
    made = rules.settlement(message, outcome, reply, now=now)
    settled_at = None if made.state is OutboxState.QUEUED else now
    done = session.execute(
        _held(message, owner, message.state).values(
            state=made.state,
            copies=made.copies,
            next_attempt_at=made.next_attempt_at or OutboxRow.next_attempt_at,
            lease_owner=None,
            leased_until=None,
            settled_at=settled_at,
            reply=reply[:MOST_REPLY],
        )
    )
    if _rowcount(done) != 1:
        return None
    if made.suppresses:
        suppress(session, mailbox_of(message.recipient), SuppressionReason.BOUNCE, now=now)
    return made.state


def withdraw(session: WriteSession, references: Collection[str], *, now: datetime) -> int:
    """Cancel what waits for these references; how many there were. Whoever calls has asked whether it may.

    A message that a worker holds already may still leave.
    """
    return sum(
        _rowcount(
            session.execute(
                update(OutboxRow)
                .where(OutboxRow.reference == reference, OutboxRow.state == OutboxState.QUEUED)
                .values(state=OutboxState.CANCELLED, settled_at=now)
            )
        )
        for reference in sorted(references)
    )


def suppress(session: WriteSession, mailbox: str, reason: SuppressionReason, *, now: datetime) -> None:
    """Leave a mailbox alone from now on, in all rounds; an opt-out outweighs a bounce. Idempotent.

    Letters that wait for it and that nobody asked for are cancelled.
    """
    row = session.get(SuppressionRow, mailbox)
    if row is None:
        session.add(SuppressionRow(mailbox=mailbox, reason=reason, at=now))
    elif row.reason == SuppressionReason.BOUNCE and reason is not SuppressionReason.BOUNCE:
        row.reason, row.at = reason, now
    session.flush()
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.mailbox == mailbox, OutboxRow.state == OutboxState.QUEUED, OutboxRow.letter.in_(ROUND_LETTERS))
        .values(state=OutboxState.CANCELLED, settled_at=now)
    )


def lift_suppression(session: WriteSession, mailbox: str) -> None:
    """Write to a mailbox again; for the person who asked for it, or when a bouncing address was mended."""
    session.execute(delete(SuppressionRow).where(SuppressionRow.mailbox == mailbox))


def _new_row(session: WriteSession, mail: Mail, mailbox: str, at: datetime, *, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(session),
        "letter": mail.letter,
        "recipient": mail.recipient,
        "recipient_name": mail.name,
        "mailbox": mailbox,
        "locale": mail.locale,
        "parameters": dict(mail.parameters),
        "reference": mail.reference,
        "wave": mail.wave,
        "state": OutboxState.QUEUED,
        "attempts": 0,
        "copies": 0,
        "next_attempt_at": at,
        "dated_at": now,
        "message_id": new_id(session),
        "boundary": f"=_{new_id(session)}",
        "deadline_at": mail.deadline,
    }


def _free(session: WriteSession, lost: ColumnElement[bool], *, now: datetime) -> int:
    """Settle leases that nobody holds any more: prepared ones were not sent, of the others nobody knows."""
    prepared = session.execute(
        update(OutboxRow)
        .where(OutboxRow.state == OutboxState.PREPARED, lost)
        .values(state=OutboxState.QUEUED, lease_owner=None, leased_until=None)
    )
    query = select(OutboxRow).where(OutboxRow.state == OutboxState.HANDING_OVER, lost)
    unknown = session.scalars(query.with_for_update(skip_locked=True)).all()
    for row in unknown:
        owner = row.lease_owner or ""
        settle(session, queries.message_of(row), Outcome.UNKNOWN, WORKER_STOPPED, owner=owner, now=now)
    return _rowcount(prepared) + len(unknown)


def _held(message: OutboxMessage, owner: str, state: OutboxState) -> Update:
    """An update that does nothing once another worker has taken the message over."""
    return update(OutboxRow).where(
        OutboxRow.id == message.id,
        OutboxRow.state == state,
        OutboxRow.lease_owner == owner,
        OutboxRow.attempts == message.attempts,
    )


def _rowcount(result: Result[Any]) -> int:
    return cast("CursorResult[Any]", result).rowcount
