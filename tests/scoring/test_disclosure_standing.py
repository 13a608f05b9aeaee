"""The columns say what the rules say, for every atom, row and measure of random rounds."""

import numpy as np
from hypothesis import given

from app.scoring.atoms import Atom, Cell, Kind, Partition, Subject, Withholding
from app.scoring.readable import Figure, Judged, figures, is_small, row_parts, withheld_atom
from app.scoring.standing import Flags, Integers, cells_of, row_table, speaking, standing_of
from tests.attack.designs import played_rounds
from tests.attack.played import Played


def columns(played: Played) -> tuple[Flags, Integers]:
    """asked and valid, by published cell and measure."""
    place = {cell.key: number for number, cell in enumerate(cells_of(played.partition()))}
    asked = np.zeros((len(place), played.measures), dtype=np.bool_)
    valid = np.zeros(asked.shape, dtype=np.int64)
    for key, number in place.items():
        asked[number, list(played.asked[key])] = True
    for sheet in played.sheets:
        if (sheet.subject, sheet.group) in place:
            valid[place[sheet.subject, sheet.group]] += [score is not None for score in sheet.scores]
    return asked, valid


def judged(played: Played, some: Atom, measure: int, valid: int) -> Judged:
    return Judged.of(some, valid, tuple(cell for cell in some.cells if measure in played.asked[cell.key]))


@given(played=played_rounds())
def test_the_standing_of_each_atom_is_what_the_rules_say_of_it(played: Played) -> None:
    made = played.partition()
    standing = standing_of(made, *columns(played))

    for atom in range(len(made.atoms)):
        for measure in range(played.measures):
            part = judged(played, made.atoms[atom], measure, int(standing.valid[atom, measure]))
            assert standing.judged(made, atom, measure) == part
            assert standing.people[atom, measure] == part.people
            assert standing.is_released[atom, measure] == (withheld_atom(part) is None)
            assert standing.is_small[atom, measure] == is_small(part)


@given(played=played_rounds(25))
def test_the_rows_are_what_the_rules_make_of_each(played: Played) -> None:
    made = played.partition()
    rows, standing = figures(made), standing_of(made, *columns(played))

    table = row_table(made, rows, standing)

    used = list(zip(table.use_figure.tolist(), table.use_measure.tolist(), table.use_atom.tolist(), strict=True))
    expected: list[tuple[int, int, int]] = []
    for place, row in enumerate(rows):
        for measure in range(played.measures):
            released = [atom for atom in row.atoms if standing.is_released[atom, measure]]
            parts = row_parts(made, row, [standing.judged(made, atom, measure) for atom in released])
            assert table.reason(place, measure) == (parts if isinstance(parts, Withholding) else None)
            if not isinstance(parts, Withholding):
                expected += [(place, measure, made.atoms.index(part.atom)) for part in parts]
    assert used == expected


def test_a_conditional_item_is_released_where_twice_the_minimum_has_answered_the_one_before_it() -> None:
    people = [frozenset(range(9)), frozenset(range(10, 15)), frozenset({20})]
    cells = [Cell(0, group, heads, len(heads)) for group, heads in enumerate(people)]
    atoms = tuple(Atom(0, (cell.group,), (cell,), cell.heads, 3 if cell.group < 2 else 0) for cell in cells)
    made = Partition((Subject(-1, Kind.PERSON),), (), atoms, ())
    asked, valid = np.ones((3, 2), np.bool_), np.array([[6, 3], [5, 4], [1, 1]])

    released = standing_of(made, asked, valid, np.array([-1, 0])).is_released
    # Six have answered the first item, three the second; five are too few to tell that four of them were asked.
    assert released.tolist() == [[True, True], [True, False], [True, True]]
    assert standing_of(made, asked, valid).is_released.all()
    assert not standing_of(made, asked, np.array([[6, 2], [5, 4], [1, 1]]), np.array([-1, 0])).is_released[0, 1]


def test_a_mixed_row_stands_where_one_of_its_groups_has_no_row_of_its_own_on_the_same_subject() -> None:
    rows = [Figure(0, (0,), (0,)), Figure(0, (0, 1), (1,)), Figure(0, (1,), (2,)), Figure(1, (0, 1), (3,))]
    both, first, none = [True] * 4, [True, True, False, True], [False, True, False, True]
    is_shown = np.array([both, first, none, [True, False, False, False]]).T
    assert speaking(rows, is_shown).T.tolist() == [[True, False, True, True], first, none, [True, False, False, False]]
