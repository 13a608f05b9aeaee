"""Pure decisions about action plans: how many are too many, what a plan must hold, and which figures judge it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from app.deferred import dataclass
from app.errors import Conflict, FieldError, Forbidden
from app.plans.values import Measured, PlanDraft
from app.scoring.effects import effect, verdict
from app.scoring.moves import move_between
from app.scoring.results import Interval
from app.scoring.steps import Length, length_of

MOST_OPEN = 3
"""Whoever has to do more at once finishes none of it."""

MOST_ACTIONS = 5
CHECK_AFTER = timedelta(days=30)
"""When the effect is looked at, unless somebody says otherwise."""

LONGEST = timedelta(days=731)
WITHIN = "Choose a day from today on, at most two years ahead."
BEFORE_CHECK = "Choose a day from today to the day of the check."


class TooManyPlans(Conflict):
    """Three open plans are what one person can see to."""

    code = "too_many_plans"
    message = "{name} has three open plans. Finish or drop one before you add another."


class PlanEnded(Conflict):
    """The plan is done or dropped."""

    code = "plan_ended"
    message = "This plan has ended."


class NotThePlansOwner(Forbidden):
    """Actions are ticked by who sees to the plan, or who leads there."""

    code = "not_the_plans_owner"
    message = "Whoever sees to the plan, or leads there, says what is done."


class NothingToMeasureAgain(Conflict):
    """Nobody was asked about it yet, or nobody is asked any more."""

    code = "nothing_to_measure_again"
    message = "No released round asks about this KPI here, so there is nothing to ask again."


class MeasuredAgainAlready(Conflict):
    """A round that measures a plan again is not released yet."""

    code = "measured_again_already"
    message = "A round that measures this again is under way."


class NobodyToTell(Conflict):
    """Nobody was asked about it before the plan began, or the plan is not finished."""

    code = "nobody_to_tell"
    message = "Raters are told of a plan that is done, if a released round asked about this before it began."


class ToldAlready(Conflict):
    """Raters are told once for each plan."""

    code = "told_already"
    message = "The raters have been told what came of this."


def plan_problems(draft: PlanDraft, *, today: date) -> list[FieldError]:
    """What is wrong with the days of a plan.

    >>> one = PlanDraft("k", "s", "o", "Øve", 5.0, date(2026, 11, 1), ())
    >>> [problem.field for problem in plan_problems(one, today=date(2026, 11, 26))]
    ['check_on']
    """
    span = f"{today.isoformat()} – {(today + LONGEST).isoformat()}"
    found = []
    if not today <= draft.check_on <= today + LONGEST:
        found.append(FieldError("check_on", WITHIN, span))
        return found
    within = f"{today.isoformat()} – {draft.check_on.isoformat()}"
    for place, action in enumerate(draft.actions):
        if not today <= action.due_on <= draft.check_on:
            found.append(FieldError(f"actions.{place}.due_on", BEFORE_CHECK, within))
    return found


# ------------------------------------------------------------ the effect


@dataclass(frozen=True, slots=True)
class Published:
    """A released figure of a KPI at a subject over a period, in points, with its interval as published."""

    subject_id: str
    release_id: str
    first: date
    last: date
    score: float
    lo: float
    hi: float

    @property
    def ends(self) -> Interval:
        """The interval."""
        return Interval(self.lo, self.hi)


def days_to_ask_about(started_on: date, check_on: date, *, today: date) -> tuple[date, date]:
    """The period of a short re-measurement: from the day after a plan began to the day of its check, or to today.

    >>> first, last = days_to_ask_about(date(2026, 11, 26), date(2026, 12, 26), today=date(2026, 11, 26))
    >>> first.isoformat(), last.isoformat()
    ('2026-11-27', '2026-12-26')
    """
    first = started_on + timedelta(days=1)
    return first, max(first, check_on, today)


def pair_for(
    figures: Iterable[Published], *, started_on: date, check_on: date, is_rated: bool = False
) -> tuple[Published, Published] | None:
    """The figures that judge a plan: the last before it began, and the first after it could have worked.

    Parameters
    ----------
    figures : of the KPI at the subject, of periods of any length
    started_on : day on which the plan began
    check_on : day of the check
    is_rated : whether people are asked: a rating over a month may then stand beside one over a quarter if need be,
        which amounts and counts may not

    Returns
    -------
    Two figures of equally long periods, the earlier one over before the plan began, the later one begun after it and
    ending on the day of the check or later; the longest periods for which there are both. Of ratings, two of any
    periods where there are no such two. None without two.

    >>> week = Published("s", "r", date(2026, 11, 16), date(2026, 11, 22), 70.0, 65.0, 75.0)
    >>> later = Published("s", "q", date(2026, 12, 28), date(2027, 1, 3), 80.0, 74.0, 86.0)
    >>> found = pair_for([later, week], started_on=date(2026, 11, 26), check_on=date(2026, 12, 26))
    >>> found == (week, later), pair_for([week], started_on=date(2026, 11, 26), check_on=date(2026, 12, 26)) is None
    (True, True)
    >>> short = Published("s", "p", date(2026, 11, 27), date(2026, 12, 26), 78.0, 70.0, 86.0)
    >>> days = {"started_on": date(2026, 11, 26), "check_on": date(2026, 12, 26)}
    >>> pair_for([week, short], **days) is None, pair_for([week, short], **days, is_rated=True) == (week, short)
    (True, True)
    """
    known = list(figures)
    order: Sequence[Length | None] = [*reversed(Length), None]
    alike = [[one for one in known if length_of(one.first, one.last) is length] for length in order]
    for same in [*alike, known] if is_rated else alike:
        before = [one for one in same if one.last < started_on]
        after = [one for one in same if one.first >= started_on and one.last >= check_on]
        if before and after:
            return max(before, key=lambda one: one.last), min(after, key=lambda one: (one.last, one.release_id))
    return None


def measured_effect(
    pair: tuple[Published, Published],
    before: Mapping[str, Published],
    after: Mapping[str, Published],
    beside: Iterable[str],
    *,
    expected: float,
) -> Measured:
    """What a plan did, from published figures alone.

    Parameters
    ----------
    pair : of the subject itself, `pair_for`
    before, after : figures of the same two releases by subject
    beside : subjects of the same kind without a plan about the KPI
    expected : effect that was expected, in points

    Source: docs/scoring.md, section "Effect of an action".
    """
    first, last = pair
    own = move_between(first.score, first.ends, last.score, last.ends)
    others = [after[one].score - before[one].score for one in beside if one in before and one in after]
    found = effect(own, others)
    return Measured(
        before=first.score,
        after=last.score,
        after_from=last.first,
        after_to=last.last,
        own=own,
        effect=found,
        others=len(others),
        verdict=verdict(found, expected),
    )
