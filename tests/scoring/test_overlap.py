"""Which atoms a subtraction between rounds would open, and where the cells then go (R10)."""

from collections.abc import Iterable, Mapping

import pytest

from app.scoring.atoms import Place, Pooling, Withholding
from app.scoring.disclosure import partition
from app.scoring.overlap import Asked, CellName, find_overlaps, thin_atoms
from app.scoring.preview import Verdict, launch_preview
from tests.scoring.rounds import cell, labels, person, protected, refusals, unit

SOFIE, JONAS = ("Sofie", "customer"), ("Jonas", "customer")


def asked(cells: Mapping[CellName, Iterable[int]], *, k: int = 3, readers: Iterable[int] = ()) -> Asked:
    """Each cell an atom of its own; `readers` do not count."""
    people = {name: {str(one): one not in set(readers) for one in raters} for name, raters in cells.items()}
    return Asked([[name] for name in people], people, {"customer": k})


@pytest.mark.parametrize(
    ("before", "now", "is_thin"),
    [
        (range(6), range(6), False),
        (range(6), range(7), True),
        (range(7), range(6), True),
        (range(6), range(8), True),
        (range(6), range(9), False),
        (range(6), [*range(5), 6], True),
        (range(6), [*range(4), 6, 7], False),
        (range(6), range(6, 12), False),
        (range(10), range(4, 14), False),
    ],
)
def test_an_atom_is_thin_if_one_or_two_people_tell_it_from_the_last_round(
    before: Iterable[int], now: Iterable[int], *, is_thin: bool
) -> None:
    """k = 3: one or two who came or went are too few; one for another is two."""
    assert thin_atoms(asked({SOFIE: now}), [asked({SOFIE: before})]) == (frozenset({0}) if is_thin else frozenset())


def test_a_cell_that_was_not_asked_before_is_told_apart_from_nothing() -> None:
    assert thin_atoms(asked({SOFIE: range(4), JONAS: range(3)}), [asked({SOFIE: range(4)})]) == frozenset()


def test_the_larger_minimum_of_two_rounds_counts() -> None:
    now = {SOFIE: range(10)}
    assert thin_atoms(asked(now, k=3), [asked({SOFIE: range(6)}, k=5)]) == {0}
    assert thin_atoms(asked(now, k=5), [asked({SOFIE: range(6)}, k=3)]) == {0}
    assert thin_atoms(asked(now, k=3), [asked({SOFIE: range(6)}, k=3)]) == frozenset()


def test_who_does_not_count_fills_no_crowd_and_is_given_away_by_none() -> None:
    before = asked({SOFIE: range(6)})
    assert thin_atoms(asked({SOFIE: range(9)}, readers=[8]), [before]) == {0}
    assert thin_atoms(asked({SOFIE: range(7)}, readers=[6]), [before]) == {0}


def test_people_are_counted_once_over_all_cells_of_an_atom() -> None:
    """One newcomer with three sheets is one person; three newcomers with one each are three."""
    cells = [("Sofie", "customer"), ("Jonas", "customer"), ("Ali", "customer")]
    k = {"customer": 3}

    def together(raters: Mapping[CellName, Iterable[int]]) -> Asked:
        return Asked([cells], {name: {str(one): True for one in some} for name, some in raters.items()}, k)

    before = together(dict.fromkeys(cells, range(4)))
    assert thin_atoms(together(dict.fromkeys(cells, range(5))), [before]) == {0}
    grown = {name: [*range(4), 10 + place] for place, name in enumerate(cells)}
    assert thin_atoms(together(grown), [before]) == frozenset()


def test_two_atoms_made_one_are_not_thin_and_one_more_person_makes_them_so() -> None:
    """A reorganisation: what were two atoms is one now."""
    before = asked({SOFIE: range(5), JONAS: range(10, 15)})

    def together(sofies: int) -> Asked:
        people = {SOFIE: dict.fromkeys(map(str, range(sofies)), True), JONAS: before.people[JONAS]}
        return Asked([[SOFIE, JONAS]], people, {"customer": 3})

    assert thin_atoms(together(5), [before]) == frozenset()
    assert thin_atoms(together(6), [before]) == {0}


