"""Subjects come, change, move and go; the tree of each day is kept."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.infra.database import WriteSession
from app.infra.versions import StaleVersion
from app.journal.queries import list_entries_about
from app.organisation import commands
from app.organisation.place import begin_membership
from app.organisation.queries import find_subject, get_subject, load_subjects, load_tree, path_of
from app.organisation.rules import (
    AlreadyClosed,
    CompanyStays,
    MoveTooEarly,
    NameTaken,
    TooDeep,
    TooManyChildren,
    UnitNotEmpty,
    WouldLoop,
    WrongPlace,
)
from app.organisation.values import Move, NewSubject, SubjectChange, SubjectKind
from tests.organisation.conftest import House

MISSING = "00000000-0000-4000-8000-000000000000"


def team(name: str, parent_id: str, external_id: str = "") -> NewSubject:
    return NewSubject(SubjectKind.TEAM, name, parent_id, external_id)


def test_the_tree_holds_every_subject_with_its_path(session: WriteSession, house: House, today: date) -> None:
    tree = load_tree(session, house.company.id, on=today)
    sofie, amir = house.subject(house.sofie), house.subject(house.amir)
    assert tree.path(sofie) == (house.company.id, house.centre.id, house.north.id, sofie)
    assert tree.children(house.company.id) == (house.centre.id,)
    assert tree.children(house.centre.id) == (house.north.id, house.south.id)
    assert tree.children(sofie) == ()
    assert tree.members(house.north.id) == (amir, sofie)
    assert tree.leaders(house.north.id) == (amir,)
    assert tree.units_led(amir) == (house.north.id,)
    assert tree.managers_of(sofie) == (amir,)
    assert tree.managers_of(amir) == ()
    assert list(tree.subtree(house.centre.id)) == [house.centre.id, house.north.id, amir, sofie, house.south.id]


def test_a_path_and_a_tree_tell_the_same(session: WriteSession, house: House, today: date) -> None:
    tree = load_tree(session, house.company.id, on=today)
    assert load_subjects(session, tree.subjects, on=today) == tree.subjects


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


def test_a_move_to_where_it_hangs_changes_nothing(session: WriteSession, house: House, now: datetime) -> None:
    assert commands.move_subject(session, SERVICE, house.north.id, Move(house.centre.id), now=now) == house.north


def test_a_unit_moves_with_everything_below(session: WriteSession, house: House, today: date, now: datetime) -> None:
    commands.move_subject(session, SERVICE, house.north.id, Move(house.company.id), now=now)
    sofie = house.subject(house.sofie)
    assert path_of(session, sofie, on=today) == (house.company.id, house.north.id, sofie)
    assert list_entries_about(session, "subject", house.north.id)[-1].details == {
        "from": house.centre.id,
        "to": house.company.id,
        "on": "2026-11-23",
    }


@pytest.mark.parametrize("days", [0, 5])
def test_nothing_is_moved_below_itself(
    session: WriteSession, house: House, today: date, now: datetime, days: int
) -> None:
    on = today + timedelta(days=days)
    with pytest.raises(WouldLoop):
        commands.move_subject(session, SERVICE, house.centre.id, Move(house.north.id, on), now=now)
    with pytest.raises(WouldLoop):
        commands.move_subject(session, SERVICE, house.north.id, Move(house.north.id, on), now=now)


def test_a_move_that_would_close_a_loop_with_a_planned_one_is_refused(
    session: WriteSession, house: House, today: date, now: datetime
) -> None:
    later = today + timedelta(days=10)
    commands.move_subject(session, SERVICE, house.south.id, Move(house.north.id, later), now=now)
    with pytest.raises(WouldLoop):
        commands.move_subject(session, SERVICE, house.north.id, Move(house.south.id, today), now=now)


def test_a_move_before_the_last_one_is_refused(session: WriteSession, house: House, today: date, now: datetime) -> None:
    with pytest.raises(MoveTooEarly) as caught:
        commands.move_subject(
            session, SERVICE, house.north.id, Move(house.company.id, today - timedelta(days=1)), now=now
        )
    assert caught.value.text == "It has hung where it is since 2026-11-23. Choose a later day."


def test_thirty_levels_are_allowed_and_no_more(session: WriteSession, house: House, now: datetime) -> None:
    chain = [house.company.id]
    for level in range(1, 31):
        chain.append(commands.create_subject(session, SERVICE, team(f"Level {level}", chain[-1]), now=now).id)
    with pytest.raises(TooDeep):
        commands.create_subject(session, SERVICE, team("Level 31", chain[-1]), now=now)
    with pytest.raises(TooDeep):
        commands.move_subject(session, SERVICE, house.north.id, Move(chain[-2]), now=now)


def test_ten_thousand_children_are_allowed_and_no_more(session: WriteSession, house: House, now: datetime) -> None:
    commands.ensure_subjects(
        session, house.company.id, (f"P{one}" for one in range(10_000)), parent_id=house.south.id, now=now
    )
    with pytest.raises(TooManyChildren):
        commands.create_subject(session, SERVICE, team("One more", house.south.id), now=now)
    with pytest.raises(TooManyChildren):
        commands.move_subject(session, SERVICE, house.subject(house.sofie), Move(house.south.id), now=now)
    with pytest.raises(TooManyChildren):
        commands.ensure_subjects(session, house.company.id, ["P"], parent_id=house.south.id, now=now)


def test_units_under_one_parent_differ_in_name_and_people_need_not(
    session: WriteSession, house: House, now: datetime
) -> None:
    with pytest.raises(NameTaken) as caught:
        commands.create_subject(session, SERVICE, team(" ＴＥＡＭ  nord", house.centre.id), now=now)
    assert caught.value.text == "There is already something called Team Nord here. Choose another name."
    with pytest.raises(NameTaken):
        commands.change_subject(session, SERVICE, house.south.id, SubjectChange(name="TEAM NORD"), now=now)
    elsewhere = commands.create_subject(session, SERVICE, team("Team Nord", house.company.id), now=now)
    with pytest.raises(NameTaken):
        commands.move_subject(session, SERVICE, elsewhere.id, Move(house.centre.id), now=now)
    namesake = NewSubject(SubjectKind.PERSON, "Sofie Berg", house.north.id)
    assert commands.create_subject(session, SERVICE, namesake, now=now).name == "Sofie Berg"


@pytest.mark.parametrize(
    ("kind", "under"),
    [
        (SubjectKind.COMPANY, "company"),
        (SubjectKind.COMPETITOR, "centre"),
        (SubjectKind.TEAM, "sofie"),
        (SubjectKind.PERSON, "sofie"),
    ],
)
def test_each_kind_has_its_places(
    session: WriteSession, house: House, now: datetime, kind: SubjectKind, under: str
) -> None:
    parent = house.subject(house.sofie) if under == "sofie" else getattr(house, under).id
    with pytest.raises(WrongPlace) as caught:
        commands.create_subject(session, SERVICE, NewSubject(kind, "X", parent), now=now)
    assert [error.field for error in caught.value.errors] == ["parent_id"]


def test_a_competitor_hangs_under_the_company(session: WriteSession, house: House, now: datetime) -> None:
    rival = commands.create_subject(
        session, SERVICE, NewSubject(SubjectKind.COMPETITOR, "Varmekompaniet", house.company.id), now=now
    )
    assert rival.path == (house.company.id, rival.id)


@pytest.mark.parametrize(
    ("new", "fields"),
    [
        (NewSubject(SubjectKind.TEAM, " ", "?"), ["name"]),
        (NewSubject(SubjectKind.TEAM, "x" * 201, "?", "x" * 101), ["name", "external_id"]),
        (NewSubject(SubjectKind.TEAM, "A\u202eB", "?"), ["name"]),
        (NewSubject(SubjectKind.TEAM, "A =?utf-8?", "?"), ["name"]),
        (NewSubject(SubjectKind.TEAM, "A ＜b", "?"), ["name"]),
        (NewSubject(SubjectKind.TEAM, "A", "?", "TN"), ["external_id"]),
    ],
)
def test_what_cannot_be_a_name_or_an_id_is_refused_by_field(
    session: WriteSession, house: House, now: datetime, new: NewSubject, fields: list[str]
) -> None:
    with pytest.raises(Invalid) as caught:
        commands.create_subject(
            session, SERVICE, NewSubject(new.kind, new.name, house.centre.id, new.external_id), now=now
        )
    assert [error.field for error in caught.value.errors] == fields


def test_a_subject_is_renamed_and_a_person_with_it(
    session: WriteSession, house: House, now: datetime, today: date
) -> None:
    sofie = house.subject(house.sofie)
    changed = commands.change_subject(
        session, SERVICE, sofie, SubjectChange(name="Sofie Berg Vik", external_id="7"), expected_version=1, now=now
    )
    assert (changed.name, changed.external_id, changed.version) == ("Sofie Berg Vik", "7", 2)
    person = find_subject(session, house.company.id, "7", on=today)
    assert person is not None
    assert person.name == "Sofie Berg Vik"
    cleared = commands.change_subject(session, SERVICE, sofie, SubjectChange(external_id=""), now=now)
    assert (cleared.name, cleared.external_id) == ("Sofie Berg Vik", None)


def test_a_change_of_nothing_is_no_change(session: WriteSession, house: House, now: datetime) -> None:
    same = SubjectChange(name="Team Nord", external_id="TN")
    assert commands.change_subject(session, SERVICE, house.north.id, same, now=now) == house.north
    with pytest.raises(Invalid):
        commands.change_subject(session, SERVICE, house.north.id, SubjectChange(external_id="TS"), now=now)


@pytest.mark.parametrize(
    "change",
    [
        lambda session, house, now: commands.change_subject(
            session, SERVICE, house.north.id, SubjectChange(name="X"), expected_version=7, now=now
        ),
        lambda session, house, now: commands.move_subject(
            session, SERVICE, house.north.id, Move(house.company.id), expected_version=7, now=now
        ),
        lambda session, house, now: commands.close_subject(
            session, SERVICE, house.south.id, expected_version=7, now=now
        ),
    ],
)
def test_a_change_of_an_older_version_is_refused(
    session: WriteSession, house: House, now: datetime, change: Callable[..., object]
) -> None:
    with pytest.raises(StaleVersion):
        change(session, house, now)


def test_a_closed_subject_leaves_the_tree_and_keeps_its_last_path(
    session: WriteSession, house: House, now: datetime, today: date
) -> None:
    later = now + timedelta(days=3)
    closed = commands.close_subject(session, SERVICE, house.south.id, now=later)
    assert (closed.closed_on, closed.path) == (later.date(), (house.company.id, house.centre.id, house.south.id))
    assert house.south.id not in load_tree(session, house.company.id, on=later.date()).subjects
    assert house.south.id in load_tree(session, house.company.id, on=today).subjects
    assert get_subject(session, SERVICE, house.south.id, on=today).closed_on is None
    with pytest.raises(AlreadyClosed):
        commands.close_subject(session, SERVICE, house.south.id, now=later)
    with pytest.raises(WrongPlace):
        commands.create_subject(session, SERVICE, team("Below", house.south.id), now=later)
    with pytest.raises(WrongPlace):
        commands.ensure_subjects(session, house.company.id, ["X"], parent_id=house.south.id, now=later)


def test_a_closed_subject_may_come_back_also_on_the_day_it_was_closed(
    session: WriteSession, house: House, now: datetime, today: date
) -> None:
    commands.close_subject(session, SERVICE, house.south.id, now=now)
    back = commands.move_subject(session, SERVICE, house.south.id, Move(house.company.id), now=now)
    assert (back.closed_on, back.parent_id) == (None, house.company.id)


def test_a_unit_with_somebody_in_it_and_a_company_are_not_closed(
    session: WriteSession, house: House, now: datetime
) -> None:
    with pytest.raises(UnitNotEmpty):
        commands.close_subject(session, SERVICE, house.north.id, now=now)
    with pytest.raises(CompanyStays):
        commands.close_subject(session, SERVICE, house.company.id, now=now)
    with pytest.raises(CompanyStays):
        commands.move_subject(session, SERVICE, house.company.id, Move(house.centre.id), now=now)


def test_closing_is_for_today_or_before(session: WriteSession, house: House, now: datetime, today: date) -> None:
    with pytest.raises(Invalid):
        commands.close_subject(session, SERVICE, house.south.id, on=today + timedelta(days=2), now=now)
    with pytest.raises(MoveTooEarly):
        commands.close_subject(session, SERVICE, house.south.id, on=today - timedelta(days=1), now=now)


def test_a_planned_closing_is_not_moved_over(session: WriteSession, house: House, now: datetime, today: date) -> None:
    commands.close_subject(session, SERVICE, house.south.id, on=today + timedelta(days=1), now=now)
    with pytest.raises(AlreadyClosed):
        commands.move_subject(session, SERVICE, house.south.id, Move(house.company.id), now=now)


def test_only_the_service_makes_companies(session: WriteSession, now: datetime) -> None:
    with pytest.raises(Forbidden):
        commands.create_company(session, Viewer("account:1"), "Nabo", now=now)
    with pytest.raises(Invalid):
        commands.create_company(session, SERVICE, " ", now=now)


def test_nothing_goes_from_one_company_into_another(
    session: WriteSession, house: House, now: datetime, today: date
) -> None:
    other = commands.create_company(session, SERVICE, "Nabo", now=now)
    with pytest.raises(NotFound):
        commands.move_subject(session, SERVICE, house.north.id, Move(other.id), now=now)
    assert find_subject(session, other.id, "TN", on=today) is None
    assert commands.create_subject(session, SERVICE, team("Team Nord", other.id, "TN"), now=now).external_id == "TN"


def test_foreign_and_missing_look_alike(session: WriteSession, house: House, now: datetime, today: date) -> None:
    keeper = Viewer("account:1", grants=(Grant(Role.ADMIN, house.north.id),))
    for subject_id in (house.south.id, house.centre.id, MISSING, "nonsense"):
        with pytest.raises(NotFound) as caught:
            get_subject(session, keeper, subject_id, on=today)
        assert (type(caught.value), caught.value.text) == (
            NotFound,
            "There is nothing here, or nothing that you may see.",
        )
        with pytest.raises(NotFound):
            commands.create_subject(session, keeper, team("X", subject_id), now=now)
        with pytest.raises(NotFound):
            commands.move_subject(session, keeper, house.subject(house.sofie), Move(subject_id), now=now)
    for subject_id in (MISSING, "nonsense"):
        with pytest.raises(NotFound):
            get_subject(session, SERVICE, subject_id, on=today)
        with pytest.raises(NotFound):
            path_of(session, subject_id, on=today)
        with pytest.raises(NotFound):
            load_tree(session, subject_id, on=today)


def test_who_only_reads_changes_nothing(session: WriteSession, house: House, now: datetime, today: date) -> None:
    reader = Viewer("account:1", grants=(Grant(Role.VIEWER, house.company.id),))
    assert get_subject(session, reader, house.north.id, on=today) == house.north
    changes: tuple[Callable[[], object], ...] = (
        lambda: commands.create_subject(session, reader, team("X", house.north.id), now=now),
        lambda: commands.change_subject(session, reader, house.north.id, SubjectChange(name="X"), now=now),
        lambda: commands.move_subject(session, reader, house.north.id, Move(house.company.id), now=now),
        lambda: commands.close_subject(session, reader, house.south.id, now=now),
    )
    for change in changes:
        with pytest.raises(Forbidden):
            change()


def test_a_loop_that_should_not_be_there_does_not_hang_anybody(
    session: WriteSession, house: House, now: datetime, today: date
) -> None:
    begin_membership(session, house.company.id, house.north.id, on=today)
    assert len(path_of(session, house.north.id, on=today)) == 41
    assert house.north.id in load_tree(session, house.company.id, on=today).subjects


def test_conflicts_have_codes_of_their_own() -> None:
    kinds = (AlreadyClosed, CompanyStays, MoveTooEarly, NameTaken, TooDeep, TooManyChildren, UnitNotEmpty, WouldLoop)
    assert len({kind.code for kind in kinds} - {Conflict.code}) == len(kinds)
