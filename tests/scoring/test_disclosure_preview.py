"""What a launch promises, from the people invited: the honest floor, the unit above, and the round that shows nothing."""

import pytest
from hypothesis import given

from app.scoring.atoms import Cell, Mode, Pooling, RaterGroup, Subject
from app.scoring.preview import Preview, launch_preview
from app.scoring.readable import Judged, figures, row_parts, withheld_atom
from tests.attack.designs import played_rounds
from tests.attack.played import Played
from tests.scoring.rounds import cell, competitor, named, person, protected, report, unit


def verdicts(
    tree: list[Subject], groups: list[RaterGroup], cells: list[Cell], pooling: Pooling = Pooling.DROP
) -> list[list[str]]:
    """Verdict by subject and group."""
    promises = launch_preview(tree, groups, cells, pooling).promises
    by_subject: list[list[str]] = [[] for _ in tree]
    for promise in promises:
        by_subject[promise.subject].append(promise.verdict.value)
    return by_subject


@pytest.mark.parametrize(
    ("invited", "verdict"), [(0, "not_asked"), (2, "nowhere"), (3, "if_all_answer"), (4, "if_all_answer"), (5, "shown")]
)
def test_sixty_per_cent_is_rounded_down_because_more_than_that_is_not_sixty_per_cent(
    invited: int, verdict: str
) -> None:
    assert verdicts([person()], [protected(3)], [cell(0, 0, range(invited))]) == [[verdict]]


def test_a_cell_under_k_is_used_at_unit_level_only_where_its_unit_gets_a_row() -> None:
    tree = [unit(), person(0), person(0), person(0), person(0)]
    cells = [cell(place, 0, [2 * place, 2 * place + 1]) for place in (1, 2, 3)]

    assert verdicts(tree, [protected(3)], cells) == [
        ["if_all_answer"], ["unit_level_only"], ["unit_level_only"], ["unit_level_only"], ["not_asked"],
    ]  # fmt: skip
    assert verdicts(tree, [protected(3)], cells[:2]) == [
        ["nowhere"],
        ["nowhere"],
        ["nowhere"],
        ["not_asked"],
        ["not_asked"],
    ]


def test_a_unit_in_between_without_a_row_says_so_where_the_one_above_has_it() -> None:
    tree = [unit(), unit(0), person(1), person(1), unit(0), person(4)]
    cells = [cell(place, 0, range(10 * place, 10 * place + 5)) for place in (2, 3, 5)]

    assert [mine[0] for mine in verdicts(tree, [protected(3)], cells)] == [
        "shown", "unit_level_only", "shown", "shown", "unit_level_only", "shown",
    ]  # fmt: skip


def test_a_mixed_row_is_promised_as_mixed() -> None:
    cells = [cell(0, 0, range(4)), cell(0, 1, range(4, 8)), cell(0, 2, range(8, 18))]

    promises = launch_preview([person()], [protected(5), protected(5), protected(5)], cells, Pooling.POOL).promises

    assert [(one.verdict.value, one.if_all, one.if_most) for one in promises] == [
        ("if_all_answer", (0, 1), ()), ("if_all_answer", (0, 1), ()), ("shown", (2,), (2,)),
    ]  # fmt: skip


def test_a_group_that_stands_alone_if_all_answer_may_be_mixed_if_three_in_five_do() -> None:
    cells = [cell(0, 0, range(5)), cell(0, 1, range(5, 10))]

    promise = launch_preview([person()], [protected(5), protected(5)], cells, Pooling.POOL).promises[0]

    assert (promise.verdict.value, promise.if_all, promise.if_most) == ("shown", (0,), (0, 1))


def test_who_is_invited_twice_is_one_person() -> None:
    cells = [cell(0, 0, [1, 2]), cell(0, 1, [1, 2])]

    assert verdicts([person()], [protected(3), protected(3)], cells, Pooling.POOL) == [["nowhere", "nowhere"]]


