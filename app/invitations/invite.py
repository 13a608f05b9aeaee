"""Invitations and reminders that are due, by the state of the rounds and the time; nothing is sent here."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from app.accounts.values import Viewer
from app.infra.database import ReadSession, WriteSession
from app.infra.formats import local_day
from app.infra.ids import new_id
from app.infra.keys import fingerprint, key_of
from app.invitations import rules
from app.invitations.letters import Writer, writer_of
from app.invitations.queries import by_rater, load_uninvited
from app.invitations.tables import InvitationRow
from app.mail.commands import enqueue_all
from app.mail.values import Letter, Mail
from app.organisation.queries import load_people, load_subjects
from app.organisation.values import Person, PersonId, SubjectId
from app.rounds.freeze import freeze
from app.rounds.queries import (
    get_round,
    load_assignments,
    load_enough,
    load_frozen_round,
    load_open_rounds,
    load_rated,
    load_salt,
    take_open_round,
)
from app.rounds.rules import due_reminders, kpis_asked
from app.rounds.values import Round

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


def remind_due_rounds(session: WriteSession, *, now: datetime) -> int:
    """Remind those who have something open, when a reminder of the round is due; how many letters.

    For the worker. At most two for each rater and round; none for who was invited after the time of the reminder,
    whose link was taken back, or whose groups have enough answers. Idempotent.
    """
    return sum(
        _remind(session, round_, due_reminders(round_.reminders, now=now), now=now)
        for round_ in load_open_rounds(session)
        if now < round_.closes_at and due_reminders(round_.reminders, now=now)
    )


def writer_for(session: ReadSession, round_: Round, *, now: datetime) -> Writer:
    """Who writes the letters of a round."""
    company = load_subjects(session, [round_.company_id], on=local_day(now))[SubjectId(round_.company_id)]
    return writer_of(load_frozen_round(session, round_.id), company.name)


def sample_letter(session: ReadSession, viewer: Viewer, round_id: str, *, locale: str, now: datetime) -> Mail | None:
    """The letter of a draft as the rater with most to answer would get it, without the name; None while nobody is asked.

    For who may read the round. Writes and sends nothing.
    """
    round_ = get_round(session, viewer, round_id, now=now)
    frozen = freeze(session, round_, load_rated(session, round_.id), now=now)
    subjects = {subject.id: subject for subject in frozen.subjects}
    asked = by_rater(
        one
        for one in load_assignments(session, round_.id)
        if one.subject_id in subjects and kpis_asked(frozen.kpis, subjects[one.subject_id], one.rater_group)
    )
    if not asked:
        return None
    company = load_subjects(session, [round_.company_id], on=local_day(now))[SubjectId(round_.company_id)]
    somebody = Person(PersonId(""), SubjectId(round_.company_id), None, None, None, locale, None, None)
    fullest = max(asked.values(), key=len)
    return writer_of(frozen, company.name).invitation_letter(
        somebody, fullest, round_.id, letter=Letter.INVITATION, wave=0
    )


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
            row["id"],
            letter=Letter.INVITATION,
            wave=0,
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
        writer.invitation_letter(person, assignments[row.person_id], row.id, letter=Letter.REMINDER, wave=number)
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
