"""The library of what worked: finished plans about units, told to everybody who reads results anywhere in the company.

Where a plan was made, by whom, when and at which figures is not told here, and plans about people are left out: a verdict
other than "unclear" needs at least three more units with the KPI, so that it fits at least four of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

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
from app.organisation.paths import load_paths, load_subjects
from app.organisation.tables import SubjectRow
from app.organisation.values import UNIT_KINDS, Subject, SubjectId
from app.plans.rules import Published, measured_effect, pair_for
from app.plans.tables import ActionPlanRow
from app.plans.values import PlanId, PlanState
from app.releases.tables import ReleaseRow, ScoreRow
from app.releases.values import ScoreStatus
from app.rounds.tables import RoundRow
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


@dataclass(frozen=True, slots=True)
class _Known:
    """What the verdicts follow from: units, released figures by KPI, and plans that were under way by KPI."""

    units: Mapping[SubjectId, Subject]
    figures: Mapping[str, Sequence[Published]]
    planned: Mapping[str, Sequence[tuple[str, date | None]]]


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
    known = _known(session, company_id, {row.kpi_id for row in soft}, on=on)
    told = ((row, found) for row in soft if (found := _verdict(row, known)) is not None)
    return tuple(
        Tried(
            name_of(kpis[KpiId(row.kpi_id)]),
            row.what,
            found,
            PlanId(row.id) if may(viewer, Action.RESULTS_READ, known.units[SubjectId(row.subject_id)].path) else None,
        )
        for row, found in told
        if verdict in {None, found}
    )


def _require_reader(session: ReadSession, viewer: Viewer, company_id: str, *, on: date) -> None:
    paths = load_paths(session, roots(viewer, Action.RESULTS_READ), on=on)
    if not viewer.is_service and all(path[0] != company_id for path in paths.values()):
        raise Forbidden


def _known(session: ReadSession, company_id: str, kpi_ids: Iterable[str], *, on: date) -> _Known:
    ids = list(kpi_ids)
    units = select(SubjectRow.id).where(SubjectRow.company_id == company_id, SubjectRow.kind.in_(UNIT_KINDS))
    figures: defaultdict[str, list[Published]] = defaultdict(list)
    figure: tuple[Any, ...] = (RoundRow.period_start, RoundRow.period_end, ScoreRow.score, ScoreRow.lo, ScoreRow.hi)
    query = (
        select(ScoreRow.kpi_id, ScoreRow.subject_id, ScoreRow.release_id, *figure)
        .join(ReleaseRow, ReleaseRow.id == ScoreRow.release_id)
        .join(RoundRow, RoundRow.id == ReleaseRow.round_id)
        .where(
            ScoreRow.kpi_id.in_(ids),
            ScoreRow.subject_id.in_(units),
            ScoreRow.item_id.is_(None),
            ScoreRow.rater_groups == "",
            ScoreRow.status == ScoreStatus.OK,
        )
    )
    for kpi_id, *published in session.execute(query):
        figures[kpi_id].append(Published(*published))
    planned: defaultdict[str, list[tuple[str, date | None]]] = defaultdict(list)
    plans = select(ActionPlanRow.kpi_id, ActionPlanRow.subject_id, ActionPlanRow.ended_on)
    for kpi_id, subject_id, ended_on in session.execute(plans.where(ActionPlanRow.kpi_id.in_(ids))):
        planned[kpi_id].append((subject_id, ended_on))
    return _Known(load_subjects(session, session.scalars(units).all(), on=on), figures, planned)


def _verdict(row: ActionPlanRow, known: _Known) -> Verdict | None:
    """What became of a plan, by the same rules as on its own page; None until a figure tells."""
    figures = known.figures[row.kpi_id]
    own = [one for one in figures if one.subject_id == row.subject_id]
    pair = pair_for(own, started_on=row.started_on, check_on=row.check_on, is_rated=True)
    if pair is None:
        return None
    before, after = ({one.subject_id: one for one in figures if one.release_id == figure.release_id} for figure in pair)
    subject = known.units[SubjectId(row.subject_id)]
    busy = {one for one, ended_on in known.planned[row.kpi_id] if ended_on is None or ended_on >= row.started_on}
    beside = sorted(
        one.id
        for one in known.units.values()
        if one.kind is subject.kind and one.id not in busy and _are_apart(one, subject)
    )
    return measured_effect(pair, before, after, beside, expected=row.expected).verdict


def _are_apart(one: Subject, other: Subject) -> bool:
    return one.id not in other.path and other.id not in one.path
