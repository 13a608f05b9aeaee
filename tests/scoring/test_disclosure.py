"""Which cells become atoms: the worked cases of docs/anonymity.md and the edges, from head counts alone."""

import json
from collections.abc import Sequence
from itertools import count

import pytest

from app.scoring.atoms import Atom, Cell, Kind, Mode, Pooling, RaterGroup, Subject
from app.scoring.disclosure import partition
from app.scoring.errors import ScoringError
from tests.scoring.rounds import cell, competitor, labels, named, person, protected, refusals, report, unit

FEW_RATERS = "fewer_than_k"
FEW_SUBJECTS = "fewer_than_three_subjects"


# ---------------------------------------------------------------- worked cases, k = 5


def test_case_1_a_small_third_sub_unit_joins_the_pool_above_and_never_the_parents_row() -> None:
    tree = [unit(), unit(0), unit(1), unit(1), unit(1), unit(0)]
    cells = [cell(2, 0, range(9)), cell(3, 0, range(10, 16)), cell(4, 0, range(20, 24)), cell(5, 0, range(30, 34))]

    made = partition(tree, [protected(5)], cells)

    assert labels(made) == [(0, (0,), 8), (2, (0,), 9), (3, (0,), 6)]
    assert [one.key for one in made.atoms[0].cells] == [(4, 0), (5, 0)]
    assert made.unpublished == ()


def test_case_1_without_others_above_the_four_stay_unpublished() -> None:
    tree = [unit(), unit(0), unit(0), unit(0)]
    cells = [cell(1, 0, range(9)), cell(2, 0, range(10, 16)), cell(3, 0, range(20, 24))]

    made = partition(tree, [protected(5)], cells)

    assert labels(made) == [(1, (0,), 9), (2, (0,), 6)]
    assert refusals(made) == [(3, 0, FEW_RATERS)]


def test_case_2_one_manager_is_an_atom_because_the_group_is_named() -> None:
    made = partition(
        [person()], [named(), protected(5), protected(5)], [cell(0, 0, [1]), cell(0, 1, range(6)), cell(0, 2, range(8))]
    )

    assert labels(made) == [(0, (0,), 1), (0, (1,), 6), (0, (2,), 8)]
    assert [atom.is_protected for atom in made.atoms] == [False, True, True]


def test_case_3_sets_that_overlap_are_never_both_read_because_a_cell_is_in_one_atom_only() -> None:
    tree = [unit(), unit(0), unit(0)]
    cells = [cell(1, 0, range(6)), cell(2, 0, range(5, 11)), cell(0, 0, range(11))]

    made = partition(tree, [protected(5)], cells)

    assert sorted(one.key for atom in made.atoms for one in atom.cells) == [(0, 0), (1, 0), (2, 0)]


@pytest.mark.parametrize(
    ("k", "pooling", "raters", "read_together"),
    [
        (3, Pooling.DROP, {"manager": 1, "colleague": 4, "customer": 2}, [{"manager"}, {"colleague"}]),
        (3, Pooling.POOL, {"colleague": 2, "customer": 2, "report": 4}, [{"colleague", "customer"}, {"report"}]),
        (3, Pooling.POOL, {"colleague": 2, "report": 4}, [{"report"}]),
        (4, Pooling.DROP, {"colleague": 3, "report": 3}, []),
    ],
)
def test_what_may_be_read_of_one_person_is_that_of_the_reference(
    k: int, pooling: Pooling, raters: dict[str, int], read_together: list[set[str]]
) -> None:
    names, person_of = list(raters), count()
    cells = [cell(0, place, [next(person_of) for _ in range(n)]) for place, n in enumerate(raters.values())]
    groups = [named() if name == "manager" else protected(k) for name in names]

    made = partition([person()], groups, cells, pooling)

    assert [{names[group] for group in atom.groups} for atom in made.atoms] == read_together


