"""What the tests of invitations ask of the outbox and of links."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select, update

from app.accounts.rules import SERVICE
from app.infra.database import WriteSession
from app.invitations.queries import get_invitation, load_secrets
from app.invitations.tables import InvitationRow
from app.invitations.values import Invitation
from app.mail.queries import message_of
from app.mail.tables import OutboxRow, SuppressionRow
from app.mail.values import Letter, OutboxState
from app.rounds.commands import mark_answered
from app.rounds.queries import load_assignments
from app.rounds.values import Round
from tests.fjellbris import Fjellbris, address


def outbox(session: WriteSession) -> list[OutboxRow]:
    session.expire_all()
    return list(session.scalars(select(OutboxRow).order_by(OutboxRow.dated_at, OutboxRow.wave, OutboxRow.recipient)))


def outbox_of(session: WriteSession, name: str) -> list[OutboxRow]:
    return [letter for letter in outbox(session) if letter.recipient == address(name)]


def sent(session: WriteSession) -> None:
    session.execute(update(OutboxRow).where(OutboxRow.state == OutboxState.QUEUED).values(state=OutboxState.SENT))


def bounced(session: WriteSession, name: str, now: datetime) -> None:
    """The last letter to somebody comes back, and the address is suppressed."""
    wave = session.scalar(select(func.max(OutboxRow.wave)).where(OutboxRow.recipient == address(name)))
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.recipient == address(name), OutboxRow.wave == wave)
        .values(state=OutboxState.BOUNCED, reply="550 5.1.1 No such user")
    )
    if session.get(SuppressionRow, address(name)) is None:
        session.add(SuppressionRow(mailbox=address(name), reason="bounce", at=now, note="550 5.1.1 No such user"))
        session.flush()


def token_of(session: WriteSession, company: Fjellbris, name: str) -> str:
    row = session.scalars(select(InvitationRow).where(InvitationRow.person_id == company.people[name])).one()
    message = replace(message_of(outbox_of(session, name)[0]), reference=row.id, letter=Letter.INVITATION)
    return load_secrets(session, [message], now=message.dated_at)[message.id].rating


def secret_of(session: WriteSession, letter: OutboxRow) -> str | None:
    """The secret of the rating link in a letter; None when the letter would not leave any more."""
    message = message_of(letter)
    secrets = load_secrets(session, [message], now=message.dated_at).get(message.id)
    return secrets.rating if secrets is not None else None


def invitation_of(session: WriteSession, company: Fjellbris, name: str, now: datetime) -> Invitation:
    row = session.scalars(select(InvitationRow).where(InvitationRow.person_id == company.people[name])).one()
    return get_invitation(session, SERVICE, row.id, now=now)


def answer_all(session: WriteSession, company: Fjellbris, round_: Round, name: str) -> None:
    own = load_assignments(session, round_.id, rater_id=company.people[name])
    mark_answered(session, [one.id for one in own])