def test_three_rounds_are_solved_together() -> None:
    one, other = asked({SOFIE: range(5)}), asked({SOFIE: range(4, 9)})
    now = asked({SOFIE: range(9)})

    assert [thin_atoms(now, [one]), thin_atoms(now, [other])] == [frozenset(), frozenset()]
    assert thin_atoms(now, [one, other]) == {0}


def test_what_other_rounds_leave_open_among_themselves_does_not_count_here() -> None:
    other = asked({SOFIE: range(6)}), asked({SOFIE: range(7)})
    assert thin_atoms(asked({JONAS: range(20, 26)}), other) == frozenset()


# ------------------------------------------------------------ where the cells go

TREE = (unit(), person(0), person(0), person(0))
GROUPS = (protected(3),)


def places(now: Mapping[int, Iterable[int]], before: Mapping[int, Iterable[int]]) -> frozenset[Place]:
    """The places of a round about three persons of a team that overlap with a round before it."""
    cells = [cell(subject, 0, people) for subject, people in now.items()]

    def divide(some: frozenset[Place]) -> object:
        return partition(TREE, GROUPS, cells, Pooling.DROP, overlapping=some)

    def name(key: tuple[int, int]) -> CellName:
        return str(key[0]), "customer"

    def people(round_: Mapping[int, Iterable[int]]) -> dict[CellName, dict[str, bool]]:
        return {name((subject, 0)): {str(one): True for one in some} for subject, some in round_.items()}

    earlier = partition(TREE, GROUPS, [cell(subject, 0, some) for subject, some in before.items()])
    last = Asked([[name(one.key) for one in atom.cells] for atom in earlier.atoms], people(before), {"customer": 3})
    return find_overlaps(divide, name, people(now), {"customer": 3}, [last])  # type: ignore[arg-type]


def test_a_thin_atom_is_carried_up_where_it_meets_enough_others() -> None:
    """Person 1 has a fourth rater; the team's other cells, too small before, are in no atom of the last round."""
    before = {1: range(3), 2: range(10, 12), 3: range(20, 22)}
    now = {**before, 1: range(4)}
    overlapping = places(now, {1: range(3)})

    assert overlapping == {(1, (0,))}
    made = partition(TREE, GROUPS, [cell(one, 0, some) for one, some in now.items()], overlapping=overlapping)
    assert labels(made) == [(0, (0,), 8)]


def test_it_is_carried_on_where_the_team_would_tell_the_same_newcomer() -> None:
    """Whoever joins a team rates everybody in it."""
    before = {1: range(4), 2: range(10, 14), 3: range(20, 24)}
    now = {subject: [*people, 99] for subject, people in before.items()}

    assert places(now, before) == {(0, (0,)), (1, (0,)), (2, (0,)), (3, (0,))}
    made = partition(TREE, GROUPS, [cell(one, 0, some) for one, some in now.items()], overlapping=places(now, before))
    assert refusals(made) == [(subject, 0, Withholding.OVERLAP) for subject in (1, 2, 3)]


def test_nothing_is_carried_up_for_a_round_without_neighbours() -> None:
    assert places({1: range(4)}, {}) == frozenset()


def test_the_preview_says_where_almost_the_same_people_are_asked() -> None:
    cells = [cell(1, 0, range(8)), cell(2, 0, range(10, 18)), cell(3, 0, range(20, 28))]
    promises = launch_preview(TREE, GROUPS, cells, Pooling.DROP, {(1, (0,))}).promises

    assert [(one.subject, one.verdict) for one in promises if one.overlaps] == [(1, Verdict.NOWHERE)]
    assert promises[2].verdict is Verdict.SHOWN