@pytest.mark.parametrize(("before", "after"), [(5, 6), (8, 7)])
def test_cases_4_and_5_one_more_or_one_less_changes_the_atom_so_it_is_sealed_once(before: int, after: int) -> None:
    first = partition([person()], [protected(5)], [cell(0, 0, range(before))])
    second = partition([person()], [protected(5)], [cell(0, 0, range(after))])

    assert (labels(first), labels(second)) == ([(0, (0,), before)], [(0, (0,), after)])


def test_case_6_customers_and_suppliers_are_pooled_about_one_subject_and_have_no_row_below_the_parent() -> None:
    tree = [unit(), person(0)]
    groups = [protected(5), protected(5), protected(5)]
    cells = [cell(1, 0, range(7)), cell(1, 1, range(10, 13)), cell(1, 2, range(20, 22))]

    made = partition(tree, groups, cells, Pooling.POOL)

    assert labels(made) == [(1, (0,), 7), (1, (1, 2), 5)]


# ---------------------------------------------------------------- case 7: edges


def test_everyone_in_one_unit_is_one_atom() -> None:
    made = partition([unit()], [protected(5)], [cell(0, 0, range(31))])

    assert labels(made) == [(0, (0,), 31)]


def test_fewer_than_k_in_all_leaves_every_cell_unpublished_with_a_reason() -> None:
    tree = [unit(), person(0), person(0), person(0)]
    cells = [cell(1, 0, [1]), cell(2, 0, [2]), cell(3, 0, [3, 4])]

    made = partition(tree, [protected(5)], cells)

    assert made.atoms == ()
    assert refusals(made) == [(1, 0, FEW_RATERS), (2, 0, FEW_RATERS), (3, 0, FEW_RATERS)]


def test_exactly_k_is_an_atom_and_one_erased_before_the_seal_is_none() -> None:
    exact = partition([person()], [protected(5)], [cell(0, 0, range(5))])
    erased = partition([person()], [protected(5)], [cell(0, 0, range(4))])

    assert labels(exact) == [(0, (0,), 5)]
    assert refusals(erased) == [(0, 0, FEW_RATERS)]


def test_k_minus_one_about_each_of_two_sub_units_becomes_one_atom_of_the_parent() -> None:
    made = partition([unit(), unit(0), unit(0)], [protected(5)], [cell(1, 0, range(4)), cell(2, 0, range(4, 8))])

    assert labels(made) == [(0, (0,), 8)]


def test_k_minus_one_about_each_of_two_persons_is_refused_because_two_subjects_are_too_few() -> None:
    made = partition([unit(), person(0), person(0)], [protected(5)], [cell(1, 0, range(4)), cell(2, 0, range(4, 8))])

    assert made.atoms == ()
    assert refusals(made) == [(1, 0, FEW_SUBJECTS), (2, 0, FEW_SUBJECTS)]


def test_three_persons_with_two_raters_each_become_one_atom_of_their_team() -> None:
    tree = [unit(), person(0), person(0), person(0)]

    made = partition(tree, [protected(3)], [cell(1, 0, [1, 2]), cell(2, 0, [3, 4]), cell(3, 0, [5, 6])])

    assert labels(made) == [(0, (0,), 6)]
    assert made.atoms[0].is_carried


def test_the_same_two_raters_of_three_persons_are_two_people_only() -> None:
    tree = [unit(), person(0), person(0), person(0)]

    made = partition(tree, [protected(3)], [cell(1, 0, [1, 2]), cell(2, 0, [1, 2]), cell(3, 0, [1, 2])])

    assert made.atoms == ()


def test_a_person_in_two_groups_counts_once_in_a_mixed_atom() -> None:
    groups = [protected(3), protected(3)]
    twice = partition([person()], groups, [cell(0, 0, [1, 2]), cell(0, 1, [2, 1])], Pooling.POOL)
    three = partition([person()], groups, [cell(0, 0, [1, 2]), cell(0, 1, [2, 3])], Pooling.POOL)

    assert twice.atoms == ()
    assert labels(three) == [(0, (0, 1), 3)]


