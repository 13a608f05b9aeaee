"""Every write of mail: putting letters into the outbox stands here; the rest stands beside and is offered here as well.

Nothing is sent here: the worker claims, hands over and settles.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, insert, update

from app.infra.addresses import mailbox_of
from app.infra.database import WriteSession
from app.infra.ids import new_id
from app.mail import queries, rules
from app.mail.bundle import join_waiting
from app.mail.hold import begin_progress, count_batch, drop_waiting, hold_outbox, let_go
from app.mail.lease import claim, put_back, take_back
from app.mail.report import take_report
from app.mail.settle import begin_handing_over, settle, settle_all
from app.mail.suppress import lift_suppression, suppress
from app.mail.tables import OutboxRow
from app.mail.values import Mail, OutboxState

__all__ = [
    "begin_handing_over",
    "begin_progress",
    "claim",
    "count_batch",
    "drop_waiting",
    "enqueue",
    "enqueue_all",
    "hold_outbox",
    "let_go",
    "lift_suppression",
    "put_back",
    "settle",
    "settle_all",
    "suppress",
    "take_back",
    "take_report",
    "withdraw",
]


def enqueue(session: WriteSession, mail: Mail, *, now: datetime) -> bool:
    """Put one mail into the outbox; whether it is new there. See `enqueue_all`."""
    return enqueue_all(session, [mail], now=now) == 1


def enqueue_all(session: WriteSession, mails: Sequence[Mail], *, now: datetime) -> int:
    """Put mails into the outbox and say how many are new.

    For commands of any capability; whoever calls has asked whether it may. A mail whose reference and wave are
    there already is left as it is (idempotent), one to a suppressed mailbox is left out unless it was asked for.
    Date, Message-ID and boundary are fixed here, so that a second copy is the same to the byte. Sent by the worker,
    with at most one unasked letter a day to each mailbox beside those in the place of one that leads nowhere, reminders
    waiting for the others and not they for them. What asks the same person in several rounds leaves as one letter.
    """
    mailboxes = [mailbox_of(mail.recipient) for mail in mails]
    suppressed = queries.load_suppressed(session, set(mailboxes))
    since = now - rules.BETWEEN_ROUND_LETTERS
    latest = dict(queries.load_latest_round_letters(session, set(mailboxes), since=since))
    known = {key: set(waves) for key, waves in queries.load_waves(session, {mail.reference for mail in mails}).items()}
    joining = join_waiting(session, set(mailboxes))
    rows = []
    for mail, mailbox in zip(mails, mailboxes, strict=True):
        waves = known.setdefault(mail.reference, set())
        if mail.wave in waves or not rules.may_be_sent(mail, suppressed.get(mailbox)):
            continue
        waves.add(mail.wave)
        earlier = [latest[mailbox, letter] for letter in rules.waits_for(mail.letter) if (mailbox, letter) in latest]
        at = rules.first_attempt(mail, max(earlier, default=None), now=now)
        row = _new_row(session, mail, mailbox, now=now)
        joining.place(row, mail, at=at, now=now)
        at = row["next_attempt_at"]
        latest[mailbox, mail.letter] = max(at, latest.get((mailbox, mail.letter), at))
        rows.append(row)
    if rows:
        session.execute(insert(OutboxRow), rows)
        joining.name_firsts(session)
    return len(rows)


def withdraw(session: WriteSession, references: Collection[str], *, now: datetime) -> int:
    """Cancel what waits for these references; how many there were. Whoever calls has asked whether it may.

    A message that a worker holds already may still leave.
    """
    done = [
        session.execute(
            update(OutboxRow)
            .where(OutboxRow.reference == reference, OutboxRow.state == OutboxState.QUEUED)
            .values(state=OutboxState.CANCELLED, settled_at=now)
        )
        for reference in sorted(references)
    ]
    return sum(cast("CursorResult[Any]", one).rowcount for one in done)


def _new_row(session: WriteSession, mail: Mail, mailbox: str, *, now: datetime) -> dict[str, Any]:
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
        "dated_at": now,
        "message_id": new_id(session),
        "boundary": f"=_{new_id(session)}",
        "deadline_at": mail.deadline,
    }
