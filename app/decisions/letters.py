"""The letter that tells an owner of cases; it holds no figure and names nobody."""

from datetime import date, datetime, timedelta

from app.mail.values import Letter, Mail
from app.organisation.values import Person

DELIVERABLE = timedelta(days=3)


def waiting_letter(owner: Person, *, count: int, late: int, organisation: str, today: date, now: datetime) -> Mail:
    """One letter for everything that waits for an owner, who has an address; `late` of them came from below."""
    return Mail(
        letter=Letter.DECISIONS_WAITING,
        recipient=owner.email or "",
        name=owner.name or "",
        locale=owner.locale,
        parameters={"organisation": organisation, "count": count, "late": late, "path": "/decisions"},
        reference=waiting_reference(owner.subject_id or "", today),
        wave=0,
        deadline=now + DELIVERABLE,
    )


def waiting_reference(owner_id: str, today: date) -> str:
    """What the letter of a day to an owner (a person-subject) is known by."""
    return f"decisions:{owner_id}:{today.isoformat()}"
