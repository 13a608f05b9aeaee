"""The letter that tells somebody whose deputy he is, and from when until when."""

from datetime import UTC, date, datetime, time, timedelta

from app.mail.values import Letter, Mail
from app.organisation.values import Deputy, Person

DELIVERABLE = timedelta(hours=48)


def deputy_letter(deputy: Deputy, person: Person, manager_name: str, *, organisation: str, now: datetime) -> Mail:
    """The letter to a deputy with an address."""
    return Mail(
        letter=Letter.DEPUTY,
        recipient=person.email or "",
        name=person.name or "",
        locale=person.locale,
        parameters={
            "organisation": organisation,
            "manager": manager_name,
            "from_at": _noon(deputy.starts_on),
            "until_at": _noon(deputy.ends_on - timedelta(days=1)),
        },
        reference=f"deputy:{deputy.id}",
        wave=0,
        deadline=now + DELIVERABLE,
    )


def _noon(day: date) -> str:
    """A day as a moment that lies on it wherever the reader is."""
    return datetime.combine(day, time(11), UTC).isoformat()
