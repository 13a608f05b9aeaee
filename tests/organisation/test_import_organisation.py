"""The organisation file: all or nothing, the same report beforehand, twice the same is nothing."""

from datetime import date, datetime

import pytest

from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.errors import Forbidden, NotFound
from app.infra.database import WriteSession
from app.journal.queries import load_entries
from app.organisation import commands
from app.organisation.queries import find_subject, load_tree
from app.reports import Outcome
from tests.organisation.conftest import House
from tests.organisation.files import Import, outcomes, refusals, stored, units

FILE = units(
    "F,company,Fjellbris,",
    "KS,department,Kundesenter,",
    "TN,team,Team Nord,KS",
    "TS,team,Team Sør,SA",
    "SA,department,Salg,F",
    "K1,competitor,Varmekompaniet,",
)


def test_new_units_are_made_and_known_ones_moved(
    session: WriteSession, house: House, bring: Import, today: date
) -> None:
    report = bring(commands.import_organisation, FILE)
    assert outcomes(report) == [
        (2, "unchanged", ()),
        (3, "unchanged", ()),
        (4, "unchanged", ()),
        (5, "changed", ("parent: Kundesenter → SA",)),
        (6, "created", ()),
        (7, "created", ()),
    ]
    tree = load_tree(session, house.company.id, on=today)
    sales = find_subject(session, house.company.id, "SA", on=today)
    assert sales is not None
    assert (sales.id, sales.name, tree.children(sales.id)) == (report.rows[4].id, "Salg", (house.south.id,))
    assert [tree.subjects[child].name for child in tree.children(tree.root_id)] == [
        "Kundesenter",
        "Salg",
        "Varmekompaniet",
    ]


def test_a_dry_run_tells_the_same_and_writes_nothing(session: WriteSession, bring: Import) -> None:
    before, entries = stored(session), len(load_entries(session, after=0, limit=100))
    report = bring(commands.import_organisation, FILE, dry_run=True)
    assert (stored(session), len(load_entries(session, after=0, limit=100))) == (before, entries)
    assert outcomes(bring(commands.import_organisation, FILE)) == outcomes(report)


def test_the_same_file_twice_changes_nothing(session: WriteSession, bring: Import) -> None:
    bring(commands.import_organisation, FILE)
    before, entries = stored(session), len(load_entries(session, after=0, limit=100))
    report = bring(commands.import_organisation, FILE)
    assert {row.outcome for row in report.rows} == {Outcome.UNCHANGED}
    assert (stored(session), len(load_entries(session, after=0, limit=100))) == (before, entries)


def test_names_and_kinds_change_and_what_is_not_named_stays(
    session: WriteSession, house: House, bring: Import, today: date
) -> None:
    report = bring(commands.import_organisation, units("TN,department,Team Nordvest,KS"))
    assert outcomes(report) == [(2, "changed", ("kind: team → department", "name: Team Nord → Team Nordvest"))]
    north = load_tree(session, house.company.id, on=today).subjects[house.north.id]
    assert (north.name, north.kind, north.version) == ("Team Nordvest", "department", 2)
    assert find_subject(session, house.company.id, "TS", on=today) is not None


def test_a_closed_unit_comes_back(session: WriteSession, house: House, bring: Import, now: datetime) -> None:
    commands.close_subject(session, SERVICE, house.south.id, now=now)
    report = bring(commands.import_organisation, units("TS,team,Team Sør,KS"))
    assert outcomes(report) == [(2, "changed", ("parent: – → Kundesenter",))]
    assert house.south.id in load_tree(session, house.company.id, on=now.date()).subjects


def test_the_company_gets_its_external_id_from_the_file(session: WriteSession, now: datetime) -> None:
    company = commands.create_company(session, SERVICE, "Nabo", now=now)
    report = commands.import_organisation(
        session, SERVICE, units("N,company,Nabo AS,"), company_id=company.id, dry_run=False, now=now
    )
    assert outcomes(report) == [(2, "changed", ("external_id: – → N", "name: Nabo → Nabo AS"))]


LOOP = "These hang below each other in a circle."
NO_PARENT = "There is no unit with this external id here."
ONE_COMPANY = "The company stands in the file once at most, with its own external id and no parent."
TAKEN = "There is already something with this name here."


