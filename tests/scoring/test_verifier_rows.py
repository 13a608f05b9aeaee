"""The second opinion on rows: what each must stand on, on how many people, and what comes out of it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from app.scoring.objections import Claimed, Collected, Rule
from app.scoring.verifier import verify
from tests.attack.played import Played, Sheet
from tests.scoring.columns import collected, ints
from tests.scoring.rounds import person, protected, unit
from tests.scoring.spoilt import Spoilt, objection, put, vars_of


@pytest.fixture
def spoilt() -> Spoilt:
    return Spoilt()


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
