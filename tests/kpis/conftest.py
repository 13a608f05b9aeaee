"""A small company, a goal and a scale for the tests of KPIs."""

from datetime import datetime

import pytest

from app.accounts.rules import SERVICE
from app.infra.database import WriteSession
from app.kpis.define import create_goal, create_scale
from app.kpis.intake import parse_goal, parse_scale
from tests.company import SmallCompany, small_company
from tests.kpis.desk import Desk
from tests.kpis.plain import Plain, words


@pytest.fixture
def company(session: WriteSession, now: datetime) -> SmallCompany:
    return small_company(session, now)


@pytest.fixture
def goal_id(session: WriteSession, company: SmallCompany, now: datetime) -> str:
    given: Plain = {"name": words("Fornøyde kunder", "Happy customers"), "external_id": "customers"}
    return create_goal(session, SERVICE, parse_goal(given), company_id=company.id, now=now)


@pytest.fixture
def scale_id(session: WriteSession, company: SmallCompany, now: datetime) -> str:
    given: Plain = {"kind": "points", "points": 5, "name": words("1 til 5", "1 to 5")}
    return create_scale(session, SERVICE, parse_scale(given), company_id=company.id, now=now)


@pytest.fixture
def desk(session: WriteSession, company: SmallCompany, goal_id: str, scale_id: str, now: datetime) -> Desk:
    return Desk(session, company, goal_id, scale_id, now)