def test_a_parent_with_one_child_gets_no_atom_of_that_child_alone_below_its_own_minimum() -> None:
    one_person = partition([unit(), person(0)], [protected(3)], [cell(1, 0, range(2))])
    one_unit = partition([unit(), unit(0)], [protected(3)], [cell(1, 0, range(4))])

    assert one_person.atoms == ()
    assert one_unit.atoms == ()


def test_a_unit_with_own_sheets_and_children_takes_both_when_three_subjects_are_in() -> None:
    tree = [unit(), person(0), person(0)]

    made = partition(tree, [protected(3)], [cell(0, 0, [1, 2]), cell(1, 0, [3, 4]), cell(2, 0, [5, 6])])

    assert labels(made) == [(0, (0,), 6)]


def test_one_persons_few_sheets_do_not_silence_the_units_own_and_go_on_upward() -> None:
    tree = [unit(), unit(0), person(1), person(0), person(0)]
    cells = [cell(1, 0, range(6)), cell(2, 0, [7, 8]), cell(3, 0, [9]), cell(4, 0, [10, 11])]

    made = partition(tree, [protected(3)], cells)

    assert labels(made) == [(0, (0,), 5), (1, (0,), 6)]
    assert [one.subject for one in made.atoms[0].cells] == [2, 3, 4]


def test_a_subject_rated_only_by_people_who_do_not_count_is_not_one_of_the_three() -> None:
    tree = [unit(), person(0), person(0), person(0)]
    cells = [cell(1, 0, range(4)), cell(2, 0, range(4, 8)), cell(3, 0, [], uncounted=1)]

    made = partition(tree, [protected(5)], cells)

    assert made.atoms == ()


def test_a_viewer_promoted_later_changes_nothing_because_heads_were_counted_at_launch() -> None:
    counted = cell(0, 0, range(5))
    not_counted = cell(0, 0, range(4), uncounted=1)

    assert labels(partition([person()], [protected(5)], [counted])) == [(0, (0,), 5)]
    assert refusals(partition([person()], [protected(5)], [not_counted])) == [(0, 0, FEW_RATERS)]


def test_people_who_do_not_count_stay_in_the_atom_with_their_sheets() -> None:
    made = partition([person()], [protected(5)], [cell(0, 0, range(5), uncounted=2)])

    assert (len(made.atoms[0].heads), made.atoms[0].sheets) == (5, 7)


def test_a_higher_k_carries_further_up() -> None:
    tree = [unit(), person(0), person(0), person(0)]
    cells = [cell(1, 0, range(3)), cell(2, 0, range(3, 6)), cell(3, 0, range(6, 9))]

    assert [label[0] for label in labels(partition(tree, [protected(3)], cells))] == [1, 2, 3]
    assert labels(partition(tree, [protected(4)], cells)) == [(0, (0,), 9)]
    assert partition(tree, [protected(10)], cells).atoms == ()


# ---------------------------------------------------------------- minimums and modes


def test_a_unit_needs_five_people_even_with_k_three() -> None:
    assert partition([unit()], [protected(3)], [cell(0, 0, range(4))]).atoms == ()
    assert partition([unit()], [protected(3)], [cell(0, 0, range(5))]).atoms[0].minimum == 5
    assert partition([unit()], [protected(7)], [cell(0, 0, range(7))]).atoms[0].minimum == 7


def test_a_competitor_needs_five_people_and_passes_nothing_up() -> None:
    tree = [unit(), competitor(0), competitor(1)]
    cells = [cell(0, 0, range(4)), cell(1, 0, range(10, 14)), cell(2, 0, range(20, 25))]

    made = partition(tree, [protected(3)], cells)

    assert labels(made) == [(2, (0,), 5)]
    assert refusals(made) == [(0, 0, FEW_RATERS), (1, 0, FEW_RATERS)]


