"""Running totals are integers: the same in any order, in any number of steps, and after replacing a sheet."""

import math
from typing import Any

import numpy as np
import pytest

from app.scoring import tally
from app.scoring.errors import ScoringError
from app.scoring.tally import LARGEST_CELL, UNIT
from app.scoring.totals import AtomSums, AtomTotals, CellSums, PairSums

NAN = math.nan


def totals_of(scores: list[list[float]], atoms: list[int], n_atoms: int = 2) -> AtomTotals:
    """From a table of sheets by KPIs."""
    table = np.array(scores, np.float64)
    n, k = table.shape
    return AtomTotals.from_scores(
        atoms, np.repeat(np.arange(n), k), np.tile(np.arange(k), n), table.reshape(-1), n_atoms=n_atoms
    )


def atoms_of(totals: AtomTotals) -> list[AtomSums]:
    return [totals.atom(number) for number in range(totals.n_atoms)]


SCORES = [[50, 60, NAN], [75, NAN, NAN], [100 / 3, 20, 90], [NAN, 10, 40], [NAN, NAN, NAN]]
ATOMS = [0, 0, 1, 1, 0]


def test_an_atom_holds_counts_sums_and_products() -> None:
    assert totals_of(SCORES, ATOMS).atom(1) == AtomSums(
        cells={
            0: CellSums(1, 3333333333, round(10**4 / 9 * UNIT)),
            1: CellSums(2, 30 * UNIT, 500 * UNIT),
            2: CellSums(2, 130 * UNIT, 9700 * UNIT),
        },
        pairs={
            (0, 1): PairSums(1, 3333333333, 20 * UNIT, round(2000 / 3 * UNIT)),
            (0, 2): PairSums(1, 3333333333, 90 * UNIT, 3000 * UNIT),
            (1, 2): PairSums(2, 30 * UNIT, 130 * UNIT, 2200 * UNIT),
        },
        answered=((0b110, 1), (0b111, 1)),
    )


def test_a_rater_of_several_kpis_is_one_rater() -> None:
    atom = totals_of(SCORES, ATOMS).atom(0)
    assert [atom.count_raters(kpis) for kpis in ([0], [1], [0, 1], [2], [])] == [2, 1, 2, 0, 0]


def test_sheets_outside_every_atom_change_nothing() -> None:
    assert atoms_of(totals_of([*SCORES, [1, 2, 3]], [*ATOMS, -1])) == atoms_of(totals_of(SCORES, ATOMS))


def test_the_order_of_rows_does_not_matter() -> None:
    sheets, kpis = np.repeat(np.arange(5), 3), np.tile(np.arange(3), 5)
    scores = np.array(SCORES).reshape(-1)
    turned = np.random.default_rng(1).permutation(15)
    mixed = AtomTotals.from_scores(ATOMS, sheets[turned], kpis[turned], scores[turned], n_atoms=2)
    straight = totals_of(SCORES, ATOMS)
    for name in ("cells", "pairs", "answered"):
        assert getattr(mixed, name).tobytes() == getattr(straight, name).tobytes()


def test_totals_of_halves_add_up_to_the_totals_of_the_whole() -> None:
    halves = totals_of(SCORES[:2], ATOMS[:2]).plus(totals_of(SCORES[2:], ATOMS[2:]))
    whole = totals_of(SCORES, ATOMS)
    assert atoms_of(halves) == atoms_of(whole)
    assert halves.answered.tobytes() == whole.answered.tobytes()


def test_replacing_a_sheet_is_taking_the_old_one_out_and_the_new_one_in() -> None:
    new = [[10, 20, 30.0]]
    replaced = totals_of(SCORES, ATOMS).minus(totals_of(SCORES[:1], ATOMS[:1])).plus(totals_of(new, ATOMS[:1]))
    assert atoms_of(replaced) == atoms_of(totals_of(new + SCORES[1:], ATOMS))


def test_more_than_62_kpis_are_told_apart() -> None:
    totals = AtomTotals.from_scores([0, 0], [0, 0, 1, 1], [3, 200, 3, 61], [10, 20, 30, 40], n_atoms=1)
    atom = totals.atom(0)
    assert atom.answered == ((1 << 3 | 1 << 61, 1), (1 << 3 | 1 << 200, 1))
    assert [atom.count_raters(kpis) for kpis in ([3], [61, 200], [200], [62])] == [2, 2, 1, 0]
    few = AtomTotals.from_scores([0], [0], [1], [50], n_atoms=1)
    assert totals.plus(few).minus(few).atom(0) == few.plus(totals).minus(few).atom(0) == atom


