"""The letter that tells the owner of a case that somebody waits; it holds nothing of the customer or the answers."""

from datetime import datetime, timedelta

from app.mail.values import Letter, Mail
from app.organisation.values import Person
from app.recovery.values import case_reference

DELIVERABLE = timedelta(days=5)


def case_letter(case_id: str, owner: Person, *, organisation: str, now: datetime) -> Mail:
    """The letter about one case to its owner, who has an address; whoever takes a case over gets one as well."""
    return Mail(
        letter=Letter.CASE_WAITING,
        recipient=owner.email or "",
        name=owner.name or "",
        locale=owner.locale,
        parameters={"organisation": organisation, "path": f"/cases/{case_id}"},
        reference=case_reference(case_id, owner.subject_id or ""),
        wave=0,
        deadline=now + DELIVERABLE,
    )
