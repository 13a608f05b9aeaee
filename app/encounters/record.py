"""The one way in for encounters: a batch at once, all rows or none, each with its fate said at once."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, update

from app.accounts.rules import Action, may, require, roots
from app.accounts.values import Viewer
from app.deferred import dataclass
from app.encounters import rules
from app.encounters.queries import Waiting, load_desk, load_encounters, load_rounds_of, load_running
from app.encounters.tables import EncounterRow
from app.encounters.values import (
    EncounterBatch,
    EncounterDraft,
    EncounterReport,
    EncounterState,
    Fate,
    Programme,
    Reason,
)
from app.errors import TooLarge
from app.infra.addresses import mailbox_of, parse_email
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import new_id
from app.infra.keys import key_of
from app.journal.commands import record
from app.organisation.named import find_subjects
from app.organisation.place import take_turn
from app.organisation.queries import load_subjects
from app.organisation.values import Subject, SubjectKind
from app.reports import BulkReport, Outcome, RowError, RowReport, RowsRefused

MOST_ROWS = 250_000
AHEAD = timedelta(minutes=5)
"""How far the clocks of two systems may differ."""

NOT_KNOWN = "No employee is known by this, or not to you."
NO_PROGRAMME = "No running programme by this name asks about this employee."
IN_THE_FUTURE = "This moment has not come yet."
TWICE = "The same encounter stands here twice."
SETTLED = "What became of this encounter is settled, so it cannot change any more."


class TooManyEncounters(TooLarge):
    """More encounters than one request may carry."""

    code = "too_many_encounters"
    message = "These are too many encounters at once. Send them in smaller parts."


@dataclass(frozen=True, slots=True)
class _Step:
    """One row on its way: who was met, whom the company asks through, and what it meets in the database."""

    draft: EncounterDraft
    mailbox: str
    customer: bytes
    subject: Subject
    programme: Programme | None
    stored: EncounterRow | None

    @property
    def changes(self) -> tuple[str, ...]:
        """What differs from what is stored."""
        if self.stored is None:
            return ()
        pairs = {
            "subject": (self.stored.subject_id, self.subject.id),
            "occurred_at": (self.stored.occurred_at, self.draft.occurred_at),
            "email": (self.stored.customer, self.customer),
        }
        return tuple(name for name, (old, new) in pairs.items() if old != new)

    @property
    def outcome(self) -> Outcome:
        """What becomes of the row."""
        if self.stored is None:
            return Outcome.CREATED
        return Outcome.CHANGED if self.changes else Outcome.UNCHANGED


def record_encounters(
    session: WriteSession,
    viewer: Viewer,
    batch: EncounterBatch,
    *,
    company_id: str,
    dry_run: bool = False,
    now: datetime,
) -> EncounterReport:
    """Take encounters in, and say row by row whether a request waits or will never be made, and why.

    For whoever may send encounters of each employee. All rows are taken or none (RowsRefused). Nothing is sent:
    requests are drawn once a day. An encounter that waits may be corrected under the same id; the same batch again
    changes nothing. Of a customer about whom nobody will be asked only a mark is kept.
    """
    if len(batch.drafts) + len(batch.refused) > MOST_ROWS:
        raise TooManyEncounters
    take_turn(session, company_id)
    programmes = load_running(session, company_id)
    steps, problems = _settled(session, viewer, batch.drafts, company_id, programmes, now=now)
    problems += [
        RowError(step.draft.row, "external_id", SETTLED)
        for step in steps
        if step.changes and step.stored is not None and step.stored.state != EncounterState.DELAYED
    ]
    if problems or batch.refused:
        raise RowsRefused(sorted([*batch.refused, *problems], key=lambda one: one.row))
    fates = _fates(session, company_id, steps, programmes, now=now)
    made = {step.draft.external_id: new_id(session) for step in steps if step.stored is None}
    report = BulkReport(tuple(_report(step, made) for step in steps), dry_run)
    if steps and not dry_run:
        _write(session, viewer, list(zip(steps, fates, strict=True)), made, now=now)
    return EncounterReport(report, tuple(fates))


def _settled(
    session: WriteSession,
    viewer: Viewer,
    drafts: Sequence[EncounterDraft],
    company_id: str,
    programmes: Sequence[Programme],
    *,
    now: datetime,
) -> tuple[list[_Step], list[RowError]]:
    """The rows with whom and what they name, and what is wrong with the others."""
    subjects = _employees(session, viewer, company_id, {draft.subject for draft in drafts}, now=now)
    stored = load_encounters(session, company_id, [draft.external_id for draft in drafts])
    key = key_of(session)
    rows = Counter(draft.external_id for draft in drafts)
    steps: list[_Step] = []
    problems = [RowError(draft.row, "external_id", TWICE) for draft in drafts if rows[draft.external_id] > 1]
    for draft in drafts:
        subject = subjects.get(draft.subject)
        programme = rules.programme_for(programmes, subject.path, draft.programme) if subject else None
        if draft.occurred_at > now + AHEAD:
            problems.append(RowError(draft.row, "occurred_at", IN_THE_FUTURE))
        if subject is not None and draft.programme is not None and programme is None:
            problems.append(RowError(draft.row, "programme", NO_PROGRAMME))
        try:
            mailbox = mailbox_of(parse_email(draft.email))
        except ValueError as error:
            problems.append(RowError(draft.row, "email", str(error)))
            continue
        if subject is None:
            problems.append(RowError(draft.row, "subject", NOT_KNOWN))
            continue
        mark = key.customer_mark(company_id, mailbox)
        steps.append(_Step(draft, mailbox, mark, subject, programme, stored.get(draft.external_id)))
    return steps, problems


def _employees(
    session: WriteSession, viewer: Viewer, company_id: str, names: Collection[str], *, now: datetime
) -> Mapping[str, Subject]:
    """The employees about whom the viewer may send encounters, by what the batch calls them."""
    if not roots(viewer, Action.ENCOUNTERS_WRITE):
        require(viewer, Action.ENCOUNTERS_WRITE, (company_id,))
    found = find_subjects(session, company_id, names)
    subjects = load_subjects(session, found.values(), on=local_day(now))
    return {
        name: subjects[subject_id]
        for name, subject_id in found.items()
        if subjects[subject_id].kind is SubjectKind.PERSON
        and may(viewer, Action.ENCOUNTERS_WRITE, subjects[subject_id].path)
    }


def _fates(
    session: WriteSession, company_id: str, steps: Sequence[_Step], programmes: Sequence[Programme], *, now: datetime
) -> list[Fate]:
    """What becomes of each row just now; of one that is settled, what became of it."""
    rounds = load_rounds_of(session, {one.id for one in programmes})
    waiting = {place: _waiting(step, rounds) for place, step in enumerate(steps) if _is_askable(step)}
    desk = load_desk(session, company_id, waiting.values())
    pause = rules.longest_pause(programmes)
    fates = []
    for place, step in enumerate(steps):
        if step.stored is not None and (step.stored.state != EncounterState.DELAYED or not step.changes):
            fates.append(Fate(EncounterState(step.stored.state), Reason(step.stored.reason)))
        elif place not in waiting:
            fates.append(rules.dropped(Reason.NO_PROGRAMME))
        else:
            against = rules.ruled_out(desk.circumstances(waiting[place], now=now), pause, now=now)
            fates.append(against or rules.WAITING)
    return fates


def _is_askable(step: _Step) -> bool:
    """Whether a programme asks about the encounter at all: one that ran when it happened."""
    return step.programme is not None and local_day(step.draft.occurred_at) >= step.programme.starts_on


def _waiting(step: _Step, rounds: Mapping[tuple[str, date], str]) -> Waiting:
    if step.programme is None:
        raise LookupError("asked only about encounters with a programme")
    start, end = rules.period_of(local_day(step.draft.occurred_at), step.programme.rhythm)
    return Waiting(step.customer, step.mailbox, step.subject.id, rounds.get((step.programme.id, start)), end)


def _write(
    session: WriteSession,
    viewer: Viewer,
    steps: Sequence[tuple[_Step, Fate]],
    made: Mapping[str, str],
    *,
    now: datetime,
) -> None:
    """Insert and correct: one statement each, however many rows."""
    company_id = steps[0][0].subject.company_id
    new, changed = [], []
    for step, fate in steps:
        columns = _columns(step, fate, now=now)
        if step.stored is None:
            new.append({"id": made[step.draft.external_id], "company_id": company_id, "arrived_at": now, **columns})
        elif step.changes:
            changed.append({"id": step.stored.id, **columns})
    if new:
        session.execute(insert(EncounterRow), new)
    if changed:
        session.execute(update(EncounterRow), changed)
    if new or changed:
        record(
            session,
            viewer.actor,
            "encounters.recorded",
            company_id=company_id,
            object_kind="company",
            object_id=company_id,
            details={"created": len(new), "changed": len(changed)},
            now=now,
        )


def _columns(step: _Step, fate: Fate, *, now: datetime) -> dict[str, Any]:
    """The row; who the customer is stands in it only while a request waits."""
    waits = fate.state is EncounterState.DELAYED
    programme = step.programme if _is_askable(step) else None
    day = local_day(step.draft.occurred_at)
    return {
        "external_id": step.draft.external_id,
        "programme_id": programme.id if programme else None,
        "period_start": rules.period_of(day, programme.rhythm)[0] if programme else None,
        "subject_id": step.subject.id,
        "occurred_at": step.draft.occurred_at,
        "customer": step.customer,
        "email": parse_email(step.draft.email) if waits else None,
        "name": step.draft.name if waits else None,
        "locale": step.draft.locale if waits else None,
        "state": fate.state,
        "reason": fate.reason,
        "settled_at": None if waits else now,
    }


def _report(step: _Step, made: Mapping[str, str]) -> RowReport:
    row_id = step.stored.id if step.stored is not None else made.get(step.draft.external_id)
    return RowReport(step.draft.row, step.outcome, row_id, step.draft.external_id, step.changes)