def test_visits_are_an_atom_of_their_subject_however_few() -> None:
    made = partition([unit(), person(0)], [report(3)], [cell(1, 0, [1], sheets=2)])

    assert [(atom.subject, atom.sheets, atom.is_protected) for atom in made.atoms] == [(1, 2, False)]


def test_a_named_sheet_by_someone_who_does_not_count_is_an_atom_all_the_same() -> None:
    made = partition([person()], [named()], [cell(0, 0, [], uncounted=1)])

    assert labels(made) == [(0, (0,), 0)]


def test_a_mixed_atom_needs_the_largest_k_among_its_groups() -> None:
    cells = [cell(0, 0, [1, 2]), cell(0, 1, [3, 4])]

    assert partition([person()], [protected(3), protected(5)], cells, Pooling.POOL).atoms == ()
    assert labels(partition([person()], [protected(3), protected(4)], cells, Pooling.POOL)) == [(0, (0, 1), 4)]


def test_a_mixed_atom_of_a_unit_needs_five_people_and_three_subjects() -> None:
    groups = [protected(3), protected(3)]
    two = [cell(1, 0, [1, 2]), cell(1, 1, [3]), cell(2, 0, [4, 5]), cell(2, 1, [3])]
    three = [*two[:3], cell(3, 1, [6])]
    tree = [unit(), person(0), person(0), person(0)]

    apart = [protected(4), protected(4)]
    assert partition(tree, apart, two, Pooling.POOL).atoms == ()
    assert labels(partition(tree, apart, three, Pooling.POOL)) == [(0, (0, 1), 6)]
    assert labels(partition(tree, groups, two, Pooling.POOL)) == [(1, (0, 1), 3), (2, (0, 1), 3)]


def test_a_mixed_atom_of_a_unit_falls_back_to_its_own_sheets_where_one_person_is_in_the_way() -> None:
    tree = [unit(), person(0)]
    cells = [cell(0, 0, [1, 2, 3]), cell(0, 1, [4, 5, 6]), cell(1, 2, [7])]

    made = partition(tree, [protected(5)] * 3, cells, Pooling.POOL)

    assert labels(made) == [(0, (0, 1), 6)]
    assert refusals(made) == [(1, 2, FEW_RATERS)]


def test_one_group_alone_left_over_is_never_called_mixed() -> None:
    made = partition([person()], [protected(3), protected(3)], [cell(0, 0, [1, 2])], Pooling.POOL)

    assert refusals(made) == [(0, 0, FEW_RATERS)]


def test_two_companies_do_not_meet() -> None:
    made = partition([unit(), unit()], [protected(5)], [cell(0, 0, range(4)), cell(1, 0, range(4, 8))])

    assert made.atoms == ()


def test_cells_without_a_sheet_are_nowhere() -> None:
    made = partition([person()], [protected(3)], [cell(0, 0, [])])

    assert (made.atoms, made.unpublished) == ((), ())


def test_every_published_cell_finds_its_atom() -> None:
    tree = [unit(), person(0), person(0), person(0), person(0)]
    cells = [cell(1, 0, range(4)), cell(2, 0, [5, 6]), cell(3, 0, [7, 8]), cell(4, 0, [9])]

    made = partition(tree, [protected(3)], cells)

    assert made.atom_of() == {(1, 0): 1, (2, 0): 0, (3, 0): 0, (4, 0): 0}


def test_a_tree_twice_as_deep_as_any_call_stack_is_carried_up() -> None:
    deep = [unit(), *(unit(parent) for parent in range(3000)), person(3000), person(0), person(0)]
    cells = [cell(3001, 0, [1, 2]), cell(3002, 0, [3, 4]), cell(3003, 0, [5, 6])]

    assert labels(partition(deep, [protected(3)], cells)) == [(0, (0,), 6)]


# ---------------------------------------------------------------- refused input


