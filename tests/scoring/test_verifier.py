"""The second opinion: it consents to what the rules make of random rounds, and names what is wrong with any atom."""

import ast
import inspect
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from app.scoring import objections, verifier, verifier_columns, verifier_rows
from app.scoring.objections import Rule
from app.scoring.verifier import verify
from tests.attack.designs import played_rounds, random_round
from tests.attack.played import Played, Sheet, release
from tests.scoring.columns import claimed, collected
from tests.scoring.rounds import named, person, protected, unit
from tests.scoring.spoilt import Spoilt, nothing_claimed, objection, put, without_rows


@pytest.fixture
def spoilt() -> Spoilt:
    return Spoilt()


def test_the_second_opinion_shares_no_code_with_the_first() -> None:
    allowed = {
        "app.deferred",
        "app.scoring.errors",
        "app.scoring.objections",
        "app.scoring.verifier_columns",
        "app.scoring.verifier_rows",
    }

    for module in (objections, verifier, verifier_columns, verifier_rows):
        tree = ast.parse(inspect.getsource(module))
        ours = {
            node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and "app." in str(node.module)
        }
        assert ours <= allowed


@given(played=played_rounds())
def test_it_consents_to_every_round_that_the_rules_release(played: Played) -> None:
    verify(collected(played), claimed(played, release(played)))


def test_it_consents_to_many_more_without_a_single_objection() -> None:
    for seed in range(80):
        played = random_round(seed, largest=25)
        verify(collected(played), claimed(played, release(played)))


def test_it_consents_to_the_sound_round_and_to_saying_nothing(spoilt: Spoilt) -> None:
    verify(spoilt.collected, spoilt.claimed)
    verify(spoilt.collected, without_rows(spoilt.claimed))
    verify(spoilt.collected, nothing_claimed())


def test_the_order_of_the_columns_says_nothing(spoilt: Spoilt) -> None:
    seen, said, draw = spoilt.collected, spoilt.claimed, np.random.default_rng(5)
    heads, members, uses, shares = (
        draw.permutation(len(column))
        for column in (seen.head_cell, said.member_cell, said.use_row, said.share_combined)
    )

    verify(
        replace(seen, head_cell=seen.head_cell[heads], head_person=seen.head_person[heads]),
        replace(
            said,
            member_atom=said.member_atom[members],
            member_cell=said.member_cell[members],
            use_row=said.use_row[uses],
            use_atom=said.use_atom[uses],
            share_combined=said.share_combined[shares],
            share_atom=said.share_atom[shares],
        ),
    )


def test_it_objects_to_a_tree_that_is_none(spoilt: Spoilt) -> None:
    seen = spoilt.collected

    assert spoilt.objection(seen=replace(seen, parent=put(seen.parent, 0, 1))) == (Rule.TREE, 0)
    assert spoilt.objection(seen=replace(seen, parent=put(seen.parent, 7, 99))) == (Rule.TREE, 7)


def test_the_first_subject_may_stand_below_another() -> None:
    lineage = verifier_columns.Lineage.of(np.array([2, 0, -1]), ["unit", "person", "unit"])
    upper, lower = np.array([2, 2, 0, 1]), np.array([0, 1, 1, 0])
    assert lineage.holds(upper, lower).tolist() == [True, True, True, False]


def test_it_objects_to_cells_that_are_unknown_or_in_two_atoms(spoilt: Spoilt) -> None:
    said = spoilt.claimed
    again = put(said.member_cell, said.member_cell == spoilt.cell(3, 0), spoilt.cell(2, 0))

    assert spoilt.objection(said=replace(said, member_cell=put(said.member_cell, 3, 99))) == (Rule.CELLS, 3)
    assert spoilt.objection(said=replace(said, member_atom=put(said.member_atom, 3, -1))) == (Rule.CELLS, 3)
    assert spoilt.objection(said=replace(said, member_cell=again)) == (Rule.CELLS, spoilt.cell(2, 0))


def test_it_objects_to_an_atom_of_nothing(spoilt: Spoilt) -> None:
    said = spoilt.claimed
    more = replace(said, atom_subject=np.append(said.atom_subject, 2), atom_label=np.append(said.atom_label, 0))

    assert spoilt.objection(said=more) == (Rule.CELLS, len(said.atom_subject))


def test_it_objects_to_counts_that_cannot_be(spoilt: Spoilt) -> None:
    seen, cell = spoilt.collected, spoilt.cell(2, 0)

    assert spoilt.objection(seen=replace(seen, cell_subject=put(seen.cell_subject, cell, 99))) == (Rule.CELLS, cell)
    assert spoilt.objection(seen=replace(seen, cell_group=put(seen.cell_group, cell, -1))) == (Rule.CELLS, cell)
    assert spoilt.objection(seen=replace(seen, head_cell=put(seen.head_cell, 0, -1))) == (Rule.CELLS, 0)
    assert spoilt.objection(seen=replace(seen, cell_sheets=put(seen.cell_sheets, cell, 3))) == (Rule.CELLS, cell)
    assert spoilt.objection(seen=replace(seen, valid=put(seen.valid, (cell, 0), 5))) == (Rule.CELLS, cell)
    assert spoilt.objection(seen=replace(seen, valid=put(seen.valid, (cell, 0), -1))) == (Rule.CELLS, cell)
    assert spoilt.objection(seen=replace(seen, asked=put(seen.asked, (cell, 0), False))) == (Rule.CELLS, cell)


