"""What is told of letters after they left: they came back, arrived, or were unwelcome. Nothing is sent here."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select

from app.infra.addresses import deliverable, mailbox_of
from app.infra.database import ReadSession, WriteSession
from app.infra.keys import key_of
from app.mail import rules
from app.mail.suppress import suppress
from app.mail.tables import OutboxRow
from app.mail.values import OutboxState, Report, ReportKind

MOST_REPLY = 500


def take_report(session: WriteSession, report: Report, *, trusts_recipient: bool = False, now: datetime) -> bool:
    """Note what is told of a letter; whether it is known which one.

    For whoever takes such reports in. A letter is known by the return address that it carried, which nobody else can
    make, or by its Message-ID; by its recipient only where that is trusted, as from a provider who signs. What is told
    of a letter that was never handed over changes nothing. A bad mailbox, and one whose owner complains, is left alone
    in all rounds. Idempotent.
    """
    rows = _find(session, report, trusts_recipient=trusts_recipient)
    mailbox = rows[0].mailbox if rows else _trusted_mailbox(report, trusts_recipient=trusts_recipient)
    for row in rows:
        _note(row, report, now=now)
    session.flush()
    reason = rules.suppression_after(report)
    if mailbox is not None and reason is not None and (not rows or any(row.copies for row in rows)):
        suppress(session, mailbox, reason, note=report.reply[:MOST_REPLY], now=now)
    return mailbox is not None


def _note(row: OutboxRow, report: Report, *, now: datetime) -> None:
    state = rules.after_report(OutboxState(row.state), row.copies, report)
    if state != row.state:
        # A worker that still holds it finds its lease gone and leaves this as it is.
        row.state, row.settled_at, row.lease_owner, row.leased_until = state, now, None, None
    is_news = report.kind in {ReportKind.BOUNCE, ReportKind.DELAY} and row.copies and state != OutboxState.CANCELLED
    if is_news and report.reply:
        row.reply = report.reply[:MOST_REPLY]


def _find(session: ReadSession, report: Report, *, trusts_recipient: bool) -> Sequence[OutboxRow]:
    """What left as the letter that a report is about, held until the transaction ends."""
    key = key_of(session)
    tokens = (address.partition("@")[0].rpartition("+")[2] for address in report.return_addresses)
    returned = next(filter(None, map(key.read_return_token, tokens)), None)
    if returned is not None:
        return _rows(session, OutboxRow.id == returned)
    if report.message_id:
        return _rows(session, OutboxRow.message_id == report.message_id)
    mailbox = _trusted_mailbox(report, trusts_recipient=trusts_recipient)
    return _rows(session, OutboxRow.mailbox == mailbox, OutboxRow.copies > 0) if mailbox is not None else ()


def _rows(session: ReadSession, *which: ColumnElement[bool]) -> Sequence[OutboxRow]:
    """The latest of those, with whatever left as one mail with it."""
    latest = select(OutboxRow.id, OutboxRow.leaves_with).where(*which)
    found = session.execute(latest.order_by(OutboxRow.dated_at.desc(), OutboxRow.id).limit(1)).first()
    if found is None:
        return ()
    of_bundle = (OutboxRow.leaves_with == found.leaves_with,) if found.leaves_with is not None else ()
    query = select(OutboxRow).where(or_(OutboxRow.id == found.id, *of_bundle)).order_by(OutboxRow.id)
    return session.scalars(query.with_for_update()).all()


def _trusted_mailbox(report: Report, *, trusts_recipient: bool) -> str | None:
    if not trusts_recipient or not report.recipient or "@" not in report.recipient:
        return None
    return mailbox_of(deliverable(report.recipient.strip()))
