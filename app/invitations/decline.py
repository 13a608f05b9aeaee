"""A rater declines through the link; who is asked instead and has a letter already gets another one."""

from datetime import datetime

from sqlalchemy import select

from app.infra.database import WriteSession
from app.invitations import rules
from app.invitations.invite import writer_for
from app.invitations.letters import Errand
from app.invitations.queries import find_link
from app.invitations.tables import InvitationRow
from app.mail.commands import enqueue_all
from app.mail.queries import load_deliveries
from app.mail.values import Letter
from app.organisation.queries import load_people
from app.organisation.values import PersonId
from app.rounds.queries import load_assignments, load_round
from app.rounds.replace import Declined, decline_assignment
from app.rounds.values import DeclineReason


def decline(session: WriteSession, token: str, assignment_id: str, reason: DeclineReason, *, now: datetime) -> Declined:
    """Do not rate one of those the link asks about; the next fair one is asked instead (`rounds.replace`).

    For whoever holds the link. Raises AnsweredAlready for what is answered. Sent: a letter to who is asked instead;
    by the worker, or here to who is invited already. Idempotent.
    """
    link = find_link(session, token, now=now)
    made = decline_assignment(session, link.round_id, assignment_id, link.person_id, reason, now=now)
    # Looked at again, now that the round is held: it may have closed meanwhile.
    find_link(session, token, now=now)
    if made.replacement is not None:
        _tell(session, link.round_id, made.replacement, now=now)
    return made


def _tell(session: WriteSession, round_id: str, person_id: str, *, now: datetime) -> None:
    """Send the letter once more, with one more subject, to who has one already."""
    query = select(InvitationRow).where(InvitationRow.round_id == round_id, InvitationRow.person_id == person_id)
    row = session.scalar(query.where(InvitationRow.voided_at.is_(None)))
    wave = rules.next_wave(load_deliveries(session, [row.id]).get(row.id, ())) if row else rules.MOST_WAVES
    person = load_people(session, [person_id])[PersonId(person_id)]
    if row is None or wave >= rules.MOST_WAVES or person.email is None:
        return
    assignments = load_assignments(session, round_id, rater_id=person_id)
    writer = writer_for(session, load_round(session, round_id), now=now)
    mail = writer.invitation_letter(person, assignments, Errand(row.id, Letter.INVITATION, wave, row.extended_until))
    enqueue_all(session, [mail], now=now)
