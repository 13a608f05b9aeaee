"""The people file: all or nothing, the same report beforehand, twice the same is nothing."""

from datetime import date, datetime, timedelta

import pytest

from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.infra.database import WriteSession
from app.journal.queries import load_entries
from app.organisation import commands
from app.organisation.queries import find_person, load_tree
from app.organisation.values import NewPerson, SubjectId
from app.reports import Outcome
from tests.organisation.conftest import House
from tests.organisation.files import Import, outcomes, people, refusals, rows, stored, units

STAFF = people(
    "1,Sofie Berg,sofie@fjellbris.example,nb,TN,",
    "2,Kari Lunde,kari@fjellbris.example,en,TS,TS",
    "3,Ragnhild Torp,,,F,F|KS",
)


def test_people_come_in_are_changed_and_lead(session: WriteSession, house: House, bring: Import, today: date) -> None:
    report = bring(commands.import_people, STAFF)
    assert outcomes(report) == [
        (2, "changed", ("external_id: – → 1",)),
        (3, "created", ()),
        (4, "created", ()),
    ]
    tree = load_tree(session, house.company.id, on=today)
    kari = find_person(session, house.company.id, mailbox="kari@fjellbris.example")
    assert kari is not None
    assert kari.subject_id is not None
    assert (kari.id, kari.locale, kari.external_id) == (report.rows[1].id, "en", "2")
    assert tree.leaders(house.south.id) == (kari.subject_id,)
    assert tree.managers_of(house.subject(house.sofie)) == (house.subject(house.amir),)
    ragnhild = find_person(session, house.company.id, external_id="3")
    assert ragnhild is not None
    assert ragnhild.subject_id is not None
    assert set(tree.units_led(ragnhild.subject_id)) == {house.company.id, house.centre.id}
    assert tree.managers_of(kari.subject_id) == (ragnhild.subject_id,)


def test_the_same_people_twice_change_nothing(session: WriteSession, bring: Import) -> None:
    bring(commands.import_people, STAFF)
    before = stored(session)
    assert {row.outcome for row in bring(commands.import_people, STAFF).rows} == {Outcome.UNCHANGED}
    assert stored(session) == before


def test_a_dry_run_over_people_tells_the_same_and_writes_nothing(session: WriteSession, bring: Import) -> None:
    before = stored(session)
    report = bring(commands.import_people, STAFF, dry_run=True)
    assert stored(session) == before
    assert outcomes(bring(commands.import_people, STAFF)) == outcomes(report)


def test_each_difference_of_a_person_is_told_and_made(
    session: WriteSession, house: House, bring: Import, today: date
) -> None:
    bring(commands.import_people, STAFF)
    report = bring(commands.import_people, people("2,Kari Lunde Vik,kari.vik@fjellbris.example,nb,TN,KS"))
    assert outcomes(report) == [
        (
            2,
            "changed",
            (
                "name: Kari Lunde → Kari Lunde Vik",
                "email: kari@fjellbris.example → kari.vik@fjellbris.example",
                "locale: en → nb",
                "unit: Team Sør → Team Nord",
                "leads: Team Sør → Kundesenter",
            ),
        )
    ]
    tree = load_tree(session, house.company.id, on=today)
    kari = find_person(session, house.company.id, external_id="2")
    assert kari is not None
    assert kari.subject_id is not None
    assert tree.subjects[kari.subject_id].name == "Kari Lunde Vik"
    assert tree.subjects[kari.subject_id].parent_id == house.north.id
    assert tree.units_led(kari.subject_id) == (house.centre.id,)
    assert kari.mailbox == "kari.vik@fjellbris.example"


def test_without_its_column_what_somebody_leads_stays(bring: Import) -> None:
    lines = rows("external_id,name,email,unit", "2,Kari Lunde,kari@fjellbris.example,TS")
    bring(commands.import_people, STAFF)
    assert outcomes(bring(commands.import_people, lines)) == [(2, "unchanged", ())]
    ends = people("2,Kari Lunde,kari@fjellbris.example,,TS,")
    assert outcomes(bring(commands.import_people, ends)) == [(2, "changed", ("leads: Team Sør → –",))]


