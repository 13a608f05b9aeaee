from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

from app.accounts.rules import SERVICE
from app.infra.database import Database
from app.kpis.commands import create_kpi
from app.kpis.intake import parse_kpi
from app.metrics.commands import record_readings
from app.metrics.intake import parse_readings
from app.metrics.values import Source
from app.reports import Outcome
from tests.company import small_company
from tests.metrics.conftest import OSLO


def test_the_same_batch_from_two_sides_at_once_is_stored_once(engine: Database, now: datetime) -> None:
    with engine.write() as session:
        company = small_company(session, now)
        name = {"nb": "Svartid", "en": "Answer time"}
        draft = parse_kpi({"kind": "hard", "external_id": "k", "name": name, "aggregation": "median"})
        create_kpi(session, SERVICE, draft, company_id=company.id, now=now)
    rows = [{"kpi": "k", "subject": "nord", "at": f"2026-11-{day:02}", "value": day} for day in range(1, 21)]
    batch = parse_readings(rows, zone=OSLO)
    start = Barrier(2)

    def hand_in(_: int) -> set[Outcome]:
        start.wait()
        with engine.write() as session:
            report = record_readings(session, SERVICE, batch, company_id=company.id, source=Source.API, now=now)
        return {row.outcome for row in report.rows}

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(hand_in, range(2)))
    assert sorted(outcomes, key=str) == [{Outcome.CREATED}, {Outcome.UNCHANGED}]
