"""The library of what worked: finished plans about units, told to everybody who reads results anywhere in the company.

Where a plan was made, by whom, when and at which figures is not told here, and plans about people are left out: a verdict
other than "unclear" needs at least three more units with the KPI, so that it fits at least four of them.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from sqlalchemy import select

from app.accounts.rules import Action, may, roots
from app.accounts.values import Viewer
from app.deferred import dataclass
from app.errors import Forbidden
from app.followup.relations import name_of
from app.followup.values import KpiName
from app.infra.database import ReadSession
from app.infra.paging import Page, PageRequest, page_in
from app.kpis.queries import load_kpis
from app.kpis.values import KpiId, KpiKind
from app.organisation.paths import load_paths
from app.organisation.tables import SubjectRow
from app.organisation.values import UNIT_KINDS, SubjectId
from app.plans.effect import Judged, load_effects
from app.plans.tables import ActionPlanRow
from app.plans.values import PlanId, PlanState
from app.scoring.effects import Verdict

AT_ONCE = 100
"""So many plans are judged together; what comes behind a slice is not judged for it."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What was tried about a KPI, and whether it worked; `plan_id` where the viewer may read the plan itself."""

    kpi: KpiName
    what: str
    verdict: Verdict
    plan_id: PlanId | None


def load_library(
    session: ReadSession,
    viewer: Viewer,
    company_id: str,
    request: PageRequest,
    *,
    verdict: Verdict | None = None,
    on: date,
) -> Page[Tried]:
    """What was tried in a company about soft KPIs of units, the latest first, with one verdict if asked for.

    For who reads results anywhere in it. The cursor is a place in the list: a key would tell when a plan ended. As many
    statements for one plan as for a hundred.
    """
    _require_reader(session, viewer, company_id, on=on)
    done = _done_about_units(session, company_id)
    parts = (done[start : start + AT_ONCE] for start in range(0, len(done), AT_ONCE))
    told = (one for part in parts for one in _tried(session, viewer, part, on=on) if verdict in {None, one.verdict})
    return page_in(told, request)


def _done_about_units(session: ReadSession, company_id: str) -> Sequence[ActionPlanRow]:
    query = select(ActionPlanRow).join(SubjectRow, SubjectRow.id == ActionPlanRow.subject_id)
    wanted = (
        ActionPlanRow.company_id == company_id,
        ActionPlanRow.state == PlanState.DONE,
        SubjectRow.kind.in_(UNIT_KINDS),
    )
    return session.scalars(query.where(*wanted).order_by(ActionPlanRow.ended_on.desc(), ActionPlanRow.id)).all()


def _tried(session: ReadSession, viewer: Viewer, rows: Sequence[ActionPlanRow], *, on: date) -> Iterator[Tried]:
    kpis = load_kpis(session, {row.kpi_id for row in rows}, on=on)
    soft = [row for row in rows if kpis[KpiId(row.kpi_id)].kind is KpiKind.SOFT]
    judged = [
        Judged(row.kpi_id, row.subject_id, row.started_on, row.check_on, row.expected, is_rated=True) for row in soft
    ]
    told = [
        (row, found.verdict)
        for row, found in zip(soft, load_effects(session, judged, on=on), strict=True)
        if found is not None
    ]
    paths = load_paths(session, {row.subject_id for row, _ in told}, on=on)
    for row, found in told:
        is_read = may(viewer, Action.RESULTS_READ, paths[SubjectId(row.subject_id)])
        yield Tried(name_of(kpis[KpiId(row.kpi_id)]), row.what, found, PlanId(row.id) if is_read else None)


def _require_reader(session: ReadSession, viewer: Viewer, company_id: str, *, on: date) -> None:
    paths = load_paths(session, roots(viewer, Action.RESULTS_READ), on=on)
    if not viewer.is_service and all(path[0] != company_id for path in paths.values()):
        raise Forbidden
