"""Pure decisions about rounds that repeat: when the next one is drafted and started."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from app.errors import AppError, Conflict, Invalid
from app.kpis.values import RaterGroup
from app.repeats.values import Problem, RepetitionState

LEAD_DAYS = range(1, 31)
USUAL_LEAD = 7


class RepetitionStopped(Conflict):
    """A repetition that was stopped for good stays so."""

    code = "repetition_stopped"
    message = "This repetition has been stopped. Let a later round repeat instead."


class RepeatsAlready(Conflict):
    """Whoever wishes for a repetition has not seen that there is one."""

    code = "repeats_already"
    message = "This round is repeated already. Change that repetition instead."


class NotStartedYet(Conflict):
    """A draft can still change, so there is nothing to repeat yet."""

    code = "round_not_started"
    message = "Start this round first; then it can be asked again by itself."


class GroupsMissing(Invalid):
    """Nobody is asked in a group that answered the last time: without a word, figures would stand on others."""

    code = "groups_missing"
    message = "A group that was asked the last time is missing."


class VisitsLeft(Conflict):
    """Some visits could not be ordered as the last time."""

    code = "visits_left"
    message = "Not all mystery visits of the last time could be ordered again. Whoever orders visits looks where there are none."


class BegunByProgramme(Conflict):
    """The rounds of a programme begin by the calendar already."""

    code = "begun_by_programme"
    message = "A programme begins rounds like this one by itself. Change the programme instead."


MISSING_CUSTOMERS = "Customers were asked the last time, and nobody is asked as a customer now. Add a list of them, or take the group off the round, and start it."
MISSING_GROUP = "A rater group that was asked the last time has nobody in it now. Look at who rates whom: add raters, or take the group off the round, and start it."
UNKNOWN = "Something went wrong here, and is not for you to mend. Tell whoever runs the service if it lasts."


def missing_problems(groups: Iterable[RaterGroup]) -> tuple[Problem, ...]:
    """What to say about groups in which nobody is asked any more.

    >>> missing_problems([RaterGroup.COLLEAGUE, RaterGroup.SELF]) == (Problem(MISSING_GROUP),)
    True
    """
    said = (MISSING_CUSTOMERS if group is RaterGroup.CUSTOMER else MISSING_GROUP for group in groups)
    return tuple(Problem(message) for message in dict.fromkeys(said))


def problems_of(error: Exception) -> tuple[Problem, ...]:
    """Why a step came to nothing, as far as people can do something about it.

    >>> problems_of(NotStartedYet()), problems_of(KeyError("x")) == (Problem(UNKNOWN),)
    ((Problem(message='Start this round first; then it can be asked again by itself.', values={}),), True)
    """
    if isinstance(error, Invalid) and error.errors:
        return tuple(Problem(one.message, _plain(one.values)) for one in error.errors)
    return (Problem(error.message, _plain(error.values)),) if isinstance(error, AppError) else (Problem(UNKNOWN),)


def _plain(values: Mapping[str, object]) -> dict[str, str]:
    """What fills a sentence, as the journal and letters hold it."""
    return {name: str(value) for name, value in values.items()}


def again(first: date, last: date, days: timedelta, *, until: date, today: date) -> tuple[date, date] | None:
    """The days of a visit like an earlier one, so many days later.

    Parameters
    ----------
    first, last : the days of the earlier one
    days : how much later the new period is
    until : the last day of the new period
    today : no visit begins before

    Returns
    -------
    First and last day, as many as before where that ends within the period; None once the period is over.

    >>> quarter = timedelta(days=92)
    >>> [
    ...     str(day)
    ...     for day in again(
    ...         date(2026, 7, 6), date(2026, 7, 10), quarter, until=date(2026, 12, 31), today=date(2026, 10, 1)
    ...     )
    ... ]
    ['2026-10-06', '2026-10-10']
    >>> again(date(2026, 7, 6), date(2026, 7, 10), quarter, until=date(2026, 12, 31), today=date(2027, 1, 1)) is None
    True
    """
    begins = max(first + days, today)
    return None if begins > until else (begins, min(begins + (last - first), until))


def draft_day(opens_on: date, lead_days: int) -> date:
    """The day on which the draft of a round is made.

    Parameters
    ----------
    opens_on : the day on which the round opens
    lead_days : days before, 1..30

    >>> str(draft_day(date(2027, 1, 4), 7))
    '2026-12-28'
    """
    return opens_on - timedelta(days=lead_days)


def may_draft(state: RepetitionState, due_on: date, *, is_draft: bool, today: date) -> bool:
    """Whether the next round is drafted now: one at a time, and only while the repetition runs.

    Parameters
    ----------
    state : of the repetition
    due_on : the day on which the draft is made
    is_draft : whether the latest round is a draft itself
    today : the day on which it is asked

    >>> may_draft(RepetitionState.RUNNING, date(2026, 12, 28), is_draft=False, today=date(2026, 12, 28))
    True
    >>> may_draft(RepetitionState.PAUSED, date(2026, 12, 28), is_draft=False, today=date(2026, 12, 28))
    False
    """
    return state is RepetitionState.RUNNING and not is_draft and today >= due_on


def may_start(
    state: RepetitionState, opens_at: datetime, *, starts_itself: bool, is_draft: bool, now: datetime
) -> bool:
    """Whether the draft of a repetition starts now.

    Parameters
    ----------
    state : of the repetition
    opens_at : when its latest round opens
    starts_itself : whether it starts without anybody's doing
    is_draft : whether the latest round is a draft still
    now : the moment at which it is asked

    >>> from datetime import UTC
    >>> monday = datetime(2027, 1, 4, 7, tzinfo=UTC)
    >>> wished = {"starts_itself": True, "is_draft": True}
    >>> [may_start(state, monday, **wished, now=monday) for state in RepetitionState]
    [True, False, False]
    """
    return state is RepetitionState.RUNNING and starts_itself and is_draft and now >= opens_at
