"""Subjects come, change, move and go; the tree of each day is kept."""

from datetime import date, datetime, timedelta

import pytest

from app.accounts.rules import SERVICE
from app.errors import Conflict, FieldError, Invalid, NotFound
from app.infra.database import WriteSession
from app.infra.versions import StaleVersion
from app.organisation import commands
from app.organisation.queries import (
    find_subject,
    get_subject,
    load_manager_roles,
    load_tree,
    path_of,
)
from app.organisation.rules import (
    AlreadyClosed,
    CompanyStays,
    MoveTooEarly,
    NameTaken,
    TooDeep,
    UnitNotEmpty,
    WouldLoop,
    WrongPlace,
)
from app.organisation.values import Move, NewSubject, SubjectChange, SubjectKind
from tests.organisation.conftest import House


def test_the_tree_holds_every_subject_with_its_path(session: WriteSession, house: House, today: date) -> None:
    tree = load_tree(session, house.company.id, on=today)
    sofie, amir = house.subject(house.sofie), house.subject(house.amir)
    assert tree.path(sofie) == (house.company.id, house.centre.id, house.north.id, sofie)
    assert tree.children(house.company.id) == (house.centre.id,)
    assert tree.children(house.centre.id) == (house.north.id, house.south.id)
    assert tree.members(house.north.id) == (amir, sofie)
    assert tree.leaders(house.north.id) == (amir,)
    assert tree.units_led(amir) == (house.north.id,)
    assert tree.managers_of(sofie) == (amir,)
    assert tree.managers_of(amir) == ()
    assert list(tree.subtree(house.centre.id)) == [house.centre.id, house.north.id, amir, sofie, house.south.id]


def test_a_path_and_a_tree_tell_the_same(session: WriteSession, house: House, today: date) -> None:
    tree = load_tree(session, house.company.id, on=today)
    assert {one: path_of(session, one, on=today) for one in tree.subjects} == {
        one: subject.path for one, subject in tree.subjects.items()
    }


def test_a_move_takes_effect_on_its_day_and_keeps_the_days_before(
    session: WriteSession, house: House, today: date, now: datetime
) -> None:
    sofie, later = house.subject(house.sofie), today + timedelta(days=10)
    commands.move_subject(session, SERVICE, sofie, Move(house.south.id, later), now=now)
    assert path_of(session, sofie, on=later - timedelta(days=1))[-2] == house.north.id
    assert path_of(session, sofie, on=later)[-2] == house.south.id
    assert sofie in load_tree(session, house.company.id, on=later - timedelta(days=1)).members(house.north.id)
    assert load_tree(session, house.company.id, on=later).members(house.south.id) == (sofie,)


def test_a_move_on_the_first_day_replaces_the_place(
    session: WriteSession, house: House, today: date, now: datetime
) -> None:
    moved = commands.move_subject(session, SERVICE, house.subject(house.sofie), Move(house.south.id), now=now)
    assert (moved.parent_id, moved.version) == (house.south.id, 2)
    before = get_subject(session, SERVICE, moved.id, on=today - timedelta(days=1))
    assert before.parent_id == house.south.id
