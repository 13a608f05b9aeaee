"""The letter that tells a rated person that the figures are ready; it holds none of them."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from app.mail.values import Letter, Mail
from app.organisation.values import Person
from app.rounds.values import FrozenRound
from app.words import in_locale

DELIVERABLE = timedelta(hours=48)


def release_letters(
    frozen: FrozenRound, release_id: str, people: Iterable[Person], *, organisation: str, now: datetime
) -> Iterator[Mail]:
    """One letter for each rated person with an address."""
    for person in people:
        if person.email is not None and person.subject_id is not None:
            yield Mail(
                letter=Letter.RELEASE_READY,
                recipient=person.email,
                name=person.name or "",
                locale=person.locale,
                parameters={
                    "organisation": organisation,
                    "round_name": in_locale(frozen.name, person.locale),
                    "person_id": person.id,
                    "path": f"/results/{release_id}/subjects/{person.subject_id}",
                },
                reference=f"release:{release_id}:{person.id}",
                wave=0,
                deadline=now + DELIVERABLE,
            )