@pytest.mark.parametrize(
    ("lines", "refused"),
    [
        (["A,team,A,B", "B,team,B,C", "C,team,C,A"], [(2, "parent_external_id", LOOP, "A → B → C → A")]),
        (["A,team,A,A"], [(2, "parent_external_id", LOOP, "A → A")]),
        (["KS,department,Kundesenter,TN"], [(2, "parent_external_id", LOOP, "KS → TN → KS")]),
        (["A,team,A,TN", "TN,team,Team Nord,A"], [(2, "parent_external_id", LOOP, "A → TN → A")]),
        (["A,team,A,nowhere"], [(2, "parent_external_id", NO_PARENT, "")]),
        (
            ["A,team,A,K", "K,competitor,K,"],
            [
                (
                    2,
                    "parent_external_id",
                    "Only a company, department or team can hold something.",
                    "company, department, team",
                ),
            ],
        ),
        (
            ["K,competitor,K,KS"],
            [
                (
                    2,
                    "parent_external_id",
                    "A competitor hangs directly under the company.",
                    "company, department, team",
                ),
            ],
        ),
        (["A,team,A,", "A,team,B,"], [(3, "external_id", "This stands in the file twice.", "")]),
        ([",team,A,"], [(2, "external_id", "Every subject needs an external id of its own.", "")]),
        (["A,choir,A,"], [(2, "kind", "Choose one of the allowed values.", "company, department, team, competitor")]),
        (["A,person,A,"], [(2, "kind", "People come with the people file.", "company, department, team, competitor")]),
        (["A,team,,"], [(2, "name", "Fill this in.", "")]),
        ([f"A,team,{'x' * 201},"], [(2, "name", "This text is too long.", "")]),
        (["A,team,A <b>,"], [(2, "name", "A name holds none of the signs @ < > =? and no hidden ones.", "")]),
        (["TN,competitor,Team Nord,"], [(2, "kind", "Only departments and teams can become each other.", "team")]),
        (["G,company,Fjellbris,"], [(2, "kind", ONE_COMPANY, "F")]),
        (["F,company,Fjellbris,KS"], [(2, "kind", ONE_COMPANY, "F")]),
        (["F,company,Fjellbris,", "G,company,G,"], [(2, "kind", ONE_COMPANY, "F"), (3, "kind", ONE_COMPANY, "F")]),
        (["A,team,Ｔｅａｍ nord,KS"], [(2, "name", TAKEN, "")]),
        (["A,team,Øst,KS", "B,team,ØST,KS"], [(3, "name", TAKEN, "")]),
        (["TS,team,Team Nord,KS"], [(2, "name", TAKEN, "")]),
        (
            ["A,choir,A,", "B,team,B,nowhere"],
            [
                (2, "kind", "Choose one of the allowed values.", "company, department, team, competitor"),
                (3, "parent_external_id", NO_PARENT, ""),
            ],
        ),
    ],
)
def test_a_row_that_cannot_be_taken_refuses_the_file(
    session: WriteSession, bring: Import, lines: list[str], refused: list[tuple[int, str, str, str]]
) -> None:
    before = stored(session)
    assert refusals(bring, commands.import_organisation, units(*lines)) == refused
    assert stored(session) == before


def test_two_units_may_exchange_their_names(bring: Import) -> None:
    report = bring(commands.import_organisation, units("TN,team,Team Sør,KS", "TS,team,Team Nord,KS"))
    assert [row.outcome.value for row in report.rows] == ["changed", "changed"]


def test_thirty_levels_are_taken_and_one_more_is_not(bring: Import) -> None:
    chain = [f"L{level},team,L{level},{f'L{level - 1}' if level > 1 else ''}" for level in range(1, 32)]
    assert bring(commands.import_organisation, units(*chain[:30]), dry_run=True).count(Outcome.CREATED) == 30
    assert refusals(bring, commands.import_organisation, units(*chain)) == [
        (32, "parent_external_id", "The organisation may be 30 levels deep.", "")
    ]


def test_a_move_that_pushes_what_hangs_below_too_deep_is_refused_at_its_row(bring: Import) -> None:
    chain = [f"L{level},team,L{level},{f'L{level - 1}' if level > 1 else ''}" for level in range(1, 30)]
    bring(commands.import_organisation, units(*chain))
    assert refusals(bring, commands.import_organisation, units("KS,department,Kundesenter,L29")) == [
        (2, "parent_external_id", "The organisation may be 30 levels deep.", "")
    ]


def test_ten_thousand_children_are_taken_and_one_more_is_not(bring: Import) -> None:
    many = [f"C{one},team,C{one},KS" for one in range(9_999)]
    assert refusals(bring, commands.import_organisation, units(*many)) == [
        (2, "parent_external_id", "A unit may hold 10,000 directly. Divide it first.", "")
    ]
    assert bring(commands.import_organisation, units(*many[:9_998]), dry_run=True).count(Outcome.CREATED) == 9_998


def test_a_row_about_a_foreign_unit_refuses_the_whole_file(
    session: WriteSession, house: House, bring: Import, now: datetime
) -> None:
    keeper = Viewer("account:1", grants=(Grant(Role.ADMIN, house.north.id),))
    assert bring(commands.import_organisation, units("N1,team,Nord 1,TN"), keeper).count(Outcome.CREATED) == 1
    assert refusals(bring, commands.import_organisation, units("N2,team,Nord 2,TN", "TS,team,Sørpå,KS"), keeper) == [
        (3, "external_id", "This external id belongs to something that you cannot change.", "")
    ]
    assert refusals(bring, commands.import_organisation, units("N2,team,Nord 2,TS"), keeper) == [
        (2, "parent_external_id", NO_PARENT, "")
    ]
    with pytest.raises(NotFound):
        bring(commands.import_organisation, units("A,team,A,"), Viewer("account:2"))
    with pytest.raises(Forbidden):
        bring(
            commands.import_organisation,
            units("A,team,A,"),
            Viewer("account:3", grants=(Grant(Role.VIEWER, house.company.id),)),
        )
