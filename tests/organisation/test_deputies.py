"""A deputy acts for a manager in a period: sees and approves, is noted, counts as a reader, and never rates for anybody."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from app.accounts.commands import create_account
from app.accounts.rules import SERVICE, Action, may
from app.accounts.values import Account, Grant, NewAccount, Role, Viewer
from app.errors import AppError, Forbidden, Invalid, NotFound
from app.infra.database import WriteSession
from app.infra.paging import PageRequest
from app.journal.queries import list_entries_about
from app.mail.tables import OutboxRow
from app.organisation import commands
from app.organisation.queries import list_deputies, viewer_of_account
from app.organisation.rules import AlreadyDeputy, LeadsNothing
from app.organisation.values import NewDeputy, NewPerson, Subject
from app.visits.rules import may_know_shopper
from tests.organisation.conftest import House

DAY = date(2026, 11, 23)
WEEK = timedelta(days=7)


@pytest.fixture
def accounts(session: WriteSession, house: House, now: datetime) -> Sequence[Account]:
    """Sofie's and Amir's."""
    return [
        create_account(session, SERVICE, NewAccount(one.email or "", one.name or "", "nb"), now=now)
        for one in (house.sofie, house.amir)
    ]


def viewer(session: WriteSession, account: Account, on: date) -> Viewer:
    return viewer_of_account(session, account, account.email, on=on)


def person_in(session: WriteSession, house: House, unit: Subject, now: datetime) -> tuple[str, ...]:
    """Somebody more in a unit; the path down to the person."""
    name = f"Ny i {unit.name}"
    new = NewPerson(name, f"{unit.id}@fjellbris.example", unit_id=unit.id)
    made = commands.create_person(session, SERVICE, house.company.id, new, now=now)
    return (*unit.path, house.subject(made))


def test_a_deputy_sees_what_the_manager_sees_from_the_first_day_until_the_manager_is_back(
    session: WriteSession, house: House, accounts: Sequence[Account], now: datetime
) -> None:
    sofie, amir = accounts
    new = NewDeputy(house.subject(house.sofie), DAY + 2 * WEEK, DAY + WEEK)
    made = commands.appoint_deputy(session, viewer(session, amir, DAY), house.subject(house.amir), new, now=now)
    days = {
        day: viewer(session, sofie, day) for day in (DAY, DAY + WEEK, DAY + 2 * WEEK - timedelta(1), DAY + 2 * WEEK)
    }
    assert [may(one, Action.RESULTS_READ, house.north.path) for one in days.values()] == [False, True, True, False]
    acting = days[DAY + WEEK]
    # What others experienced of the manager is told to the manager.
    own = (*house.north.path, house.subject(house.amir))
    assert [may(acting, action, own) for action in (Action.RESULTS_READ, Action.ORGANISATION_READ)] == [False, True]
    # Nor is a deputy the stranger who may know who visits the manager.
    assert [may_know_shopper(acting, path) for path in (own, house.north.path)] == [False, False]
    # Who reads results of units alone reads those of the manager's people meanwhile, and of nobody else.
    lars, kari = (person_in(session, house, unit, now) for unit in (house.north, house.south))
    hr = viewer(session, replace(sofie, grants=(Grant(Role.HR, house.company.id),)), DAY + WEEK)
    places = (house.north.path, lars, own, house.south.path, kari)
    assert [may(hr, Action.RESULTS_READ, path) for path in places] == [True, True, False, True, False]
    assert acting.stands_in_for == {house.subject(house.amir)}
    assert acting.acts_as == {f"account:{amir.id}"}
    assert viewer(session, amir, DAY + WEEK).stands_in_for == frozenset()
    listed = list_deputies(session, acting, house.subject(house.amir), PageRequest(), on=DAY)
    assert listed.items == (made,)
    assert made.name == "Sofie Berg"
    (letter,) = session.scalars(select(OutboxRow).where(OutboxRow.letter == "deputy"))
    assert (letter.recipient, letter.parameters["manager"]) == ("sofie@fjellbris.example", "Amir Haddad")
    ended = commands.end_deputy(session, SERVICE, made.id, ends_on=DAY + WEEK, now=now)
    assert commands.end_deputy(session, SERVICE, made.id, now=now).ends_on == ended.ends_on == DAY + WEEK
    assert not may(viewer(session, sofie, DAY + WEEK), Action.RESULTS_READ, house.north.path)
    told = [entry.action for entry in list_entries_about(session, "subject", made.subject_id)]
    assert told == ["deputy.appointed", "deputy.ended"]


def test_who_is_appointed_works_here_and_who_is_stood_in_for_leads_something(
    session: WriteSession, house: House, now: datetime
) -> None:
    sofie, amir = house.subject(house.sofie), house.subject(house.amir)
    good = NewDeputy(sofie, DAY + WEEK)
    commands.appoint_deputy(session, SERVICE, amir, good, now=now)
    refused: list[tuple[str, NewDeputy, type[AppError]]] = [
        (amir, good, AlreadyDeputy),
        (amir, replace(good, deputy_id=amir), Invalid),
        (amir, replace(good, deputy_id=house.north.id), Invalid),
        (amir, replace(good, deputy_id="nobody"), Invalid),
        (amir, replace(good, ends_on=DAY), Invalid),
        (amir, replace(good, ends_on=DAY + timedelta(days=367)), Invalid),
        (sofie, replace(good, deputy_id=amir), LeadsNothing),
        ("nobody", good, NotFound),
    ]
    for subject_id, new, error in refused:
        with pytest.raises(error):
            commands.appoint_deputy(session, SERVICE, subject_id, new, now=now)
    with pytest.raises(NotFound):
        commands.end_deputy(session, SERVICE, "nobody", now=now)


def test_a_deputy_appoints_nobody_and_who_leaves_is_none(
    session: WriteSession, house: House, accounts: Sequence[Account], now: datetime
) -> None:
    sofie, amir = house.subject(house.sofie), house.subject(house.amir)
    commands.appoint_deputy(session, SERVICE, amir, NewDeputy(sofie, DAY + WEEK), now=now)
    acting = viewer(session, accounts[0], DAY)
    reader = Viewer("account:x", grants=(Grant(Role.VIEWER, house.company.id),))
    for somebody in (acting, reader):
        with pytest.raises(Forbidden):
            commands.appoint_deputy(session, somebody, amir, NewDeputy(sofie, DAY + 2 * WEEK, DAY + WEEK), now=now)
    commands.close_subject(session, SERVICE, sofie, on=DAY, now=now)
    assert viewer(session, accounts[0], DAY).grants == ()
