"""Invitations and reminders that are due, by the state of the rounds and the time; nothing is sent here."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, update

from app.infra.database import ReadSession, WriteSession
from app.infra.formats import DEFAULT_ZONE, local_day
from app.infra.ids import new_id
from app.infra.keys import fingerprint, key_of
from app.invitations import rules
from app.invitations.hours import is_working_time
from app.invitations.letters import Errand, Writer, writer_of
from app.invitations.queries import by_rater, load_uninvited
from app.invitations.tables import InvitationRow
from app.mail.commands import enqueue_all
from app.mail.values import Letter
from app.organisation.queries import load_people, load_subjects
from app.organisation.values import Person, PersonId, SubjectId
from app.rounds.queries import (
    load_assignments,
    load_enough,
    load_frozen_round,
    load_open_rounds,
    load_salt,
    take_open_round,
)
from app.rounds.rules import due_reminders
from app.rounds.values import Round
from app.wording.queries import load_texts

AT_ONCE = 1_000
"""Invitations of one transaction: a round is held meanwhile, and answers wait for it."""


def invite_due_rounds(session: WriteSession, *, now: datetime) -> int:
    """Invite the raters of open rounds who are not invited yet, up to 1,000 of each round; how many.

    For the worker, and for whoever launches a round in the same transaction. Written: one invitation for each rater
    and round, with the hash of its link; one mail each to those with an address. Idempotent.
    """
    return sum(
        _invite(session, round_, now=now)
        for round_ in load_open_rounds(session)
        if round_.opens_at <= now < round_.closes_at
    )


def remind_due_rounds(session: WriteSession, *, zone: ZoneInfo = DEFAULT_ZONE, now: datetime) -> int:
    """Remind those who have something open, when a reminder of the round is due; how many letters.

    For the worker. Only while people in `zone` are at work; what came due at night waits for the morning. At most
    two for each rater and round; none for who was invited after the time of the reminder, whose link was taken back,
    or whose groups have enough answers. Idempotent.
    """
    if not is_working_time(now, zone):
        return 0
    return sum(
        _remind(session, round_, due_reminders(round_.reminders, now=now), now=now)
        for round_ in load_open_rounds(session)
        if now < round_.closes_at and due_reminders(round_.reminders, now=now)
    )


def writer_for(session: ReadSession, round_: Round, *, now: datetime) -> Writer:
    """Who writes the letters of a round."""
    company = load_subjects(session, [round_.company_id], on=local_day(now))[SubjectId(round_.company_id)]
    # Worded as on the day of the launch: a reminder equals the invitation, whatever was written since.
    texts = load_texts(session, round_.company_id, at=round_.launched_at or now)
    return writer_of(load_frozen_round(session, round_.id), company.name, texts)


def _invite(session: WriteSession, round_: Round, *, now: datetime) -> int:
    if not take_open_round(session, round_.id):
        return 0
    raters = load_uninvited(session, round_.id, limit=AT_ONCE)
    if not raters:
        return 0
    people = load_people(session, raters)
    salt = load_salt(session, round_.id) or b""
    rows = [_new_row(session, round_, people[PersonId(rater)], salt, now=now) for rater in raters]
    session.execute(insert(InvitationRow), rows)
    assignments = by_rater(load_assignments(session, round_.id))
    writer = writer_for(session, round_, now=now)
    mails = [
        writer.invitation_letter(
            people[PersonId(row["person_id"])],
            assignments[row["person_id"]],
            Errand(row["id"], Letter.INVITATION, wave=0),
        )
        for row in rows
        if people[PersonId(row["person_id"])].email
    ]
    enqueue_all(session, mails, now=now)
    return len(rows)


def _remind(session: WriteSession, round_: Round, number: int, *, now: datetime) -> int:
    if not take_open_round(session, round_.id):
        return 0
    due = (InvitationRow.round_id == round_.id, InvitationRow.reminded < number)
    rows = session.scalars(
        select(InvitationRow).where(
            *due, InvitationRow.voided_at.is_(None), InvitationRow.created_at < round_.reminders[number - 1]
        )
    ).all()
    assignments, enough = by_rater(load_assignments(session, round_.id)), load_enough(session, round_)
    open_rows = [row for row in rows if rules.wants_reminder(assignments.get(row.person_id, ()), enough)]
    people = load_people(session, {row.person_id for row in open_rows})
    writer = writer_for(session, round_, now=now) if open_rows else None
    mails = [
        writer.invitation_letter(
            person, assignments[row.person_id], Errand(row.id, Letter.REMINDER, number, row.extended_until)
        )
        for row in open_rows
        if writer is not None and (person := people[PersonId(row.person_id)]).email
    ]
    # Whoever had nothing open now is not looked at again for this reminder.
    session.execute(update(InvitationRow).where(*due).values(reminded=number))
    return enqueue_all(session, mails, now=now)


def _new_row(session: WriteSession, round_: Round, person: Person, salt: bytes, *, now: datetime) -> dict[str, Any]:
    invitation_id = new_id(session)
    return {
        "id": invitation_id,
        "round_id": round_.id,
        "person_id": person.id,
        "locale": person.locale,
        "token_hash": fingerprint(key_of(session).rating_token(salt, invitation_id, 0)),
        "rotation": 0,
        "reminded": due_reminders(round_.reminders, now=now),
        "created_at": now,
        "version": 1,
    }
