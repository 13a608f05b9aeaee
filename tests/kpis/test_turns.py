from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

from app.accounts.rules import SERVICE
from app.infra.database import Database
from app.kpis.commands import activate_kpi, create_goal, create_kpi, create_scale, pause_kpi, set_scorecard
from app.kpis.intake import parse_goal, parse_kpi, parse_scale, parse_scorecard
from app.kpis.rules import CardFull, ExternalIdTaken
from tests.company import small_company
from tests.kpis.plain import card, soft, words


def test_of_two_goals_with_one_id_at_once_one_is_stored(engine: Database, now: datetime) -> None:
    with engine.write() as session:
        company = small_company(session, now)
    start = Barrier(2)

    def create(_: int) -> bool:
        draft = parse_goal({"name": words("Mål", "Goal"), "external_id": "G-1"})
        start.wait()
        try:
            with engine.write() as session:
                create_goal(session, SERVICE, draft, company_id=company.id, now=now)
        except ExternalIdTaken:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(create, range(2))) == [False, True]


def test_two_kpis_that_come_back_at_once_do_not_overfill_a_card(engine: Database, now: datetime) -> None:
    with engine.write() as session:
        company = small_company(session, now)
        goal = create_goal(session, SERVICE, parse_goal({"name": words("Mål", "Goal")}), company_id=company.id, now=now)
        five = parse_scale({"kind": "points", "points": 5, "name": words("1 til 5", "1 to 5")})
        scale = create_scale(session, SERVICE, five, company_id=company.id, now=now)
        short = soft(goal, company.owner, scale, rater_weights={"colleague": 1})
        kpis = [create_kpi(session, SERVICE, parse_kpi(short), company_id=company.id, now=now) for _ in range(7)]
        for kpi_id in kpis:
            activate_kpi(session, SERVICE, kpi_id, now=now)
        for kpi_id in kpis[:2]:
            pause_kpi(session, SERVICE, kpi_id, reason="Plass", now=now)
        draft = parse_scorecard(card(company.sofie, "person", list(kpis)))
        set_scorecard(session, SERVICE, draft, company_id=company.id, now=now)
    start = Barrier(2)

    def bring_back(kpi_id: str) -> bool:
        start.wait()
        try:
            with engine.write() as session:
                activate_kpi(session, SERVICE, kpi_id, now=now)
        except CardFull:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(bring_back, kpis[:2])) == [False, True]
