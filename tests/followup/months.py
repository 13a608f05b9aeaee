"""Monthly rounds about Team Nord for tests: ten customers each, who answered elsewhere."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from app.accounts.rules import SERVICE
from app.demo.ratings import customer
from app.infra.database import WriteSession
from app.releases.commands import release_round
from app.reports import Row
from app.responses.past import import_ratings
from app.rounds.commands import create_round, set_groups, set_round_kpis
from app.rounds.intake import parse_groups, parse_round, parse_round_kpis
from app.scoring.steps import Length, step_after
from tests.followup.watched import S1, Watching


def release_month(session: WriteSession, known: Watching, first: date, level: int, *, now: datetime) -> None:
    """One month in which ten customers gave the same answer, from 1 to 5, to each item."""
    about = {
        "scope_id": known.subjects["team-nord"],
        "name": {"nb": f"Måned {first.month}", "en": f"Month {first.month}"},
        "purpose": {"nb": "Vi vil vite det.", "en": "We want to know."},
        "asked_by": "Amir Haddad",
        "period_start": first.isoformat(),
        "period_end": (step_after(Length.MONTH, first) - timedelta(1)).isoformat(),
        "opens_at": (now - timedelta(days=2)).isoformat(),
        "closes_at": (now - timedelta(days=1)).isoformat(),
        "release_mode": "manual",
    }
    made = create_round(session, SERVICE, known.company_id, parse_round(about, company_id=known.company_id), now=now)
    groups = {"groups": [{"rater_group": "customer", "mode": "confidential", "k": 5}]}
    set_groups(session, SERVICE, made.id, parse_groups(groups), now=now)
    asked = {"kpis": [{"kpi_id": known.kpis[S1], "weights": {"customer": 1}}]}
    set_round_kpis(session, SERVICE, made.id, parse_round_kpis(asked), now=now)
    rows = [Row(place, cells) for place, cells in enumerate(_ratings(first.month, level), start=2)]
    import_ratings(session, SERVICE, made.id, rows, create_unknown=False, now=now)
    release_round(session, SERVICE, made.id, now=now)


def _ratings(month: int, level: int) -> Iterator[dict[str, str]]:
    for number in range(10):
        for item in ("welcome", "tone"):
            yield {
                "subject": "team-nord",
                "rater": customer(month * 10 + number + 1),
                "rater_group": "customer",
                "item": f"{S1}.{item}",
                "value": str(level - number % 2),
                "comment": "",
                "occasion": "",
            }
