"""What was followed up in Team Nord: a decision, a plan that worked, and feedback that waits for its talk.

The plan lies between two quarters, of which the later one is released anyhow; what was measured comes with each.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from app.accounts.queries import find_account
from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.decisions.commands import decide_case, open_case
from app.decisions.values import CaseDraft, Choice, DecisionDraft
from app.demo.addresses import address
from app.demo.calendar import Quarter, at_local, month_before
from app.demo.entrances import AMIR
from app.demo.open_round import answer_half
from app.demo.readings import IMPROVED
from app.errors import NotFound
from app.infra.database import WriteSession
from app.infra.formats import period
from app.infra.paging import PageRequest
from app.invitations.commands import invite_due_rounds
from app.invitations.queries import list_invitations
from app.kpis.queries import find_kpis
from app.mail.commands import withdraw
from app.organisation.named import find_subjects
from app.plans.commands import end_plan, make_plan, tick_action
from app.plans.values import ActionDraft, PlanDraft, PlanEnd, PlanState
from app.releases.commands import release_round
from app.releases.values import Release
from app.reports import Row
from app.responses.close import close_round
from app.responses.past import import_ratings
from app.rounds.commands import (
    create_round,
    launch_round,
    propose_assignments,
    set_groups,
    set_rated_subjects,
    set_round_kpis,
)
from app.rounds.intake import parse_groups, parse_round, parse_round_kpis
from app.rounds.values import RoundId
from app.talks.commands import arrange_talk
from app.talks.values import AgreementDraft, Side, TalkDraft

UNIT, TEAM, RATED_ON, MEASURED = "customer-centre", "team-nord", "teamwork", "phone-answer-time"
RATED: Mapping[str, tuple[str, tuple[int, int]]] = {
    IMPROVED: (AMIR, (4, 4)),
    "thea.vik": (AMIR, (4, 5)),
    "elias.dahl": ("kari.lunde", (4, 3)),
}
"""Who was rated by whom in the quarter before, with what for sharing and for relief."""

TALKED_WITH = "thea.vik"
EXPECTED = 10.0
TALK_DAYS = 10
_ASKED, _CLOSED, _RELEASED, _TALK = timedelta(days=9), timedelta(days=3), timedelta(days=2), timedelta(days=5)


def follow_up(session: WriteSession, company_id: str, released: Quarter, today: date, *, now: datetime) -> None:
    """A plan between two quarters, of which the later one is released anyhow, and a month whose feedback waits."""
    amir = _amir(session, company_id)
    _bring_in_quarter(session, company_id, released.before, now=min(now, at_local(released.first + _ASKED, 9)))
    _act(session, company_id, amir, released)
    release = _ask_about_month(session, company_id, today, now=now)
    _set_a_day(session, amir, release, today, now=now)


def _amir(session: WriteSession, company_id: str) -> Viewer:
    account = find_account(session, address(AMIR))
    if account is None:
        raise NotFound
    team = find_subjects(session, company_id, [TEAM])[TEAM]
    return Viewer(f"account:{account.id}", account.name, grants=(Grant(Role.MANAGER, team),))


def _bring_in_quarter(session: WriteSession, company_id: str, quarter: Quarter, *, now: datetime) -> None:
    """What leaders gave for teamwork elsewhere; what was measured comes with it."""
    times = {
        "opens_at": at_local(quarter.after.first, 8).isoformat(),
        "closes_at": at_local(quarter.after.first + timedelta(days=6), 16).isoformat(),
    }
    about = {**times, "name": dict(quarter.name), "release_mode": "manual"}
    round_id = _draft(session, company_id, UNIT, (quarter.first, quarter.last), about, now=now)
    import_ratings(session, SERVICE, round_id, list(_ratings()), create_unknown=False, now=now)
    release_round(session, SERVICE, round_id, now=now)


def _ask_about_month(session: WriteSession, company_id: str, today: date, *, now: datetime) -> Release:
    """One person, asked about in this service, closed and released the day before yesterday."""
    first, last = month_before(today)
    asked_on, closed_on = at_local(today - _ASKED, 9), at_local(today - _CLOSED, 16)
    about = {
        "name": {"nb": f"Samspill, {period(first, last, 'nb')}", "en": f"Teamwork, {period(first, last, 'en')}"},
        "opens_at": asked_on.isoformat(),
        "closes_at": closed_on.isoformat(),
        "release_mode": "manual",
        "talk_days": TALK_DAYS,
    }
    round_id = _draft(session, company_id, TALKED_WITH, (first, last), about, now=asked_on)
    thea = find_subjects(session, company_id, [TALKED_WITH])[TALKED_WITH]
    set_rated_subjects(session, SERVICE, round_id, [thea], now=asked_on)
    propose_assignments(session, SERVICE, round_id, now=asked_on)
    launched = launch_round(session, SERVICE, round_id, confirmed=True, now=asked_on)
    invite_due_rounds(session, now=asked_on)
    answer_half(session, launched, now=asked_on)
    # Answered long ago: the letter would come to somebody who wonders what for.
    asked = list_invitations(session, SERVICE, round_id, PageRequest(), now=asked_on).items
    withdraw(session, [one.id for one in asked], now=asked_on)
    close_round(session, SERVICE, round_id, now=closed_on)
    return release_round(session, SERVICE, round_id, now=now - _RELEASED)


def _draft(
    session: WriteSession,
    company_id: str,
    scope: str,
    period: tuple[date, date],
    about: Mapping[str, Any],
    *,
    now: datetime,
) -> RoundId:
    """A draft in which leaders alone rate teamwork."""
    first, last = period
    given = {
        **about,
        "scope_id": find_subjects(session, company_id, [scope])[scope],
        "external_id": f"{first:%Y-%m}-{scope}",
        "purpose": {
            "nb": "Vi snakker om samspill mellom kvartalene også, så ingen må vente på å høre noe.",
            "en": "We talk about teamwork between the quarters as well, so that nobody waits to hear anything.",
        },
        "asked_by": "Ingrid Solheim",
        "period_start": first.isoformat(),
        "period_end": last.isoformat(),
    }
    round_id = create_round(session, SERVICE, company_id, parse_round(given, company_id=company_id), now=now).id
    groups = {"groups": [{"rater_group": "manager", "mode": "named"}]}
    set_groups(session, SERVICE, round_id, parse_groups(groups), now=now)
    kpi_id = find_kpis(session, company_id, [RATED_ON])[RATED_ON]
    asked = {"kpis": [{"kpi_id": kpi_id, "weights": {"manager": 1}}]}
    set_round_kpis(session, SERVICE, round_id, parse_round_kpis(asked), now=now)
    return round_id


def _ratings() -> Iterator[Row]:
    rows = (
        {"subject": subject, "rater": rater, "item": f"{RATED_ON}.{item}", "value": str(level)}
        for subject, (rater, levels) in RATED.items()
        for item, level in zip(("sharing", "relief"), levels, strict=True)
    )
    for number, row in enumerate(rows, start=2):
        yield Row(number, {**row, "rater_group": "manager", "comment": "", "occasion": ""})


def _act(session: WriteSession, company_id: str, amir: Viewer, quarter: Quarter) -> None:
    """Amir asks, decides and plans as the quarter begins; in the week after it the plan is done."""
    first, last = quarter.first, quarter.last
    kpi_id = find_kpis(session, company_id, [MEASURED])[MEASURED]
    lars = find_subjects(session, company_id, [IMPROVED])[IMPROVED]
    asked = CaseDraft(kpi_id, lars, "Lars svarer senest på laget. Hva hjelper?")
    case = open_case(session, amir, asked, now=at_local(first, 9))
    answer = DecisionDraft(Choice.ACT, "Han tar alle samtaler i luka og skriver saken etterpå. Vi deler om det.")
    decide_case(session, amir, case.id, answer, now=at_local(first, 10))
    action = ActionDraft("Sitte ved siden av Thea en formiddag", first + timedelta(days=13))
    what = "Svare først, skrive etterpå, i to bolker om dagen."
    wanted = PlanDraft(kpi_id, lars, lars, what, EXPECTED, last, (action,), case_id=case.id)
    plan = make_plan(session, amir, wanted, now=at_local(first, 10))
    tick_action(session, amir, plan.actions[0].id, is_done=True, now=at_local(action.due_on, 15))
    end = PlanEnd(PlanState.DONE, "Lars svarer et halvt minutt før. Resten av laget prøver det samme.")
    end_plan(session, amir, plan.id, end, now=at_local(last + timedelta(days=1), 9))


def _set_a_day(session: WriteSession, amir: Viewer, release: Release, today: date, *, now: datetime) -> None:
    thea = find_subjects(session, release.company_id, [TALKED_WITH])[TALKED_WITH]
    day = today + _TALK
    agreed = (AgreementDraft("Vise Omar hvordan hun noterer", Side.PERSON, day + timedelta(days=14)),)
    arrange_talk(session, amir, release.id, thea, TalkDraft(day, "", agreed), now=now)
