"""A small company with a hard KPI of each shape for the tests of readings."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from app.accounts.rules import SERVICE
from app.infra.database import WriteSession
from app.kpis.commands import create_kpi
from app.kpis.intake import parse_kpi
from tests.company import SmallCompany, small_company
from tests.originals import copied

OSLO = ZoneInfo("Europe/Oslo")
KINDS: Mapping[str, Mapping[str, object]] = {
    "answer-time": {"aggregation": "median"},
    "resolution": {"aggregation": "ratio", "per": 100},
    "complaints": {"aggregation": "rate", "per": 1000},
}


@pytest.fixture
def company(session: WriteSession, now: datetime) -> SmallCompany:
    """With the KPIs `answer-time` (value), `resolution` (ratio) and `complaints` (rate)."""
    return copied(session, _measured, now)


def _measured(session: WriteSession, now: datetime) -> SmallCompany:
    made = small_company(session, now)
    for external_id, measure in KINDS.items():
        name = {"nb": external_id, "en": external_id}
        given = {"kind": "hard", "external_id": external_id, "name": name, "direction": "lower", **measure}
        create_kpi(session, SERVICE, parse_kpi(given), company_id=made.id, now=now)
    return made
