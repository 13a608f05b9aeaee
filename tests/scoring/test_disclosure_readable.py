"""What may be read of atoms that stand: R1 per KPI, the rows of a unit, small atoms, comments, the live share."""

from collections import Counter
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.atoms import Atom, Cell, Partition, Pooling, RaterGroup, Subject, Withholding, heads_of
from app.scoring.disclosure import partition
from app.scoring.errors import ScoringError
from app.scoring.readable import (
    Figure,
    Judged,
    figures,
    is_small,
    live_share,
    raters_at_least,
    row_parts,
    shows_comments,
    subjects_at_least,
    withheld_atom,
)
from tests.scoring.rounds import cell, competitor, named, person, protected, report, unit


def atom(*cells: Cell, minimum: int = 3, subject: int | None = None) -> Atom:
    about = cells[0].subject if subject is None else subject
    return Atom(about, tuple(sorted({one.group for one in cells})), cells, heads_of(cells), minimum)


def judged(some: Atom, *, blanks: int = 0) -> Judged:
    return Judged.of(some, some.sheets - blanks, some.cells)


# ---------------------------------------------------------------- R1


def test_a_kpi_that_k_people_judged_is_released_and_one_that_fewer_judged_is_not() -> None:
    four = atom(cell(0, 0, range(4)))

    assert withheld_atom(judged(four, blanks=1)) is None
    assert withheld_atom(judged(four, blanks=2)) is Withholding.FEWER_THAN_K


def test_answers_that_were_all_skipped_are_suppressed() -> None:
    assert withheld_atom(judged(atom(cell(0, 0, range(9))), blanks=9)) is Withholding.FEWER_THAN_K
    assert withheld_atom(judged(atom(cell(0, 0, [1]), minimum=0), blanks=1)) is Withholding.FEWER_THAN_K


def test_a_named_sheet_is_released_from_one() -> None:
    assert withheld_atom(judged(atom(cell(0, 0, [1]), minimum=0))) is None


def test_a_sheet_of_someone_who_does_not_count_helps_nobody_over_the_minimum() -> None:
    assert withheld_atom(judged(atom(cell(0, 0, range(3), uncounted=2)), blanks=1)) is Withholding.FEWER_THAN_K


def test_a_kpi_asked_of_some_cells_only_counts_the_people_of_those() -> None:
    asked, other = cell(1, 0, range(4)), cell(2, 0, range(10, 14))
    carried = atom(asked, other, cell(3, 0, [20]), minimum=5, subject=0)

    assert withheld_atom(Judged.of(carried, 4, (asked,))) is Withholding.FEWER_THAN_K
    assert withheld_atom(Judged.of(carried, 8, (asked, other))) is None


def test_people_with_several_sheets_in_an_atom_are_left_out_only_if_all_of_them_can_be_blank() -> None:
    cells = [cell(1, 0, [1, 2, 3]), cell(2, 0, [1, 2, 4]), cell(3, 0, [1, 3, 5])]
    carried = atom(*cells, minimum=5, subject=0)

    counts = [raters_at_least([judged(carried, blanks=blanks)], 9) for blanks in range(10)]

    assert counts == [5, 4, 3, 3, 2, 2, 1, 1, 1, 0]


@given(
    cells=st.lists(st.sets(st.integers(0, 3), min_size=1, max_size=3), min_size=1, max_size=3),
    split=st.integers(0, 3),
)
def test_the_count_is_never_above_the_people_who_judged_whoever_left_a_blank(cells: list[set[int]], split: int) -> None:
    """Every way to spread blanks over the sheets, in one atom and in two: the count is the least, or below it."""
    made = [cell(place, 0, people) for place, people in enumerate(cells)]
    sheets = [(one.subject, head) for one in made for head in sorted(one.heads)]
    two = [part for part in (made[:split], made[split:]) if part]
    fewest: Counter[tuple[int, ...]] = Counter()
    fewest_in_one: dict[int, int] = {}
    for said in product([True, False], repeat=len(sheets)):
        kept = {head for (_, head), is_valid in zip(sheets, said, strict=True) if is_valid}
        blank = [subject for (subject, _), is_valid in zip(sheets, said, strict=True) if not is_valid]
        spread = tuple(sum(subject in {one.subject for one in part} for subject in blank) for part in two)
        fewest[spread] = min(fewest.get(spread, 99), len(kept))
        fewest_in_one[len(blank)] = min(fewest_in_one.get(len(blank), 99), len(kept))

    for blanks, people in fewest_in_one.items():
        assert raters_at_least([judged(atom(*made), blanks=blanks)], 99) == people
    for spread, people in fewest.items():
        parts = [judged(atom(*part), blanks=blanks) for part, blanks in zip(two, spread, strict=True)]
        assert raters_at_least(parts, 99) <= people


