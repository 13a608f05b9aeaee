"""The letter that reminds the responsible person of a review."""

from datetime import datetime, timedelta

from app.dossiers.values import Dossier
from app.mail.values import Letter, Mail
from app.organisation.values import Person
from app.words import in_locale

DELIVERABLE = timedelta(days=7)


def review_letter(dossier: Dossier, person: Person, *, organisation: str, wave: int, now: datetime) -> Mail:
    """The mail that asks for a review; the person has an address, the dossier a day of review."""
    content = dossier.content
    return Mail(
        letter=Letter.DOSSIER_REVIEW,
        recipient=person.email or "",
        name=person.name or "",
        locale=person.locale,
        parameters={
            "organisation": organisation,
            "dossier_name": in_locale(content.name, person.locale),
            "review_on": content.review_on.isoformat() if content.review_on else "",
            "is_due": wave > 0,
            "path": f"/dossiers/{dossier.id}",
        },
        reference=f"dossier:{dossier.id}:{content.review_on}",
        wave=wave,
        deadline=now + DELIVERABLE,
    )
