"""People come in, change, lead, leave, and ask to be let in."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from app.accounts import commands as accounts
from app.accounts.keys import find_api_key
from app.accounts.queries import check_password, find_account, find_session
from app.accounts.rules import SERVICE
from app.accounts.values import Grant, NewAccount, NewApiKey, Role, Viewer
from app.errors import Forbidden, Invalid, NotFound
from app.infra.database import WriteSession
from app.infra.ids import new_id
from app.infra.keys import key_of
from app.infra.versions import StaleVersion
from app.journal.queries import list_entries_about
from app.mail.tables import OutboxRow
from app.organisation import commands
from app.organisation.queries import (
    find_person,
    get_person,
    get_subject,
    list_manager_roles,
    load_manager_roles,
    load_people_of,
    load_tree,
    own_subjects,
)
from app.organisation.rules import AlreadyLeads, AnotherPerson, MoveTooEarly
from app.organisation.values import NewPerson, NewRater, Person, PersonChange
from tests.organisation.conftest import House

ADDRESS = "Write one e-mail address, such as kari@firma.no, without a name, quotes or spaces."
TAKEN = "Somebody else in this company has it already."


def hire(session: WriteSession, house: House, new: NewPerson, now: datetime, viewer: Viewer = SERVICE) -> Person:
    return commands.create_person(session, viewer, house.company.id, new, now=now)


def test_an_employee_is_a_person_and_a_subject(session: WriteSession, house: House, now: datetime, today: date) -> None:
    new = NewPerson("Kari Lunde", "Kari+kpi@FJELLBRIS.example", "42", "en", house.south.id)
    kari = hire(session, house, new, now)
    assert kari.subject_id is not None
    assert (kari.name, kari.email, kari.mailbox, kari.external_id, kari.locale) == (
        "Kari Lunde",
        "Kari+kpi@fjellbris.example",
        "kari@fjellbris.example",
        "42",
        "en",
    )
    subject = get_subject(session, SERVICE, kari.subject_id, on=today)
    assert (subject.name, subject.parent_id) == ("Kari Lunde", house.south.id)
    assert load_people_of(session, [kari.subject_id]) == {kari.subject_id: kari}


def test_a_customer_needs_no_name_and_is_no_subject(session: WriteSession, house: House, now: datetime) -> None:
    customer = hire(session, house, NewPerson("", "kunde@kunder.example"), now)
    assert (customer.name, customer.subject_id, customer.locale) == (None, None, "nb")


@pytest.mark.parametrize(
    ("new", "errors"),
    [
        (NewPerson("A"), [("email", "Write an e-mail address or an external id.")]),
        (NewPerson("A", "no address"), [("email", ADDRESS)]),
        (NewPerson("A", "Sofie@Fjellbris.example"), [("email", TAKEN)]),
        (NewPerson("A", "sofie+x@fjellbris.example"), [("email", TAKEN)]),
        (
            NewPerson("<A>", "x", "y" * 101, "de"),
            [
                ("name", "A name holds none of the signs @ < > =? and no hidden ones."),
                ("email", ADDRESS),
                ("external_id", "An external id has at most 100 visible characters."),
                ("locale", "Choose one of the allowed values."),
            ],
        ),
    ],
)
def test_everything_wrong_with_a_person_is_told_at_once(
    session: WriteSession, house: House, now: datetime, new: NewPerson, errors: list[tuple[str, str]]
) -> None:
    with pytest.raises(Invalid) as caught:
        hire(session, house, new, now)
    assert [(error.field, error.message) for error in caught.value.errors] == errors


def test_an_employee_needs_a_name_and_no_address(session: WriteSession, house: House, now: datetime) -> None:
    with pytest.raises(Invalid) as caught:
        hire(session, house, NewPerson("", unit_id=house.south.id), now)
    assert [error.field for error in caught.value.errors] == ["name"]
    assert hire(session, house, NewPerson("Kari", unit_id=house.south.id), now).email is None


def test_an_external_id_is_taken_once_in_a_company(session: WriteSession, house: House, now: datetime) -> None:
    hire(session, house, NewPerson("", external_id="42"), now)
    with pytest.raises(Invalid) as caught:
        hire(session, house, NewPerson("", external_id="42"), now)
    assert [(error.field, error.message) for error in caught.value.errors] == [("external_id", TAKEN)]
    other = commands.create_company(session, SERVICE, "Nabo", now=now)
    assert commands.create_person(session, SERVICE, other.id, NewPerson("", external_id="42"), now=now).id


def test_who_keeps_a_team_hires_there_and_nowhere_else(session: WriteSession, house: House, now: datetime) -> None:
    keeper = Viewer("account:1", grants=(Grant(Role.ADMIN, house.north.id),))
    assert hire(session, house, NewPerson("Ny", unit_id=house.north.id), now, keeper).name == "Ny"
    for unit_id in (house.south.id, "", "nonsense"):
        with pytest.raises(NotFound):
            hire(session, house, NewPerson("Ny", "ny@b.no", unit_id=unit_id), now, keeper)
    reader = Viewer("account:2", grants=(Grant(Role.VIEWER, house.north.id),))
    with pytest.raises(Forbidden):
        hire(session, house, NewPerson("Ny", unit_id=house.north.id), now, reader)


def test_a_unit_of_another_company_hires_nobody_here(session: WriteSession, house: House, now: datetime) -> None:
    other = commands.create_company(session, SERVICE, "Nabo", now=now)
    keeper = Viewer("account:1", grants=(Grant(Role.ADMIN, other.id),))
    with pytest.raises(NotFound):
        hire(session, house, NewPerson("Ny", unit_id=other.id), now, keeper)


def test_a_person_changes_and_the_subject_takes_the_name_over(
    session: WriteSession, house: House, now: datetime, today: date
) -> None:
    change = PersonChange("Sofie Vik", "sofie.vik@fjellbris.example", "9", "en")
    changed = commands.change_person(session, SERVICE, house.sofie.id, change, expected_version=1, now=now)
    assert (changed.name, changed.mailbox, changed.external_id, changed.locale, changed.version) == (
        "Sofie Vik",
        "sofie.vik@fjellbris.example",
        "9",
        "en",
        2,
    )
    assert get_subject(session, SERVICE, house.subject(house.sofie), on=today).name == "Sofie Vik"
    entry = list_entries_about(session, "person", house.sofie.id)[-1]
    assert (entry.action, entry.details) == ("person.changed", {"fields": ["email", "external_id", "locale", "name"]})


def test_what_is_the_same_changes_nothing_and_what_is_empty_is_removed(
    session: WriteSession, house: House, now: datetime
) -> None:
    same = PersonChange("Sofie Berg", "sofie@fjellbris.example", "", "nb")
    assert commands.change_person(session, SERVICE, house.sofie.id, same, now=now) == house.sofie
    without = commands.change_person(session, SERVICE, house.sofie.id, PersonChange(email=""), now=now)
    assert (without.email, without.mailbox, without.name) == (None, None, "Sofie Berg")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (PersonChange(name=" "), "name"),
        (PersonChange(email="amir@fjellbris.example"), "email"),
        (PersonChange(locale="xx"), "locale"),
    ],
)
def test_a_change_that_cannot_be_is_refused_by_field(
    session: WriteSession, house: House, now: datetime, change: PersonChange, field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        commands.change_person(session, SERVICE, house.sofie.id, change, now=now)
    assert [error.field for error in caught.value.errors] == [field]


def test_a_customer_stays_known_by_something(session: WriteSession, house: House, now: datetime) -> None:
    customer = hire(session, house, NewPerson("Kunde", "kunde@kunder.example"), now)
    nameless = commands.change_person(session, SERVICE, customer.id, PersonChange(name=""), now=now)
    assert nameless.name is None
    with pytest.raises(Invalid) as caught:
        commands.change_person(session, SERVICE, customer.id, PersonChange(email=""), now=now)
    assert [error.field for error in caught.value.errors] == ["email"]


def test_a_person_is_changed_by_who_may_and_in_the_version_he_saw(
    session: WriteSession, house: House, now: datetime
) -> None:
    keeper = Viewer("account:1", grants=(Grant(Role.ADMIN, house.south.id),))
    for person_id in (house.sofie.id, new_id(session), "nonsense"):
        with pytest.raises(NotFound):
            commands.change_person(session, keeper, person_id, PersonChange(name="X"), now=now)
    with pytest.raises(StaleVersion):
        commands.change_person(session, SERVICE, house.sofie.id, PersonChange(name="X"), expected_version=3, now=now)


# ------------------------------------------------------------ leading


def test_a_role_begins_and_ends_on_its_days(session: WriteSession, house: House, now: datetime, today: date) -> None:
    sofie, later = house.subject(house.sofie), today + timedelta(days=5)
    role = commands.add_manager_role(session, SERVICE, house.south.id, sofie, starts_on=later, now=now)
    assert load_tree(session, house.company.id, on=today).leaders(house.south.id) == ()
    assert load_tree(session, house.company.id, on=later).leaders(house.south.id) == (sofie,)
    assert list_manager_roles(session, on=later, mailbox="sofie@fjellbris.example") == [role]
    ended = commands.end_manager_role(session, SERVICE, role.id, ends_on=later + timedelta(days=1), now=now)
    assert ended.ends_on == later + timedelta(days=1)
    assert list_manager_roles(session, on=later, mailbox="sofie@fjellbris.example") == [ended]
    assert list_manager_roles(session, on=later + timedelta(days=1), mailbox="sofie@fjellbris.example") == []
    assert commands.end_manager_role(session, SERVICE, role.id, ends_on=later + timedelta(days=9), now=now) == ended


def test_a_role_that_ended_on_its_first_day_never_was_and_may_begin_again(
    session: WriteSession, house: House, now: datetime, today: date
) -> None:
    (role,) = load_manager_roles(session, house.company.id, on=today)
    commands.end_manager_role(session, SERVICE, role.id, now=now)
    assert load_manager_roles(session, house.company.id, on=today) == []
    again = commands.add_manager_role(session, SERVICE, house.north.id, house.subject(house.amir), now=now)
    assert load_manager_roles(session, house.company.id, on=today) == [again]
    with pytest.raises(AlreadyLeads):
        commands.add_manager_role(session, SERVICE, house.north.id, house.subject(house.amir), now=now)
    with pytest.raises(MoveTooEarly):
        commands.end_manager_role(session, SERVICE, again.id, ends_on=today - timedelta(days=1), now=now)


def test_only_people_of_the_company_lead_only_units(session: WriteSession, house: House, now: datetime) -> None:
    sofie = house.subject(house.sofie)
    other = commands.create_company(session, SERVICE, "Nabo", now=now)
    for unit_id, subject_id, kind in (
        (sofie, house.subject(house.amir), Invalid),
        (house.south.id, house.north.id, Invalid),
        (other.id, sofie, NotFound),
        (house.south.id, "nonsense", NotFound),
        ("nonsense", sofie, NotFound),
    ):
        with pytest.raises(kind):
            commands.add_manager_role(session, SERVICE, unit_id, subject_id, now=now)
    with pytest.raises(NotFound):
        commands.end_manager_role(session, SERVICE, "nonsense", now=now)


def test_the_manager_leads_the_nearest_unit_that_one_does_not_lead(
    session: WriteSession, house: House, now: datetime, today: date
) -> None:
    boss = hire(session, house, NewPerson("Ingrid", unit_id=house.centre.id), now)
    assert boss.subject_id is not None
    commands.add_manager_role(session, SERVICE, house.centre.id, boss.subject_id, now=now)
    tree = load_tree(session, house.company.id, on=today)
    assert tree.managers_of(house.subject(house.sofie)) == (house.subject(house.amir),)
    assert tree.managers_of(house.subject(house.amir)) == (boss.subject_id,)
    assert tree.managers_of(boss.subject_id) == ()


# ------------------------------------------------------------ leaving


@pytest.fixture
def signed_in(session: WriteSession, house: House, now: datetime) -> str:
    """Amir's browser; he has a grant of his own and a key in the house besides."""
    account = accounts.create_account(
        session, SERVICE, NewAccount("amir@fjellbris.example", "Amir", password="tolv tegn og litt til"), now=now
    )
    accounts.grant_role(session, SERVICE, account.id, Role.ANALYST, (house.company.id,), now=now)
    check = check_password(session, "amir@fjellbris.example", "tolv tegn og litt til", now=now)
    opened = accounts.sign_in(session, check, client="test", now=now)
    assert opened is not None
    return opened.secret


