"""Leaving an address of a company alone, and writing to it again; never without a reason, and never silently."""

from datetime import datetime

from app.accounts.rules import Action, require
from app.accounts.values import Viewer
from app.errors import NotFound
from app.infra.database import WriteSession
from app.invitations import rules
from app.invitations.addresses import find_left_alone
from app.invitations.values import LeftAlone
from app.journal.commands import record
from app.mail.commands import lift_suppression, suppress
from app.mail.values import SuppressionReason
from app.organisation.queries import load_people
from app.organisation.values import PersonId


def leave_alone(
    session: WriteSession, viewer: Viewer, company_id: str, person_id: str, *, reason: str, now: datetime
) -> LeftAlone:
    """Send a person no more letters unasked, because somebody says so and why.

    For administrators of the company. Letters that wait are not sent. Where the person has asked for none already,
    that stays as it is. Idempotent.
    """
    mailbox = _mailbox_of(session, viewer, company_id, person_id)
    suppress(session, mailbox, SuppressionReason.BY_HAND, note=reason, now=now)
    _note(session, viewer, company_id, person_id, ("address.left_alone", reason), now=now)
    found = find_left_alone(session, company_id, person_id)
    if found is None:
        raise NotFound
    return found


def write_again(
    session: WriteSession, viewer: Viewer, company_id: str, person_id: str, *, reason: str, now: datetime
) -> LeftAlone:
    """Take an address off the list of those left alone, because somebody says why; what stood there.

    For administrators of the company. Refused where the person has stopped the letters: OnlyThePerson. Sends nothing.
    """
    mailbox = _mailbox_of(session, viewer, company_id, person_id)
    found = find_left_alone(session, company_id, person_id)
    if found is None:
        raise NotFound
    if found.reason in rules.THE_PERSONS_OWN:
        raise rules.OnlyThePerson
    lift_suppression(session, mailbox)
    _note(session, viewer, company_id, person_id, ("address.written_again", reason), now=now)
    return found


def _mailbox_of(session: WriteSession, viewer: Viewer, company_id: str, person_id: str) -> str:
    """The mailbox of a person of the company, for who administers it; NotFound for anybody else's."""
    require(viewer, Action.ORGANISATION_WRITE, (company_id,))
    person = load_people(session, [person_id]).get(PersonId(person_id))
    if person is None or person.company_id != company_id:
        raise NotFound
    if person.mailbox is None:
        raise rules.NoAddress
    return person.mailbox


def _note(
    session: WriteSession, viewer: Viewer, company_id: str, person_id: str, told: tuple[str, str], *, now: datetime
) -> None:
    action, reason = told
    record(
        session,
        viewer.actor,
        action,
        company_id=company_id,
        object_kind="person",
        object_id=person_id,
        details={"reason": reason},
        now=now,
    )
