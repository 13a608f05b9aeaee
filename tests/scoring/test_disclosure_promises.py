"""The promises on the pure module: order, disjoint atoms, minimums, swap and silence, over random rounds."""

from dataclasses import replace
from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.atoms import Kind, Mode, Pooling, heads_of
from app.scoring.disclosure import partition
from tests.attack.designs import played_rounds, random_round
from tests.attack.played import Played, Sheet, release, sheets_of
from tests.scoring.rounds import person, protected, unit


@given(played=played_rounds(), seed=st.integers(0, 2**32 - 1))
def test_the_order_in_which_cells_arrive_changes_nothing(played: Played, seed: int) -> None:
    cells = played.cells()
    shuffled = [cells[place] for place in np.random.default_rng(seed).permutation(len(cells))]

    assert partition(played.subjects, played.groups, shuffled, played.pooling) == played.partition()


@given(played=played_rounds())
def test_every_cell_is_in_one_atom_or_unpublished_and_never_both(played: Played) -> None:
    made = played.partition()

    placed = [cell.key for atom in made.atoms for cell in atom.cells]
    refused = [(one.subject, one.group) for one in made.unpublished]
    assert sorted(placed + refused) == sorted(cell.key for cell in played.cells())


@given(played=played_rounds())
def test_every_protected_atom_has_its_minimum_of_distinct_people(played: Played) -> None:
    made = played.partition()

    for atom in made.atoms:
        modes = {made.groups[group].mode for group in atom.groups}
        if not all(mode.is_protected for mode in modes):
            assert (len(atom.cells), atom.cells[0].subject) == (1, atom.subject)
            continue
        least = max(made.groups[group].k for group in atom.groups)
        is_person = made.subjects[atom.subject].kind is Kind.PERSON
        assert len(heads_of(atom.cells)) >= (least if is_person else max(5, least))
        persons = {cell.subject for cell in atom.cells if made.subjects[cell.subject].kind is Kind.PERSON}
        assert is_person or not persons or len({cell.subject for cell in atom.cells if cell.heads}) >= 3


@given(played=played_rounds())
def test_competitors_share_no_atom_and_enter_no_row_of_others(played: Played) -> None:
    published = release(played)

    for row in published.rows:
        about = {cell.subject for place in row.atoms for cell in published.made.atoms[place].cells}
        outside = {one for one in about if played.subjects[one].kind is Kind.COMPETITOR}
        assert not outside or about == {row.figure.subject}


@given(played=played_rounds())
def test_swap_two_sheets_of_one_atom_and_every_readable_row_stays(played: Played) -> None:
    published = release(played)

    for atom in published.made.atoms:
        if not atom.is_protected:
            continue
        for first, second in _pairs_with_the_same_form(played, list(sheets_of(played, atom))):
            assert release(_swapped(played, first, second)).readable() == published.readable()


def _pairs_with_the_same_form(played: Played, places: list[int]) -> list[tuple[int, int]]:
    def form(place: int) -> frozenset[int]:
        sheet = played.sheets[place]
        return played.asked[sheet.subject, sheet.group]

    return [pair for pair in combinations(places[:4], 2) if form(pair[0]) == form(pair[1])]


def _swapped(played: Played, first: int, second: int) -> Played:
    one, other = played.sheets[first], played.sheets[second]
    given = replace(one, scores=other.scores, comment=other.comment)
    return played.with_sheet(first, given).with_sheet(second, replace(other, scores=one.scores, comment=one.comment))


@given(played=played_rounds())
def test_silence_a_sheet_in_no_atom_can_say_anything(played: Played) -> None:
    published = release(played)

    for one in published.made.unpublished:
        for place, sheet in enumerate(played.sheets):
            if (sheet.subject, sheet.group) != (one.subject, one.group):
                continue
            louder = replace(sheet, scores=tuple(100_000_000 for _ in sheet.scores), comment="loud")
            assert release(played.with_sheet(place, louder)).readable() == published.readable()


def test_the_random_rounds_are_rich_enough_to_break_a_promise() -> None:
    """What the promises above are tested on: something carried up, mixed, withheld and unpublished."""
    published = [release(random_round(seed)) for seed in range(60)]
    atoms = list(chain.from_iterable(one.made.atoms for one in published))

    assert sum(atom.is_carried for atom in atoms) > 20
    assert sum(len(atom.groups) > 1 for atom in atoms) > 20
    assert sum(len(one.made.unpublished) for one in published) > 20
    assert {reason.value for one in published for reason in one.withheld.values()} == {
        "fewer_than_k",
        "fewer_than_three_subjects",
    }
    assert sum(row.is_coarse for one in published for row in one.rows) > 20
    assert sum(len(one.comments) for one in published) > 20


def test_swap_holds_where_counting_whose_sheet_is_blank_would_break_it() -> None:
    """Five sheets, one of a reader who does not count; whether his or another's is blank must not decide."""
    form = {(0, 0): frozenset({0})}
    said = [Sheet(0, 0, rater, (50_000_000,), counts=rater > 0) for rater in range(5)]
    blank_of_reader = Played((person(),), (protected(4),), (replace(said[0], scores=(None,)), *said[1:]), form, 1)
    blank_of_other = Played((person(),), (protected(4),), (*said[:4], replace(said[4], scores=(None,))), form, 1)

    def exactly_counted(played: Played) -> int:
        return len({sheet.person for sheet in played.sheets if sheet.counts and sheet.scores[0] is not None})

    assert exactly_counted(blank_of_reader) == 4
    assert exactly_counted(blank_of_other) == 3
    assert release(blank_of_reader).readable() == release(blank_of_other).readable()


@pytest.mark.parametrize("mode", [Mode.CONFIDENTIAL, Mode.ANONYMOUS])
def test_confidential_and_anonymous_groups_are_read_alike(mode: Mode) -> None:
    assert release(random_round(7, mode=mode)).readable() == release(random_round(7, mode=Mode.CONFIDENTIAL)).readable()


def test_a_row_of_a_unit_is_the_union_of_its_atoms_and_not_the_total_of_its_cells() -> None:
    """Worked case 1: 9, 6 and 4; a total of 19 would give the four by subtraction."""
    sizes = {1: 9, 2: 6, 3: 4}
    sheets = tuple(
        Sheet(subject, 0, 100 * subject + rater, (75_000_000,))
        for subject, size in sizes.items()
        for rater in range(size)
    )
    form = {(subject, 0): frozenset({0}) for subject in range(4)}

    published = release(Played((unit(), unit(0), unit(0), unit(0)), (protected(5),), sheets, form, 1, Pooling.DROP))

    assert [(row.figure.subject, row.sheets) for row in published.rows] == [(0, 15), (1, 9), (2, 6)]