def test_it_objects_to_an_item_that_tells_how_a_few_have_answered_another(spoilt: Spoilt) -> None:
    # The second measure hangs on the first, which six at most have answered in any atom of the first group: k is 4.
    seen, said, cell = spoilt.collected, spoilt.claimed, spoilt.cell(2, 0)
    conditional = replace(seen, after=np.array([-1, 0]))

    rule, row = spoilt.objection(seen=conditional)
    assert (rule, said.row_measure[row], said.labels[said.row_label[row]]) == (Rule.ROW, 1, (0,))
    assert spoilt.objection(seen=replace(conditional, valid=put(seen.valid, (cell, 0), 3))) == (Rule.CELLS, cell)


def test_it_objects_to_a_label_that_does_not_fit_the_cells(spoilt: Spoilt) -> None:
    said, atom, outside = spoilt.claimed, spoilt.atom(2, 0), spoilt.atom(6, 0)

    assert spoilt.objection(said=replace(said, atom_subject=put(said.atom_subject, atom, 99))) == (Rule.LABEL, atom)
    assert spoilt.objection(said=replace(said, atom_label=put(said.atom_label, atom, -1))) == (Rule.LABEL, atom)
    calm = without_rows(said)
    assert spoilt.objection(said=replace(calm, atom_label=put(said.atom_label, atom, 1))) == (Rule.LABEL, atom)
    assert spoilt.objection(said=replace(calm, atom_subject=put(said.atom_subject, atom, 3))) == (Rule.LABEL, atom)
    assert spoilt.objection(said=replace(calm, atom_subject=put(said.atom_subject, outside, 0))) == (
        Rule.LABEL,
        outside,
    )


def test_it_objects_to_an_atom_where_almost_the_same_people_were_asked_shortly_before(spoilt: Spoilt) -> None:
    overlapping = replace(spoilt.collected, overlapping=[(2, (0,))])
    elsewhere = replace(spoilt.collected, overlapping=[(5, (0,)), (2, (0, 1))])

    assert spoilt.objection(seen=overlapping) == (Rule.OVERLAP, spoilt.atom(2, 0))
    verify(elsewhere, spoilt.claimed)


def test_it_objects_to_carrying_up_or_mixing_what_is_not_protected(spoilt: Spoilt) -> None:
    said, visits, mixed = without_rows(spoilt.claimed), spoilt.atom(2, 4), spoilt.atom(2, 1, 2)
    named_now = replace(spoilt.collected, mode=["confidential", "named", "confidential", "named", "report"])

    assert spoilt.objection(said=replace(said, atom_subject=put(said.atom_subject, visits, 1))) == (Rule.MODE, visits)
    assert spoilt.objection(seen=named_now, said=said) == (Rule.MODE, mixed)


@pytest.mark.parametrize(
    ("group", "k", "where"), [(0, 5, (2, 0)), (0, 7, (1, 0)), (1, 7, (2, 1, 2)), (2, 7, (2, 1, 2))]
)
def test_it_objects_to_too_few_people_with_rows_and_without(
    spoilt: Spoilt, group: int, k: int, where: tuple[int, ...]
) -> None:
    seen = replace(spoilt.collected, k=put(spoilt.collected.k, group, k))
    atom = spoilt.atom(*where)

    assert spoilt.objection(seen=seen) == (Rule.SHEETS, spoilt.cell(*where[:2]))
    assert spoilt.objection(seen=seen, said=without_rows(spoilt.claimed)) == (Rule.ATOM, atom)


def test_it_counts_people_and_not_sheets(spoilt: Spoilt) -> None:
    seen = spoilt.collected
    same = put(seen.head_person, seen.head_cell == spoilt.cell(3, 0), 4)

    assert spoilt.objection(seen=replace(seen, head_person=same)) == (Rule.SHEETS, spoilt.cell(3, 0))


# ---------------------------------------------------------------- planted policies


def weak_partition(spoil: Callable[[Played], Played]) -> tuple[Rule, int]:
    """What the verifier says when the release was planned with other minimums than the round promised."""
    promised = random_round(11, largest=25)
    planned = spoil(promised)
    return objection((collected(promised), claimed(planned, release(planned))))


def test_it_objects_to_a_release_planned_with_a_smaller_k() -> None:
    def lower(played: Played) -> Played:
        return replace(played, groups=tuple(replace(group, k=3, comment_k=9) for group in played.groups))

    assert weak_partition(lower)[0] is Rule.SHEETS


def test_it_is_fast_enough_for_ten_thousand_sheets() -> None:
    """A tenth of the size it is made for, in well over a tenth of the time, so that a slow machine does not fail it."""
    played = _large()
    seen, said = collected(played), claimed(played, release(played))

    begun = time.perf_counter()
    verify(seen, said)

    assert len(played.sheets) > 10_000
    assert time.perf_counter() - begun < 1


def _large() -> Played:
    draw = np.random.default_rng(3)
    tree = (unit(), *(unit(0) for _ in range(5)), *(unit(1 + place % 5) for place in range(40)))
    tree = (*tree, *(person(6 + place % 40) for place in range(450)))
    groups = (protected(3), protected(5), protected(5), named())
    sheets = tuple(
        Sheet(subject, group, rater, (25_000_000,))
        for subject in range(len(tree))
        for group in range(4)
        for rater in draw.permutation(2000)[: 1 if group == 3 else 7].tolist()
    )
    form = {(subject, group): frozenset({0}) for subject in range(len(tree)) for group in range(4)}
    return Played(tree, groups, sheets, form, 1)