def test_what_has_no_minimum_is_shown_however_few_answer() -> None:
    assert verdicts([unit(), person(0)], [named()], [cell(1, 0, [1])]) == [["shown"], ["shown"]]


def test_visits_of_a_person_need_three_and_those_of_a_unit_none() -> None:
    tree = [unit(), person(0), person(0), person(0)]
    cells = [cell(1, 0, [1], sheets=2), cell(2, 0, [1], sheets=3), cell(3, 0, [1], sheets=5)]

    assert verdicts(tree, [report(3)], cells) == [["shown"], ["unit_level_only"], ["if_all_answer"], ["shown"]]


def test_a_competitor_is_not_asked_for_its_unit() -> None:
    assert verdicts([unit(), competitor(0)], [protected(3)], [cell(1, 0, range(9))]) == [["not_asked"], ["shown"]]


def test_the_units_own_sheets_are_promised_where_two_persons_are_in_the_way() -> None:
    tree = [unit(), person(0), person(0)]
    cells = [cell(0, 0, range(9)), cell(1, 0, range(10, 16)), cell(2, 0, [], sheets=1)]

    assert verdicts(tree, [protected(3)], cells) == [["shown"], ["shown"], ["nowhere"]]


def test_silent_people_may_all_be_about_the_same_subjects() -> None:
    """Three persons with 4 invited each: 7 of 12 answer, and two persons can hold them; the third may stay empty."""
    tree = [unit(), person(0), person(0), person(0)]
    cells = [cell(place, 0, range(4 * place, 4 * place + 4)) for place in (1, 2, 3)]

    assert verdicts(tree, [protected(5)], cells)[0] == ["if_all_answer"]


def test_a_launch_is_refused_only_if_no_subject_can_publish_anything() -> None:
    def preview(*cells: Cell) -> Preview:
        return launch_preview([unit(), person(0), person(0)], [protected(3)], cells, Pooling.DROP)

    assert not preview(cell(1, 0, [1, 2]), cell(2, 0, [3, 4])).can_publish
    assert not preview().can_publish
    assert preview(cell(1, 0, [1, 2]), cell(2, 0, [3, 4, 5])).can_publish


@given(played=played_rounds())
def test_if_everyone_answers_in_full_exactly_the_promised_rows_are_published(played: Played) -> None:
    cells = played.cells()
    preview = launch_preview(played.subjects, played.groups, cells, played.pooling)

    made = played.partition()
    published = {
        (row.subject, row.groups)
        for row in figures(made)
        if not isinstance(
            row_parts(
                made, row, [Judged.of(atom, atom.sheets, atom.cells) for atom in map(made.atoms.__getitem__, row.atoms)]
            ),
            str,
        )
    }
    assert {(one.subject, one.if_all) for one in preview.promises if one.if_all} == {
        (subject, groups) for subject, groups in published if _is_first(subject, groups, published)
    }
    assert all(
        withheld_atom(Judged.of(atom, atom.sheets, atom.cells)) is None for atom in made.atoms if atom.is_protected
    )


def _is_first(subject: int, groups: tuple[int, ...], published: set[tuple[int, tuple[int, ...]]]) -> bool:
    """A group's own row is promised before a mixed one that it is part of as well."""
    return any(len(groups) == 1 or (subject, (group,)) not in published for group in groups)


@given(played=played_rounds())
def test_a_verdict_says_the_same_as_the_rows(played: Played) -> None:
    preview = launch_preview(played.subjects, played.groups, played.cells(), played.pooling)

    for promise in preview.promises:
        assert (promise.verdict.value in {"shown", "if_all_answer"}) == bool(promise.if_all)
        assert promise.verdict.value != "shown" or promise.if_most


def test_the_turnout_is_sixty_per_cent_for_anonymous_groups_alike() -> None:
    groups = [protected(5, mode=Mode.ANONYMOUS)]

    assert [verdicts([person()], groups, [cell(0, 0, range(size))])[0][0] for size in (4, 5, 8, 9)] == [
        "nowhere", "if_all_answer", "if_all_answer", "shown",
    ]  # fmt: skip
