"""The quarter that is released: its answers were given elsewhere and come in as past ratings."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.accounts.rules import SERVICE
from app.demo.calendar import Quarter, at_local
from app.demo.ratings import past_ratings
from app.demo.soft_kpis import SOFT, Plain
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.kpis.queries import find_kpis
from app.organisation.queries import load_people_of, load_tree
from app.releases.commands import release_round
from app.releases.values import Release
from app.responses.past import import_ratings
from app.rounds.commands import create_round, set_groups, set_round_kpis
from app.rounds.intake import parse_groups, parse_round, parse_round_kpis
from app.rounds.values import Round

GROUPS: Sequence[Plain] = (
    {"rater_group": "manager", "mode": "named"},
    {"rater_group": "self", "mode": "named"},
    {"rater_group": "customer", "mode": "confidential", "k": 5},
    {"rater_group": "mystery_shopper", "mode": "report", "k": 3},
    {"rater_group": "colleague", "mode": "confidential", "k": 3},
    {"rater_group": "direct_report", "mode": "confidential", "k": 3, "comment_k": 5},
)
"""From how many raters on a group is shown, as the people of Fjellbris agreed."""

_ASKED_FOR = timedelta(days=14)


def release_past_quarter(session: WriteSession, company_id: str, quarter: Quarter, *, now: datetime) -> Release:
    """Fill, close and release a round about a quarter for everybody and the competitors."""
    closes_at = at_local(quarter.after.first + timedelta(days=1), 16)
    given = {
        "scope_id": company_id,
        "external_id": f"{quarter.year}-q{quarter.number}",
        "name": dict(quarter.name),
        "purpose": {
            "nb": "Vi vil vite hva kunder og kolleger ser, og hva hver av oss kan øve på.",
            "en": "We want to know what customers and colleagues see, and what each of us can practise.",
        },
        "asked_by": "Ragnhild Torp",
        "period_start": quarter.first.isoformat(),
        "period_end": quarter.last.isoformat(),
        "opens_at": (closes_at - _ASKED_FOR).isoformat(),
        "closes_at": closes_at.isoformat(),
        "release_mode": "manual",
    }
    round_ = draft_round(session, company_id, given, list(SOFT), now=now)
    tree = load_tree(session, company_id, on=local_day(now))
    people = load_people_of(session, tree.subjects)
    names = {subject_id: person.external_id or "" for subject_id, person in people.items()}
    import_ratings(session, SERVICE, round_.id, past_ratings(tree, names), create_unknown=False, now=now)
    return release_round(session, SERVICE, round_.id, now=now)


def draft_round(session: WriteSession, company_id: str, given: Plain, kpis: Sequence[str], *, now: datetime) -> Round:
    """A draft with the rater groups of Fjellbris that asks about some KPIs with their own weights."""
    round_ = create_round(session, SERVICE, company_id, parse_round(given, company_id=company_id), now=now)
    set_groups(session, SERVICE, round_.id, parse_groups({"groups": list(GROUPS)}), now=now)
    ids = find_kpis(session, company_id, kpis)
    asked = parse_round_kpis({"kpis": [{"kpi_id": ids[name]} for name in kpis]})
    return set_round_kpis(session, SERVICE, round_.id, asked, now=now)
