"""Pure decisions about the goal tree: in which order it is read, what serves a goal, and whether that is on course."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from app.kpis.values import Goal, KpiState
from app.scoring.goalposts import DEFAULT_TARGET_SCORE
from app.strategy.values import GoalCourse, GoalLine, Serving
from app.words import in_locale


def in_order(goals: Iterable[Goal], locale: str) -> list[tuple[Goal, int]]:
    """Goals by name with their depth (0 at the top), each followed by what hangs below it."""
    below: defaultdict[str | None, list[Goal]] = defaultdict(list)
    for goal in sorted(goals, key=lambda one: in_locale(one.name, locale).casefold(), reverse=True):
        below[goal.parent_id].append(goal)
    found: list[tuple[Goal, int]] = []
    waiting = [(goal, 0) for goal in below[None]]
    while waiting:
        goal, depth = waiting.pop()
        found.append((goal, depth))
        waiting.extend((child, depth + 1) for child in below[goal.id])
    return found


def lines_of(
    order: Sequence[tuple[Goal, int]], serving: Mapping[str, Sequence[Serving]], *, is_told: bool
) -> tuple[GoalLine, ...]:
    """The lines of the tree.

    Parameters
    ----------
    order : goals with their depth, each followed by what hangs below it
    serving : KPIs by the goal that they hang on
    is_told : whether the viewer reads the results of the company
    """
    lines = []
    for place, (goal, depth) in enumerate(order):
        served = list(serving.get(goal.id, ()))
        for other, deeper in order[place + 1 :]:
            if deeper <= depth:
                break
            served += serving.get(other.id, ())
        used = [one for one in served if one.state is KpiState.ACTIVE]
        lines.append(
            GoalLine(
                goal=goal,
                depth=depth,
                kpis=tuple(serving.get(goal.id, ())),
                is_orphan=not used,
                course=course_of(used) if is_told else None,
                off=tuple(one for one in used if is_beneath(one)),
                untold=tuple(one for one in used if one.figure is None) if is_told else (),
            )
        )
    return tuple(lines)


def is_beneath(one: Serving) -> bool:
    """Whether the figure of a KPI is beneath its target, which is worth 75 points whatever is measured or rated."""
    return one.figure is not None and one.figure.score < DEFAULT_TARGET_SCORE


def course_of(used: Sequence[Serving]) -> GoalCourse:
    """Whether a goal is on course.

    Parameters
    ----------
    used : the KPIs in use on it and below it

    Returns
    -------
    Off course as soon as one is beneath its target; on course when each has a figure and none is beneath; else unknown.

    >>> course_of([]).value
    'unknown'
    """
    if any(is_beneath(one) for one in used):
        return GoalCourse.OFF
    is_whole = bool(used) and all(one.figure is not None for one in used)
    return GoalCourse.ON if is_whole else GoalCourse.UNKNOWN
