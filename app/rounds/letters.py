"""The letters about proposing raters: the call to who is rated, and what waits for a manager. Nothing else asks here."""

from datetime import date, datetime, timedelta

from app.mail.values import Letter, Mail
from app.organisation.values import Person
from app.rounds.values import Round
from app.words import in_locale

DELIVERABLE = timedelta(hours=48)


def call_reference(round_id: str, person_id: str) -> str:
    """What the outbox knows a call by."""
    return f"nomination:{round_id}:{person_id}"


def call_letter(round_: Round, person: Person, until: datetime, *, organisation: str) -> Mail:
    """The letter that asks a rated person with an address to propose raters."""
    return Mail(
        letter=Letter.NOMINATION_CALL,
        recipient=person.email or "",
        name=person.name or "",
        locale=person.locale,
        parameters={
            "organisation": organisation,
            "asked_by": round_.asked_by,
            "round_name": in_locale(round_.name, person.locale),
            "until_at": until.isoformat(),
            "round_id": round_.id,
            "person_id": person.id,
        },
        reference=call_reference(round_.id, person.id),
        wave=0,
        deadline=until,
    )


def waiting_letter(person: Person, waiting: int, *, organisation: str, on: date, now: datetime) -> Mail:
    """The letter of a day that tells a manager, or who acts for one, how much waits."""
    return Mail(
        letter=Letter.NOMINATIONS_WAITING,
        recipient=person.email or "",
        name=person.name or "",
        locale=person.locale,
        parameters={"organisation": organisation, "count": waiting, "person_id": person.id},
        reference=f"nominations:{person.id}:{on.isoformat()}",
        wave=0,
        deadline=now + DELIVERABLE,
    )
