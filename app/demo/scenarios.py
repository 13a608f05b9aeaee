"""What mystery shoppers do at Fjellbris, and at its competitors."""

from datetime import datetime

from app.accounts.rules import SERVICE
from app.infra.database import WriteSession
from app.kpis.queries import find_kpis
from app.visits.commands import create_scenario
from app.visits.intake import parse_scenario
from app.visits.values import Scenario

SCORED = ("first-impression", "needs-discovery")
WAIT = "phone-answer-time"


def write_scenario(session: WriteSession, company_id: str, *, now: datetime) -> Scenario:
    """A call about a heat pump: scored items, the seconds of waiting as a reading, and a price that must be told."""
    kpis = find_kpis(session, company_id, [*SCORED, WAIT])
    given = {
        "name": {"nb": "Ring om varmepumpe", "en": "Call about a heat pump"},
        "task": {
            "nb": "Du har et hus på 120 kvadratmeter fra 1985 med panelovner. Spør hva som passer, og hva det koster.",
            "en": "You have a house of 120 square metres from 1985 with panel heaters. Ask what fits, and what it costs.",
        },
        "kpi_ids": [kpis[name] for name in SCORED],
        "facts": [
            {
                "code": "wait",
                "kpi_id": kpis[WAIT],
                "question": {
                    "nb": "Hvor mange sekunder ringte det før noen svarte?",
                    "en": "How many seconds did it ring before somebody answered?",
                },
            }
        ],
        "critical": [
            {
                "code": "price",
                "question": {"nb": "Fikk du vite en pris?", "en": "Were you told a price?"},
            }
        ],
        "cap": 50,
        "rotation_months": 6,
        "appeal_days": 14,
    }
    return create_scenario(session, SERVICE, company_id, parse_scenario(given), now=now)
