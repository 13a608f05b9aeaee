"""The second opinion: it consents to what the rules make of random rounds, and names what is wrong with anything else."""

import time
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from app.scoring.atoms import Pooling
from app.scoring.objections import Claimed, Collected, Objection, Rule
from app.scoring.verifier import verify
from tests.scoring.columns import claimed, collected, ints
from tests.scoring.designs import played_rounds, random_round
from tests.scoring.played import Played, Sheet, release
from tests.scoring.rounds import competitor, named, person, protected, report, unit


@settings(max_examples=150, deadline=None)
@given(played=played_rounds())
def test_it_consents_to_every_round_that_the_rules_release(played: Played) -> None:
    verify(collected(played), claimed(played, release(played)))


def test_it_consents_to_many_more_without_a_single_objection() -> None:
    for seed in range(150):
        played = random_round(seed, largest=25)
        verify(collected(played), claimed(played, release(played)))


# ---------------------------------------------------------------- one sound round, spoilt in one place each time


def sound() -> Played:
    """Company 0, team 1 with persons 2, 3, 4, 5, a competitor 6, and a person 7 without a team.

    Group 0 protected (k 4), 1 and 2 protected (k 5), 3 named, 4 visits. Two measures; the second is blank for one.
    """
    tree = (unit(), unit(0), person(1), person(1), person(1), person(1), competitor(0), person(0))
    groups = (protected(4), protected(5), protected(5), named(), report(3))
    raters = {
        (1, 0): range(100, 106), (2, 0): range(4), (3, 0): range(4, 9), (4, 0): range(10, 16), (5, 0): range(2),
        (2, 1): range(20, 23), (2, 2): range(30, 33), (6, 0): range(40, 45), (2, 3): [50], (2, 4): [60, 61, 62],
        (3, 4): [63],
    }  # fmt: skip
    sheets = tuple(
        Sheet(subject, group, rater, (rater % 5 * 25_000_000, None if rater == 5 else 50_000_000))
        for (subject, group), people in raters.items()
        for rater in people
    )
    form = {key: frozenset({0, 1}) for key in raters}
    return Played(tree, groups, sheets, form, 2, Pooling.POOL)


class Spoilt:
    """The columns of the sound round, with places found by what they stand for."""

    def __init__(self) -> None:
        self.played = sound()
        self.release = release(self.played)
        self.collected = collected(self.played)
        self.claimed = claimed(self.played, self.release)

    def atom(self, subject: int, *groups: int) -> int:
        return next(
            place
            for place, atom in enumerate(self.release.made.atoms)
            if (atom.subject, atom.groups) == (subject, groups)
        )

    def row(self, subject: int, *groups: int, measure: int = 0) -> int:
        wanted = subject, groups, measure
        return next(
            place
            for place, row in enumerate(self.release.rows)
            if (row.figure.subject, row.figure.groups, row.measure) == wanted
        )

    def cell(self, subject: int, group: int) -> int:
        keys = zip(self.collected.cell_subject.tolist(), self.collected.cell_group.tolist(), strict=True)
        return list(keys).index((subject, group))

    def objection(self, *, seen: Collected | None = None, said: Claimed | None = None) -> tuple[Rule, int]:
        with pytest.raises(Objection) as raised:
            verify(seen or self.collected, said or self.claimed)
        assert str(raised.value) == f"the release breaks rule {raised.value.rule} at place {raised.value.place}"
        return raised.value.rule, raised.value.place


@pytest.fixture
def spoilt() -> Spoilt:
    return Spoilt()


def put(column: NDArray[Any], place: Any, value: float) -> NDArray[Any]:
    changed = column.copy()
    changed[place] = value
    return changed


def nothing_claimed() -> Claimed:
    """A claim with the labels of the sound round, and no atom and no row."""
    some = Spoilt().claimed
    empty = {field: column[:0] for field, column in vars_of(some).items() if field != "labels"}
    return Claimed(labels=some.labels, **empty)