def test_counting_over_atoms_takes_each_person_once_and_stops_when_it_is_enough() -> None:
    parts = [judged(atom(cell(place, 0, people))) for place, people in enumerate([[1, 2, 3], [2, 3, 4], [4, 5, 6]])]

    assert raters_at_least(parts, 99) == 6
    assert raters_at_least(parts, 4) == 4


def test_an_atom_full_of_blanks_does_not_hide_those_who_judged_elsewhere() -> None:
    skipped = judged(atom(cell(0, 0, range(10))), blanks=7)
    full = judged(atom(cell(1, 0, range(8))))

    assert raters_at_least([skipped, full], 99) == 8
    assert (
        raters_at_least(
            [judged(atom(cell(0, 0, range(3))), blanks=1), judged(atom(cell(1, 0, range(9))), blanks=2)], 99
        )
        == 7
    )


def test_subjects_are_counted_only_while_their_sheets_cannot_all_be_blank() -> None:
    carried = atom(cell(1, 0, [1, 2]), cell(2, 0, [3, 4]), cell(3, 0, [5]), cell(4, 0, [], uncounted=1), subject=0)

    counts = [subjects_at_least([judged(carried, blanks=blanks)], 9) for blanks in range(6)]

    assert counts == [3, 2, 2, 1, 1, 0]
    assert subjects_at_least([judged(carried), judged(atom(cell(5, 0, [1])))], 1) == 3


# ---------------------------------------------------------------- R4: rows


def rows(made: Partition) -> list[tuple[int, tuple[int, ...], int]]:
    return [(row.subject, row.groups, len(row.atoms)) for row in figures(made)]


def test_a_unit_has_all_atoms_of_a_group_below_it_and_a_mixed_atom_only_where_it_is() -> None:
    tree = [unit(), unit(0), person(1), person(1)]
    groups = [protected(3), protected(3), protected(3)]
    cells = [cell(2, 0, range(3)), cell(3, 0, range(4)), cell(2, 1, [1, 2]), cell(2, 2, [3])]

    made = partition(tree, groups, cells, Pooling.POOL)

    assert rows(made) == [
        (0, (0,), 2), (1, (0,), 2), (2, (0,), 1), (2, (1, 2), 1), (3, (0,), 1),
    ]  # fmt: skip


def test_competitors_enter_no_roll_up() -> None:
    made = partition([unit(), competitor(0)], [protected(3)], [cell(1, 0, range(5))])

    assert rows(made) == [(1, (0,), 1)]


def parts_of(made: Partition, row: Figure) -> list[Judged]:
    return [judged(made.atoms[place]) for place in row.atoms]


def standing(made: Partition, subject: int) -> list[int] | str:
    """Subjects of the atoms that the first row of a subject stands on, or why it is withheld."""
    row = next(row for row in figures(made) if row.subject == subject)
    parts = row_parts(made, row, parts_of(made, row))
    return parts.value if isinstance(parts, Withholding) else [part.atom.subject for part in parts]


def test_a_unit_row_from_persons_needs_three_subjects() -> None:
    tree = [unit(), person(0), person(0), person(0)]
    two = partition(tree, [protected(3)], [cell(1, 0, range(5)), cell(2, 0, range(5, 10))])
    three = partition(tree, [protected(3)], [cell(1, 0, range(5)), cell(2, 0, range(5, 10)), cell(3, 0, range(3))])

    assert standing(two, 0) == "fewer_than_three_subjects"
    assert standing(three, 0) == [1, 2, 3]


def test_a_unit_row_from_persons_needs_five_people_or_k_if_that_is_more() -> None:
    tree = [unit(), person(0), person(0), person(0)]

    def of(k: int, people: int) -> Partition:
        return partition(tree, [protected(k)], [cell(place, 0, range(people)) for place in (1, 2, 3)])

    assert standing(of(3, 4), 0) == "fewer_than_k"
    assert standing(of(3, 5), 0) == [1, 2, 3]
    assert standing(of(6, 6), 0) == [1, 2, 3]


def test_two_persons_with_atoms_do_not_silence_what_is_about_the_unit_itself() -> None:
    tree = [unit(), person(0), unit(0)]

    made = partition(tree, [protected(3)], [cell(0, 0, range(6)), cell(1, 0, range(6, 12))])

    assert standing(made, 0) == [0]


