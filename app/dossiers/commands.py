"""Every write of dossiers: putting on record, changing, reviewing, and reminding of reviews."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from app.accounts.rules import Action, require
from app.accounts.values import Viewer
from app.dossiers import queries, rules
from app.dossiers.intake import ReviewDraft
from app.dossiers.letters import review_letter
from app.dossiers.tables import DossierReviewRow, DossierRow
from app.dossiers.values import Dossier, DossierContent, Measure
from app.errors import FieldError, Invalid, NotFound
from app.fields import NO_CHOICE
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import is_id, new_id
from app.infra.versions import check_version
from app.journal.commands import record
from app.mail.commands import enqueue_all
from app.organisation.queries import load_people, load_subjects
from app.organisation.values import PersonId, SubjectId

NO_ADDRESS = "This person has no e-mail address, so reminders would not arrive."


def create_dossier(
    session: WriteSession, viewer: Viewer, company_id: str, content: DossierContent, *, now: datetime
) -> Dossier:
    """Put a measure on record; it may still lack what a round needs.

    For who may write rounds at its scope. Sends nothing. Not idempotent.
    """
    _require_scope(session, viewer, company_id, content.scope_id, now=now)
    _check(session, company_id, content, today=local_day(now))
    row = DossierRow(id=new_id(session), company_id=company_id, created_at=now, version=1, **_columns(content))
    session.add(row)
    session.flush()
    _note(session, viewer, row, "dossier.created", now=now)
    return row.value()


def change_dossier(
    session: WriteSession,
    viewer: Viewer,
    dossier_id: str,
    content: DossierContent,
    *,
    expected_version: int | None = None,
    now: datetime,
) -> Dossier:
    """Rewrite a dossier as a whole; the journal says which parts changed.

    For who may write rounds at its scope, old and new. Rounds that have started under it go on. Sends nothing.
    Idempotent.
    """
    row = _taken(session, viewer, dossier_id, now=now)
    check_version(row.version, expected_version)
    present = row.value().content
    if content == present:
        return row.value()
    _require_scope(session, viewer, row.company_id, content.scope_id, now=now)
    if rules.hides_overdue_review(present, content, today=local_day(now)):
        raise Invalid([FieldError("review_on", rules.REVIEW_FIRST)])
    _check(session, row.company_id, content, today=local_day(now))
    for name, value in _columns(content).items():
        setattr(row, name, value)
    row.version += 1
    session.flush()
    changed = [one.name for one in fields(content) if getattr(content, one.name) != getattr(present, one.name)]
    _note(session, viewer, row, "dossier.changed", {"fields": changed}, now=now)
    return queries.load_dossier(session, row.id)


def review_dossier(
    session: WriteSession,
    viewer: Viewer,
    dossier_id: str,
    draft: ReviewDraft,
    *,
    expected_version: int | None = None,
    now: datetime,
) -> Dossier:
    """Keep what a review came to, and when the next one is due.

    For who may write rounds at its scope. The next review is the one that is reminded of. Not idempotent.
    """
    row = _taken(session, viewer, dossier_id, now=now)
    check_version(row.version, expected_version)
    today = local_day(now)
    problems = rules.review_problems(draft.next_on, row.ends_on, today=today)
    if problems:
        raise Invalid(problems)
    session.add(
        DossierReviewRow(
            id=new_id(session),
            dossier_id=row.id,
            reviewed_at=now,
            reviewed_on=today,
            reviewer=viewer.name,
            conclusion=draft.conclusion,
            next_on=draft.next_on,
        )
    )
    row.review_on, row.version = draft.next_on, row.version + 1
    session.flush()
    _note(session, viewer, row, "dossier.reviewed", {"next_on": draft.next_on.isoformat()}, now=now)
    return queries.load_dossier(session, row.id)


def remind_of_reviews(session: WriteSession, *, now: datetime) -> int:
    """Remind the responsible people of reviews two weeks before and on the day; how many letters.

    For the worker. Idempotent: each day of review has its two letters.
    """
    today = local_day(now)
    near = queries.load_to_review(session, until=today + rules.REMINDED_BEFORE)
    people = load_people(session, {one.content.responsible_id for one in near if one.content.responsible_id})
    companies = load_subjects(session, {one.company_id for one in near}, on=today)
    mails = []
    for dossier in near:
        person = people.get(PersonId(dossier.content.responsible_id or ""))
        wave = rules.due_reminder(dossier.content, today=today)
        if person is not None and person.email and wave is not None:
            organisation = companies[SubjectId(dossier.company_id)].name
            mails.append(review_letter(dossier, person, organisation=organisation, wave=wave, now=now))
    return enqueue_all(session, mails, now=now)


# ------------------------------------------------------------ pieces


def _taken(session: WriteSession, viewer: Viewer, dossier_id: str, *, now: datetime) -> DossierRow:
    """The row of a dossier, held, for who may write it."""
    row = session.get(DossierRow, dossier_id, with_for_update=True) if is_id(dossier_id) else None
    if row is None:
        raise NotFound
    _require_scope(session, viewer, row.company_id, row.scope_id, now=now)
    return row


def _require_scope(session: WriteSession, viewer: Viewer, company_id: str, scope_id: str, *, now: datetime) -> None:
    found = load_subjects(session, [scope_id], on=local_day(now)).get(SubjectId(scope_id))
    require(viewer, Action.ROUNDS_WRITE, found.path if found and found.company_id == company_id else ())
    if found is None or found.company_id != company_id:
        raise NotFound


def _check(session: WriteSession, company_id: str, content: DossierContent, *, today: date) -> None:
    """Refuse days that contradict each other, and a responsible person who is unknown or cannot be written to."""
    problems = rules.date_problems(content, today=today)
    if content.responsible_id is not None:
        known = load_people(session, [content.responsible_id] if is_id(content.responsible_id) else [])
        person = next((one for one in known.values() if one.company_id == company_id), None)
        if person is None or not person.email:
            problems.append(FieldError("responsible_id", NO_CHOICE if person is None else NO_ADDRESS))
    if problems:
        raise Invalid(problems)


def _columns(content: DossierContent) -> dict[str, Any]:
    days = ("discussed_on", "notified_on", "starts_on", "ends_on", "review_on")
    texts = ("name", "purpose", "legal_basis", "discussed_with", "notified_how")
    return {
        "scope_id": content.scope_id,
        "for_visits": Measure.MYSTERY_VISITS in content.measures,
        "for_customers": Measure.CUSTOMER_RATINGS in content.measures,
        "responsible_id": content.responsible_id,
        **{name: getattr(content, name) for name in days},
        **{name: dict(getattr(content, name)) for name in texts},
    }


def _note(
    session: WriteSession,
    viewer: Viewer,
    row: DossierRow,
    action: str,
    details: Mapping[str, Any] | None = None,
    *,
    now: datetime,
) -> None:
    record(
        session,
        viewer.actor,
        action,
        company_id=row.company_id,
        object_kind="dossier",
        object_id=row.id,
        details=details,
        now=now,
    )