def vars_of(claim: Claimed) -> dict[str, Any]:
    return {field.name: getattr(claim, field.name) for field in fields(claim)}


def without_rows(claim: Claimed) -> Claimed:
    rows = {name: column[:0] for name, column in vars_of(claim).items() if name.split("_")[0] in ROW_COLUMNS}
    return replace(claim, **rows)


ROW_COLUMNS = ("row", "use", "combined", "share")


def test_it_consents_to_the_sound_round_and_to_saying_nothing(spoilt: Spoilt) -> None:
    verify(spoilt.collected, spoilt.claimed)
    verify(spoilt.collected, without_rows(spoilt.claimed))
    verify(spoilt.collected, nothing_claimed())


def test_it_objects_to_a_tree_that_is_none(spoilt: Spoilt) -> None:
    seen = spoilt.collected

    assert spoilt.objection(seen=replace(seen, parent=put(seen.parent, 0, 1))) == (Rule.TREE, 0)
    assert spoilt.objection(seen=replace(seen, parent=put(seen.parent, 7, 99))) == (Rule.TREE, 7)


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

    assert spoilt.objection(seen=replace(seen, head_cell=put(seen.head_cell, 0, -1))) == (Rule.CELLS, 0)
    assert spoilt.objection(seen=replace(seen, cell_sheets=put(seen.cell_sheets, cell, 3))) == (Rule.CELLS, cell)
    assert spoilt.objection(seen=replace(seen, valid=put(seen.valid, (cell, 0), 5))) == (Rule.CELLS, cell)
    assert spoilt.objection(seen=replace(seen, valid=put(seen.valid, (cell, 0), -1))) == (Rule.CELLS, cell)
    assert spoilt.objection(seen=replace(seen, asked=put(seen.asked, (cell, 0), False))) == (Rule.CELLS, cell)


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


# ---------------------------------------------------------------- carried up and rolled up


def carried(*sizes: int, k: int, shared: bool = False) -> tuple[Collected, Claimed]:
    """A unit and a person for each size; the unit claims one atom of all of them, with its row."""
    played = _of_persons(sizes, k, shared=shared)
    members = range(len(sizes))
    one, none = ints([0]), ints([])
    sheets, total = sum(sizes), sum(sheet.scores[0] or 0 for sheet in played.sheets)
    return collected(played), Claimed(
        labels=[(0,)], atom_subject=one, atom_label=one, member_atom=ints(0 for _ in members), member_cell=ints(members),
        row_subject=one, row_label=one, row_measure=one, row_sheets=ints([sheets]),
        row_mean=np.array([total / 1e6 / sheets]), use_row=one, use_atom=one,
        combined_subject=none, combined_measure=none, share_combined=none, share_atom=none,
    )  # fmt: skip


def rolled_up(*sizes: int, k: int, shared: bool = False) -> tuple[Collected, Claimed]:
    """The same with an atom for each person, and the unit's row standing on all of them."""
    seen, said = carried(*sizes, k=k, shared=shared)
    persons = ints(range(len(sizes)))
    return seen, replace(
        said,
        atom_subject=persons + 1,
        atom_label=0 * persons,
        member_atom=persons,
        use_row=0 * persons,
        use_atom=persons,
    )


def _of_persons(sizes: tuple[int, ...], k: int, *, shared: bool) -> Played:
    sheets = tuple(
        Sheet(1 + place, 0, rater if shared else 100 * place + rater, (50_000_000,))
        for place, size in enumerate(sizes)
        for rater in range(size)
    )
    tree = (unit(), *(person(0) for _ in sizes))
    return Played(tree, (protected(k),), sheets, {(1 + place, 0): frozenset({0}) for place in range(len(sizes))}, 1)


def objection(columns: tuple[Collected, Claimed]) -> tuple[Rule, int]:
    with pytest.raises(Objection) as raised:
        verify(*columns)
    return raised.value.rule, raised.value.place


