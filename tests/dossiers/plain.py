"""A complete dossier as it is written down, and one on record for tests of what needs it."""

from datetime import datetime
from typing import Any

from app.accounts.rules import SERVICE
from app.dossiers.commands import create_dossier
from app.dossiers.intake import parse_dossier
from app.dossiers.values import Dossier
from app.infra.database import WriteSession

SAID = {"nb": "Sagt på norsk.", "en": "Said in English."}


def complete(responsible_id: str, **changes: Any) -> dict[str, Any]:
    """All that a round asks for, from the spring of 2026 on for two years."""
    return {
        "name": {"nb": "Kundebesøk", "en": "Mystery visits"},
        "measures": ["mystery_visits", "customer_ratings"],
        "purpose": SAID,
        "discussed_on": "2026-03-02",
        "discussed_with": SAID,
        "notified_on": "2026-03-16",
        "notified_how": SAID,
        "starts_on": "2026-04-01",
        "ends_on": "2028-03-31",
        "review_on": "2027-03-01",
        "responsible_id": responsible_id,
        **changes,
    }


def on_record(session: WriteSession, company_id: str, responsible_id: str, now: datetime, **changes: Any) -> Dossier:
    """The dossier that lets customers and shoppers rate anybody of a company."""
    content = parse_dossier(complete(responsible_id, **changes), company_id=company_id)
    return create_dossier(session, SERVICE, company_id, content, now=now)