def test_who_leaves_is_out_at_once_and_leads_nothing(
    session: WriteSession, house: House, now: datetime, today: date, signed_in: str
) -> None:
    found = find_session(session, signed_in, now=now)
    assert found is not None
    maker = Viewer(f"account:{found[1].id}", grants=(Grant(Role.ADMIN, house.company.id),))
    key = accounts.create_api_key(
        session,
        maker,
        NewApiKey("Kasse", ("kpis:read",), now + timedelta(days=9)),
        (house.company.id,),
        now=now,
    )
    assert key.secret is not None
    assert own_subjects(session, "amir@fjellbris.example", on=today) == {house.subject(house.amir)}

    commands.close_subject(session, SERVICE, house.subject(house.amir), now=now)

    account = find_account(session, "amir@fjellbris.example")
    assert account is not None
    assert account.grants == ()
    assert find_session(session, signed_in, now=now) is None
    assert find_api_key(session, key.secret, now=now) is None
    assert own_subjects(session, "amir@fjellbris.example", on=today) == frozenset()
    assert list_manager_roles(session, on=today, mailbox="amir@fjellbris.example") == []
    assert get_person(session, SERVICE, house.amir.id, on=today).name == "Amir Haddad"


def test_who_leaves_one_company_keeps_the_other(
    session: WriteSession, house: House, now: datetime, signed_in: str
) -> None:
    other = commands.create_company(session, SERVICE, "Nabo", now=now)
    account = find_account(session, "amir@fjellbris.example")
    assert account is not None
    accounts.grant_role(session, SERVICE, account.id, Role.VIEWER, (other.id,), now=now)
    commands.close_subject(session, SERVICE, house.subject(house.amir), now=now)
    left = find_account(session, "amir@fjellbris.example")
    assert left is not None
    assert left.grants == (Grant(Role.VIEWER, other.id),)