def test_an_atom_of_persons_below_needs_three_subjects() -> None:
    verify(*carried(3, 3, 1, k=4))

    assert objection(carried(3, 3, k=4)) == (Rule.SUBJECTS, 0)


def test_a_row_from_persons_below_needs_three_subjects_and_five_people() -> None:
    verify(*rolled_up(3, 3, 3, k=3))

    assert objection(rolled_up(6, 6, k=3)) == (Rule.JUDGED, 0)
    assert objection(rolled_up(4, 4, 4, k=3, shared=True)) == (Rule.JUDGED, 0)
    verify(*rolled_up(5, 5, 5, k=3, shared=True))


def test_a_person_without_heads_is_not_one_of_the_three() -> None:
    seen, said = carried(3, 3, 1, k=4)
    nobody = seen.head_cell != 2

    readers = replace(seen, head_cell=seen.head_cell[nobody], head_person=seen.head_person[nobody])

    assert objection((readers, said)) == (Rule.SUBJECTS, 0)


def test_a_row_may_stand_on_what_is_about_units_alone(spoilt: Spoilt) -> None:
    said, row, own = spoilt.claimed, spoilt.row(1, 0), spoilt.atom(1, 0)
    kept = (said.use_row != row) | (said.use_atom == own)
    cell = spoilt.cell(1, 0)
    mean = spoilt.collected.total[cell, 0] / 6e6
    narrow = replace(
        said,
        use_row=said.use_row[kept],
        use_atom=said.use_atom[kept],
        row_sheets=put(said.row_sheets, row, 6),
        row_mean=put(said.row_mean, row, mean),
    )
    apart = narrow.combined_measure != 0  # the combined score on this measure would still stand on the persons

    verify(spoilt.collected, _without_shares(narrow, ~apart & (narrow.combined_subject == 1)))


def _without_shares(claim: Claimed, combined: NDArray[np.bool_]) -> Claimed:
    kept = ~combined[claim.share_combined]
    return replace(claim, share_combined=claim.share_combined[kept], share_atom=claim.share_atom[kept])


# ---------------------------------------------------------------- rows


@pytest.mark.parametrize(
    "column",
    ["row_subject", "row_label", "row_measure", "use_row", "use_atom", "combined_subject", "combined_measure",
     "share_combined", "share_atom"],
)  # fmt: skip
@pytest.mark.parametrize("value", [-2, 99])
def test_it_objects_to_rows_that_name_what_is_not_there(spoilt: Spoilt, column: str, value: int) -> None:
    changed: dict[str, Any] = {column: put(getattr(spoilt.claimed, column), 2, value)}

    assert spoilt.objection(said=replace(spoilt.claimed, **changed)) == (Rule.ROW, 2)


def test_it_objects_to_a_row_that_stands_on_nothing_and_to_one_that_is_there_twice(spoilt: Spoilt) -> None:
    said, row = spoilt.claimed, spoilt.row(4, 0)
    gone = said.use_row != row
    same_label = put(said.row_measure, spoilt.row(2, 0, measure=1), 0)
    twice = replace(said, use_row=np.append(said.use_row, row), use_atom=np.append(said.use_atom, spoilt.atom(4, 0)))

    assert spoilt.objection(said=replace(said, use_row=said.use_row[gone], use_atom=said.use_atom[gone])) == (
        Rule.ROW,
        row,
    )
    assert spoilt.objection(said=replace(said, row_measure=same_label)) == (Rule.ROW, spoilt.row(2, 0, measure=1))
    assert spoilt.objection(said=twice) == (Rule.ROW, len(said.use_row))


def test_it_objects_to_a_row_about_another_subject_or_group_than_its_atoms(spoilt: Spoilt) -> None:
    said, row = spoilt.claimed, spoilt.row(4, 0)
    elsewhere = put(said.use_atom, said.use_row == row, spoilt.atom(3, 0))

    assert spoilt.objection(said=replace(said, row_subject=put(said.row_subject, row, 5))) == (Rule.ROW, row)
    assert spoilt.objection(said=replace(said, use_atom=elsewhere)) == (Rule.ROW, row)


