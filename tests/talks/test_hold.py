"""A round lets the own feedback wait at its release; it opens with the talk, or by itself, and then a letter says so."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from app.accounts.values import AccountId, Grant, Role, Viewer
from app.infra.database import WriteSession
from app.infra.formats import DEFAULT_ZONE, local_day
from app.invitations.hours import working_days_after
from app.mail.tables import OutboxRow
from app.mail.values import Letter
from app.organisation.tables import ManagerRoleRow
from app.releases.hold import open_on, tell_opened
from app.releases.tables import HeldSummaryRow, ReleaseRow
from app.rounds.tables import RoundRow
from app.summaries.queries import get_summary
from app.talks.commands import arrange_talk, open_summary
from app.talks.values import TalkDraft
from tests.fjellbris import Fjellbris, fjellbris
from tests.releases.test_release import play_customers, release
from tests.served import ONE_DATABASE
from tests.summaries.built import TODAY, quarter

DAY = timedelta(days=1)


@pytest.fixture
def company(session: WriteSession, now: datetime) -> Fjellbris:
    return fjellbris(session, now)


def released_with(session: WriteSession, company: Fjellbris, now: datetime, days: int) -> ReleaseRow:
    """Team Nord's round, with so many working days for the talks."""
    played = play_customers(session, company, now)
    session.execute(update(RoundRow).where(RoundRow.id == played.round.id).values(talk_days=days))
    return release(played)


def waiting(session: WriteSession, company: Fjellbris) -> dict[str, HeldSummaryRow]:
    session.expire_all()
    return {company.name_of(row.subject_id): row for row in session.scalars(select(HeldSummaryRow))}


def told(session: WriteSession) -> list[str]:
    """Who was written to, in the order of names."""
    rows = session.scalars(select(OutboxRow).where(OutboxRow.letter == Letter.RELEASE_READY))
    return sorted(row.recipient_name for row in rows)


def leader(company: Fjellbris) -> Viewer:
    grants = (Grant(Role.MANAGER, company.subjects["Team Nord"]),)
    own = frozenset({company.subjects["Amir Haddad"]})
    return Viewer("account:amir", account_id=AccountId("amir"), grants=grants, own_subjects=own)


def test_a_round_without_talks_tells_everybody_at_once(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    released_with(session, company, now, 0)
    assert (waiting(session, company), len(told(session))) == ({}, 4)


def test_own_feedback_waits_so_many_working_days_and_opens_with_the_talk_or_by_itself(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    made = released_with(session, company, now, 10)
    today = local_day(now)
    latest = working_days_after(today, 10)
    rows = waiting(session, company)
    assert rows.keys() == {"Sofie Berg", "Lars Moen", "Thea Vik", "Omar Said"}
    assert {(row.opens_on, row.latest_on, row.told) for row in rows.values()} == {(latest, latest, False)}
    assert (told(session), tell_opened(session, now=now)) == ([], 0)

    sofie, lars, thea = (company.subjects[name] for name in ("Sofie Berg", "Lars Moen", "Thea Vik"))
    arrange_talk(session, leader(company), made.id, sofie, TalkDraft(today + DAY, "", ()), now=now)
    arrange_talk(session, leader(company), made.id, lars, TalkDraft(latest + 30 * DAY, "", ()), now=now)
    assert open_summary(session, leader(company), made.id, thea, now=now).opens_on == today
    days = {name: row.opens_on for name, row in waiting(session, company).items()}
    assert days == {"Sofie Berg": today + DAY, "Lars Moen": latest, "Thea Vik": today, "Omar Said": latest}
    # A day that is taken back, or moved, closes nothing that is open.
    arrange_talk(session, leader(company), made.id, thea, TalkDraft(latest - DAY, "", ()), now=now)
    arrange_talk(session, leader(company), made.id, sofie, TalkDraft(None, "", ()), now=now)
    days = {name: row.opens_on for name, row in waiting(session, company).items()}
    assert (days["Thea Vik"], days["Sofie Berg"]) == (today, latest)
    # A letter leaves while people are at work, once.
    night = now.replace(hour=2)
    assert [tell_opened(session, zone=DEFAULT_ZONE, now=at) for at in (night, now, now)] == [0, 1, 0]
    assert told(session) == ["Thea Vik"]
    assert tell_opened(session, now=datetime.combine(latest, now.timetz())) == 3
    assert told(session) == ["Lars Moen", "Omar Said", "Sofie Berg", "Thea Vik"]


def test_whom_nobody_else_leads_waits_for_nobody(session: WriteSession, company: Fjellbris, now: datetime) -> None:
    played = play_customers(session, company, now)
    session.execute(update(RoundRow).where(RoundRow.id == played.round.id).values(talk_days=10))
    session.execute(delete(ManagerRoleRow))
    release(played)
    assert (waiting(session, company), len(told(session))) == ({}, 4)


@ONE_DATABASE
def test_what_opens_opens_what_came_before_it_and_no_change_since_what_waits_is_told(session: WriteSession) -> None:
    made = quarter(session, with_the_one_before=True)
    who = made.subjects["sofie.berg"]
    viewer, others = made.person("sofie.berg"), made.viewer(Role.VIEWER, "team-nord")
    at = (made.release.id, who)
    before = get_summary(session, viewer, *at, on=TODAY)
    assert before.since is not None
    assert before.composite is not None
    assert before.composite.change is not None
    latest = TODAY + 10 * DAY
    for round_id in (before.since.round_id, made.round_id):
        session.add(HeldSummaryRow(round_id=round_id, subject_id=who, opens_on=latest, latest_on=latest))
    session.flush()
    held = session.get_one(HeldSummaryRow, (made.round_id, who))
    held.opens_on = TODAY
    again = get_summary(session, viewer, *at, on=TODAY)
    assert again.composite is not None
    assert (again.since, again.composite.change, again.composite.figure) == (None, None, before.composite.figure)
    assert get_summary(session, others, *at, on=TODAY).since == before.since
    held.opens_on = latest
    open_on(session, made.release.id, who, TODAY, today=TODAY)
    assert get_summary(session, viewer, *at, on=TODAY).since == before.since
    # The other way round nothing opens: an earlier round says nothing about a later one.
    held.opens_on = latest
    open_on(session, before.since.release_id, who, TODAY, today=TODAY)
    assert held.opens_on == latest
