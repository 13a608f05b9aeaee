"""The bounds of asking, as they are sent and answered: conflicts of interest, and the minutes of forms a month."""

from datetime import date

from pydantic import Field

from app.api.schemas.base import DAY, ID, OTHER_ID, Day, Id, In, Out, example
from app.rounds.limits import Conflict


class ConflictIn(In):
    """Two people who must not rate each other."""

    model_config = example(one_id=ID, other_id=OTHER_ID, reason="They are married.", since=DAY)

    one_id: Id = Field(description="A person, not a subject")
    other_id: Id
    reason: str
    since: Day | None = Field(None, description="Today when left out; never later")


class ConflictOut(Out):
    """Two people who must not rate each other, since a day, until the mark was lifted (exclusive)."""

    model_config = example(
        id=ID,
        one_id=ID,
        one_name="Amir Haddad",
        other_id=OTHER_ID,
        other_name="Kari Moen",
        reason="They are married.",
        since=DAY,
        lifted_on=None,
    )

    id: Id
    one_id: Id
    one_name: str | None
    other_id: Id
    other_name: str | None
    reason: str
    since: date
    lifted_on: date | None


class LoadCapIn(In):
    """How many minutes of forms one rater gets in a month at most, over all rounds of a company."""

    model_config = example(minutes=60)

    minutes: int = Field(description="10 to 600")


class LoadCapOut(Out):
    """How many minutes of forms one rater gets in a month at most, over all rounds of a company."""

    model_config = example(minutes=60)

    minutes: int


class LoadOut(Out):
    """What forms take one rater: in this round, and in the month of its opening over all launched rounds and this one."""

    model_config = example(
        person_id=ID, name="Kari Moen", email="kari.moen@example.org", forms=4, seconds=220, month_seconds=440, cap=3600
    )

    person_id: Id
    name: str | None
    email: str | None
    forms: int
    seconds: int
    month_seconds: int
    cap: int = Field(description="The seconds that one rater gets in a month at most")


def conflict_out(conflict: Conflict) -> ConflictOut:
    """A mark as it is answered."""
    one, other = conflict.people
    return ConflictOut(
        id=conflict.id,
        one_id=one.id,
        one_name=one.name,
        other_id=other.id,
        other_name=other.name,
        reason=conflict.reason,
        since=conflict.since,
        lifted_on=conflict.lifted_on,
    )
