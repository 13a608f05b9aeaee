"""Pure decisions about rounds that repeat: when the next one is drafted and started."""

from datetime import date, datetime, timedelta

from app.errors import Conflict
from app.repeats.values import RepetitionState

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