def test_scores_that_nothing_reads_together_add_up_as_if_each_had_a_sheet_of_its_own() -> None:
    rng = np.random.default_rng(3)
    atoms, kpis = rng.integers(-1, 4, 600), rng.integers(0, 70, 600)
    scores = np.where(rng.random(600) < 0.1, NAN, rng.integers(0, 101, 600))
    apart = AtomTotals.apart(atoms, kpis, scores, n_atoms=4)
    alone = AtomTotals.from_scores(atoms, np.arange(600), kpis, scores, n_atoms=4)
    for name in ("cells", "pairs", "answered"):
        assert getattr(apart, name).tolist() == getattr(alone, name).tolist()
    assert atoms_of(AtomTotals.apart([], [], [], n_atoms=1)) == [AtomSums({}, {}, ())]


def test_atoms_that_kept_only_their_sums_give_the_same_totals() -> None:
    totals = totals_of(SCORES, ATOMS)
    again = AtomTotals.from_sums(atoms_of(totals))
    for name in ("cells", "pairs", "answered"):
        assert getattr(again, name).tolist() == getattr(totals, name).tolist()


def test_sums_of_many_kpis_are_read_back_whole() -> None:
    totals = AtomTotals.from_scores([0, 1], [0, 0, 1], [3, 200, 70], [10, 20, 30], n_atoms=2)
    assert atoms_of(AtomTotals.from_sums(atoms_of(totals))) == atoms_of(totals)


def test_nothing_adds_up_to_nothing() -> None:
    empty = AtomTotals.from_scores([], [], [], [], n_atoms=1)
    assert empty.atom(0) == AtomSums({}, {}, ())
    assert AtomTotals.from_sums([AtomSums({}, {}, ())]).atom(0) == AtomSums({}, {}, ())
    assert empty.plus(empty).with_at_least(3).atom(0) == AtomSums({}, {}, ())


def test_a_kpi_with_too_few_raters_enters_nothing() -> None:
    kept = totals_of(SCORES, ATOMS).with_at_least([2, 2])
    assert kept.atom(0) == AtomSums({0: CellSums(2, 125 * UNIT, 8125 * UNIT)}, {}, ((0b1, 2),))
    assert list(kept.atom(1).cells) == [1, 2]
    assert list(kept.atom(1).pairs) == [(1, 2)]
    assert kept.atom(1).answered == ((0b110, 2),)


def test_a_sheet_without_a_kpi_that_is_left_is_no_rater() -> None:
    kept = totals_of([[50, NAN], [60, NAN], [NAN, 70]], [0, 0, 0]).with_at_least(2)
    assert kept.atom(0).answered == ((0b1, 2),)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scores": [50.0]}, "must be of one length, got 2, 2 and 1"),
        ({"scores": [50, 101]}, "rater score must be from 0 to 100, got 50.0 to 101.0"),
        ({"scores": [50, math.inf]}, "rater score must be from 0 to 100"),
        ({"sheets": [0, 2]}, "sheet must be from 0 to 1, got 0 to 2"),
        ({"sheets": [0, -1]}, "sheet must be from 0 to 1"),
        ({"sheets": [0.0, 0.5]}, "sheet must be a column of whole numbers, got float64"),
        ({"kpis": [0, 4096]}, "kpi must be from 0 to 4095"),
        ({"sheet_atoms": [0, 5]}, "atom of a sheet must be from -1 to 0, got 0 to 5"),
        ({"sheets": [1, 1]}, "a sheet can have only one score per kpi"),
    ],
)
def test_rows_that_make_no_sense_are_refused(change: dict[str, Any], message: str) -> None:
    rows: dict[str, Any] = {"sheet_atoms": [0, 0], "sheets": [0, 1], "kpis": [0, 0], "scores": [50, 60]}
    with pytest.raises(ScoringError, match=message):
        AtomTotals.from_scores(**(rows | change), n_atoms=1)


def test_a_cell_that_could_pass_64_bits_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "LARGEST_CELL", 2)
    totals_of([[50], [60]], [0, 0])
    with pytest.raises(ScoringError, match="an atom can hold at most 2 raters"):
        totals_of([[50], [60], [70]], [0, 0, 0])


def test_the_largest_cell_fits_64_bits() -> None:
    assert LARGEST_CELL * 10**4 * UNIT < 2**63


def test_sheets_that_are_not_in_cannot_be_taken_out() -> None:
    one = totals_of([[50]], [0])
    with pytest.raises(ScoringError, match="sheets can only be taken out of totals that hold them"):
        one.minus(one).minus(one)


def test_totals_over_different_atoms_cannot_be_merged() -> None:
    with pytest.raises(ScoringError, match="totals of 2 and of 3 atoms cannot be merged"):
        totals_of([[50]], [0]).plus(totals_of([[50]], [0], n_atoms=3))
