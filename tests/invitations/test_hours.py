"""Reminders leave while people are at work, in their zone: weekdays from eight to four, no public holidays."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.infra.database import WriteSession
from app.invitations.commands import remind_due_rounds
from app.invitations.hours import easter, holidays, is_working_day, is_working_time, next_working_time
from app.rounds.values import Round
from tests.invitations.post import sent

OSLO = ZoneInfo("Europe/Oslo")
DAY = timedelta(days=1)


def test_easter_falls_on_the_days_of_the_almanac() -> None:
    known = {2024: (3, 31), 2025: (4, 20), 2026: (4, 5), 2027: (3, 28), 2028: (4, 16), 2038: (4, 25), 1943: (4, 25)}
    assert {year: (easter(year).month, easter(year).day) for year in known} == known


def test_the_holidays_of_a_year_are_those_of_the_calendar() -> None:
    days = [(1, 1), (4, 2), (4, 3), (4, 5), (4, 6), (5, 1), (5, 14), (5, 17), (5, 24), (5, 25), (12, 25), (12, 26)]
    assert holidays(2026) == {date(2026, month, day) for month, day in days}
    assert len(holidays(2008)) == 11, "Ascension fell on the first of May"


@pytest.mark.parametrize(
    ("moment", "is_working"),
    [
        ("2026-11-23T07:59", False),
        ("2026-11-23T08:00", True),
        ("2026-11-23T15:59", True),
        ("2026-11-23T16:00", False),
        ("2026-11-28T10:00", False),
        ("2026-11-29T10:00", False),
        ("2026-05-14T10:00", False),
        ("2026-12-24T10:00", True),
        ("2026-12-25T10:00", False),
    ],
)
def test_people_are_at_work_on_weekdays_from_eight_to_four(moment: str, is_working: bool) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=OSLO)
    assert is_working_time(at.astimezone(UTC), OSLO) is is_working


@pytest.mark.parametrize(
    ("moment", "following"),
    [
        ("2026-11-23T10:30", "2026-11-23T10:30"),
        ("2026-11-23T06:00", "2026-11-23T08:00"),
        ("2026-11-23T16:00", "2026-11-24T08:00"),
        ("2026-11-27T18:00", "2026-11-30T08:00"),
        ("2026-12-24T16:00", "2026-12-28T08:00"),
        ("2026-04-01T17:00", "2026-04-07T08:00"),
        ("2026-03-27T20:00", "2026-03-30T08:00"),
    ],
)
def test_the_next_working_time_passes_over_nights_weekends_and_holidays(moment: str, following: str) -> None:
    at, then = (datetime.fromisoformat(text).replace(tzinfo=OSLO).astimezone(UTC) for text in (moment, following))
    assert next_working_time(at, OSLO) == then


def test_a_day_elsewhere_begins_when_it_begins_there() -> None:
    at = datetime(2026, 11, 22, 23, tzinfo=UTC)
    assert (is_working_time(at, ZoneInfo("Asia/Tokyo")), is_working_time(at, OSLO)) == (True, False)
    assert is_working_day(date(2026, 11, 23))


def test_a_reminder_that_came_due_in_the_evening_waits_for_the_morning_and_for_those_who_have_not_answered_then(
    session: WriteSession, invited: Round, now: datetime
) -> None:
    sent(session)
    evening = (now + 4 * DAY).replace(hour=18)
    assert invited.reminders[0] < evening
    assert remind_due_rounds(session, now=evening) == 0
    assert remind_due_rounds(session, now=evening + DAY) == 0, "a Saturday"
    assert remind_due_rounds(session, zone=ZoneInfo("America/New_York"), now=evening) == 5
