"""The dossier under which Fjellbris lets customers rate and mystery shoppers visit its people."""

from datetime import date, datetime, timedelta

from app.accounts.rules import SERVICE
from app.dossiers.commands import create_dossier
from app.dossiers.intake import parse_dossier
from app.dossiers.values import Dossier
from app.infra.database import WriteSession
from app.organisation.queries import find_person

RESPONSIBLE = "liv.tangen"
_TALKED, _TOLD, _LASTS, _REVIEWED = timedelta(days=42), timedelta(days=28), timedelta(days=730), timedelta(days=300)


def put_on_record(session: WriteSession, company_id: str, today: date, *, now: datetime) -> Dossier:
    """A complete dossier about both measures for the whole company, talked over and announced before it began."""
    starts_on = today - timedelta(days=14)
    person = find_person(session, company_id, external_id=RESPONSIBLE)
    given = {
        "name": {
            "nb": "Besøk av mystery shoppere og kunders vurdering",
            "en": "Mystery visits and ratings by customers",
        },
        "measures": ["mystery_visits", "customer_ratings"],
        "purpose": {
            "nb": "Vi vil vite hvordan kunder blir møtt, og øve på det. Svarene brukes til samtaler, ikke til sanksjoner.",
            "en": "We want to know how customers are met, and to practise it. Answers lead to talks, never to sanctions.",
        },
        "legal_basis": {
            "nb": "Berettiget interesse, vurdert sammen med vernetjenesten.",
            "en": "Legitimate interest, weighed together with the safety representatives.",
        },
        "discussed_with": {
            "nb": "Tillitsvalgte i kundesenter, salg og butikk. Enige om minst tre besøk før en person vises.",
            "en": "The representatives of customer centre, sales and showroom. Agreed: at least three visits before a person is shown.",
        },
        "notified_how": {
            "nb": "Allmøte og brev til alle, lagt ut på intranettet.",
            "en": "A meeting of all staff and a letter to everybody, also on the intranet.",
        },
        "discussed_on": (today - _TALKED).isoformat(),
        "notified_on": (today - _TOLD).isoformat(),
        "starts_on": starts_on.isoformat(),
        "ends_on": (starts_on + _LASTS).isoformat(),
        "review_on": (starts_on + _REVIEWED).isoformat(),
        "responsible_id": person.id if person else None,
    }
    return create_dossier(session, SERVICE, company_id, parse_dossier(given, company_id=company_id), now=now)
