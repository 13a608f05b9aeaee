"""Every SELECT of the goal tree as it is read: for who reads KPIs, with figures for who reads those of the company."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, timedelta

from sqlalchemy import select

from app.accounts.rules import Action, may, require
from app.accounts.values import Viewer
from app.followup.relations import name_of
from app.infra.database import ReadSession
from app.kpis.queries import load_company_kpis, load_goals
from app.kpis.values import KpiKind, KpiState
from app.releases.tables import ReleaseRow, ScoreRow
from app.releases.values import ScoreStatus
from app.rounds.tables import RoundRow
from app.strategy import rules
from app.strategy.values import Figure, GoalTree, Serving

LOOKS_BACK = timedelta(days=365)
"""What is older says nothing about where a goal stands today."""

_LIVING = (KpiState.DRAFT, KpiState.ACTIVE, KpiState.PAUSED)


def get_goal_tree(session: ReadSession, viewer: Viewer, company_id: str, *, locale: str, on: date) -> GoalTree:
    """The goals of a company by name in a language, what serves each, and where that stands.

    For who reads the KPIs of the company; figures for who reads its results as well, of hard KPIs also its readings.
    """
    require(viewer, Action.KPIS_READ, (company_id,))
    is_told = may(viewer, Action.RESULTS_READ, (company_id,))
    kpis = load_company_kpis(session, company_id, on=on, states=_LIVING)
    hidden = set() if may(viewer, Action.READINGS_READ, (company_id,)) else {KpiKind.HARD}
    shown = [kpi.id for kpi in kpis.values() if is_told and kpi.kind not in hidden]
    figures = _figures(session, company_id, shown, on=on)
    serving: defaultdict[str, list[Serving]] = defaultdict(list)
    for kpi in kpis.values():
        serving[kpi.goal_id or ""].append(Serving(name_of(kpi), kpi.state, figures.get(kpi.id)))
    order = rules.in_order(load_goals(session, company_id), locale)
    return GoalTree(rules.lines_of(order, serving, is_told=is_told), tuple(serving[""]))


def _figures(session: ReadSession, company_id: str, kpi_ids: Collection[str], *, on: date) -> Mapping[str, Figure]:
    """The latest released figure of each KPI for the company itself."""
    rows = session.execute(
        select(ScoreRow.kpi_id, ScoreRow.score, RoundRow.period_end)
        .join(ReleaseRow, ReleaseRow.id == ScoreRow.release_id)
        .join(RoundRow, RoundRow.id == ReleaseRow.round_id)
        .where(
            ScoreRow.subject_id == company_id,
            ScoreRow.kpi_id.in_(kpi_ids),
            ScoreRow.item_id.is_(None),
            ScoreRow.rater_groups == "",
            ScoreRow.status == ScoreStatus.OK,
            RoundRow.period_end > on - LOOKS_BACK,
        )
        .order_by(RoundRow.period_end, ReleaseRow.sealed_at, ReleaseRow.id)
    )
    told = ((kpi_id or "", score, until) for kpi_id, score, until in rows)
    return {kpi_id: Figure(score, until) for kpi_id, score, until in told if score is not None}