@pytest.mark.parametrize(
    ("tree", "cells", "words"),
    [
        ([Subject(1, Kind.UNIT), Subject(0, Kind.UNIT)], [], "must not have a loop"),
        ([Subject(7, Kind.UNIT)], [], "parent that is not there: 7"),
        ([Subject(-2, Kind.UNIT)], [], "parent that is not there: -2"),
        ([person(), person(0)], [], "subject 1 (person) must not stand below a person"),
        ([competitor(), unit(0)], [], "subject 1 (unit) must not stand below a competitor"),
        ([person()], [cell(1, 0, [1])], "cell (1, 0) names a subject or rater group that is not there"),
        ([person()], [cell(0, 2, [1])], "cell (0, 2) names a subject or rater group that is not there"),
        ([person()], [cell(0, 0, [1]), cell(0, 0, [2])], "cell (0, 0) is listed twice"),
        ([person()], [cell(0, 0, [1, 2], sheets=1)], "cell (0, 0) must have a sheet for each of its 2 heads"),
    ],
)
def test_a_tree_or_a_cell_that_makes_no_sense_is_refused(
    tree: Sequence[Subject], cells: Sequence[Cell], words: str
) -> None:
    with pytest.raises(ScoringError) as refused:
        partition(tree, [protected(3)], cells)

    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("mode", "k", "comment_k", "words"),
    [
        (Mode.CONFIDENTIAL, 2, 3, "k of a rater group in mode confidential must be 3 to 20, got 2"),
        (Mode.ANONYMOUS, 21, 30, "k of a rater group in mode anonymous must be 3 to 20, got 21"),
        (Mode.REPORT, 0, 0, "k of a rater group in mode report must be 1 to 20, got 0"),
        (Mode.ANONYMOUS, 5, 4, "comment_k must be at least k (5), got 4"),
    ],
)
def test_minimums_that_protect_nobody_are_refused(mode: Mode, k: int, comment_k: int, words: str) -> None:
    with pytest.raises(ScoringError) as refused:
        RaterGroup(mode, k, comment_k)

    assert str(refused.value) == words


# ---------------------------------------------------------------- reference values


REFERENCE = json.loads("""[
  {"k": 3, "policy": "drop", "groups": {"manager": 1, "colleague": 4, "customer": 2}, "identified": ["manager"],
   "visible": ["manager", "colleague"], "hidden": ["customer"]},
  {"k": 3, "policy": "pool", "groups": {"colleague": 2, "customer": 2, "direct_report": 4}, "identified": [],
   "visible": ["direct_report", "customer+colleague"], "hidden": []},
  {"k": 3, "policy": "pool", "groups": {"colleague": 2, "direct_report": 4}, "identified": [],
   "visible": ["direct_report"], "hidden": ["colleague"]},
  {"k": 4, "policy": "drop", "groups": {"colleague": 3, "direct_report": 3}, "identified": [],
   "visible": [], "hidden": ["colleague", "direct_report"]}
]""")
"""The anonymity cases that the scoring method was checked against: raters per group, and what a reader must see."""


@pytest.mark.parametrize("case", REFERENCE, ids=lambda case: f"{case['policy']} k={case['k']}")
def test_the_reference_cases_show_and_hide_what_they_must(case: dict[str, object]) -> None:
    sizes = case["groups"]
    assert isinstance(sizes, dict)
    names = list(sizes)
    groups = [named() if name in str(case["identified"]) else protected(int(str(case["k"]))) for name in names]
    people = count()
    cells = [cell(0, place, [next(people) for _ in range(sizes[name])]) for place, name in enumerate(names)]

    made = partition([person()], groups, cells, Pooling(str(case["policy"])))

    def name_of(atom: Atom) -> set[str]:
        return {names[group] for group in atom.groups}

    visible = case["visible"]
    assert isinstance(visible, list)
    by_size = sorted((name_of(atom) for atom in made.atoms), key=sorted)
    assert by_size == sorted((set(label.split("+")) for label in visible), key=sorted)
    assert sorted(names[one.group] for one in made.unpublished) == case["hidden"]
