"""Sending an invitation again, with its link or with a new one; and the links that somebody has asked for himself."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.accounts.values import Viewer
from app.errors import FieldError, Invalid
from app.infra.addresses import mailbox_of, parse_email
from app.infra.database import WriteSession
from app.infra.upserts import insert_or_leave
from app.invitations import rules
from app.invitations.held import Held, hold
from app.invitations.invite import writer_for
from app.invitations.letters import Errand
from app.invitations.queries import get_invitation
from app.invitations.tables import InvitationRow, LinkRequestRow
from app.invitations.values import Invitation
from app.mail.commands import enqueue, lift_suppression, withdraw
from app.mail.queries import load_deliveries, load_suppressions
from app.mail.values import Delivery, Letter, Mail
from app.organisation.queries import load_people
from app.organisation.tables import PersonRow
from app.organisation.values import Person, PersonId
from app.rounds.queries import load_assignments, load_round
from app.rounds.tables import RoundRow
from app.rounds.values import RoundState

AT_ONCE = 200
"""Requests for links that are answered in one transaction."""


def resend_invitation(
    session: WriteSession, viewer: Viewer, invitation_id: str, *, despite_bounce: bool = False, now: datetime
) -> Invitation:
    """Send an invitation again; for a link that was taken back, with a new one.

    For who may write rounds at its scope, once a day unless the last letter failed. Refused: NoAddress, RaterOptedOut,
    AddressLeftAlone, AddressBounced (unless the address is to be tried `despite_bounce`), ResentLately.
    """
    held = hold(session, viewer, invitation_id, now=now)
    person = _written_to(held, despite_bounce=despite_bounce)
    deliveries = load_deliveries(session, [held.row.id]).get(held.row.id, ())
    if held.row.voided_at is None:
        reminded_at = max((at for at in held.round.reminders if held.row.created_at < at <= now), default=None)
        letters = rules.told_letters(deliveries)
        rules.check_resend(letters, pause=rules.BETWEEN_RESENDS, reminded_at=reminded_at, now=now)
    is_renewed = held.row.voided_at is not None
    if is_renewed:
        held.renew()
    if despite_bounce and lift_suppression(session, person.mailbox or ""):
        held.note("address.tried_again", {"name": person.email})
    enqueue(session, replace(_letter(held, person, deliveries), replaces=is_renewed), now=now)
    held.note("invitation.resent")
    return get_invitation(session, viewer, held.row.id, now=now)


def rotate_invitation(session: WriteSession, viewer: Viewer, invitation_id: str, *, now: datetime) -> Invitation:
    """Replace the link of an invitation by a new one and send it: for a link that came into wrong hands.

    For who may write rounds at its scope. The old link says from now on that there is a newer one, whose letter waits for
    nothing; what was answered through the old one stays until it is replaced. Refused: NoAddress, RaterOptedOut, AddressLeftAlone, AddressBounced, and
    ResentLately after too many letters.
    """
    held = hold(session, viewer, invitation_id, now=now)
    person = _written_to(held, despite_bounce=False)
    deliveries = load_deliveries(session, [held.row.id]).get(held.row.id, ())
    rules.check_resend(rules.told_letters(deliveries), pause=timedelta(0), now=now)
    withdraw(session, [held.row.id], now=now)
    held.renew()
    enqueue(session, replace(_letter(held, person, deliveries), replaces=True), now=now)
    held.note("invitation.rotated")
    return get_invitation(session, viewer, held.row.id, now=now)


def ask_for_links(session: WriteSession, email: str, *, now: datetime) -> None:
    """Note that the owner of an address wants the links of all open rounds again; the worker sends them.

    For anybody; raises Invalid for text that is no address. Whether somebody is known or not, the same is done here,
    so that neither words nor time tell who is asked. Idempotent.
    """
    try:
        mailbox = mailbox_of(parse_email(email.strip()))
    except ValueError as no:
        raise Invalid([FieldError("email", str(no))]) from no
    insert_or_leave(session, LinkRequestRow, mailbox=mailbox, asked_at=now)


def answer_link_requests(session: WriteSession, *, now: datetime) -> int:
    """Send those who asked for them the links of all open rounds again; how many had asked. For the worker.

    At most once an hour for each link; who is not known gets nothing, and nobody is told.
    """
    query = select(LinkRequestRow).order_by(LinkRequestRow.asked_at, LinkRequestRow.mailbox).limit(AT_ONCE)
    asked = session.scalars(query.with_for_update(skip_locked=True)).all()
    for one in asked:
        _send_links(session, one.mailbox, now=now)
        session.delete(one)
    session.flush()
    return len(asked)


def _written_to(held: Held, *, despite_bounce: bool) -> Person:
    """The person of an invitation, whose address takes letters."""
    session = held.session
    person = load_people(session, [held.row.person_id])[PersonId(held.row.person_id)]
    if person.email is None or person.mailbox is None:
        raise rules.NoAddress
    suppression = load_suppressions(session, [person.mailbox]).get(person.mailbox)
    rules.check_address(suppression, despite_bounce=despite_bounce)
    return person


def _letter(held: Held, person: Person, deliveries: Sequence[Delivery]) -> Mail:
    """The next letter of an invitation."""
    of_round, rater = held.round.id, held.row.person_id
    assignments = load_assignments(held.session, of_round, rater_id=rater)
    # Who has declined everybody gets the letter all the same: one that stayed away would tell it (R9).
    assignments = assignments or load_assignments(held.session, of_round, rater_id=rater, with_declined=True)
    wave = rules.next_wave(deliveries)
    errand = Errand(held.row.id, Letter.INVITATION, wave, held.row.extended_until)
    return writer_for(held.session, held.round, now=held.now).invitation_letter(person, assignments, errand)


def _send_links(session: WriteSession, mailbox: str, *, now: datetime) -> None:
    query = (
        select(InvitationRow)
        .join(PersonRow, PersonRow.id == InvitationRow.person_id)
        .join(RoundRow, RoundRow.id == InvitationRow.round_id)
        .where(PersonRow.mailbox == mailbox, RoundRow.state == RoundState.OPEN, InvitationRow.voided_at.is_(None))
    )
    rows = session.scalars(query.order_by(InvitationRow.id)).all()
    sent = load_deliveries(session, [row.id for row in rows])
    people = load_people(session, {row.person_id for row in rows})
    for row in rows:
        round_ = load_round(session, row.round_id)
        # Where the round stays open for the sake of somebody else, the letter could not leave in time any more.
        is_over = max(round_.closes_at, row.extended_until or round_.closes_at) <= now
        # Not the reminders: anybody can ask in somebody's name and then look whether a letter left (R9).
        letters = rules.told_letters(sent.get(row.id, ()))
        if not is_over and rules.may_be_resent(letters, pause=rules.BETWEEN_OWN_RESENDS, now=now):
            held = Held(session, SERVICE, row, round_, now)
            mail = _letter(held, people[PersonId(row.person_id)], sent.get(row.id, ()))
            enqueue(session, replace(mail, is_asked_for=True), now=now)
