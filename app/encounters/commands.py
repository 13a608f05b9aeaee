"""Every write of programmes: set up, changed, stopped; rounds begin in `begin`, encounters in `record`, proposals in `propose`."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, and_, delete, or_, select, update

from app.accounts.rules import Action, require
from app.accounts.values import Viewer
from app.encounters import rules
from app.encounters.begin import begin_period, note_failed_beginning
from app.encounters.draw import draw_due
from app.encounters.propose import propose_assignments
from app.encounters.queries import take_programme
from app.encounters.record import record_encounters
from app.encounters.tables import EncounterRow, ProgrammeRow
from app.encounters.values import EncounterState, Programme, ProgrammeDraft, ProgrammeId, ProgrammeState
from app.errors import FieldError, Invalid, NotFound
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import is_id, new_id
from app.infra.versions import check_version
from app.journal.commands import record
from app.kpis.queries import load_kpis
from app.organisation.queries import load_subjects
from app.organisation.values import UNIT_KINDS, SubjectId
from app.rounds.moderators import moderator_problems
from app.rounds.rules import ExternalIdTaken

__all__ = [
    "begin_period",
    "change_programme",
    "create_programme",
    "draw_due",
    "forget_encounters",
    "note_failed_beginning",
    "propose_assignments",
    "record_encounters",
    "stop_programme",
]

NO_UNIT = "Choose a unit of the company."
FIXED_RHYTHM = "The rhythm stays as it is. Stop this programme and make a new one."


def create_programme(
    session: WriteSession, viewer: Viewer, company_id: str, draft: ProgrammeDraft, *, now: datetime
) -> Programme:
    """Set a programme up; the worker begins its rounds, the first one in the period of its first day.

    For who may write rounds at its scope. Sends nothing. Not idempotent: an external id that is known is refused.
    """
    _check(session, viewer, company_id, draft, but=None, now=now)
    programme_id = ProgrammeId(new_id(session))
    session.add(
        ProgrammeRow(id=programme_id, company_id=company_id, state=ProgrammeState.RUNNING, version=1, **_columns(draft))
    )
    session.flush()
    _note(session, viewer, company_id, programme_id, "programme.created", now=now)
    return session.get_one(ProgrammeRow, programme_id).value()


def change_programme(
    session: WriteSession,
    viewer: Viewer,
    programme_id: str,
    draft: ProgrammeDraft,
    *,
    expected_version: int | None = None,
    now: datetime,
) -> Programme:
    """Change a programme from its next period on; quota and pause hold from the next draw on.

    For who may write rounds at its scope, old and new. The round that is open keeps what it promised. Idempotent.
    """
    present = take_programme(session, viewer, programme_id, now=now)
    check_version(present.version, expected_version)
    if present.state is not ProgrammeState.RUNNING:
        raise rules.ProgrammeStopped
    if all(getattr(present, name) == value for name, value in _columns(draft, is_plain=False).items()):
        return present
    if draft.rhythm is not present.rhythm:
        raise Invalid([FieldError("rhythm", FIXED_RHYTHM)])
    _check(session, viewer, present.company_id, draft, but=present.id, now=now)
    _change(session, present.id, _columns(draft))
    _note(session, viewer, present.company_id, present.id, "programme.changed", now=now)
    return session.get_one(ProgrammeRow, present.id).value()


def stop_programme(session: WriteSession, viewer: Viewer, programme_id: str, *, now: datetime) -> Programme:
    """Stop a programme for good: no round begins, nobody else is asked; the round that is open goes on to its close.

    For who may write rounds at its scope. Encounters that wait are dropped at the next draw. Idempotent.
    """
    present = take_programme(session, viewer, programme_id, now=now)
    if present.state is ProgrammeState.RUNNING:
        _change(session, present.id, {"state": ProgrammeState.STOPPED})
        _note(session, viewer, present.company_id, present.id, "programme.stopped", now=now)
    return session.get_one(ProgrammeRow, present.id).value()


def forget_encounters(session: WriteSession, *, now: datetime) -> int:
    """Delete the encounters that have had their time (`rules.kept_for`), with the mark of the customer; how many.

    For the worker. What was asked stays with its round; the same encounter sent once more comes too late. Idempotent.
    """
    kept = {state: rules.kept_for(state) for state in EncounterState}
    over = [
        and_(EncounterRow.state == state, EncounterRow.settled_at <= now - time)
        for state, time in kept.items()
        if time is not None
    ]
    done = session.execute(delete(EncounterRow).where(or_(*over)))
    return cast("CursorResult[Any]", done).rowcount


def _check(
    session: WriteSession, viewer: Viewer, company_id: str, draft: ProgrammeDraft, *, but: str | None, now: datetime
) -> None:
    """Raise unless the draft can stand: a unit where the viewer may write rounds, askable KPIs, a free external id."""
    today = local_day(now)
    unit = load_subjects(session, [draft.scope_id], on=today).get(SubjectId(draft.scope_id))
    inside = unit is not None and unit.company_id == company_id
    require(viewer, Action.ROUNDS_WRITE, unit.path if unit is not None and inside else ())
    if unit is None or not inside:
        raise NotFound
    known = load_kpis(session, [one for one in draft.kpi_ids if is_id(one)], on=today)
    problems = rules.kpi_problems(draft.kpi_ids, {str(kpi_id): kpi for kpi_id, kpi in known.items()}, company_id)
    if unit.kind not in UNIT_KINDS:
        problems.append(FieldError("scope_id", NO_UNIT))
    problems += moderator_problems(session, unit.id, draft.moderated_by, on=today)
    if problems:
        raise Invalid(problems)
    taken = select(ProgrammeRow.id).where(
        ProgrammeRow.company_id == company_id, ProgrammeRow.external_id == draft.external_id
    )
    if draft.external_id and session.scalar(taken.where(ProgrammeRow.id != (but or company_id))) is not None:
        raise ExternalIdTaken(external_id=draft.external_id)


def _columns(draft: ProgrammeDraft, *, is_plain: bool = True) -> dict[str, Any]:
    """The columns of a draft; as values of a programme unless they are to be stored."""
    return {
        "scope_id": draft.scope_id,
        "external_id": draft.external_id,
        "name": dict(draft.name),
        "purpose": dict(draft.purpose),
        "asked_by": draft.asked_by,
        "rhythm": draft.rhythm,
        "kpi_ids": list(draft.kpi_ids) if is_plain else draft.kpi_ids,
        "k": draft.k,
        "quota": draft.quota,
        "pause_days": draft.pause_days,
        "answer_days": draft.answer_days,
        "starts_on": draft.starts_on,
        "offers_contact": draft.offers_contact,
        "moderated_by": draft.moderated_by,
    }


def _change(session: WriteSession, programme_id: str, values: dict[str, Any]) -> None:
    session.execute(
        update(ProgrammeRow).where(ProgrammeRow.id == programme_id).values(**values, version=ProgrammeRow.version + 1)
    )
    session.expire_all()


def _note(
    session: WriteSession, viewer: Viewer, company_id: str, programme_id: str, action: str, *, now: datetime
) -> None:
    record(
        session,
        viewer.actor,
        action,
        company_id=company_id,
        object_kind="programme",
        object_id=programme_id,
        now=now,
    )
