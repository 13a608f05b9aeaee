"""Which rater group dries up at a unit: from what is released alone, who was asked being known. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import takewhile
from typing import NamedTuple

from app.followup.values import FallingResponse
from app.kpis.values import RaterGroup
from app.scoring.falling_response import LEAST_FALL, Asked, Fall, falling_response
from app.scoring.steps import Length, length_of
from app.summaries.values import Place

TWICE = 2
"""How often the minimum would have answered at the earlier rate, so that falling under it is more than flapping."""


class GroupAnswers(NamedTuple):
    """How a rater group answered at a unit in a round, as far as everybody who reads its results can tell.

    raters : behind its row, none where too few answered for one
    asked : everybody who was asked about the unit or what is below it
    least : raters from which on there is a row
    """

    unit_id: str
    rater_group: RaterGroup
    first: date
    last: date
    raters: int | None
    asked: int
    least: int


def falling_of(answers: Iterable[GroupAnswers], units: Mapping[str, Place]) -> list[FallingResponse]:
    """The groups whose response fell and has not come back, those that fell first in each unit foremost.

    Parameters
    ----------
    answers : one per unit, group and round; the later one counts where a period was asked about twice
    units : that are looked at
    """
    series: defaultdict[tuple[str, Length | None], dict[RaterGroup, dict[date, GroupAnswers]]] = defaultdict(dict)
    for one in answers:
        key = one.unit_id, length_of(one.first, one.last)
        series[key].setdefault(one.rater_group, {})[one.first] = one
    return [
        found
        for (unit_id, length), groups in series.items()
        if unit_id in units
        for found in _falling(units[unit_id], length, groups)
    ]


def _falling(
    unit: Place, length: Length | None, groups: Mapping[RaterGroup, Mapping[date, GroupAnswers]]
) -> list[FallingResponse]:
    days = sorted({day for answered in groups.values() for day in answered})
    steps = {group: [_step(answered.get(day)) for day in days] for group, answered in groups.items()}
    falls = falling_response({group.value: found for group, found in steps.items()})
    told = [
        FallingResponse(unit, length, RaterGroup(fall.group), days[fall.since], _told(fall.before), _told(fall.after))
        for fall in falls
        if not _is_back(steps[RaterGroup(fall.group)], fall)
    ]
    known = {one.rater_group for one in told}
    told += [
        one
        for group, answered in groups.items()
        if group not in known and (one := _gone(unit, length, group, [answered[day] for day in sorted(answered)]))
    ]
    return sorted(told, key=lambda one: one.since)


def _step(one: GroupAnswers | None) -> Asked:
    """A round as it can be counted; without a row nobody is to learn how few there were."""
    if one is None or one.raters is None:
        return Asked(0, 0)
    # Who was erased since is in the row and no longer among those asked.
    return Asked(max(one.asked, one.raters), one.raters)


def _told(share: float) -> float:
    return round(share, 2)


def _is_back(steps: Sequence[Asked], fall: Fall) -> bool:
    latest = next(step for step in reversed(steps) if step.asked)
    return latest.answered / latest.asked > fall.before - LEAST_FALL


def _gone(
    unit: Place, length: Length | None, group: RaterGroup, answered: Sequence[GroupAnswers]
) -> FallingResponse | None:
    """A group that had its row in every round until it fell silent, and has had none since, though enough were asked."""
    before = list(takewhile(lambda one: one.raters is not None, answered))
    silent = answered[len(before) :]
    if not before or not silent or any(one.raters is not None for one in silent):
        return None
    steps = [_step(one) for one in before]
    share = sum(step.answered for step in steps) / sum(step.asked for step in steps)
    if any(one.asked * share < TWICE * one.least for one in silent):
        return None
    return FallingResponse(unit, length, group, silent[0].first, _told(share), None)
