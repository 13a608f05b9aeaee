"""Half a year of weekly rounds about Team Nord: what customers said of the first impression, until it fell.

The weeks are those before today. Customers answered elsewhere, so that each week comes in as past ratings of its own.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from app.accounts.rules import SERVICE
from app.demo.calendar import at_local
from app.demo.levels import spread
from app.demo.ratings import customer
from app.demo.soft_kpis import Plain
from app.followup.commands import set_watch
from app.followup.values import Method, WatchDraft
from app.infra.database import WriteSession
from app.infra.formats import DEFAULT_ZONE
from app.kpis.queries import find_kpis
from app.organisation.named import find_subjects
from app.releases.commands import release_round
from app.reports import Row
from app.responses.past import import_ratings
from app.rounds.commands import create_round, set_groups, set_round_kpis
from app.rounds.intake import parse_groups, parse_round, parse_round_kpis
from app.rounds.values import Round
from app.scoring.baselines import LEAST_BASELINE
from app.scoring.seasons import Season

UNIT = "team-nord"
KPI = "first-impression"
ITEMS = ("welcome", "tone")
ASKED = 10
"""So many customers answer each week; nobody is asked again within four months."""

RED_LINE = 50.0
PANELS = 18
USUAL: Sequence[tuple[int, int]] = (
    *((43, 42), (41, 42), (43, 43), (42, 41), (44, 42), (41, 43), (42, 44), (43, 42)),
    *((42, 42), (44, 43), (41, 41), (43, 44), (42, 43), (43, 41), (41, 42), (44, 43)),
    *((42, 43), (43, 42), (42, 41), (44, 44), (41, 43), (43, 42), (42, 44), (43, 41)),
)
"""What ten answers from 1 to 5 to each item add up to, in 24 weeks around 81 points."""

FALLING: Sequence[tuple[int, int]] = ((39, 42), (37, 42), (37, 43))
"""A week at 76, which no watch would notice, and weeks near 74: Welcome falls, Tone stands."""


def release_weeks(session: WriteSession, company_id: str, *, first_day: datetime, now: datetime) -> None:
    """Fill, close and release one round a week, each after its week, the last about the last week that is over."""
    today = now.astimezone(DEFAULT_ZONE).date()
    subject_id = find_subjects(session, company_id, [UNIT])[UNIT]
    kpi_id = find_kpis(session, company_id, [KPI])[KPI]
    set_watch(session, SERVICE, kpi_id, WatchDraft(Method.EWMA, Season.NONE, LEAST_BASELINE, RED_LINE), now=first_day)
    sums = (*USUAL, *FALLING)
    monday = today - timedelta(days=today.weekday(), weeks=len(sums))
    for number, totals in enumerate(sums):
        counted = min(now, max(first_day, at_local(monday + timedelta(days=8), 9)))
        round_ = _draft(session, company_id, subject_id, kpi_id, monday, now=counted)
        rows = [Row(place, cells) for place, cells in enumerate(_ratings(number, totals), start=2)]
        import_ratings(session, SERVICE, round_.id, rows, create_unknown=False, now=counted)
        release_round(session, SERVICE, round_.id, now=counted)
        monday += timedelta(weeks=1)


def _draft(
    session: WriteSession, company_id: str, subject_id: str, kpi_id: str, monday: date, *, now: datetime
) -> Round:
    """The round of a week: one KPI, rated by customers alone."""
    given = parse_round(_about(subject_id, monday), company_id=company_id)
    round_ = create_round(session, SERVICE, company_id, given, now=now)
    groups = {"groups": [{"rater_group": "customer", "mode": "confidential", "k": 5}]}
    set_groups(session, SERVICE, round_.id, parse_groups(groups), now=now)
    asked = {"kpis": [{"kpi_id": kpi_id, "weights": {"customer": 1}}]}
    return set_round_kpis(session, SERVICE, round_.id, parse_round_kpis(asked), now=now)


def _about(subject_id: str, monday: date) -> Plain:
    week = monday.isocalendar()
    return {
        "scope_id": subject_id,
        "external_id": f"{week.year}-w{week.week:02d}-{UNIT}",
        "name": {"nb": f"Team Nord, uke {week.week} {week.year}", "en": f"Team Nord, week {week.week} of {week.year}"},
        "purpose": {
            "nb": "Vi vil merke med en gang om kundene blir møtt på en annen måte.",
            "en": "We want to notice at once when customers are met in another way.",
        },
        "asked_by": "Amir Haddad",
        "period_start": monday.isoformat(),
        "period_end": (monday + timedelta(days=6)).isoformat(),
        "opens_at": at_local(monday + timedelta(days=1), 8).isoformat(),
        "closes_at": at_local(monday + timedelta(days=7), 16).isoformat(),
        "release_mode": "manual",
    }


def _ratings(week: int, totals: tuple[int, int]) -> Iterator[dict[str, str]]:
    first = week % PANELS * ASKED + 1
    for code, total in zip(ITEMS, totals, strict=True):
        for number, level in enumerate(spread(total, ASKED, turn=week)):
            yield {
                "subject": UNIT,
                "rater": customer(first + number),
                "rater_group": "customer",
                "item": f"{KPI}.{code}",
                "value": str(level),
                "comment": "",
                "occasion": "",
            }
