"""The library of what worked: finished plans about units, told to everybody who reads results anywhere in the company.

Where a plan was made, by whom, when and at which figures is not told here, and plans about people are left out: a verdict
other than "unclear" needs at least three more units with the KPI, so that it fits at least four of them.
"""

from collections.abc import Iterator, Mapping
from datetime import date

from sqlalchemy import Select, select

from app.accounts.rules import Action, may, roots
from app.accounts.values import Viewer
from app.deferred import dataclass
from app.errors import Forbidden
from app.followup.relations import name_of
from app.followup.values import KpiName
from app.infra.database import ReadSession
from app.infra.paging import Page, PageRequest, page_among, place_of
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
"""So many plans are judged together; what comes before a slice, or behind it, is not judged for it."""


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

    For who reads results anywhere in it. The cursor is a place among all that were finished, told or not: a key would
    tell when a plan ended. As many statements for one plan as for a hundred.
    """
    _require_reader(session, viewer, company_id, on=on)
    told = _told(session, viewer, company_id, place_of(request), on=on)
    return page_among(((place, one) for place, one in told if verdict in {None, one.verdict}), request)


def _told(
    session: ReadSession, viewer: Viewer, company_id: str, start: int, *, on: date
) -> Iterator[tuple[int, Tried]]:
    """What was tried from a place on, each with its place, judged part by part as long as somebody asks for more."""
    is_more = True
    while is_more:
        rows = session.scalars(_done_about_units(company_id).offset(start).limit(AT_ONCE)).all()
        yield from _tried(session, viewer, dict(enumerate(rows, start)), on=on)
        start, is_more = start + AT_ONCE, len(rows) == AT_ONCE


def _done_about_units(company_id: str) -> Select[ActionPlanRow]:
    query = select(ActionPlanRow).join(SubjectRow, SubjectRow.id == ActionPlanRow.subject_id)
    wanted = (
        ActionPlanRow.company_id == company_id,
        ActionPlanRow.state == PlanState.DONE,
        SubjectRow.kind.in_(UNIT_KINDS),
    )
    return query.where(*wanted).order_by(ActionPlanRow.ended_on.desc(), ActionPlanRow.id)


def _tried(
    session: ReadSession, viewer: Viewer, rows: Mapping[int, ActionPlanRow], *, on: date
) -> Iterator[tuple[int, Tried]]:
    kpis = load_kpis(session, {row.kpi_id for row in rows.values()}, on=on)
    soft = {place: row for place, row in rows.items() if kpis[KpiId(row.kpi_id)].kind is KpiKind.SOFT}
    judged = [
        Judged(row.kpi_id, row.subject_id, row.started_on, row.check_on, row.expected, is_rated=True)
        for row in soft.values()
    ]
    told = [
        (place, found.verdict)
        for place, found in zip(soft, load_effects(session, judged, on=on), strict=True)
        if found is not None
    ]
    paths = load_paths(session, {soft[place].subject_id for place, _ in told}, on=on)
    for place, found in told:
        row = soft[place]
        is_read = may(viewer, Action.RESULTS_READ, paths[SubjectId(row.subject_id)])
        yield place, Tried(name_of(kpis[KpiId(row.kpi_id)]), row.what, found, PlanId(row.id) if is_read else None)


def _require_reader(session: ReadSession, viewer: Viewer, company_id: str, *, on: date) -> None:
    paths = load_paths(session, roots(viewer, Action.RESULTS_READ), on=on)
    if not viewer.is_service and all(path[0] != company_id for path in paths.values()):
        raise Forbidden
