"""The letter that says that the next round of a repetition is ready."""

from app.mail.values import Letter, Mail
from app.organisation.values import Person
from app.repeats.values import Repetition
from app.rounds.values import Round
from app.words import in_locale


def ahead_letter(repetition: Repetition, round_: Round, person: Person, *, organisation: str) -> Mail:
    """The mail to the owner; the person has an address. It is of no use any more once the round has opened."""
    return Mail(
        letter=Letter.ROUND_AHEAD,
        recipient=person.email or "",
        name=person.name or "",
        locale=person.locale,
        parameters={
            "organisation": organisation,
            "round_name": in_locale(round_.name, person.locale),
            "opens_at": round_.opens_at.isoformat(),
            "starts_itself": repetition.starts_itself,
            "path": f"/rounds/{round_.id}",
        },
        reference=round_.id,
        wave=0,
        deadline=round_.opens_at,
    )
