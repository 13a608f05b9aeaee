"""The letter that tells raters what came of what was said; it names no rater, and holds no figure."""

from datetime import datetime, timedelta

from app.mail.values import Letter, Mail
from app.organisation.values import Person
from app.plans.values import ActionPlan, WeDid
from app.words import in_locale

DELIVERABLE = timedelta(days=7)


def we_did_letter(person: Person, plan: ActionPlan, words: WeDid, *, organisation: str, now: datetime) -> Mail:
    """The same letter to everybody who was asked and has an address, in his language where it was written in it."""
    return Mail(
        letter=Letter.WE_DID,
        recipient=person.email or "",
        name=person.name or "",
        locale=person.locale,
        parameters={
            "organisation": organisation,
            "subject_name": plan.subject.name,
            "kpi_name": in_locale(plan.kpi.name, person.locale),
            "heard": in_locale(words.heard, person.locale),
            "did": in_locale(words.did, person.locale),
            "person_id": person.id,
        },
        reference=f"we-did:{plan.id}:{person.id}",
        wave=0,
        deadline=now + DELIVERABLE,
    )
