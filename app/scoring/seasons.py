"""Days and what recurs with them: points of a series, their weekday effect, the same day a year ago.

===================  =======================================================
Name                 Meaning
===================  =======================================================
Point                the value of one step, or none
Season               what is taken out before a series is judged
WeekdayEffect        how far each regular weekday lies from the middle
weekday_effect       the same from a baseline
knows_its_weekdays   whether a baseline is enough for it
against_last_year    differences from the same step one year before
in_order             points sorted by day, each day once
===================  =======================================================
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from statistics import median
from typing import NamedTuple

from app.deferred import dataclass
from app.scoring.errors import ScoringError

LEAST_OF_A_WEEKDAY = 4
YEAR_OF_WEEKS = timedelta(weeks=52)


class Point(NamedTuple):
    """The value of one step of a series.

    on : first day of the step
    value : finite, any unit; none where there is no figure
    """

    on: date
    value: float | None


class Season(StrEnum):
    """What is taken out of a series before it is judged.

    none : nothing
    weekday : the weekday effect, for daily figures
    weeks : the figure 52 weeks before, so that days and weeks meet their like
    year : the figure of the same date a year before, for months and quarters
    """

    NONE = "none"
    WEEKDAY = "weekday"
    WEEKS = "weeks"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class WeekdayEffect:
    """How far each regular weekday lies from the middle, in the unit of the series.

    above : median of the weekday less the median of all, by weekday (Monday is 0); regular weekdays only
    """

    above: Mapping[int, float]

    def without(self, point: Point) -> float | None:
        """Value without the effect of its weekday; none on a weekday that is not regular.

        >>> effect = WeekdayEffect({0: 4.0})
        >>> effect.without(Point(date(2026, 3, 2), 20.0)), effect.without(Point(date(2026, 3, 7), 20.0))
        (16.0, None)
        """
        above = self.above.get(point.on.weekday())
        return None if above is None or point.value is None else point.value - above


def weekday_effect(points: Sequence[Point]) -> WeekdayEffect:
    """Weekday effect of a baseline.

    Parameters
    ----------
    points : with values; at least one

    Returns
    -------
    The effect of the weekdays with at least 4 points.

    Formula: median of the weekday - median of all points on such weekdays.
    Source: docs/scoring.md, section "Seasons".

    >>> weeks = [Point(date(2026, 3, 2) + timedelta(day), 10.0 * (day % 7 == 0)) for day in range(28)]
    >>> weekday_effect(weeks).above[0], weekday_effect(weeks).above[6]
    (10.0, 0.0)
    """
    by_day: dict[int, list[float]] = {}
    for point in points:
        if point.value is not None:
            by_day.setdefault(point.on.weekday(), []).append(point.value)
    regular = {day: values for day, values in by_day.items() if len(values) >= LEAST_OF_A_WEEKDAY}
    if not regular:
        return WeekdayEffect({})
    middle = median(value for values in regular.values() for value in values)
    return WeekdayEffect({day: median(values) - middle for day, values in regular.items()})


def knows_its_weekdays(counts: Mapping[int, int], least: int) -> bool:
    """Whether a baseline has enough points on regular weekdays, and enough of each for its effect.

    Parameters
    ----------
    counts : points by weekday
    least : points on regular weekdays that are needed in all

    A weekday that comes up less than half as often as the commonest is no regular one: a shop that opened on one
    Sunday need not wait for three more.

    >>> knows_its_weekdays({0: 4, 1: 4, 2: 4, 3: 4, 4: 4, 6: 1}, 20), knows_its_weekdays({0: 6, 1: 3}, 6)
    (True, False)
    """
    most = max(counts.values(), default=0)
    enough = all(n >= LEAST_OF_A_WEEKDAY for n in counts.values() if 2 * n >= most)
    return enough and sum(n for n in counts.values() if n >= LEAST_OF_A_WEEKDAY) >= least


def against_last_year(points: Sequence[Point], season: Season) -> list[Point]:
    """Differences from the same step one year before.

    Parameters
    ----------
    points : one per day at most
    season : `weeks` or `year`; other seasons leave the points as they are

    Returns
    -------
    One point per point; none where either value is missing.

    >>> [
    ...     point.value
    ...     for point in against_last_year([Point(date(2025, 3, 1), 5), Point(date(2026, 3, 1), 7)], Season.YEAR)
    ... ]
    [None, 2]
    """
    if season not in {Season.WEEKS, Season.YEAR}:
        return list(points)
    values = {point.on: point.value for point in points}
    return [Point(point.on, _less(point.value, values.get(_year_before(point.on, season)))) for point in points]


def in_order(points: Sequence[Point]) -> list[Point]:
    """Points by day.

    Raises
    ------
    ScoringError : a day comes twice, or a value is not finite

    >>> [point.value for point in in_order([Point(date(2026, 3, 9), 2.0), Point(date(2026, 3, 2), 1.0)])]
    [1.0, 2.0]
    """
    days = Counter(point.on for point in points)
    for day, times in days.items():
        if times > 1:
            msg = f"a series has one point a step, got {times} on {day}"
            raise ScoringError(msg)
    for point in points:
        if point.value is not None and not math.isfinite(point.value):
            msg = f"a value must be a finite number, got {point.value} on {point.on}"
            raise ScoringError(msg)
    return sorted(points, key=lambda point: point.on)


def _less(value: float | None, before: float | None) -> float | None:
    return None if value is None or before is None else value - before


def _year_before(day: date, season: Season) -> date:
    if season is Season.WEEKS:
        return day - YEAR_OF_WEEKS
    return day.replace(year=day.year - 1, day=min(day.day, 28) if day.month == 2 else day.day)
