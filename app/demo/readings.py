"""What the systems of Fjellbris measured: calls and cases of the customer centre, meetings, sales and quotes of sales."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from app.accounts.rules import SERVICE
from app.demo.calendar import Quarter, at_local
from app.demo.levels import around
from app.demo.soft_kpis import Plain
from app.infra.database import WriteSession
from app.infra.formats import DEFAULT_ZONE
from app.metrics.commands import record_readings
from app.metrics.intake import parse_readings
from app.metrics.values import Source

CALLS: Mapping[str, tuple[int, int, float]] = {
    "sofie.berg": (52, 79, 6.2),
    "lars.moen": (61, 72, 5.4),
    "thea.vik": (44, 81, 6.8),
    "omar.said": (70, 74, 7.6),
    "elias.dahl": (48, 77, 5.9),
    "mina.olsen": (39, 84, 6.1),
    "oda.strand": (83, 68, 4.6),
    "henrik.lie": (57, 73, 8.1),
}
"""Seconds until a call is answered, cases solved at the first contact in per cent, minutes per case."""

DEALS: Mapping[str, tuple[int, int, int]] = {
    "jonas.eide": (5, 345, 18),
    "sara.hagen": (6, 290, 27),
    "ali.rahimi": (7, 310, 24),
    "nora.bakke": (4, 240, 22),
    "ida.myhre": (5, 380, 31),
    "tobias.lund": (3, 265, 20),
    "emil.saether": (6, 330, 26),
}
"""Meetings with new customers a week, sales to them in 1000 kroner a month, orders per hundred quotes."""

IMPROVED, BEFORE = "lars.moen", 95
"""Who answers sooner since his plan began, and after how many seconds he did before."""

CASES = (66, 66, 68)
QUOTES = (33, 33, 34)
_APART = 15


def create_readings(
    session: WriteSession, company_id: str, quarter: Quarter, *, improved_on: date, now: datetime
) -> None:
    """Store what was measured in a quarter in the weeks and months that are over, each on the morning after."""
    today = now.astimezone(DEFAULT_ZONE).date()
    by_day: defaultdict[date, list[Plain]] = defaultdict(list)
    for row in (*_calls(quarter, improved_on), *_deals(quarter)):
        by_day[date.fromisoformat(row["end"]) + timedelta(days=1)].append(row)
    for day in sorted(day for day in by_day if day <= today):
        batch = parse_readings(by_day[day], zone=DEFAULT_ZONE)
        at = min(now, at_local(day, 8))
        record_readings(session, SERVICE, batch, company_id=company_id, source=Source.DEMO, now=at)


def _calls(quarter: Quarter, improved_on: date) -> Iterator[Plain]:
    weeks, months = list(quarter.weeks()), list(quarter.months())
    for person, (seconds, solved, minutes) in CALLS.items():
        for week, apart in zip(weeks, around(len(weeks)), strict=True):
            usual = BEFORE if person == IMPROVED and week[1] < improved_on else seconds
            yield _reading("phone-answer-time", person, week, value=usual + apart)
            yield _reading("handling-time", person, week, value=round(minutes + apart / 10, 1))
        yield from _shares("first-contact-resolution", person, months, solved * sum(CASES) // 100, CASES)


def _deals(quarter: Quarter) -> Iterator[Plain]:
    weeks, months = list(quarter.weeks()), list(quarter.months())
    for person, (meetings, sales, orders) in DEALS.items():
        for week, apart in zip(weeks, around(len(weeks)), strict=True):
            yield _reading("new-customer-meetings", person, week, value=meetings + (apart > 0) - (apart < 0))
        for place, month in enumerate(months):
            yield _reading("new-customer-sales", person, month, value=sales + (place - 1) * _APART)
        yield from _shares("quote-to-order", person, months, orders * sum(QUOTES) // 100, QUOTES)


def _shares(
    kpi: str, person: str, months: list[tuple[date, date]], good: int, of: tuple[int, int, int]
) -> Iterator[Plain]:
    """A number of good ones over the months, the odd ones last."""
    each = good // len(of)
    for place, (month, all_of_month) in enumerate(zip(months, of, strict=True)):
        count = good - each * (len(of) - 1) if place == len(of) - 1 else each
        yield _reading(kpi, person, month, numerator=count, denominator=all_of_month)


def _reading(kpi: str, person: str, span: tuple[date, date], **amount: float) -> Plain:
    first, last = span
    return {"kpi": kpi, "subject": person, "start": first.isoformat(), "end": last.isoformat(), **amount}
