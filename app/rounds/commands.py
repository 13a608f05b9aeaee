"""Every write of rounds: beginning, changing and deleting here; the rest stands beside and is offered here as well."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, update

from app.accounts.rules import Action, require
from app.accounts.values import Viewer
from app.errors import Invalid, NotFound
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import is_id, new_id
from app.infra.versions import check_version
from app.journal.commands import record
from app.organisation.queries import load_subjects
from app.organisation.values import SubjectId
from app.rounds import checks, rules
from app.rounds.assign import (
    add_assignments,
    add_customers,
    approve_assignment,
    insert_assignments,
    remove_assignment,
)
from app.rounds.bounds import lift_conflict, mark_conflict, set_load_cap
from app.rounds.close import (
    close_round,
    keep_open_until,
    mark_answered,
    mark_released,
    refresh_shares,
)
from app.rounds.draft import set_groups, set_rated_subjects, set_round_kpis
from app.rounds.exposure import dossier_problems
from app.rounds.launch import draft_of, launch_growing_round, launch_past_round, launch_round
from app.rounds.moderators import moderator_problems
from app.rounds.nominate import (
    approve_nomination,
    call_for_nominations,
    nominate,
    refuse_nomination,
    tell_managers,
    withdraw_nomination,
)
from app.rounds.propose import propose_assignments
from app.rounds.queries import find_round_by_key, load_frozen_round, load_round, take_round
from app.rounds.tables import AssignmentRow, RoundRow, RoundSubjectRow, UsualModeratorsRow
from app.rounds.values import Round, RoundDraft, RoundSource, RoundState

__all__ = [
    "add_assignments",
    "add_customers",
    "approve_assignment",
    "approve_nomination",
    "call_for_nominations",
    "change_round",
    "close_round",
    "create_round",
    "delete_round",
    "draft_of",
    "insert_assignments",
    "keep_open_until",
    "launch_growing_round",
    "launch_past_round",
    "launch_round",
    "lift_conflict",
    "mark_answered",
    "mark_conflict",
    "mark_released",
    "nominate",
    "propose_assignments",
    "refresh_shares",
    "refuse_nomination",
    "remove_assignment",
    "set_groups",
    "set_load_cap",
    "set_rated_subjects",
    "set_round_kpis",
    "set_usual_moderators",
    "tell_managers",
    "withdraw_nomination",
]


def create_round(session: WriteSession, viewer: Viewer, company_id: str, draft: RoundDraft, *, now: datetime) -> Round:
    """Begin a round as a draft with the usual policies of no group yet.

    For who may write rounds at the scope. Sends nothing. Not idempotent: an external id that is known is refused.
    """
    _require_scope(session, viewer, company_id, draft.scope_id, now=now)
    _refuse_taken(session, company_id, draft, but=None)
    row = RoundRow(
        id=new_id(session),
        company_id=company_id,
        state=RoundState.DRAFT,
        source=RoundSource.ASKED,
        created_at=now,
        created_by=viewer.actor,
        shares={},
        version=1,
        **_columns(draft),
    )
    session.add(row)
    session.flush()
    _note(session, viewer.actor, company_id, row.id, "round.created", now=now)
    return load_round(session, row.id)


def change_round(
    session: WriteSession,
    viewer: Viewer,
    round_id: str,
    draft: RoundDraft,
    *,
    expected_version: int | None = None,
    now: datetime,
) -> Round:
    """Change a draft; of an open round closing time, reminders and release only.

    For who may write rounds at its scope, old and new. Sends nothing; reminders and the close follow the new times
    by themselves. Idempotent.
    """
    round_ = take_round(session, viewer, round_id, now=now)
    check_version(round_.version, expected_version)
    if draft == draft_of(round_):
        return round_
    if round_.state is RoundState.DRAFT:
        _require_scope(session, viewer, round_.company_id, draft.scope_id, now=now)
        _refuse_taken(session, round_.company_id, draft, but=round_.id)
        if draft.scope_id != round_.scope_id:
            _forget_subjects(session, round_.id)
    elif round_.state is not RoundState.OPEN or not checks.moves_only_times(round_, draft):
        raise rules.RoundNotDraft
    else:
        problems = checks.open_change_problems(round_, draft, now=now)
        if draft.closes_at > round_.closes_at:
            later = replace(load_frozen_round(session, round_.id), closes_at=draft.closes_at)
            problems += dossier_problems(session, later, now=now)
        if problems:
            raise Invalid(problems)
    _change(session, round_.id, _columns(draft))
    _note(session, viewer.actor, round_.company_id, round_.id, "round.changed", now=now)
    return load_round(session, round_.id)


def delete_round(session: WriteSession, viewer: Viewer, round_id: str, *, now: datetime) -> None:
    """Throw a draft away, with its groups, KPIs and assignments. For who may write rounds at its scope."""
    round_ = take_round(session, viewer, round_id, now=now)
    rules.require_draft(round_)
    session.execute(delete(RoundRow).where(RoundRow.id == round_.id))
    _note(session, viewer.actor, round_.company_id, round_.id, "round.deleted", now=now)


def set_usual_moderators(
    session: WriteSession, viewer: Viewer, company_id: str, moderated_by: str | None, *, now: datetime
) -> str | None:
    """Say who reads comments before their release in what a company sets up from now on; None: nobody does.

    For who may write rounds in the whole company, where somebody has that role. Rounds, programmes and codes that are
    there keep what they have. Sends nothing. Idempotent.
    """
    require(viewer, Action.ROUNDS_WRITE, (company_id,) if is_id(company_id) else ())
    row = session.get(UsualModeratorsRow, company_id)
    if moderated_by == (row.moderated_by if row is not None else None):
        return moderated_by
    problems = moderator_problems(session, company_id, moderated_by, on=local_day(now))
    if problems:
        raise Invalid(problems)
    if row is not None:
        session.delete(row)
        session.flush()
    if moderated_by is not None:
        session.add(UsualModeratorsRow(company_id=company_id, moderated_by=moderated_by))
    session.flush()
    record(
        session,
        viewer.actor,
        "usual_moderators.set",
        company_id=company_id,
        object_kind="company",
        object_id=company_id,
        now=now,
    )
    return moderated_by


# ------------------------------------------------------------ pieces


def _require_scope(session: WriteSession, viewer: Viewer, company_id: str, scope_id: str, *, now: datetime) -> None:
    found = load_subjects(session, [scope_id], on=local_day(now)).get(SubjectId(scope_id))
    require(viewer, Action.ROUNDS_WRITE, found.path if found and found.company_id == company_id else ())
    if found is None or found.company_id != company_id:
        raise NotFound


def _refuse_taken(session: WriteSession, company_id: str, draft: RoundDraft, *, but: str | None) -> None:
    known = find_round_by_key(session, company_id, draft.external_id) if draft.external_id else None
    if known is not None and known.id != but:
        raise rules.ExternalIdTaken(external_id=draft.external_id)


def _columns(draft: RoundDraft) -> dict[str, Any]:
    return {
        "scope_id": draft.scope_id,
        "external_id": draft.external_id,
        "name": dict(draft.name),
        "purpose": dict(draft.purpose),
        "asked_by": draft.asked_by,
        "period_start": draft.period_start,
        "period_end": draft.period_end,
        "opens_at": draft.opens_at,
        "closes_at": draft.closes_at,
        "reminders": [at.isoformat() for at in draft.reminders],
        "pooling": draft.pooling,
        "release_mode": draft.release_mode,
        "moderated_by": draft.moderated_by,
        "talk_days": draft.talk_days,
    }


def _change(session: WriteSession, round_id: str, values: dict[str, Any]) -> None:
    session.execute(update(RoundRow).where(RoundRow.id == round_id).values(**values, version=RoundRow.version + 1))


def _forget_subjects(session: WriteSession, round_id: str) -> None:
    session.execute(delete(AssignmentRow).where(AssignmentRow.round_id == round_id))
    session.execute(delete(RoundSubjectRow).where(RoundSubjectRow.round_id == round_id))


def _note(session: WriteSession, actor: str, company_id: str, round_id: str, action: str, *, now: datetime) -> None:
    record(session, actor, action, company_id=company_id, object_kind="round", object_id=round_id, now=now)
