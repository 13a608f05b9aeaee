"""Equal steps of time: which one a span is, which one a day lies in, and how they are counted.

==============  ==============================================================
Name            Meaning
==============  ==============================================================
Length          day, week, month, quarter, year
length_of       the step that a span of days is
start_of        first day of the step that holds a day
step_after      first day of the next step
span_after      the span that follows one, as long as it
number_of       steps counted without a gap
steps_between   first days of all steps that a span touches
==============  ==============================================================
"""

from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_DAYS = {"day": 1, "week": 7}


class Length(StrEnum):
    """How long a step is; the shortest first."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@lru_cache(maxsize=4096)
def length_of(first: date, last: date) -> Length | None:
    """The step that a span of days is.

    Parameters
    ----------
    first, last : both included

    Returns
    -------
    One day, any seven days, or a calendar month, quarter or year; none for any other span.

    >>> length_of(date(2026, 11, 16), date(2026, 11, 22)), length_of(date(2026, 7, 1), date(2026, 9, 30))
    (<Length.WEEK: 'week'>, <Length.QUARTER: 'quarter'>)
    >>> length_of(date(2026, 7, 1), date(2026, 8, 31))
    """
    days = (last - first).days + 1
    for name, count in _DAYS.items():
        if days == count:
            return Length(name)
    for name in _MONTHS:
        length = Length(name)
        if start_of(length, first) == first and step_after(length, first) == last + timedelta(1):
            return length
    return None


def start_of(length: Length, day: date) -> date:
    """First day of the step that holds a day; weeks begin on Monday.

    >>> start_of(Length.WEEK, date(2026, 11, 25)).isoformat(), start_of(Length.QUARTER, date(2026, 11, 25)).isoformat()
    ('2026-11-23', '2026-10-01')
    """
    if length is Length.DAY:
        return day
    if length is Length.WEEK:
        return day - timedelta(days=day.weekday())
    months = _MONTHS[length]
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


def step_after(length: Length, start: date) -> date:
    """First day of the step that follows.

    Parameters
    ----------
    start : first day of a step

    >>> step_after(Length.MONTH, date(2026, 12, 1)).isoformat()
    '2027-01-01'
    """
    if length in _DAYS:
        return start + timedelta(days=_DAYS[length])
    month = start.month - 1 + _MONTHS[length]
    return date(start.year + month // 12, month % 12 + 1, 1)


def span_after(first: date, last: date) -> tuple[date, date]:
    """The span that follows one without a gap and is as long: the next calendar month after one, else as many days.

    Parameters
    ----------
    first, last : both included, first <= last

    >>> [day.isoformat() for day in span_after(date(2026, 10, 1), date(2026, 12, 31))]
    ['2027-01-01', '2027-03-31']
    >>> [day.isoformat() for day in span_after(date(2026, 9, 1), date(2026, 11, 30))]
    ['2026-12-01', '2027-03-01']
    """
    start, length = last + timedelta(days=1), length_of(first, last)
    if length is None:
        return start, start + (last - first)
    return start, step_after(length, start) - timedelta(days=1)


def number_of(length: Length, day: date) -> int:
    """Number of the step that holds a day; the next step has the next number.

    >>> number_of(Length.MONTH, date(2027, 1, 31)) - number_of(Length.MONTH, date(2026, 12, 1))
    1
    """
    if length in _DAYS:
        return (day.toordinal() - 1) // _DAYS[length]
    return (day.year * 12 + day.month - 1) // _MONTHS[length]


def steps_between(length: Length, first: date, last: date) -> list[date]:
    """First days of all steps that a span touches, in order; none if the span ends before it begins.

    >>> [start.isoformat() for start in steps_between(Length.MONTH, date(2026, 7, 31), date(2026, 9, 1))]
    ['2026-07-01', '2026-08-01', '2026-09-01']
    """
    found = []
    start = start_of(length, first)
    while start <= last and first <= last:
        found.append(start)
        start = step_after(length, start)
    return found
