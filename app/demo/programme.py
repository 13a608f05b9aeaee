"""The programme that asks customers of the customer centre after they were served, from the next month on."""

from datetime import date, datetime

from app.accounts.rules import SERVICE
from app.encounters.commands import create_programme
from app.encounters.intake import parse_programme
from app.encounters.values import Programme
from app.infra.database import WriteSession
from app.kpis.queries import find_kpis
from app.organisation.named import find_subjects

UNIT, KPI = "customer-centre", "first-impression"


def set_up_programme(session: WriteSession, company_id: str, today: date, *, now: datetime) -> Programme:
    """A weekly programme with one KPI that begins with the next month, so that today one round is open and no more."""
    given = {
        "scope_id": find_subjects(session, company_id, [UNIT])[UNIT],
        "external_id": "customer-voice",
        "name": {"nb": "Kundens stemme", "en": "The customer's voice"},
        "purpose": {
            "nb": "Vi spør noen av dem vi har hjulpet, mens de ennå husker det.",
            "en": "We ask some of those whom we have helped while they still remember.",
        },
        "asked_by": "Ingrid Solheim",
        "rhythm": "week",
        "kpi_ids": [find_kpis(session, company_id, [KPI])[KPI]],
        "k": 5,
        "quota": 10,
        "pause_days": 90,
        "answer_days": 7,
        "starts_on": date(today.year + today.month // 12, today.month % 12 + 1, 1).isoformat(),
        "offers_contact": True,
    }
    draft = parse_programme(given, company_id=company_id)
    return create_programme(session, SERVICE, company_id, draft, now=now)
