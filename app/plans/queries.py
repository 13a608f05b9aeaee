"""Every SELECT of action plans: plans as their readers see them, what they did, and how many somebody has open.

Plans are read by those who read the results of their subject, and by their owner; by the person alone only as owner
what was planned since a release of which the own summary waits. What a plan did is worked out from
released figures alone, so it tells nothing that those do not tell.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, false, func, or_, select

from app.accounts.rules import Action, may
from app.accounts.values import Viewer
from app.errors import NotFound
from app.followup.relations import name_of
from app.infra.database import ReadSession
from app.infra.ids import is_id
from app.infra.paging import Page, PageRequest, ordered, ordered_page
from app.kpis.queries import load_kpis
from app.kpis.tables import ItemRow
from app.kpis.values import Kpi, KpiId, KpiKind, RaterGroup
from app.organisation.paths import load_paths, load_subjects
from app.organisation.trees import load_paths_inside
from app.organisation.values import Subject, SubjectId
from app.plans.tables import ActionPlanRow, PlanLetterRow, PlannedActionRow, PlanRoundRow
from app.plans.values import ActionPlan, PlanFilter, PlanId, PlannedAction, PlanState, WeDid
from app.releases.gate import is_kept_back, load_waiting
from app.releases.queries import IS_TOLD
from app.releases.tables import ReleaseRow, ScoreRow
from app.rounds.queries import load_rated
from app.rounds.tables import AssignmentRow, RoundRow
from app.summaries.values import Place
from app.words import Words

NONE = PlanFilter()
PLAN_ORDERS = {
    "check_on": ActionPlanRow.check_on,
    "started_on": ActionPlanRow.started_on,
    "what": func.lower(ActionPlanRow.what),
}
"""What plans are sorted by."""


# ------------------------------------------------------------ plans


def get_plan(session: ReadSession, viewer: Viewer, plan_id: str, *, on: date) -> ActionPlan:
    """One plan, for who reads the results of its subject, and for its owner."""
    row = session.get(ActionPlanRow, plan_id) if is_id(plan_id) else None
    found = _plans(session, viewer, [row], on=on) if row is not None else []
    if not found:
        raise NotFound
    return found[0]


def list_plans(
    session: ReadSession,
    viewer: Viewer,
    company_id: str,
    request: PageRequest,
    *,
    chosen: PlanFilter = NONE,
    on: date,
) -> Page[ActionPlan]:
    """The plans of a company that the viewer may read, the first to be checked first unless sorted otherwise."""
    if not is_id(company_id):
        raise NotFound
    query = _kept(select(ActionPlanRow).where(ActionPlanRow.company_id == company_id), chosen)
    places = session.execute(query.with_only_columns(ActionPlanRow.subject_id, ActionPlanRow.kpi_id).distinct()).all()
    paths = load_paths_inside(session, chosen.inside_id, {subject_id for subject_id, _ in places}, on=on)
    kpis = load_kpis(session, {kpi_id for _, kpi_id in places}, on=on)
    readable = [
        (ActionPlanRow.subject_id == subject_id) & (ActionPlanRow.kpi_id == kpi_id)
        for subject_id, kpi_id in places
        if subject_id in paths and _may_read(viewer, kpis[KpiId(kpi_id)], paths[SubjectId(subject_id)])
    ]
    open_ = [
        or_(ActionPlanRow.subject_id != one.subject_id, ActionPlanRow.started_on < one.since)
        for one in load_waiting(session, viewer, on=on)
    ]
    seen = or_(ActionPlanRow.owner_id.in_(viewer.own_subjects), and_(or_(false(), *readable), *open_))
    query = query.where(seen, ActionPlanRow.subject_id.in_(paths))
    rows = session.execute(ordered(query, PLAN_ORDERS, ActionPlanRow.id, request, usual="check_on"))
    page = ordered_page(rows, request)
    return Page(tuple(_plans(session, viewer, [row[0] for row in page.items], on=on)), page.next_cursor)


def count_open_plans(session: ReadSession, owner_id: str) -> int:
    """How many plans somebody sees to."""
    query = select(func.count()).select_from(ActionPlanRow)
    return session.scalar(_kept(query, PlanFilter(PlanState.OPEN, owner_ids=frozenset({owner_id})))) or 0


def load_plan_of_action(session: ReadSession, action_id: str) -> str | None:
    """The plan that an action belongs to, whoever asks."""
    return session.scalar(select(PlannedActionRow.plan_id).where(PlannedActionRow.id == action_id))


def find_last_round(session: ReadSession, kpi_id: str, subject_id: str, *, over_by: date | None = None) -> str | None:
    """The last released round that tells of a KPI at a subject, of a period that was over by a day; whoever asks."""
    query = (
        select(RoundRow.id)
        .join(ReleaseRow, ReleaseRow.round_id == RoundRow.id)
        .join(ScoreRow, ScoreRow.release_id == ReleaseRow.id)
        .where(ScoreRow.kpi_id == kpi_id, ScoreRow.subject_id == subject_id, IS_TOLD)
        .order_by(RoundRow.period_end.desc(), RoundRow.released_at.desc(), RoundRow.id)
        .limit(1)
    )
    return session.scalar(query if over_by is None else query.where(RoundRow.period_end < over_by))


def load_rated_inside(session: ReadSession, round_id: str, subject_id: str, *, on: date) -> list[str]:
    """Who was rated in a round of those a figure is about: the subject itself, or those inside a unit."""
    rated = load_rated(session, round_id)
    if subject_id in rated:
        return [subject_id]
    paths = load_paths(session, rated, on=on)
    return [one for one in rated if subject_id in paths.get(SubjectId(one), ())]


def load_asked(
    session: ReadSession, round_id: str, subject_ids: Collection[str], groups: Collection[RaterGroup]
) -> frozenset[str]:
    """Everybody who was asked about some subjects in some groups of a round, whether or not there was an answer."""
    query = select(AssignmentRow.rater_id).where(
        AssignmentRow.round_id == round_id,
        AssignmentRow.subject_id.in_(subject_ids),
        AssignmentRow.rater_group.in_(groups),
    )
    return frozenset(session.scalars(query.distinct()))


def find_told(session: ReadSession, plan_id: str) -> tuple[WeDid, datetime] | None:
    """What raters were told of a plan, and when; None until then. Whoever asks."""
    row = session.get(PlanLetterRow, plan_id)
    return None if row is None else (WeDid(row.heard, row.did), row.told_at)


def _kept(query: Select[Any], chosen: PlanFilter) -> Select[Any]:
    if chosen.state is not None:
        query = query.where(ActionPlanRow.state == chosen.state)
    if chosen.kpi_id is not None:
        query = query.where(ActionPlanRow.kpi_id == chosen.kpi_id)
    if chosen.subject_id is not None:
        query = query.where(ActionPlanRow.subject_id == chosen.subject_id)
    if chosen.owner_ids is not None:
        query = query.where(ActionPlanRow.owner_id.in_(chosen.owner_ids))
    if chosen.case_ids is not None:
        query = query.where(ActionPlanRow.case_id.in_(chosen.case_ids))
    return query


def _may_read(viewer: Viewer, kpi: Kpi, path: Sequence[str]) -> bool:
    is_read = may(viewer, Action.RESULTS_READ, path)
    return is_read and (kpi.kind is KpiKind.SOFT or may(viewer, Action.READINGS_READ, path))


def _plans(session: ReadSession, viewer: Viewer, rows: Sequence[ActionPlanRow], *, on: date) -> list[ActionPlan]:
    """Rows as plans, those left out that the viewer may not read; as many statements for one as for a hundred."""
    if not rows:
        return []
    kpis = load_kpis(session, {row.kpi_id for row in rows}, on=on)
    wanted = {row.subject_id for row in rows} | {row.owner_id for row in rows}
    subjects = load_subjects(session, wanted, on=on)
    items = _item_names(session, {row.item_id for row in rows if row.item_id is not None})
    actions: defaultdict[str, list[PlannedAction]] = defaultdict(list)
    query = select(PlannedActionRow).where(PlannedActionRow.plan_id.in_([row.id for row in rows]))
    for action in session.scalars(query.order_by(PlannedActionRow.plan_id, PlannedActionRow.position)):
        actions[action.plan_id].append(PlannedAction(action.id, action.text, action.due_on, action.done_on))
    rounds = _round_ids(session, [row.id for row in rows])
    waiting = load_waiting(session, viewer, {row.subject_id for row in rows}, on=on)
    return [
        _plan(viewer, row, kpis[KpiId(row.kpi_id)], subjects, items, (actions[row.id], rounds[row.id]))
        for row in rows
        if row.owner_id in viewer.own_subjects
        or (
            _may_read(viewer, kpis[KpiId(row.kpi_id)], subjects[SubjectId(row.subject_id)].path)
            and not is_kept_back(waiting, row.subject_id, row.started_on)
        )
    ]


def _plan(
    viewer: Viewer,
    row: ActionPlanRow,
    kpi: Kpi,
    subjects: Mapping[SubjectId, Subject],
    items: Mapping[str, Words],
    done: tuple[Sequence[PlannedAction], Sequence[str]],
) -> ActionPlan:
    subject, owner = subjects[SubjectId(row.subject_id)], subjects.get(SubjectId(row.owner_id))
    is_open = row.state == PlanState.OPEN
    leads = is_open and may(viewer, Action.DECISIONS_WRITE, subject.path)
    return ActionPlan(
        id=PlanId(row.id),
        company_id=row.company_id,
        kpi=name_of(kpi),
        item_id=row.item_id,
        item_name=items.get(row.item_id or ""),
        subject=Place(subject.id, subject.kind, subject.name),
        owner_id=row.owner_id,
        owner_name=owner.name if owner is not None else "",
        case_id=row.case_id,
        what=row.what,
        expected=row.expected,
        started_on=row.started_on,
        check_on=row.check_on,
        state=PlanState(row.state),
        ended_on=row.ended_on,
        note=row.note,
        actions=tuple(done[0]),
        round_ids=tuple(done[1]),
        may_write=leads,
        may_tick=leads or (is_open and row.owner_id in viewer.own_subjects),
        version=row.version,
    )


def _round_ids(session: ReadSession, plan_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """The rounds that measure plans again, the first one first."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    query = select(PlanRoundRow.plan_id, PlanRoundRow.round_id).join(RoundRow, RoundRow.id == PlanRoundRow.round_id)
    for plan_id, round_id in session.execute(
        query.where(PlanRoundRow.plan_id.in_(plan_ids)).order_by(RoundRow.created_at, RoundRow.id)
    ):
        found[plan_id].append(round_id)
    return found


def _item_names(session: ReadSession, item_ids: Collection[str]) -> dict[str, Words]:
    rows = session.execute(select(ItemRow.id, ItemRow.name).where(ItemRow.id.in_(item_ids)))
    return dict(rows.all())
