"""The letters to the owner of a repetition: the next round is ready, or why it is not."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from app.mail.values import Letter, Mail
from app.organisation.values import Person
from app.repeats.values import Problem, Repetition, Step
from app.words import in_locale

AHEAD = "ahead"
_WAVES: Mapping[str, int] = {AHEAD: 0, Step.START: 1, Step.DRAFT: 2, Step.VISITS: 3}
"""One letter at most about each of them for a round."""
STAYS_OF_USE = timedelta(days=7)


def owner_letter(
    repetition: Repetition, what: str, problems: Sequence[Problem], person: Person, *, organisation: str, now: datetime
) -> Mail:
    """The mail to the owner, who has an address: what is ready, or the step that came to nothing, and what is in the way.

    That a round is ready is of no use any more once it has opened; what went wrong is so for a week.
    """
    opens_at = repetition.opens_at or now
    return Mail(
        letter=Letter.ROUND_AHEAD,
        recipient=person.email or "",
        name=person.name or "",
        locale=person.locale,
        parameters={
            "organisation": organisation,
            "round_name": in_locale(repetition.name, person.locale),
            "opens_at": opens_at.isoformat(),
            "starts_itself": repetition.starts_itself,
            "path": f"/rounds/{repetition.round_id}" + ("" if what == AHEAD else "/repeat"),
            "what": what,
            "problems": [[problem.message, dict(problem.values)] for problem in problems],
        },
        reference=repetition.round_id,
        wave=_WAVES[what],
        deadline=opens_at if what == AHEAD else now + STAYS_OF_USE,
    )
