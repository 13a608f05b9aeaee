"""Every write of invitations: sending again, extending, taking back, opting out; inviting stands in `invite`."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from app.accounts.values import Viewer
from app.errors import NotFound
from app.infra.addresses import mailbox_of, parse_email
from app.infra.database import WriteSession
from app.infra.ids import is_id
from app.infra.keys import fingerprint, key_of
from app.invitations import rules
from app.invitations.invite import invite_due_rounds, remind_due_rounds, writer_for
from app.invitations.queries import find_opt_out, get_invitation
from app.invitations.tables import InvitationRow, VoidedLinkRow
from app.invitations.values import Invitation
from app.journal.commands import record
from app.mail.commands import enqueue_all, lift_suppression, suppress, withdraw
from app.mail.queries import load_deliveries, load_suppressed
from app.mail.values import Letter, SuppressionReason
from app.organisation.queries import load_people
from app.organisation.tables import PersonRow
from app.organisation.values import Person, PersonId
from app.rounds.close import keep_open_until
from app.rounds.queries import load_assignments, load_round, load_salt, take_round
from app.rounds.rules import RoundNotOpen
from app.rounds.tables import RoundRow
from app.rounds.values import Round, RoundState

__all__ = [
    "extend_invitation",
    "invite_due_rounds",
    "opt_in",
    "opt_out",
    "remind_due_rounds",
    "resend_invitation",
    "resend_links",
    "void_invitation",
]


def resend_invitation(session: WriteSession, viewer: Viewer, invitation_id: str, *, now: datetime) -> Invitation:
    """Send an invitation again; for a link that was taken back, with a new one.

    For who may write rounds at its scope, once a day unless the last letter failed. An address that bounced is tried
    again. Refused: NoAddress, RaterOptedOut, ResentLately.
    """
    row, round_ = _taken(session, viewer, invitation_id, now=now)
    person = load_people(session, [row.person_id])[PersonId(row.person_id)]
    if person.email is None or person.mailbox is None:
        raise rules.NoAddress
    suppression = load_suppressed(session, [person.mailbox]).get(person.mailbox)
    if suppression in {SuppressionReason.OPT_OUT, SuppressionReason.COMPLAINT}:
        raise rules.RaterOptedOut
    deliveries = load_deliveries(session, [row.id]).get(row.id, ())
    if row.voided_at is None:
        reminded_at = max((at for at in round_.reminders if row.created_at < at <= now), default=None)
        letters = rules.told_letters(deliveries, is_told=False)
        rules.check_resend(letters, pause=rules.BETWEEN_RESENDS, reminded_at=reminded_at, now=now)
    else:
        _renew(session, row, round_)
    lift_suppression(session, person.mailbox)
    assignments = load_assignments(session, round_.id, rater_id=row.person_id)
    writer = writer_for(session, round_, now=now)
    wave = rules.next_wave(deliveries)
    mail = writer.invitation_letter(person, assignments, row.id, letter=Letter.INVITATION, wave=wave)
    enqueue_all(session, [mail], now=now)
    _note(session, viewer, round_, row, "invitation.resent", now=now)
    return get_invitation(session, viewer, row.id, now=now)


def resend_links(session: WriteSession, email: str, *, now: datetime) -> None:
    """Send the owner of an address the links of all open rounds again.

    For anybody; always silent, so that nobody learns who is asked. At most once an hour for each link.
    """
    try:
        mailbox = mailbox_of(parse_email(email.strip()))
    except ValueError:
        return
    query = (
        select(InvitationRow)
        .join(PersonRow, PersonRow.id == InvitationRow.person_id)
        .join(RoundRow, RoundRow.id == InvitationRow.round_id)
        .where(PersonRow.mailbox == mailbox, RoundRow.state == RoundState.OPEN, InvitationRow.voided_at.is_(None))
    )
    rows = session.scalars(query.order_by(InvitationRow.id)).all()
    deliveries = load_deliveries(session, [row.id for row in rows])
    people = load_people(session, {row.person_id for row in rows})
    for row in rows:
        sent = deliveries.get(row.id, ())
        try:
            rules.check_resend(sent, pause=rules.BETWEEN_OWN_RESENDS, now=now)
        except rules.ResentLately:
            continue
        round_ = load_round(session, row.round_id)
        assignments = load_assignments(session, round_.id, rater_id=row.person_id)
        person = people[PersonId(row.person_id)]
        mail = writer_for(session, round_, now=now).invitation_letter(
            person, assignments, row.id, letter=Letter.INVITATION, wave=rules.next_wave(sent)
        )
        enqueue_all(session, [replace(mail, is_asked_for=True)], now=now)


def extend_invitation(
    session: WriteSession, viewer: Viewer, invitation_id: str, *, until: datetime, now: datetime
) -> Invitation:
    """Give one rater until later than the others; the round stays open that long, its figures wait.

    For who may write rounds at its scope; at most 14 days after the closing time. Sends nothing. Idempotent.
    """
    row, round_ = _taken(session, viewer, invitation_id, now=now)
    rules.check_extension(until, closes_at=round_.closes_at)
    row.extended_until, row.version = until, row.version + 1
    session.flush()
    keep_open_until(session, round_.id, until)
    _note(session, viewer, round_, row, "invitation.extended", now=now)
    return get_invitation(session, viewer, row.id, now=now)


def void_invitation(session: WriteSession, viewer: Viewer, invitation_id: str, *, now: datetime) -> Invitation:
    """Take a link back, say because it was passed on; what was answered through it stays until it is replaced.

    For who may write rounds at its scope. Letters that wait are not sent; sending again makes a new link.
    Idempotent.
    """
    row, round_ = _taken(session, viewer, invitation_id, now=now)
    if row.voided_at is None:
        row.voided_at, row.version = now, row.version + 1
        session.flush()
        withdraw(session, [row.id], now=now)
        _note(session, viewer, round_, row, "invitation.voided", now=now)
    return get_invitation(session, viewer, row.id, now=now)


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


def _taken(session: WriteSession, viewer: Viewer, invitation_id: str, *, now: datetime) -> tuple[InvitationRow, Round]:
    """An invitation and its open round, held, for who may write the round."""
    row = session.get(InvitationRow, invitation_id) if is_id(invitation_id) else None
    if row is None:
        raise NotFound
    round_ = take_round(session, viewer, row.round_id, now=now)
    if round_.state is not RoundState.OPEN:
        raise RoundNotOpen
    return session.get_one(InvitationRow, invitation_id), round_


def _renew(session: WriteSession, row: InvitationRow, round_: Round) -> None:
    """A new link in place of one that was taken back; the old one goes on saying so."""
    session.add(VoidedLinkRow(token_hash=row.token_hash, invitation_id=row.id))
    row.rotation, row.voided_at, row.version = row.rotation + 1, None, row.version + 1
    salt = load_salt(session, round_.id) or b""
    row.token_hash = fingerprint(key_of(session).rating_token(salt, row.id, row.rotation))
    session.flush()


def _note(
    session: WriteSession, viewer: Viewer, round_: Round, row: InvitationRow, action: str, *, now: datetime
) -> None:
    record(
        session,
        viewer.actor,
        action,
        company_id=round_.company_id,
        object_kind="invitation",
        object_id=row.id,
        now=now,
    )