def test_a_unit_row_from_units_alone_needs_no_three_subjects() -> None:
    made = partition([unit(), unit(0)], [protected(3)], [cell(1, 0, range(5))])

    assert standing(made, 0) == [1]


def test_a_row_without_any_released_atom_says_fewer_than_k() -> None:
    made = partition([person()], [protected(3)], [cell(0, 0, range(3))])

    assert row_parts(made, figures(made)[0], []) is Withholding.FEWER_THAN_K


def test_visits_make_a_persons_row_from_three_and_a_units_row_from_one() -> None:
    tree = [unit(), person(0), person(0), competitor(0)]
    cells = [cell(1, 0, [1], sheets=2), cell(2, 0, [1, 2], sheets=3), cell(3, 0, [1], sheets=2)]

    made = partition(tree, [report(3)], cells)

    assert [standing(made, subject) for subject in range(4)] == [[1, 2], "fewer_than_k", [2], "fewer_than_k"]


def test_a_named_row_stands_everywhere_from_one_sheet() -> None:
    made = partition([unit(), person(0)], [named()], [cell(1, 0, [1])])

    assert [standing(made, subject) for subject in range(2)] == [[1], [1]]


# ---------------------------------------------------------------- R7, R8, R9, weights


def test_an_atom_is_small_below_twice_its_minimum_of_people_who_judged() -> None:
    ten = atom(cell(0, 0, range(10)), minimum=5)

    assert (is_small(judged(ten)), is_small(judged(ten, blanks=1))) == (False, True)
    assert not is_small(judged(atom(cell(0, 0, [1]), minimum=0)))


def group(comment_k: int) -> RaterGroup:
    return protected(3, comment_k=comment_k)


@pytest.mark.parametrize(
    ("people", "comment_k", "comments", "is_shown"),
    [(5, 5, 3, True), (4, 5, 3, False), (5, 5, 2, False), (9, 9, 9, True)],
)
def test_comments_need_their_own_minimum_of_people_and_three_of_them(
    people: int, comment_k: int, comments: int, is_shown: bool
) -> None:
    some = atom(cell(0, 0, range(people)))

    assert shows_comments([group(comment_k)], some, some.cells, comments) is is_shown


def test_comments_about_others_that_were_carried_up_need_ten_people() -> None:
    nine = atom(*(cell(place, 0, [3 * place, 3 * place + 1, 3 * place + 2]) for place in (1, 2, 3)), subject=0)
    ten = atom(*nine.cells, cell(4, 0, [99]), subject=0)

    assert not shows_comments([group(3)], nine, nine.cells, 9)
    assert shows_comments([group(3)], ten, ten.cells, 9)


def test_comments_on_a_question_count_the_people_who_were_asked_it() -> None:
    asked = cell(0, 0, range(4))
    mixed = atom(asked, cell(0, 1, range(4, 8)))

    assert shows_comments([group(3), group(5)], mixed, mixed.cells, 3)
    assert not shows_comments([group(3), group(5)], mixed, [asked], 3)


def test_a_single_named_comment_is_shown() -> None:
    some = atom(cell(0, 0, [1]), minimum=0)

    assert (shows_comments([named()], some, some.cells, 1), shows_comments([named()], some, some.cells, 0)) == (
        True,
        False,
    )


@pytest.mark.parametrize(
    ("people", "answered", "asked", "share"),
    [
        (2, 5, 10, None),
        (3, 3, 10, 30),
        (3, 3, 9, 30),
        (9, 9, 10, 90),
        (10, 10, 10, 100),
        (3, 3, 0, None),
        (3, 1, 100, 0),
    ],
)
def test_the_live_share_is_under_k_and_then_floored_to_tens(
    people: int, answered: int, asked: int, share: int | None
) -> None:
    assert live_share(people, min(answered, asked), asked, 3) == share


def test_more_answers_than_were_asked_are_refused() -> None:
    with pytest.raises(ScoringError, match="answered must be 0 to 4, got 5"):
        live_share(5, 5, 4, 3)


def test_the_tree_may_name_parents_later_than_their_children() -> None:
    tree = [Subject(3, person().kind), person(3), person(3), unit()]

    made = partition(tree, [protected(3)], [cell(0, 0, [1, 2]), cell(1, 0, [3, 4]), cell(2, 0, [5, 6])])

    assert rows(made) == [(3, (0,), 1)]
