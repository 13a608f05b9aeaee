"""The reads that say which KPIs led to no decision for two periods and are only statistics."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from sqlalchemy import func, select

from app.accounts.rules import Action, require
from app.accounts.values import Viewer
from app.decisions import rules
from app.decisions.tables import DecisionCaseRow
from app.infra.database import ReadSession
from app.infra.formats import local_day
from app.kpis.queries import get_kpi
from app.organisation.tables import SubjectRow
from app.organisation.values import UNIT_KINDS
from app.releases.tables import ReleaseRow, ScoreRow
from app.releases.values import ScoreStatus
from app.rounds.tables import RoundRow


def is_only_statistics(session: ReadSession, viewer: Viewer, kpi_id: str, *, on: date) -> bool:
    """Whether a KPI led to no decision for two periods, for who reads the KPIs of its company."""
    kpi = get_kpi(session, viewer, kpi_id, on=on)
    require(viewer, Action.KPIS_READ, (kpi.company_id,))
    return kpi.id in load_idle(session, kpi.company_id, [kpi.id], on=on)


def load_idle(session: ReadSession, company_id: str, kpi_ids: Collection[str], *, on: date) -> frozenset[str]:
    """Which of some KPIs led to no decision for two periods, whoever asks; two statements."""
    told: defaultdict[str, list[tuple[date, date]]] = defaultdict(list)
    rows = session.execute(
        select(ScoreRow.kpi_id, RoundRow.period_end, ReleaseRow.sealed_at)
        .join(ReleaseRow, ReleaseRow.id == ScoreRow.release_id)
        .join(RoundRow, RoundRow.id == ReleaseRow.round_id)
        .join(SubjectRow, SubjectRow.id == ScoreRow.subject_id)
        .where(
            ReleaseRow.company_id == company_id,
            ScoreRow.kpi_id.in_(kpi_ids),
            ScoreRow.item_id.is_(None),
            # A KPI of the card that nobody was asked about stands there as withheld, and told nothing.
            ScoreRow.status == ScoreStatus.OK,
            SubjectRow.kind.in_(UNIT_KINDS),
        )
        .distinct()
    )
    for kpi_id, period_end, sealed_at in rows:
        told[kpi_id or ""].append((period_end, local_day(sealed_at)))
    decided = dict(
        session.execute(
            select(DecisionCaseRow.kpi_id, func.max(DecisionCaseRow.decided_on))
            .where(DecisionCaseRow.company_id == company_id, DecisionCaseRow.decided_on.is_not(None))
            .group_by(DecisionCaseRow.kpi_id)
        ).all()
    )
    idle = (one for one, found in told.items() if rules.is_only_statistics(found, decided.get(one), today=on))
    return frozenset(idle)
