"""Every write of invitations: extending, taking back and opting out here; the rest stands beside and is offered here as well."""

from datetime import datetime

from app.accounts.values import Viewer
from app.infra.database import WriteSession
from app.invitations import rules
from app.invitations.held import hold
from app.invitations.invite import invite_due_rounds, remind_due_rounds
from app.invitations.mend import leave_alone, write_again
from app.invitations.queries import find_opt_out, get_invitation
from app.invitations.resend import answer_link_requests, ask_for_links, resend_invitation, rotate_invitation
from app.invitations.values import Invitation
from app.mail.commands import lift_suppression, suppress, withdraw
from app.mail.values import SuppressionReason
from app.organisation.values import Person
from app.rounds.close import keep_open_until

__all__ = [
    "answer_link_requests",
    "ask_for_links",
    "extend_invitation",
    "invite_due_rounds",
    "leave_alone",
    "opt_in",
    "opt_out",
    "remind_due_rounds",
    "resend_invitation",
    "rotate_invitation",
    "void_invitation",
    "write_again",
]


def extend_invitation(
    session: WriteSession, viewer: Viewer, invitation_id: str, *, until: datetime, now: datetime
) -> Invitation:
    """Give one rater until later than the others; the round stays open that long, its figures wait.

    For who may write rounds at its scope; at most 14 days after the closing time. Sends nothing. Idempotent.
    """
    held = hold(session, viewer, invitation_id, now=now)
    rules.check_extension(until, closes_at=held.round.closes_at)
    held.row.extended_until, held.row.version = until, held.row.version + 1
    session.flush()
    keep_open_until(session, held.round.id, until)
    held.note("invitation.extended")
    return get_invitation(session, viewer, held.row.id, now=now)


def void_invitation(session: WriteSession, viewer: Viewer, invitation_id: str, *, now: datetime) -> Invitation:
    """Take a link back, say because it was passed on; what was answered through it stays until it is replaced.

    For who may write rounds at its scope. Letters that wait are not sent; sending again makes a new link.
    Idempotent.
    """
    held = hold(session, viewer, invitation_id, now=now)
    if held.row.voided_at is None:
        held.row.voided_at, held.row.version = now, held.row.version + 1
        session.flush()
        withdraw(session, [held.row.id], now=now)
        held.note("invitation.voided")
    return get_invitation(session, viewer, held.row.id, now=now)


def opt_out(session: WriteSession, token: str, *, now: datetime) -> Person:
    """Send the owner of an opt-out link no more letters unasked, in any round. For who holds the link. Idempotent."""
    person = find_opt_out(session, token)
    if person.mailbox is not None:
        suppress(session, person.mailbox, SuppressionReason.OPT_OUT, now=now)
    return person


def opt_in(session: WriteSession, token: str) -> Person:
    """Take an opt-out back. For who holds the link. Idempotent."""
    person = find_opt_out(session, token)
    if person.mailbox is not None:
        lift_suppression(session, person.mailbox)
    return person
