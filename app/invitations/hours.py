"""When people are at work: weekdays from eight to four in their zone, public holidays of Norway left out. Pure."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

BEGINS, ENDS = time(8), time(16)
_SATURDAY = 5
_FIXED = ((1, 1), (5, 1), (5, 17), (12, 25), (12, 26))
# Maundy Thursday, Good Friday, Easter and the day after, Ascension, Pentecost and the day after.
_AROUND_EASTER = (-3, -2, 0, 1, 39, 49, 50)


def easter(year: int) -> date:
    """Easter Sunday.

    Parameters
    ----------
    year : of the Gregorian calendar, 1583 or later

    Returns
    -------
    A Sunday from 22 March to 25 April.

    Formula: the golden number gives the age of the moon, the century corrects both calendars.
    Source: anonymous, Nature 13 (1876) 487; J. Meeus, Astronomical Algorithms (1991), chapter 8.

    >>> easter(1991).isoformat(), easter(2027).isoformat(), easter(1818).isoformat()
    ('1991-03-31', '2027-03-28', '1818-03-22')
    """
    golden = year % 19
    century, of_century = divmod(year, 100)
    leap, century_left = divmod(century, 4)
    moon = (century - (century + 8) // 25 + 1) // 3
    age = (19 * golden + century - leap - moon + 15) % 30
    weekday = (32 + 2 * century_left + 2 * (of_century // 4) - age - of_century % 4) % 7
    correction = (golden + 11 * age + 22 * weekday) // 451
    month, day = divmod(age + weekday - 7 * correction + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=16)
def holidays(year: int) -> frozenset[date]:
    """The public holidays of Norway in a year, Sundays of their own left out.

    Parameters
    ----------
    year : of the Gregorian calendar, 1583 or later

    Returns
    -------
    Twelve days, fewer when two fall together.

    Source: lov om helligdager og helligdagsfred (1995) § 2; lov om 1 og 17 mai som høgtidsdager (1947).

    >>> date(2026, 5, 14) in holidays(2026), date(2026, 5, 15) in holidays(2026)
    (True, False)
    """
    sunday = easter(year)
    moving = {sunday + timedelta(days=days) for days in _AROUND_EASTER}
    return frozenset(moving | {date(year, month, day) for month, day in _FIXED})


def is_working_time(now: datetime, zone: ZoneInfo) -> bool:
    """Whether people are at work at a moment.

    Parameters
    ----------
    now : aware
    zone : where they work

    Returns
    -------
    True on weekdays that are no holidays, from 08:00 until 16:00 exclusive, local time.

    >>> from datetime import UTC
    >>> oslo = ZoneInfo("Europe/Oslo")
    >>> is_working_time(datetime(2026, 11, 23, 7, tzinfo=UTC), oslo)
    True
    >>> is_working_time(datetime(2026, 11, 23, 15, tzinfo=UTC), oslo)
    False
    """
    local = now.astimezone(zone)
    return is_working_day(local.date()) and BEGINS <= local.time() < ENDS


def next_working_time(now: datetime, zone: ZoneInfo) -> datetime:
    """The moment itself when people are at work, else the next at which they begin.

    Parameters
    ----------
    now : aware
    zone : where they work

    Returns
    -------
    Aware, in the zone of `now`, not before `now`.

    >>> from datetime import UTC
    >>> next_working_time(datetime(2026, 12, 24, 18, tzinfo=UTC), ZoneInfo("Europe/Oslo")).isoformat()
    '2026-12-28T07:00:00+00:00'
    """
    if is_working_time(now, zone):
        return now
    local = now.astimezone(zone)
    day = local.date() if local.time() < BEGINS else local.date() + timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return datetime.combine(day, BEGINS, zone).astimezone(now.tzinfo)


def is_working_day(day: date) -> bool:
    """Whether people work on a day: no Saturday, no Sunday, no public holiday.

    >>> is_working_day(date(2026, 11, 27)), is_working_day(date(2026, 11, 28)), is_working_day(date(2027, 5, 17))
    (True, False, False)
    """
    return day.weekday() < _SATURDAY and day not in holidays(day.year)


def working_days_after(day: date, count: int) -> date:
    """The day that is so many working days later.

    Parameters
    ----------
    day : on which counting begins; it does not count itself
    count : working days, 0 or more

    Returns
    -------
    A working day, or `day` itself for 0.

    >>> working_days_after(date(2026, 12, 23), 2).isoformat()
    '2026-12-28'
    """
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day