# ------------------------------------------------------------ asking to sign in


def letters(session: WriteSession) -> list[tuple[str, str, str]]:
    return [(row.letter, row.recipient, row.reference) for row in session.scalars(select(OutboxRow))]


def test_an_employee_without_an_account_gets_one_and_a_letter(
    session: WriteSession, house: House, now: datetime
) -> None:
    commands.request_sign_in(session, " SOFIE@fjellbris.example ", now=now)
    ((letter, recipient, link_id),) = letters(session)
    assert (letter, recipient) == ("sign_in", "sofie@fjellbris.example")
    account = find_account(session, "sofie@fjellbris.example")
    assert account is not None
    assert (account.name, account.locale, account.grants) == ("Sofie Berg", "nb", ())
    opened = accounts.use_sign_in_link(session, key_of(session).sign_in_token(link_id), client="test", now=now)
    assert find_session(session, opened.secret, now=now) is not None
    row = session.scalars(select(OutboxRow)).one()
    assert row.parameters["organisation"] == "Fjellbris"


@pytest.mark.parametrize("email", ["nobody@fjellbris.example", "not an address", "", "kunde@kunder.example"])
def test_nobody_else_gets_a_letter_and_nothing_is_said(
    session: WriteSession, house: House, now: datetime, email: str
) -> None:
    hire(session, house, NewPerson("", "kunde@kunder.example"), now)
    commands.request_sign_in(session, email, now=now)
    assert letters(session) == []


