"""A draft like an earlier round: what it takes over, what it leaves behind, and when it asks."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.encounters.clone import clone_round
from app.errors import Forbidden, NotFound
from app.infra.database import WriteSession
from app.kpis.commands import pause_kpi
from app.kpis.values import RaterGroup
from app.organisation.commands import close_subject
from app.rounds.commands import change_round, draft_of, launch_round, propose_assignments
from app.rounds.queries import load_assignments, load_rated
from app.rounds.values import GroupPolicy, Mode, RoundState
from tests.fjellbris import Fjellbris, draft_round, fjellbris

DAY = timedelta(days=1)


@pytest.fixture
def company(session: WriteSession, now: datetime) -> Fjellbris:
    return fjellbris(session, now)


def test_a_round_that_runs_is_asked_again_for_the_next_period(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    groups: list[RaterGroup | GroupPolicy] = [
        RaterGroup.MANAGER,
        GroupPolicy(RaterGroup.COLLEAGUE, Mode.ANONYMOUS, 4, 5),
    ]
    before = draft_round(session, company, now, groups=groups, reminders=[now + 5 * DAY])
    wish = replace(draft_of(before), external_id="2026-Q4")
    change_round(session, SERVICE, before.id, wish, now=now)
    propose_assignments(session, SERVICE, before.id, now=now)
    launched = launch_round(session, SERVICE, before.id, confirmed=True, now=now)
    close_subject(session, SERVICE, company.subjects["Omar Said"], now=now)

    manager = Viewer("account:1", grants=(Grant(Role.MANAGER, company.subjects["Team Nord"]),))
    made = clone_round(session, manager, launched.id, now=now)
    assert (made.state, made.external_id) == (RoundState.DRAFT, None)
    assert (made.groups, made.kpis) == (launched.groups, launched.kpis)
    days: dict[str, Any] = {
        "period_start": date(2027, 1, 1),
        "period_end": date(2027, 3, 31),
        "opens_at": now + 92 * DAY,
        # The name tells the new period in the place of the old one.
        "name": {"nb": "Team Nord, 1. kvartal 2027", "en": "Team Nord, Q1 2027"},
    }
    # A Sunday becomes a Monday.
    days |= {"closes_at": now + 106 * DAY, "reminders": (now + 98 * DAY,)}
    assert draft_of(made) == replace(wish, external_id=None, **days)
    rated = {company.subjects[name] for name in ("Sofie Berg", "Lars Moen", "Thea Vik")}
    assert set(load_rated(session, made.id)) == rated
    proposed = load_assignments(session, made.id)
    asked = {(one.subject_id, one.rater_group) for one in proposed}
    assert asked == {(subject, one.rater_group) for subject in rated for one in made.groups}
    assert company.people["Omar Said"] not in {one.rater_id for one in proposed}
    for viewer, refusal in (
        (Viewer("account:2", grants=(Grant(Role.VIEWER, company.id),)), Forbidden),
        (Viewer("account:3"), NotFound),
    ):
        with pytest.raises(refusal):
            clone_round(session, viewer, launched.id, now=now)


def test_a_round_of_last_year_is_asked_again_for_a_period_with_time_left_and_without_what_is_not_asked_any_more(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    before = draft_round(session, company, now)
    september = datetime(2026, 9, 15, 7, tzinfo=UTC)
    past = replace(draft_of(before), period_start=date(2026, 9, 1), period_end=date(2026, 9, 30), opens_at=september)
    change_round(session, SERVICE, before.id, replace(past, closes_at=september + 7 * DAY), now=now)
    pause_kpi(session, SERVICE, company.kpis["first impression"], reason="Måles ikke nå.", now=now)
    made = clone_round(session, SERVICE, before.id, now=now)
    # Nine in the morning stays nine in the morning when summer time is over.
    assert (made.period_start, made.period_end) == (date(2026, 12, 1), date(2026, 12, 31))
    assert (made.opens_at, made.kpis) == (datetime(2026, 12, 15, 8, tzinfo=UTC), ())