def test_somebody_who_had_left_comes_back(
    session: WriteSession, house: House, bring: Import, now: datetime, today: date
) -> None:
    sofie = house.subject(house.sofie)
    commands.close_subject(session, SERVICE, sofie, now=now)
    report = bring(commands.import_people, people(",Sofie Berg,sofie@fjellbris.example,,TS,"))
    assert outcomes(report) == [(2, "changed", ("unit: – → Team Sør",))]
    assert load_tree(session, house.company.id, on=today).path(sofie)[-2] == house.south.id


def test_a_customer_who_is_hired_becomes_a_subject(
    session: WriteSession, house: House, bring: Import, now: datetime, today: date
) -> None:
    contact = commands.create_person(
        session, SERVICE, house.company.id, NewPerson(name="", email="ny@kunder.example"), now=now
    )
    report = bring(commands.import_people, people(",Ny Mann,ny@kunder.example,,TS,TS"))
    assert outcomes(report) == [(2, "changed", ("name: – → Ny Mann", "unit: – → Team Sør", "leads: – → Team Sør"))]
    hired = find_person(session, house.company.id, mailbox="ny@kunder.example")
    assert hired is not None
    assert hired.subject_id is not None
    assert hired.id == contact.id
    assert load_tree(session, house.company.id, on=today).leaders(house.south.id) == (hired.subject_id,)


UNKNOWN_UNIT = "There is no unit with this external id here."
OTHER = "This address belongs to somebody with another external id."


@pytest.mark.parametrize(
    ("lines", "refused"),
    [
        ([",A,a@b.no,,nowhere,"], [(2, "unit", UNKNOWN_UNIT, "")]),
        ([",A,a@b.no,,,"], [(2, "unit", "Name the unit by its external id.", "")]),
        ([",A,a@b.no,,TN,TS|nowhere"], [(2, "leads", UNKNOWN_UNIT, "nowhere")]),
        ([",A,,,TN,"], [(2, "email", "Write an e-mail address or an external id.", "")]),
        (
            [",A,not an address,,TN,"],
            [(2, "email", "Write one e-mail address, such as kari@firma.no, without a name, quotes or spaces.", "")],
        ),
        (
            [",A,a@b.no ,,TN,"],
            [
                (2, "email", "Write one e-mail address, such as kari@firma.no, without a name, quotes or spaces.", ""),
            ],
        ),
        ([",,a@b.no,,TN,"], [(2, "name", "Fill this in.", "")]),
        ([",A,a@b.no,de,TN,"], [(2, "locale", "Choose one of the allowed values.", "nb, en")]),
        (
            [f"{'9' * 101},A,a@b.no,,TN,"],
            [
                (2, "external_id", "An external id has at most 100 visible characters.", ""),
            ],
        ),
        ([",A,a@b.no,,TN,", ",B,A+x@B.no,,TN,"], [(3, "email", "This stands in the file twice.", "")]),
        ([",A,a@b.no,,TN,", ",B,ａ@b.no,,TN,"], [(3, "email", "This stands in the file twice.", "")]),
        (["1,A,a@b.no,,TN,", "1,B,b@b.no,,TN,"], [(3, "external_id", "This stands in the file twice.", "")]),
        (["2,Amir Haddad,sofie@fjellbris.example,,TN,"], []),
        (
            ["7,A,kunde@b.no,,TN,", "8,B,b@b.no,,TN,", "7 ,C,c@b.no,,TN,"],
            [
                (4, "external_id", "This stands in the file twice.", ""),
            ],
        ),
    ],
)
def test_a_person_who_cannot_be_taken_refuses_the_file(
    session: WriteSession, bring: Import, lines: list[str], refused: list[tuple[int, str, str, str]]
) -> None:
    before = stored(session)
    if refused:
        assert refusals(bring, commands.import_people, people(*lines)) == refused
        assert stored(session) == before
    else:
        assert bring(commands.import_people, people(*lines)).count(Outcome.CHANGED) == len(lines)


