"""Adopting a what-if: new versions of KPIs, cards and targets from a day on; what is released stays as it is."""

from datetime import date, datetime

from app.accounts.values import Viewer
from app.deferred import dataclass
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.kpis.commands import add_kpi_version, set_scorecard, set_target
from app.releases.adoption import plan_adoption
from app.releases.drafts import WhatIf


@dataclass(frozen=True, slots=True)
class Adopted:
    """The ids of what was written, in the order of the what-if."""

    kpi_versions: tuple[str, ...]
    scorecards: tuple[str, ...]
    targets: tuple[str, ...]


def adopt_what_if(
    session: WriteSession, viewer: Viewer, release_id: str, wish: WhatIf, starts_on: date, *, now: datetime
) -> Adopted:
    """Write the changed weights and targets from a day on, today or later, all of them or none.

    For who may read the release and has kpis:write where each is set; each leaves its journal entry. Weights of rater
    groups begin with a new version of the KPI, weights of KPIs with a new card. Nothing released changes, nothing is
    sent. Invalid for minimums, which belong to a round.
    """
    plan = plan_adoption(session, viewer, release_id, wish, starts_on, on=local_day(now))
    company_id = plan.release.company_id
    return Adopted(
        tuple(str(add_kpi_version(session, viewer, kpi.id, content, now=now)) for kpi, content in plan.kpis),
        tuple(str(set_scorecard(session, viewer, draft, company_id=company_id, now=now)) for draft in plan.cards),
        tuple(set_target(session, viewer, kpi.id, draft, now=now) for kpi, draft in plan.targets),
    )