def test_who_has_left_gets_no_letter(session: WriteSession, house: House, now: datetime) -> None:
    commands.close_subject(session, SERVICE, house.subject(house.sofie), now=now)
    commands.request_sign_in(session, "sofie@fjellbris.example", now=now)
    assert letters(session) == []


# ------------------------------------------------------------ many at once


def test_raters_are_found_by_mailbox_or_id_and_made_once(session: WriteSession, house: House, now: datetime) -> None:
    raters = [
        NewRater("a", email="Sofie+x@fjellbris.example"),
        NewRater("b", email="ny@kunder.example", name="Ny", locale="en"),
        NewRater("c", email="NY@kunder.example"),
        NewRater("d", external_id="S1"),
        NewRater("e", external_id="S1", email="s1@kunder.example"),
    ]
    found = commands.ensure_raters(session, house.company.id, raters, now=now)
    assert found["a"] == house.sofie.id
    assert found["b"] == found["c"]
    assert found["d"] == found["e"]
    assert commands.ensure_raters(session, house.company.id, raters[:4], now=now) == {key: found[key] for key in "abcd"}
    new = find_person(session, house.company.id, mailbox="ny@kunder.example")
    assert new is not None
    assert (new.id, new.name, new.locale, new.subject_id) == (found["b"], "Ny", "en", None)
    assert commands.ensure_raters(session, house.company.id, [], now=now) == {}


def test_a_rater_is_not_two_people(session: WriteSession, house: House, now: datetime) -> None:
    commands.ensure_raters(session, house.company.id, [NewRater("d", external_id="S1")], now=now)
    with pytest.raises(AnotherPerson):
        commands.ensure_raters(
            session, house.company.id, [NewRater("x", "sofie@fjellbris.example", external_id="S1")], now=now
        )


def test_subjects_are_found_by_id_and_made_once_as_people(
    session: WriteSession, house: House, now: datetime, today: date
) -> None:
    known = commands.ensure_raters(session, house.company.id, [NewRater("L2", external_id="L2")], now=now)
    ids = ["L1", "L2", "TN", "L1"]
    found = commands.ensure_subjects(session, house.company.id, ids, parent_id=house.south.id, now=now)
    assert list(found) == ["L1", "L2", "TN"]
    assert found["TN"] == house.north.id
    assert set(load_tree(session, house.company.id, on=today).members(house.south.id)) == {found["L1"], found["L2"]}
    people = load_people_of(session, found.values())
    assert people[found["L2"]].id == known["L2"]
    assert (people[found["L1"]].external_id, people[found["L1"]].name) == ("L1", "L1")
    again = commands.ensure_subjects(session, house.company.id, ids, parent_id=house.south.id, now=now)
    assert again == found


def test_nothing_hangs_under_what_is_not_there(session: WriteSession, house: House, now: datetime) -> None:
    with pytest.raises(NotFound):
        commands.ensure_subjects(session, house.company.id, ["X"], parent_id=new_id(session), now=now)
    known = commands.ensure_raters(session, house.company.id, [NewRater("L1", external_id="L1")], now=now)
    made = commands.ensure_subjects(session, house.company.id, ["L1"], parent_id=house.south.id, now=now)
    assert load_people_of(session, made.values())[made["L1"]].id == known["L1"]