def test_it_objects_to_a_competitor_in_a_roll_up(spoilt: Spoilt) -> None:
    said, row = spoilt.claimed, spoilt.row(0, 0)
    more = replace(said, use_row=np.append(said.use_row, row), use_atom=np.append(said.use_atom, spoilt.atom(6, 0)))

    assert spoilt.objection(said=more) == (Rule.ROW, row)


def test_it_objects_to_a_row_that_leaves_one_of_its_atoms_out(spoilt: Spoilt) -> None:
    said, row = spoilt.claimed, spoilt.row(0, 0)
    kept = (said.use_row != row) | (said.use_atom != spoilt.atom(4, 0))

    assert spoilt.objection(said=replace(said, use_row=said.use_row[kept], use_atom=said.use_atom[kept])) == (
        Rule.ROW,
        row,
    )


def test_it_objects_to_a_measure_that_too_few_have_judged_whoever_left_the_blank(spoilt: Spoilt) -> None:
    seen, cell = spoilt.collected, spoilt.cell(2, 0)
    blank = replace(seen, valid=put(seen.valid, (cell, 1), 3))

    assert spoilt.objection(seen=blank) == (Rule.ROW, spoilt.row(0, 0, measure=1))


def test_it_objects_to_too_few_visits_of_a_person(spoilt: Spoilt) -> None:
    four = replace(spoilt.collected, k=put(spoilt.collected.k, 4, 4))

    assert spoilt.objection(seen=four) == (Rule.JUDGED, spoilt.row(2, 4))


@pytest.mark.parametrize("off", [1e-3, -1e-3, float("nan"), float("inf")])
def test_it_objects_to_a_mean_that_does_not_come_out_of_the_atoms(spoilt: Spoilt, off: float) -> None:
    said, row = spoilt.claimed, spoilt.row(1, 0, measure=1)

    wrong = put(said.row_mean, row, said.row_mean[row] + off)

    assert spoilt.objection(said=replace(said, row_mean=wrong)) == (Rule.FIGURE, row)


def test_it_objects_to_a_number_of_sheets_that_is_not_that_of_the_atoms(spoilt: Spoilt) -> None:
    said, row = spoilt.claimed, spoilt.row(2, 1, 2)

    assert spoilt.objection(said=replace(said, row_sheets=put(said.row_sheets, row, 5))) == (Rule.FIGURE, row)


@pytest.mark.parametrize("measure", [0, -1])
def test_it_objects_to_a_combined_score_that_stands_on_an_atom_no_row_stands_on(spoilt: Spoilt, measure: int) -> None:
    said = spoilt.claimed
    combined = int(np.flatnonzero((said.combined_subject == 4) & (said.combined_measure == measure))[0])

    more = replace(
        said,
        share_combined=np.append(said.share_combined, combined),
        share_atom=np.append(said.share_atom, spoilt.atom(3, 0)),
    )

    assert spoilt.objection(said=more) == (Rule.ROW, combined)


def test_it_objects_to_a_kpi_score_on_an_atom_that_only_another_kpi_may_use(spoilt: Spoilt) -> None:
    said, row = spoilt.claimed, spoilt.row(3, 0, measure=1)
    kept, rows = said.use_row != row, np.arange(len(said.row_subject)) != row
    fewer = replace(
        said,
        use_row=said.use_row[kept] - (said.use_row[kept] > row),
        use_atom=said.use_atom[kept],
        **{name: column[rows] for name, column in vars_of(said).items() if name.startswith("row_")},
    )
    combined = int(np.flatnonzero((said.combined_subject == 3) & (said.combined_measure == 1))[0])

    assert spoilt.objection(said=fewer) == (Rule.ROW, combined)


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
