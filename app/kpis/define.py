"""Every write on goals, scales and competences; each asks for kpis:write at the company, leaves a journal entry, sends nothing."""

from datetime import datetime

from app.accounts.values import Viewer
from app.errors import FieldError, Invalid
from app.fields import NO_CHOICE
from app.infra.database import WriteSession
from app.infra.ids import new_id
from app.kpis import queries
from app.kpis.checks import scale_problems
from app.kpis.drafts import CompetenceDraft, GoalDraft, ScaleDraft
from app.kpis.guard import check_free, enter, note, writable
from app.kpis.rows import scale_of
from app.kpis.rules import GOAL_LOOP, ScaleInUse, has_same_answers, makes_loop, refuse
from app.kpis.tables import CompetenceRow, GoalRow, ScaleRow
from app.kpis.values import CompetenceId, GoalId, ScaleId


def create_goal(session: WriteSession, viewer: Viewer, draft: GoalDraft, *, company_id: str, now: datetime) -> GoalId:
    """Write a goal."""
    enter(session, viewer, company_id)
    row = GoalRow(id=new_id(session), company_id=company_id, created_at=now, version=1)
    _set_goal(session, row, draft)
    session.add(row)
    note(session, viewer, "goal.created", row, now)
    return GoalId(row.id)


def change_goal(
    session: WriteSession,
    viewer: Viewer,
    goal_id: str,
    draft: GoalDraft,
    *,
    expected_version: int | None = None,
    now: datetime,
) -> None:
    """Rewrite a goal."""
    row = writable(session, viewer, GoalRow, goal_id, expected_version)
    _set_goal(session, row, draft)
    row.version += 1
    note(session, viewer, "goal.changed", row, now)


def create_scale(
    session: WriteSession, viewer: Viewer, draft: ScaleDraft, *, company_id: str, now: datetime
) -> ScaleId:
    """Write a scale."""
    enter(session, viewer, company_id)
    row = ScaleRow(id=new_id(session), company_id=company_id, created_at=now, version=1)
    _set_scale(session, row, draft)
    session.add(row)
    note(session, viewer, "scale.created", row, now)
    return ScaleId(row.id)


def change_scale(
    session: WriteSession,
    viewer: Viewer,
    scale_id: str,
    draft: ScaleDraft,
    *,
    expected_version: int | None = None,
    now: datetime,
) -> None:
    """Rewrite a scale; its answers only while no activated KPI asks with it, else ScaleInUse."""
    row = writable(session, viewer, ScaleRow, scale_id, expected_version)
    if not has_same_answers(scale_of(row), draft) and queries.has_asked_with(session, row.id):
        raise ScaleInUse
    _set_scale(session, row, draft)
    row.version += 1
    note(session, viewer, "scale.changed", row, now)


def create_competence(
    session: WriteSession, viewer: Viewer, draft: CompetenceDraft, *, company_id: str, now: datetime
) -> CompetenceId:
    """Write a competence."""
    enter(session, viewer, company_id)
    row = CompetenceRow(id=new_id(session), company_id=company_id, created_at=now, version=1)
    _set_competence(session, row, draft)
    session.add(row)
    note(session, viewer, "competence.created", row, now)
    return CompetenceId(row.id)


def change_competence(
    session: WriteSession,
    viewer: Viewer,
    competence_id: str,
    draft: CompetenceDraft,
    *,
    expected_version: int | None = None,
    now: datetime,
) -> None:
    """Call a competence something else; rounds that have started keep the name they had."""
    row = writable(session, viewer, CompetenceRow, competence_id, expected_version)
    _set_competence(session, row, draft)
    row.version += 1
    note(session, viewer, "competence.changed", row, now)


def _set_goal(session: WriteSession, row: GoalRow, draft: GoalDraft) -> None:
    check_free(session, GoalRow, row.company_id, draft.external_id, own_id=row.id)
    parents = queries.load_goal_parents(session, row.company_id)
    if draft.parent_id is not None and draft.parent_id not in parents:
        raise Invalid([FieldError("parent_id", NO_CHOICE)])
    if makes_loop(parents, row.id, draft.parent_id):
        raise Invalid([FieldError("parent_id", GOAL_LOOP)])
    row.name, row.description = dict(draft.name), dict(draft.description)
    row.parent_id, row.external_id = draft.parent_id, draft.external_id


def _set_competence(session: WriteSession, row: CompetenceRow, draft: CompetenceDraft) -> None:
    check_free(session, CompetenceRow, row.company_id, draft.external_id, own_id=row.id)
    row.name, row.external_id = dict(draft.name), draft.external_id


def _set_scale(session: WriteSession, row: ScaleRow, draft: ScaleDraft) -> None:
    refuse(scale_problems(draft))
    check_free(session, ScaleRow, row.company_id, draft.external_id, own_id=row.id)
    row.kind, row.name, row.external_id = draft.kind, dict(draft.name), draft.external_id
    row.points, row.low, row.high = draft.points, draft.low, draft.high
    row.levels = None if draft.levels is None else dict(draft.levels)
