"""The round that is open: Team Nord asks about the present quarter, and about half have answered."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from app.accounts.rules import SERVICE
from app.demo.calendar import at_local, quarter_of
from app.demo.kpis import LEADERS
from app.demo.levels import spread
from app.demo.organisation import logins
from app.demo.past_round import draft_round
from app.demo.ratings import VISITS, customer, shopper
from app.infra.database import WriteSession
from app.infra.formats import DEFAULT_ZONE
from app.infra.keys import key_of
from app.infra.paging import PageRequest
from app.invitations.commands import invite_due_rounds
from app.invitations.queries import list_invitations
from app.organisation.named import find_subjects
from app.reports import Row
from app.responses.commands import submit_response
from app.responses.intake import SUBMISSION
from app.responses.queries import load_rating_form
from app.responses.rules import answer_field
from app.responses.values import FormSubject
from app.rounds.commands import (
    add_assignments,
    launch_round,
    propose_assignments,
    refresh_shares,
    set_rated_subjects,
)
from app.rounds.intake import parse_raters
from app.rounds.queries import load_salt
from app.rounds.values import Round

UNIT = "team-nord"
ASKED = ("first-impression", "case-ownership", "teamwork", "coaching")
CUSTOMERS = 8
OPEN_DAYS = 7


def open_round(session: WriteSession, company_id: str, *, now: datetime) -> Round:
    """Launch a round that opened yesterday and closes in a week at 16:00, with its invitations and some answers."""
    today = now.astimezone(DEFAULT_ZONE).date()
    quarter = quarter_of(today)
    crew = logins(UNIT)
    subjects = find_subjects(session, company_id, [UNIT, *crew])
    given = {
        "scope_id": subjects[UNIT],
        "external_id": f"{quarter.year}-q{quarter.number}-{UNIT}",
        "name": {"nb": f"Team Nord, {quarter.name['nb']}", "en": f"Team Nord, {quarter.name['en'].lower()}"},
        "purpose": {
            "nb": "Vi vil vite hvordan kundene blir møtt, og om det vi øver på, merkes.",
            "en": "We want to know how customers are met, and whether what we practise can be felt.",
        },
        "asked_by": "Amir Haddad",
        "period_start": quarter.first.isoformat(),
        "period_end": quarter.last.isoformat(),
        "opens_at": at_local(today - timedelta(days=1), 8).isoformat(),
        "closes_at": at_local(today + timedelta(days=OPEN_DAYS), 16).isoformat(),
        "reminders": [at_local(today + timedelta(days=days), 9).isoformat() for days in (3, 6)],
    }
    round_ = draft_round(session, company_id, given, ASKED, now=now)
    set_rated_subjects(session, SERVICE, round_.id, [subjects[one] for one in crew], now=now)
    propose_assignments(session, SERVICE, round_.id, now=now)
    rows = [Row(number, cells) for number, cells in enumerate(_lists(), start=2)]
    add_assignments(session, SERVICE, round_.id, parse_raters(rows), now=now)
    launched = launch_round(session, SERVICE, round_.id, confirmed=True, now=now)
    invite_due_rounds(session, now=now)
    answer_half(session, launched, now=now)
    refresh_shares(session, now=now)
    return launched


def _lists() -> Iterator[Mapping[str, str]]:
    """The customers that each employee has served, every second list overlapping with the one before, and the visits."""
    members = [one for one in logins(UNIT) if one not in LEADERS]
    for place, member in enumerate(members):
        first = place * CUSTOMERS - place % 2 * 2
        for number in range(first, first + CUSTOMERS):
            yield {"rater_group": "customer", "subject": member, "email": customer(number + 1)}
        for visit in range(VISITS):
            number = (place + visit) % (VISITS * 2) + 1
            occasion = f"{member}-{visit + 1}"
            yield {
                "rater_group": "mystery_shopper",
                "subject": member,
                "email": shopper(number),
                "occasion": occasion,
            }


def answer_half(session: WriteSession, round_: Round, *, now: datetime) -> None:
    """Every second of those invited answers what the link asks, through the link as everybody does."""
    salt = load_salt(session, round_.id) or b""
    page = list_invitations(session, SERVICE, round_.id, PageRequest(limit=200), now=now)
    for place, invitation in enumerate(sorted(page.items, key=lambda one: one.email or "")[::2]):
        token = key_of(session).rating_token(salt, invitation.id, 0)
        form = load_rating_form(session, token, now=now)
        posted = {SUBMISSION: [form.submission_id]}
        for subject in form.subjects:
            posted |= _answers(subject, place)
        submit_response(session, token, posted, now=now)


def _answers(subject: FormSubject, turn: int) -> dict[str, list[str]]:
    items = [item for kpi in subject.kpis for item in kpi.items]
    levels = spread(len(items) * 4, len(items), turn=turn)
    return {
        answer_field(subject.assignment_id, item.number): [str(level)]
        for item, level in zip(items, levels, strict=True)
    }
