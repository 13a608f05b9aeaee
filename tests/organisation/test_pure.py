"""The tree, its rules and the intake of names, without a database."""

from datetime import date

import pytest

from app.organisation.intake import parse_external_id, parse_locale, parse_name, parse_organisation, parse_people
from app.organisation.plan import Standing, plan_organisation
from app.organisation.rules import (
    MoveTooEarly,
    TooDeep,
    TooManyChildren,
    end_of_stay,
    levels_below,
    loop_through,
    require_room,
)
from app.organisation.values import ManagerRole, Subject, SubjectId, SubjectKind, tree_of
from app.reports import Row

DAY = date(2026, 1, 1)


def subject(key: str, kind: SubjectKind = SubjectKind.TEAM, parent: str | None = None) -> Subject:
    parent_id = SubjectId(parent) if parent else None
    return Subject(SubjectId(key), SubjectId("c"), kind, key.upper(), key, parent_id, ())


def role(unit: str, person: str) -> ManagerRole:
    return ManagerRole(f"{unit}{person}", SubjectId(unit), SubjectId(person), DAY, None)


COMPANY = subject("c", SubjectKind.COMPANY)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Team Nord", "Team Nord"),
        ("  Team \t Nord ", "Team Nord"),
        ("A\u030angstro\u0308m", "Ångström"),
        ("R&D (Øst) – 100 %", "R&D (Øst) – 100 %"),
        ("👩‍🔧 Service", "👩‍🔧 Service"),
        ("x" * 200, "x" * 200),
    ],
)
def test_a_name_is_kept_in_one_spelling(typed: str, kept: str) -> None:
    assert parse_name(typed.replace("\t", " ")) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "\u3164",
        "x" * 201,
        "a@b",
        "<b>",
        "=?utf-8?q?x?=",
        "a\0b",
        "a\nb",
        "a\u202eb",
        "a\ud800b",
        "＜b＞",
        "a\u200bb",
    ],
)
def test_what_is_no_name_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        parse_name(typed)


def test_an_external_id_is_visible_and_short() -> None:
    assert (parse_external_id(" 007 "), parse_external_id(" ")) == ("007", None)
    for text in ("x" * 101, "a\nb", "a\u200bb"):
        with pytest.raises(ValueError, match="external id"):
            parse_external_id(text)


@pytest.mark.parametrize(
    ("typed", "locale"), [("nb", "nb"), ("EN", "en"), ("nb-NO", "nb"), ("no", "nb"), ("nn_NO", "nb"), ("", None)]
)
def test_a_language_is_one_of_ours(typed: str, locale: str | None) -> None:
    assert parse_locale(typed) == locale


def test_a_language_that_is_not_ours_is_refused() -> None:
    with pytest.raises(ValueError, match="allowed"):
        parse_locale("de")


def test_without_a_leader_the_next_unit_above_decides() -> None:
    tree = tree_of(
        COMPANY,
        [
            subject("d", SubjectKind.DEPARTMENT, "c"),
            subject("t", parent="d"),
            subject("p", SubjectKind.PERSON, "t"),
            subject("l", SubjectKind.PERSON, "d"),
            subject("m", SubjectKind.PERSON, "d"),
        ],
        [role("d", "l"), role("d", "m"), role("x", "l"), role("d", "x")],
    )
    assert tree.managers_of(SubjectId("p")) == ("l", "m")
    assert tree.managers_of(SubjectId("l")) == ()
    assert tree.leaders(SubjectId("t")) == ()
    assert tree.units_led(SubjectId("p")) == ()
    assert tree.units_led(SubjectId("l")) == ("d",)


def test_what_hangs_loose_is_not_in_the_tree() -> None:
    tree = tree_of(COMPANY, [subject("a", parent="b"), subject("b", parent="a"), subject("o", parent="gone")], [])
    assert set(tree.subjects) == {"c"}
    with pytest.raises(KeyError):
        tree.path(SubjectId("a"))


def test_loops_are_found_whatever_hangs_beside_them() -> None:
    edges = {"a": ["b", "x"], "b": ["c"], "c": ["a"], "x": ["y"]}
    assert loop_through("a", edges) == ("a", "b", "c", "a")
    assert loop_through("x", edges) == ()
    assert loop_through("a", {"a": ["a"]}) == ("a", "a")
    assert levels_below("a", {"b": ["a"], "a": ["b"]}) == 1


def test_room_ends_at_thirty_levels_and_ten_thousand_children() -> None:
    require_room(["x"] * 30, 9_999)
    require_room(["x"] * 28, 0, levels=2)
    for path, levels in ((31, 0), (29, 2)):
        with pytest.raises(TooDeep):
            require_room(["x"] * path, 0, levels=levels)
    with pytest.raises(TooManyChildren):
        require_room(["x"], 10_000)


def test_a_stay_does_not_end_before_it_began() -> None:
    assert end_of_stay(DAY, DAY) == DAY
    with pytest.raises(MoveTooEarly):
        end_of_stay(DAY, date(2025, 12, 31))


def test_every_refused_cell_of_a_row_is_told() -> None:
    row = Row(2, {"external_id": "x" * 101, "kind": "choir", "name": "@", "parent_external_id": "y" * 101})
    assert [error.column for error in parse_organisation([row])[1]] == [
        "external_id",
        "kind",
        "name",
        "parent_external_id",
    ]


def test_an_unreadable_address_is_told_in_the_words_of_its_reader() -> None:
    def refuse(text: str) -> str:
        raise ValueError(f"Not {text}.")

    lines, refused = parse_people([Row(2, {"name": "A", "email": "x", "unit": "U"})], read_email=refuse, mailbox_of=str)
    assert (lines, [(error.column, error.message) for error in refused]) == ([], [("email", "Not x.")])


@pytest.mark.timeout(30)
def test_many_rows_in_one_long_loop_are_judged_quickly() -> None:
    count = 10_000
    rows = [
        Row(
            number + 2,
            {
                "external_id": f"u{number}",
                "kind": "team",
                "name": f"U {number}",
                "parent_external_id": f"u{number + 1}",
            },
        )
        for number in range(count)
    ]
    rows[-1] = Row(count + 1, {**rows[-1].cells, "parent_external_id": "u0"})
    standing = Standing(COMPANY, {COMPANY.id: COMPANY}, {COMPANY.id})
    lines, refused = parse_organisation(rows)
    _, unfit = plan_organisation(lines, standing)
    assert (refused, len(unfit)) == ([], 1)
    companies = [
        Row(2, {"external_id": f"c{number}", "kind": "company", "name": "C", "parent_external_id": ""})
        for number in range(count)
    ]
    lines, _ = parse_organisation(companies)
    assert len(plan_organisation(lines, standing)[1]) == count
