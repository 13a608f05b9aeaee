"""The library of what worked: finished plans about units, told to everybody who reads results anywhere in the company.

Where a plan was made, by whom, when and at which figures is not told here, and plans about people are left out: a verdict
other than "unclear" needs at least three more units with the KPI, so that it fits at least four of them.
"""

from datetime import date

from sqlalchemy import select

from app.accounts.rules import Action, may, roots
from app.accounts.values import Viewer
from app.deferred import dataclass
from app.errors import Forbidden
from app.followup.relations import name_of
from app.followup.values import KpiName
from app.infra.database import ReadSession
from app.kpis.queries import load_kpis
from app.kpis.values import KpiId, KpiKind
from app.organisation.paths import load_paths
from app.organisation.tables import SubjectRow
from app.organisation.values import UNIT_KINDS, SubjectId
from app.plans.effect import Judged, load_effects
from app.plans.tables import ActionPlanRow
from app.plans.values import PlanId, PlanState
from app.scoring.effects import Verdict

MOST = 100
"""So many plans at most, the latest; whoever looks for an idea reads no more."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What was tried about a KPI, and whether it worked; `plan_id` where the viewer may read the plan itself."""

    kpi: KpiName
    what: str
    verdict: Verdict
    plan_id: PlanId | None


def load_library(
    session: ReadSession, viewer: Viewer, company_id: str, *, verdict: Verdict | None = None, on: date
) -> tuple[Tried, ...]:
    """What was tried in a company about soft KPIs of units, the latest first, with one verdict if asked for.

    For who reads results anywhere in it. As many statements for one plan as for a hundred.
    """
    _require_reader(session, viewer, company_id, on=on)
    query = select(ActionPlanRow).join(SubjectRow, SubjectRow.id == ActionPlanRow.subject_id)
    wanted = (
        ActionPlanRow.company_id == company_id,
        ActionPlanRow.state == PlanState.DONE,
        SubjectRow.kind.in_(UNIT_KINDS),
    )
    latest = query.where(*wanted).order_by(ActionPlanRow.ended_on.desc(), ActionPlanRow.id).limit(MOST)
    rows = session.scalars(latest).all()
    kpis = load_kpis(session, {row.kpi_id for row in rows}, on=on)
    soft = [row for row in rows if kpis[KpiId(row.kpi_id)].kind is KpiKind.SOFT]
    judged = [
        Judged(row.kpi_id, row.subject_id, row.started_on, row.check_on, row.expected, is_rated=True) for row in soft
    ]
    told = [
        (row, found.verdict)
        for row, found in zip(soft, load_effects(session, judged, on=on), strict=True)
        if found is not None and verdict in {None, found.verdict}
    ]
    paths = load_paths(session, {row.subject_id for row, _ in told}, on=on)
    return tuple(
        Tried(
            name_of(kpis[KpiId(row.kpi_id)]),
            row.what,
            found,
            PlanId(row.id) if may(viewer, Action.RESULTS_READ, paths[SubjectId(row.subject_id)]) else None,
        )
        for row, found in told
    )


def _require_reader(session: ReadSession, viewer: Viewer, company_id: str, *, on: date) -> None:
    paths = load_paths(session, roots(viewer, Action.RESULTS_READ), on=on)
    if not viewer.is_service and all(path[0] != company_id for path in paths.values()):
        raise Forbidden
