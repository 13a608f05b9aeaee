"""The days of the demo: which quarter is released, which one is open, their weeks and months. Pure."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from app.deferred import dataclass
from app.infra.formats import DEFAULT_ZONE
from app.words import Words

_ORDINALS = ("First", "Second", "Third", "Fourth")


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A quarter of a year; `number` from 1 to 4."""

    year: int
    number: int

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.number * 3 - 2, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.after.first - timedelta(days=1)

    @property
    def after(self) -> "Quarter":
        """The quarter that follows."""
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    @property
    def before(self) -> "Quarter":
        """The quarter that came before.

        >>> Quarter(2026, 1).before, Quarter(2026, 4).after
        (Quarter(year=2025, number=4), Quarter(year=2027, number=1))
        """
        return Quarter(self.year - (self.number == 1), (self.number + 2) % 4 + 1)

    @property
    def name(self) -> Words:
        """What it is called."""
        return {"nb": f"{self.number}. kvartal {self.year}", "en": f"{_ORDINALS[self.number - 1]} quarter {self.year}"}

    def months(self) -> Iterator[tuple[date, date]]:
        """First and last day of each month."""
        for month in range(3):
            first = date(self.year, self.number * 3 - 2 + month, 1)
            yield first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    def weeks(self) -> Iterator[tuple[date, date]]:
        """Monday and Sunday of each whole week."""
        monday = self.first + timedelta(days=-self.first.weekday() % 7)
        while (sunday := monday + timedelta(days=6)) <= self.last:
            yield monday, sunday
            monday += timedelta(days=7)


RELEASED = Quarter(2026, 3)


def quarter_of(day: date) -> Quarter:
    """The quarter that a day lies in."""
    return Quarter(day.year, (day.month + 2) // 3)


def released_quarter(today: date) -> Quarter:
    """The quarter whose figures are out: the third of 2026, or an earlier one where that is not over yet.

    >>> [released_quarter(date(*day)).number for day in ((2026, 2, 10), (2026, 10, 1), (2028, 8, 31))]
    [4, 3, 3]
    """
    return min(RELEASED, quarter_of(today).before)


def at_local(day: date, hour: int) -> datetime:
    """An hour of a day in the zone of the demo, as UTC."""
    return datetime.combine(day, time(hour), DEFAULT_ZONE).astimezone(UTC)


def month_before(today: date) -> tuple[date, date]:
    """First and last day of the last month that was over ten days ago: so long it takes to ask about one.

    >>> [str(day) for day in month_before(date(2026, 11, 23))]
    ['2026-10-01', '2026-10-31']
    >>> [str(day) for day in month_before(date(2026, 12, 3))]
    ['2026-10-01', '2026-10-31']
    """
    last = (today - timedelta(days=10)).replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last
