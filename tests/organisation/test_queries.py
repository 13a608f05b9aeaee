"""Lists of subjects and people as each viewer sees them, in slices, with a fixed number of statements."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from app.accounts.commands import create_account, create_api_key, grant_role
from app.accounts.rules import SERVICE, Action, may
from app.accounts.values import Grant, NewAccount, NewApiKey, Role, Viewer
from app.errors import Forbidden, Invalid, NotFound
from app.infra.database import ReadSession, WriteSession
from app.infra.paging import Page, PageRequest
from app.organisation import commands, queries
from app.organisation.values import (
    Move,
    NewPerson,
    NewSubject,
    Person,
    PersonFilter,
    Subject,
    SubjectFilter,
    SubjectKind,
)
from tests.organisation.conftest import House

Count = Callable[[Callable[[], object]], int]
ALL = PageRequest(limit=200)


def viewer(role: Role, *subject_ids: str) -> Viewer:
    return Viewer("account:1", grants=tuple(Grant(role, subject_id) for subject_id in subject_ids))


def subject_names(
    session: ReadSession, house: House, on: date, who: Viewer = SERVICE, only: SubjectFilter | None = None
) -> list[str]:
    page = queries.list_subjects(session, who, house.company.id, ALL, on=on, only=only or SubjectFilter())
    return [subject.name for subject in page.items]


def people_names(
    session: ReadSession, house: House, on: date, who: Viewer = SERVICE, only: PersonFilter | None = None
) -> list[str | None]:
    page = queries.list_people(session, who, house.company.id, ALL, on=on, only=only or PersonFilter())
    return [person.name for person in page.items]


def test_subjects_are_listed_by_name_with_their_paths(session: WriteSession, house: House, today: date) -> None:
    page = queries.list_subjects(session, SERVICE, house.company.id, ALL, on=today)
    assert [subject.name for subject in page.items] == [
        "Amir Haddad",
        "Fjellbris",
        "Kundesenter",
        "Sofie Berg",
        "Team Nord",
        "Team Sør",
    ]
    assert page.items[4] == house.north
    assert page.next_cursor is None


def test_slices_put_together_are_the_whole_list(session: WriteSession, house: House, today: date) -> None:
    names, cursor = [], None
    for _ in range(3):
        request = PageRequest(limit=2, cursor=cursor, sort="name")
        page = queries.list_subjects(session, SERVICE, house.company.id, request, on=today)
        names += [subject.name for subject in page.items]
        cursor = page.next_cursor
    assert (names, cursor) == (subject_names(session, house, today), None)


@pytest.mark.parametrize(
    ("only", "names"),
    [
        (SubjectFilter(kind=SubjectKind.TEAM), ["Team Nord", "Team Sør"]),
        (SubjectFilter(prefix="TEAM s"), ["Team Sør"]),
        (SubjectFilter(prefix="%"), []),
        (SubjectFilter(prefix="_eam"), []),
        (SubjectFilter(kind=SubjectKind.PERSON, prefix="s"), ["Sofie Berg"]),
    ],
)
def test_filters_keep_what_they_say(
    session: WriteSession, house: House, today: date, only: SubjectFilter, names: list[str]
) -> None:
    assert subject_names(session, house, today, only=only) == names


def test_children_of_one_parent_are_listed(session: WriteSession, house: House, today: date) -> None:
    assert subject_names(session, house, today, only=SubjectFilter(parent_id=house.north.id)) == [
        "Amir Haddad",
        "Sofie Berg",
    ]
    with pytest.raises(NotFound):
        subject_names(session, house, today, only=SubjectFilter(parent_id="nonsense"))


def test_an_unknown_order_is_refused(session: WriteSession, house: House, today: date) -> None:
    for ask, orders in ((queries.list_subjects, "name"), (queries.list_people, "name, email")):
        with pytest.raises(Invalid) as caught:
            ask(session, SERVICE, house.company.id, PageRequest(sort="shoe_size"), on=today)
        assert [(error.field, error.allowed) for error in caught.value.errors] == [("sort", orders)]


@pytest.mark.parametrize(
    ("role", "place", "names"),
    [
        (Role.VIEWER, "north", ["Amir Haddad", "Sofie Berg", "Team Nord"]),
        (Role.ADMIN, "south", ["Team Sør"]),
        (Role.MANAGER, "centre", ["Amir Haddad", "Kundesenter", "Sofie Berg", "Team Nord", "Team Sør"]),
    ],
)
def test_everybody_lists_his_own_subtree_only(
    session: WriteSession, house: House, today: date, role: Role, place: str, names: list[str]
) -> None:
    who = viewer(role, getattr(house, place).id)
    assert subject_names(session, house, today, who) == names
    assert people_names(session, house, today, who) == [name for name in names if " " in name and "Team" not in name]


def test_who_holds_nothing_lists_himself_or_nothing(session: WriteSession, house: House, today: date) -> None:
    sofie = Viewer("account:1", own_subjects=frozenset({house.subject(house.sofie)}))
    assert subject_names(session, house, today, sofie) == ["Sofie Berg"]
    assert people_names(session, house, today, sofie) == ["Sofie Berg"]
    assert subject_names(session, house, today, Viewer("account:2")) == []
    assert queries.list_subjects(session, SERVICE, house.north.id, ALL, on=today).items == ()
    with pytest.raises(NotFound):
        queries.list_subjects(session, SERVICE, "nonsense", ALL, on=today)


def test_the_list_of_a_day_follows_the_moves(session: WriteSession, house: House, today: date, now: datetime) -> None:
    later = now + timedelta(days=2)
    commands.move_subject(session, SERVICE, house.subject(house.sofie), Move(house.south.id), now=later)
    keeper = viewer(Role.VIEWER, house.south.id)
    assert subject_names(session, house, today, keeper) == ["Team Sør"]
    assert subject_names(session, house, later.date(), keeper) == ["Sofie Berg", "Team Sør"]
    commands.close_subject(session, SERVICE, house.subject(house.sofie), now=later + timedelta(days=1))
    assert subject_names(session, house, later.date() + timedelta(days=1), keeper) == ["Team Sør"]


def test_customers_are_listed_for_who_reads_the_whole_company(
    session: WriteSession, house: House, today: date, now: datetime
) -> None:
    new = NewPerson("", "kunde01@kunder.example")
    customer = commands.create_person(session, SERVICE, house.company.id, new, now=now)
    assert people_names(session, house, today) == [None, "Amir Haddad", "Sofie Berg"]
    whole, part = viewer(Role.VIEWER, house.company.id), viewer(Role.VIEWER, house.centre.id)
    assert queries.get_person(session, whole, customer.id, on=today) == customer
    assert people_names(session, house, today, part) == ["Amir Haddad", "Sofie Berg"]
    with pytest.raises(NotFound):
        queries.get_person(session, part, customer.id, on=today)
    assert queries.get_person(session, part, house.sofie.id, on=today) == house.sofie
    for person_id in ("nonsense", house.company.id):
        with pytest.raises(NotFound):
            queries.get_person(session, SERVICE, person_id, on=today)


@pytest.mark.parametrize(
    ("only", "names"),
    [
        (PersonFilter(prefix="so"), ["Sofie Berg"]),
        (PersonFilter(prefix="AMIR@fjell"), ["Amir Haddad"]),
        (PersonFilter(prefix="berg"), []),
    ],
)
def test_people_are_found_by_name_or_address(
    session: WriteSession, house: House, today: date, only: PersonFilter, names: list[str]
) -> None:
    assert people_names(session, house, today, only=only) == names


def test_people_of_a_unit_hang_in_or_below_it(session: WriteSession, house: House, today: date) -> None:
    assert people_names(session, house, today, only=PersonFilter(unit_id=house.centre.id)) == [
        "Amir Haddad",
        "Sofie Berg",
    ]
    assert people_names(session, house, today, only=PersonFilter(unit_id=house.south.id)) == []


def test_companies_are_those_where_one_holds_or_is_something(
    session: WriteSession, house: House, now: datetime
) -> None:
    other = commands.create_company(session, SERVICE, "Nabo", now=now)
    assert [company.name for company in queries.list_companies(session, SERVICE)] == ["Fjellbris", "Nabo"]
    for who, names in (
        (viewer(Role.VIEWER, house.south.id), ["Fjellbris"]),
        (viewer(Role.VIEWER, house.south.id, other.id), ["Fjellbris", "Nabo"]),
        (Viewer("account:1", own_subjects=frozenset({house.subject(house.sofie)})), ["Fjellbris"]),
        (Viewer("account:1"), []),
    ):
        assert [company.name for company in queries.list_companies(session, who)] == names


def test_a_subject_is_found_by_its_external_id(session: WriteSession, house: House, today: date) -> None:
    assert queries.find_subject(session, house.company.id, "TN", on=today) == house.north
    assert queries.find_subject(session, house.company.id, "XX", on=today) is None
    assert queries.find_person(session, house.company.id, external_id="XX") is None


def test_unknown_ids_are_left_out(session: WriteSession, house: House, today: date) -> None:
    ids = [house.north.id, "nonsense", house.sofie.id]
    assert list(queries.load_subjects(session, ids, on=today)) == [house.north.id]
    assert list(queries.load_people(session, ids)) == [house.sofie.id]
    assert queries.load_subjects(session, [], on=today) == {}


# ------------------------------------------------------------ who is asking


def test_a_manager_is_made_of_what_he_leads_today(
    session: WriteSession, house: House, today: date, now: datetime
) -> None:
    account = create_account(session, SERVICE, NewAccount("amir@fjellbris.example", "Amir"), now=now)
    amir = queries.viewer_of_account(session, account, "amir@fjellbris.example", on=today)
    assert (amir.actor, amir.name, amir.mailbox) == (f"account:{account.id}", "Amir", "amir@fjellbris.example")
    assert amir.grants == (Grant(Role.MANAGER, house.north.id),)
    assert amir.own_subjects == {house.subject(house.amir)}
    assert amir.above == {house.company.id, house.centre.id}
    assert may(amir, Action.RESULTS_READ, house.north.path)
    assert not may(amir, Action.RESULTS_READ, house.centre.path)

    commands.move_subject(session, SERVICE, house.subject(house.amir), Move(house.south.id), now=now)
    commands.end_manager_role(
        session, SERVICE, queries.load_manager_roles(session, house.company.id, on=today)[0].id, now=now
    )
    moved = queries.viewer_of_account(session, account, "amir@fjellbris.example", on=today)
    assert moved.grants == ()
    assert not may(moved, Action.RESULTS_READ, house.north.path)


def test_grants_of_the_account_count_as_well_and_once(
    session: WriteSession, house: House, today: date, now: datetime
) -> None:
    account = create_account(session, SERVICE, NewAccount("amir@fjellbris.example", "Amir"), now=now)
    grant_role(session, SERVICE, account.id, Role.MANAGER, house.north.path, now=now)
    account = grant_role(session, SERVICE, account.id, Role.ANALYST, (house.company.id,), now=now)
    amir = queries.viewer_of_account(session, account, "amir@fjellbris.example", on=today)
    assert set(amir.grants) == {Grant(Role.ANALYST, house.company.id), Grant(Role.MANAGER, house.north.id)}
    assert len(amir.grants) == 2


def test_a_key_may_what_its_scopes_leave_on_its_subtree(
    session: WriteSession, house: House, today: date, now: datetime
) -> None:
    new = NewApiKey("Kasse", ("readings:write", "kpis:read"), now + timedelta(days=30))
    key = create_api_key(session, SERVICE, new, house.north.path, now=now)
    who = queries.viewer_of_key(session, key, on=today)
    assert may(who, Action.READINGS_WRITE, house.north.path)
    assert may(who, Action.KPIS_READ, (house.company.id,))
    assert not may(who, Action.RESULTS_READ, house.north.path)
    assert not may(who, Action.READINGS_WRITE, house.south.path)
    with pytest.raises(Forbidden):
        queries.get_subject(session, who, house.north.id, on=today)
    with pytest.raises(NotFound):
        queries.get_subject(session, who, house.south.id, on=today)


# ------------------------------------------------------------ statements


@pytest.mark.parametrize("role", [None, Role.VIEWER])
def test_lists_take_as_many_statements_for_one_as_for_many(
    session: WriteSession, house: House, today: date, now: datetime, statements: Count, role: Role | None
) -> None:
    who = SERVICE if role is None else viewer(role, house.north.id)

    def subjects() -> Page[Subject]:
        return queries.list_subjects(session, who, house.company.id, ALL, on=today)

    def people() -> Page[Person]:
        return queries.list_people(session, who, house.company.id, ALL, on=today)

    def tree() -> object:
        return queries.load_tree(session, house.company.id, on=today)

    before = [statements(ask) for ask in (subjects, people, tree)]
    shown = len(subjects().items), len(people().items)
    for number in range(3):
        unit = NewSubject(SubjectKind.TEAM, f"Lag {number}", house.north.id)
        unit_id = commands.create_subject(session, SERVICE, unit, now=now).id
        person = NewPerson(f"Ny {number}", unit_id=unit_id)
        commands.create_person(session, SERVICE, house.company.id, person, now=now)
    assert [statements(ask) for ask in (subjects, people, tree)] == before == [3, 1, 2]
    assert (len(subjects().items), len(people().items)) == (shown[0] + 6, shown[1] + 3)