def test_an_address_of_somebody_else_is_refused(session: WriteSession, bring: Import) -> None:
    bring(commands.import_people, STAFF)
    assert refusals(bring, commands.import_people, people("9,Ny,kari@fjellbris.example,,TN,")) == [
        (2, "email", OTHER, "")
    ]
    assert refusals(bring, commands.import_people, people("1,Sofie Berg,kari@fjellbris.example,,TN,")) == [
        (2, "email", OTHER, "")
    ]


def test_two_rows_about_one_person_by_different_names_are_refused(bring: Import) -> None:
    bring(commands.import_people, STAFF)
    lines = people("2,Kari Lunde,k@fjellbris.example,,TS,", ",Kari Lunde,kari@fjellbris.example,,TS,")
    assert refusals(bring, commands.import_people, lines) == [
        (3, "external_id", "Two rows are about the same person.", "")
    ]


def test_people_of_foreign_units_refuse_the_whole_file(house: House, bring: Import) -> None:
    bring(commands.import_people, STAFF)
    keeper = Viewer("account:1", grants=(Grant(Role.ADMIN, house.north.id),))
    lines = people(",Ny,ny@fjellbris.example,,TN,", "2,Kari Lunde,kari@fjellbris.example,,TN,")
    assert refusals(bring, commands.import_people, lines, keeper) == [
        (3, "external_id", "This person belongs to a unit that you cannot change.", "")
    ]
    assert refusals(bring, commands.import_people, people(",Ny,ny@fjellbris.example,,TS,"), keeper) == [
        (2, "unit", UNKNOWN_UNIT, "")
    ]


def test_a_shared_mailbox_is_taken_with_a_warning(bring: Import) -> None:
    report = bring(commands.import_people, people(",Vakt,post@fjellbris.example,,TN,"), dry_run=True)
    assert report.warnings == (
        "Some addresses look like shared mailboxes, such as post@ or info@. A rater should be one person.",
    )
    assert bring(commands.import_people, STAFF, dry_run=True).warnings == ()


def test_a_unit_takes_ten_thousand_people_and_no_more(bring: Import) -> None:
    many = [f"{one},A,,,TS," for one in range(10_001)]
    assert refusals(bring, commands.import_people, people(*many)) == [
        (2, "unit", "A unit may hold 10,000 directly. Divide it first.", "")
    ]
    assert bring(commands.import_people, people(*many[:10_000]), dry_run=True).count(Outcome.CREATED) == 10_000


def test_a_unit_on_the_lowest_level_takes_nobody(bring: Import) -> None:
    chain = [f"L{level},team,L{level},{f'L{level - 1}' if level > 1 else ''}" for level in range(1, 31)]
    bring(commands.import_organisation, units(*chain))
    assert refusals(bring, commands.import_people, people(",A,a@b.no,,L30,")) == [
        (2, "unit", "The organisation may be 30 levels deep.", "")
    ]
    assert bring(commands.import_people, people(",A,a@b.no,,L29,")).count(Outcome.CREATED) == 1


def test_the_journal_says_how_many_and_by_whom(session: WriteSession, house: House, bring: Import) -> None:
    bring(commands.import_people, STAFF)
    entry = load_entries(session, after=0, limit=100)[-1]
    assert (entry.action, entry.actor, entry.company_id, dict(entry.details)) == (
        "people.imported",
        "service",
        house.company.id,
        {"changed": 1, "created": 2},
    )


def test_a_move_by_file_keeps_the_days_before(
    session: WriteSession, house: House, bring: Import, now: datetime, today: date
) -> None:
    later = now + timedelta(days=30)
    commands.import_people(
        session,
        SERVICE,
        people(",Sofie Berg,sofie@fjellbris.example,,TS,"),
        company_id=house.company.id,
        dry_run=False,
        now=later,
    )
    sofie = SubjectId(house.subject(house.sofie))
    assert load_tree(session, house.company.id, on=today).path(sofie)[-2] == house.north.id
    assert load_tree(session, house.company.id, on=later.date()).path(sofie)[-2] == house.south.id
