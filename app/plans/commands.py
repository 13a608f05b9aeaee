"""Every write of action plans: making one, ticking what is done, ending one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.accounts.rules import Action, require
from app.accounts.values import Viewer
from app.decisions.tables import DecisionCaseRow
from app.decisions.values import Choice
from app.errors import FieldError, Invalid, NotFound
from app.fields import NO_CHOICE
from app.followup.queries import find_watched_place
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import is_id, new_id
from app.infra.versions import check_version
from app.journal.commands import record
from app.kpis.values import Kpi
from app.organisation.paths import load_subjects
from app.organisation.place import take_turn
from app.organisation.values import Subject, SubjectId, SubjectKind
from app.plans import queries, rules
from app.plans.tables import ActionPlanRow, PlannedActionRow
from app.plans.values import ActionPlan, PlanDraft, PlanEnd, PlanState


def make_plan(session: WriteSession, viewer: Viewer, draft: PlanDraft, *, now: datetime) -> ActionPlan:
    """Make a plan about a KPI at a subject, with who sees to it, what is expected and when it is looked at.

    For managers of the subject. Its owner is a person of the company with fewer than three open plans (TooManyPlans);
    the item is one of the KPI, the case one about the same that was decided with "act". Sends nothing.
    """
    today = local_day(now)
    kpi, subject = find_watched_place(session, viewer, draft.kpi_id, draft.subject_id, on=today)
    require(viewer, Action.DECISIONS_WRITE, subject.path)
    take_turn(session, kpi.company_id)
    owner = _checked(session, kpi, subject, draft, now=now)
    if queries.count_open_plans(session, owner.id) >= rules.MOST_OPEN:
        raise rules.TooManyPlans(name=owner.name)
    row = ActionPlanRow(
        id=new_id(session),
        company_id=kpi.company_id,
        kpi_id=kpi.id,
        item_id=draft.item_id,
        subject_id=subject.id,
        owner_id=owner.id,
        case_id=draft.case_id,
        what=draft.what,
        expected=draft.expected,
        started_on=today,
        check_on=draft.check_on,
        state=PlanState.OPEN,
        note="",
        made_by=viewer.actor,
        version=1,
    )
    session.add(row)
    session.flush()
    for position, action in enumerate(draft.actions, start=1):
        one = PlannedActionRow(
            id=new_id(session), plan_id=row.id, position=position, text=action.text, due_on=action.due_on
        )
        session.add(one)
    session.flush()
    _note(session, row, viewer, "action_plan.made", None, now=now)
    return queries.get_plan(session, viewer, row.id, on=today)


def tick_action(session: WriteSession, viewer: Viewer, action_id: str, *, is_done: bool, now: datetime) -> ActionPlan:
    """Say that an action is done, or not after all; the plan it belongs to.

    For the owner of the plan and managers of the subject (NotThePlansOwner). Idempotent.
    """
    today = local_day(now)
    plan_id = queries.load_plan_of_action(session, action_id) if is_id(action_id) else None
    row, plan = _taken(session, viewer, plan_id or "", now=now)
    if not plan.may_tick:
        raise rules.NotThePlansOwner
    action = session.get_one(PlannedActionRow, action_id)
    if (action.done_on is not None) is not is_done:
        action.done_on = today if is_done else None
        row.version += 1
        session.flush()
        _note(session, row, viewer, "action.done" if is_done else "action.undone", {"action_id": action.id}, now=now)
    return queries.get_plan(session, viewer, row.id, on=today)


def end_plan(
    session: WriteSession,
    viewer: Viewer,
    plan_id: str,
    end: PlanEnd,
    *,
    expected_version: int | None = None,
    now: datetime,
) -> ActionPlan:
    """Say that a plan is done or dropped, and what came of it.

    For managers of the subject. What it did is told by later figures, whatever is said here.
    """
    today = local_day(now)
    row, plan = _taken(session, viewer, plan_id, now=now)
    subject = load_subjects(session, [row.subject_id], on=today)[SubjectId(row.subject_id)]
    require(viewer, Action.DECISIONS_WRITE, subject.path)
    check_version(plan.version, expected_version)
    row.state, row.note, row.ended_on, row.version = end.state, end.note, today, row.version + 1
    session.flush()
    _note(session, row, viewer, "action_plan.ended", {"state": end.state.value}, now=now)
    return queries.get_plan(session, viewer, row.id, on=today)


# ------------------------------------------------------------ pieces


def _taken(session: WriteSession, viewer: Viewer, plan_id: str, *, now: datetime) -> tuple[ActionPlanRow, ActionPlan]:
    """The row of an open plan, held, with the plan as the viewer may read it."""
    row = session.get(ActionPlanRow, plan_id, with_for_update=True) if is_id(plan_id) else None
    if row is None:
        raise NotFound
    plan = queries.get_plan(session, viewer, row.id, on=local_day(now))
    if row.state != PlanState.OPEN:
        raise rules.PlanEnded
    return row, plan


def _checked(session: WriteSession, kpi: Kpi, subject: Subject, draft: PlanDraft, *, now: datetime) -> Subject:
    """Who is to see to a plan; Invalid where the plan names what is not there."""
    today = local_day(now)
    problems = rules.plan_problems(draft, today=today)
    owner = load_subjects(session, [draft.owner_id] if is_id(draft.owner_id) else [], on=today).get(
        SubjectId(draft.owner_id)
    )
    is_person = owner is not None and owner.kind is SubjectKind.PERSON and owner.company_id == kpi.company_id
    if not is_person or (owner is not None and owner.closed_on is not None):
        problems.append(FieldError("owner_id", NO_CHOICE))
    if draft.item_id is not None and draft.item_id not in {item.id for item in kpi.current.items}:
        problems.append(FieldError("item_id", NO_CHOICE))
    if draft.case_id is not None and not _is_about(session, draft, kpi, subject):
        problems.append(FieldError("case_id", NO_CHOICE))
    if problems or owner is None:
        raise Invalid(problems)
    return owner


def _is_about(session: WriteSession, draft: PlanDraft, kpi: Kpi, subject: Subject) -> bool:
    """Whether a case led to doing something about this KPI here."""
    wanted = (
        DecisionCaseRow.id == (draft.case_id if is_id(draft.case_id or "") else None),
        DecisionCaseRow.kpi_id == kpi.id,
        DecisionCaseRow.subject_id == subject.id,
        DecisionCaseRow.choice == Choice.ACT,
    )
    return session.scalar(select(DecisionCaseRow.id).where(*wanted)) is not None


def _note(
    session: WriteSession,
    row: ActionPlanRow,
    viewer: Viewer,
    action: str,
    details: Mapping[str, Any] | None,
    *,
    now: datetime,
) -> None:
    record(
        session,
        viewer.actor,
        action,
        company_id=row.company_id,
        object_kind="action_plan",
        object_id=row.id,
        details=details,
        now=now,
    )
