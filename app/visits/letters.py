"""The letters about visits: the order to the shopper, and to the visited that a report is in or an appeal is decided."""

from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta

from app.infra.formats import DEFAULT_ZONE
from app.mail.values import Letter, Mail
from app.organisation.values import Person
from app.visits.rules import TO_REPORT
from app.visits.values import Visit, VisitLetter
from app.words import in_locale

DELIVERABLE = timedelta(hours=48)


def order_letter(visit: Visit, shopper: Person, about: VisitLetter, *, wave: int, note: str = "") -> Mail:
    """The mail that asks for a visit, or with a `note` for its report once more; the shopper has an address."""
    last = datetime.combine(visit.until_on + TO_REPORT + timedelta(days=1), time(), DEFAULT_ZONE)
    return Mail(
        letter=Letter.VISIT_ORDER,
        recipient=shopper.email or "",
        name=shopper.name or "",
        locale=shopper.locale,
        parameters={
            "organisation": about.organisation,
            "subject_name": about.subject_name,
            "task": in_locale(visit.form.task, shopper.locale) if visit.form.task else "",
            "band": visit.band.value,
            "from_on": visit.from_on.isoformat(),
            "until_on": visit.until_on.isoformat(),
            "note": note,
            "person_id": shopper.id,
        },
        reference=visit.id,
        wave=wave,
        deadline=last,
        is_asked_for=bool(note),
    )


def ready_letters(visit: Visit, people: Iterable[Person], about: VisitLetter, *, now: datetime) -> Iterator[Mail]:
    """One letter for each of the visited who has an address: the report can be read, or the appeal is decided."""
    ruling, report = visit.ruling, visit.report
    for person in people:
        if person.email is not None:
            yield Mail(
                letter=Letter.VISIT_READY,
                recipient=person.email,
                name=person.name or "",
                locale=person.locale,
                parameters={
                    "organisation": about.organisation,
                    "subject_name": about.subject_name,
                    "visited_on": report.visited_on.isoformat() if report else "",
                    "until_at": "" if ruling.outcome or not ruling.appeal_until else ruling.appeal_until.isoformat(),
                    "outcome": ruling.outcome.value if ruling.outcome else "",
                    "path": f"/visits/{visit.id}",
                },
                reference=f"visit:{visit.id}:{person.id}",
                wave=1 if ruling.outcome else 0,
                deadline=now + DELIVERABLE,
            )
