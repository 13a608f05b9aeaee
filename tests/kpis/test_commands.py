from datetime import date, datetime

import pytest

from app.accounts.rules import SERVICE
from app.infra.database import WriteSession
from app.kpis.commands import activate_kpi, create_kpi
from app.kpis.intake import parse_kpi
from app.kpis.queries import get_kpi
from app.kpis.values import KpiState
from tests.company import SmallCompany
from tests.kpis.plain import soft


def test_a_complete_soft_kpi_is_stored_and_put_to_use(
    session: WriteSession, company: SmallCompany, goal_id: str, scale_id: str, now: datetime
) -> None:
    draft = parse_kpi(soft(goal_id, company.owner, scale_id))
    kpi_id = create_kpi(session, company.admin, draft, company_id=company.id, now=now)
    activate_kpi(session, company.admin, kpi_id, now=now)
    found = get_kpi(session, company.admin, kpi_id, on=date(2026, 11, 23))
    assert found.state is KpiState.ACTIVE
    assert [item.code for item in found.current.items] == ["welcome", "tone"]
