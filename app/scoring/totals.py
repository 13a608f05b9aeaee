"""Integer running totals of rater scores per atom and KPI: order-free, mergeable, reversible; no score yet.

Everything that a soft score and its standard error need from the raters of an atom is a sum over its sheets.
The sums are integers, so that adding up again gives the same bits in any order, and an atom of an `anonymous`
group that keeps nothing else still gives the same figures.

============  ===================================================================
Name          Stands for
============  ===================================================================
CellSums      n, S1, S2 of one KPI in one atom
PairSums      the same over the raters who have scores on both of two KPIs
AtomSums      one atom: its cells, pairs, and who has a score on which KPIs
AtomTotals    all atoms of a round as columns, built from sheets in one pass
============  ===================================================================
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.scoring.errors import ScoringError

UNIT = 10**8
"""Steps per point. With 10**6 the mean of scores such as 100/3 is off by 1e-8; with 10**8, by 1e-10."""

LARGEST_CELL = 9_000_000
"""Raters per atom and KPI up to which S2, at most 10**4 * UNIT each, surely fits 64 bits."""

WORD = 62
"""KPIs per column of `answered`, so that a column never gets negative."""

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class CellSums(NamedTuple):
    """One KPI in one atom: n raters, s1 = sum round(UNIT x), s2 = sum round(UNIT x^2)."""

    n: int
    s1: int
    s2: int


class PairSums(NamedTuple):
    """Two KPIs j < k over the n raters with both: s1_j, s1_k = sums of round(UNIT x), s12 = of round(UNIT x_j x_k)."""

    n: int
    s1_j: int
    s1_k: int
    s12: int


@dataclass(frozen=True, slots=True)
class AtomSums:
    """What one atom holds, reduced to integers.

    cells : by KPI number; a KPI nobody has a score on is absent
    pairs : by two KPI numbers, the smaller first; absent where nobody has both
    answered : (bits, raters): how many raters have scores on exactly the KPIs whose bits are set
    """

    cells: Mapping[int, CellSums]
    pairs: Mapping[tuple[int, int], PairSums]
    answered: tuple[tuple[int, int], ...]

    def count_raters(self, kpis: Iterable[int]) -> int:
        """Distinct raters with a score on at least one of the KPIs.

        >>> sums = AtomTotals.from_scores([0, 0, 0], [0, 0, 1, 2], [0, 1, 1, 2], [50, 60, 70, 80], n_atoms=1).atom(0)
        >>> sums.count_raters([0, 1]), sums.count_raters([2])
        (2, 1)
        """
        wanted = sum(1 << kpi for kpi in set(kpis))
        return sum(n for bits, n in self.answered if bits & wanted)


@dataclass(frozen=True, slots=True, eq=False)
class AtomTotals:
    """All atoms of a round as integer columns; atoms and KPIs are the caller's numbers, from 0.

    n_atoms : number of atoms
    cells : rows of atom, kpi, n, s1, s2, sorted by atom and kpi
    pairs : rows of atom, j, k, n, s1_j, s1_k, s12, sorted by atom, j and k, with j < k
    answered : rows of atom, bits of KPIs 0..61, bits of KPIs 62..123 and so on, n; sorted by all but n
    """

    n_atoms: int
    cells: Integers
    pairs: Integers
    answered: Integers

    @classmethod
    def from_scores(
        cls,
        sheet_atoms: npt.ArrayLike,
        sheets: npt.ArrayLike,
        kpis: npt.ArrayLike,
        scores: npt.ArrayLike,
        *,
        n_atoms: int,
    ) -> "AtomTotals":
        """Add up the rater scores of a round.

        Parameters
        ----------
        sheet_atoms : atom of each sheet, 0..n_atoms - 1, or -1 for a sheet that is in no atom; shape (sheets,)
        sheets, kpis, scores : one row per sheet and KPI, in any order: number of the sheet, number of the KPI,
            rater score 0..100 or NaN for none; shape (rows,)
        n_atoms : number of atoms

        Raises
        ------
        ScoringError : lengths differ, a number or a score is out of range, a sheet has a KPI twice, or one
            atom holds more than 9 million raters

        Formula: n, S1 = sum round(UNIT x), S2 = sum round(UNIT x^2), and products of two KPIs likewise.

        >>> AtomTotals.from_scores([0, 0, 0], [0, 1, 2], [0, 0, 0], [50, 75, float("nan")], n_atoms=1).atom(0).cells
        {0: CellSums(n=2, s1=12500000000, s2=812500000000)}
        """
        rows = _checked_rows(sheet_atoms, sheets, kpis, scores, n_atoms)
        ones = np.ones(len(rows.atom), np.int64)
        cells = _summed([rows.atom, rows.kpi], [ones, _steps(rows.score), _steps(rows.score**2)])
        if len(cells) and cells[:, 2].max() > LARGEST_CELL:
            msg = f"an atom can hold at most {LARGEST_CELL} raters"
            raise ScoringError(msg)
        return cls(n_atoms, cells, _pair_rows(rows), _answered_rows(rows))

    @classmethod
    def from_sums(cls, atoms: Sequence[AtomSums]) -> "AtomTotals":
        """Columns from atoms that were reduced before, atom numbers by position.

        >>> totals = AtomTotals.from_scores([0, 0], [0, 1], [0, 0], [50, 75], n_atoms=1)
        >>> AtomTotals.from_sums([totals.atom(0)]).atom(0) == totals.atom(0)
        True
        """
        cells = [(a, kpi, *cell) for a, sums in enumerate(atoms) for kpi, cell in sums.cells.items()]
        pairs = [(a, *both, *pair) for a, sums in enumerate(atoms) for both, pair in sums.pairs.items()]
        words = 1 + max((bits.bit_length() - 1 for sums in atoms for bits, _ in sums.answered), default=0) // WORD
        answered = [(a, *_split(bits, words), n) for a, sums in enumerate(atoms) for bits, n in sums.answered]
        return cls(len(atoms), _table(cells, 5, 2), _table(pairs, 7, 3), _table(answered, words + 2, words + 1))

    def atom(self, number: int) -> AtomSums:
        """One atom as plain integers, for scoring a subject or for keeping.

        >>> AtomTotals.from_scores([0, 0], [0, 0, 1], [0, 1, 0], [50, 60, 75], n_atoms=1).atom(0).answered
        ((1, 1), (3, 1))
        """
        return AtomSums(
            {kpi: CellSums(*sums) for kpi, *sums in self._rows(self.cells, number)},
            {(j, k): PairSums(*sums) for j, k, *sums in self._rows(self.pairs, number)},
            tuple(sorted((_joined(words), n) for *words, n in self._rows(self.answered, number))),
        )

    def with_at_least(self, least: npt.ArrayLike) -> "AtomTotals":
        """Only the cells with enough raters; the others are suppressed: they enter nothing.

        Parameters
        ----------
        least : raters a KPI needs, per atom or one for all; shape (n_atoms,) or ()

        >>> totals = AtomTotals.from_scores([0, 0, 0], [0, 1, 2, 2], [0, 0, 0, 1], [50, 75, 70, 80], n_atoms=1)
        >>> list(totals.with_at_least(3).atom(0).cells), totals.with_at_least(3).atom(0).answered
        ([0], ((1, 3),))
        """
        limits = np.broadcast_to(np.asarray(least, np.int64), self.n_atoms)
        cells = self.cells[self.cells[:, 2] >= limits[self.cells[:, 0]]]
        kept = cells[:, 0] << 32 | cells[:, 1]
        first, second = (self.pairs[:, 0] << 32 | self.pairs[:, column] for column in (1, 2))
        pairs = self.pairs[np.isin(first, kept) & np.isin(second, kept)]
        masks = np.zeros((self.n_atoms, self.answered.shape[1] - 2), np.int64)
        np.bitwise_or.at(masks, (cells[:, 0], cells[:, 1] // WORD), np.int64(1) << cells[:, 1] % WORD)
        words = self.answered[:, 1:-1] & masks[self.answered[:, 0]]
        some = words.any(axis=1)
        answered = _summed([self.answered[some, 0], *words[some].T], [self.answered[some, -1]])
        return AtomTotals(self.n_atoms, cells, pairs, answered)

    def plus(self, other: "AtomTotals") -> "AtomTotals":
        """Totals of both, as if their sheets had been added up together.

        >>> one, two = (AtomTotals.from_scores([0], [0], [0], [x], n_atoms=1) for x in (50, 75))
        >>> one.plus(two).atom(0).cells[0].n
        2
        """
        return self._merged(other, 1)

    def minus(self, other: "AtomTotals") -> "AtomTotals":
        """Totals without the sheets of the other; replacing a sheet is minus the old, plus the new.

        Raises
        ------
        ScoringError : the other holds sheets that are not in here

        >>> one, two = (AtomTotals.from_scores([0], [0], [0], [x], n_atoms=1) for x in (50, 75))
        >>> one.plus(two).minus(two).atom(0) == one.atom(0)
        True
        """
        return self._merged(other, -1)

    def _merged(self, other: "AtomTotals", sign: int) -> "AtomTotals":
        if self.n_atoms != other.n_atoms:
            msg = f"totals of {self.n_atoms} and of {other.n_atoms} atoms cannot be merged"
            raise ScoringError(msg)
        words = max(self.answered.shape[1], other.answered.shape[1]) - 2
        return AtomTotals(
            self.n_atoms,
            _merged_rows(self.cells, other.cells, 2, sign),
            _merged_rows(self.pairs, other.pairs, 3, sign),
            _merged_rows(_widened(self.answered, words), _widened(other.answered, words), words + 1, sign),
        )

    @staticmethod
    def _rows(table: Integers, number: int) -> list[list[int]]:
        lo, hi = np.searchsorted(table[:, 0], (number, number + 1))
        rows: list[list[int]] = table[lo:hi, 1:].tolist()
        return rows


class _Rows(NamedTuple):
    """Checked rows, sorted by sheet and KPI."""

    atom: Integers
    sheet: Integers
    kpi: Integers
    score: Floats


def _checked_rows(
    sheet_atoms: npt.ArrayLike, sheets: npt.ArrayLike, kpis: npt.ArrayLike, scores: npt.ArrayLike, n_atoms: int
) -> _Rows:
    atoms, sheet, kpi = (np.asarray(column, np.int64).reshape(-1) for column in (sheet_atoms, sheets, kpis))
    score = np.asarray(scores, np.float64).reshape(-1)
    if not len(sheet) == len(kpi) == len(score):
        msg = f"sheets, kpis and scores must be of one length, got {len(sheet)}, {len(kpi)} and {len(score)}"
        raise ScoringError(msg)
    _check_range("atom of a sheet", atoms, -1, n_atoms - 1)
    _check_range("sheet", sheet, 0, len(atoms) - 1)
    _check_range("kpi", kpi, 0, 2**31 - 1)
    present = ~np.isnan(score)
    _check_range("rater score", score[present], 0, 100)
    used = np.flatnonzero(present & (atoms[sheet] >= 0))
    used = used[np.lexsort((kpi[used], sheet[used]))]
    rows = _Rows(atoms[sheet[used]], sheet[used], kpi[used], score[used])
    if ((np.diff(rows.sheet) == 0) & (np.diff(rows.kpi) == 0)).any():
        msg = "a sheet can have only one score per kpi"
        raise ScoringError(msg)
    return rows


def _check_range(what: str, column: Integers | Floats, lo: int, hi: int) -> None:
    if len(column) and not lo <= column.min() <= column.max() <= hi:
        msg = f"{what} must be from {lo} to {hi}, got {column.min()} to {column.max()}"
        raise ScoringError(msg)


def _pair_rows(rows: _Rows) -> Integers:
    """Rows of two KPIs of one sheet: rows `gap` apart, until no sheet is that long."""
    found: list[tuple[Integers, Integers]] = []
    gap = 1
    while len(first := np.flatnonzero(rows.sheet[:-gap] == rows.sheet[gap:])):
        found.append((first, first + gap))
        gap += 1
    nothing = np.zeros(0, np.int64)
    first, second = (np.concatenate([nothing, *side]) for side in (zip(*found, strict=True) if found else ((), ())))
    x, y = rows.score[first], rows.score[second]
    keys = [rows.atom[first], rows.kpi[first], rows.kpi[second]]
    return _summed(keys, [np.ones(len(x), np.int64), _steps(x), _steps(y), _steps(x * y)])


def _answered_rows(rows: _Rows) -> Integers:
    """How many sheets of each atom have scores on exactly which KPIs."""
    words = 1 + int(rows.kpi.max(initial=0)) // WORD
    starts = np.flatnonzero(np.diff(rows.sheet, prepend=-1))
    columns = []
    for word in range(words):
        bits = np.where(rows.kpi // WORD == word, np.int64(1) << rows.kpi % WORD, np.int64(0))
        columns.append(np.bitwise_or.reduceat(bits, starts) if len(starts) else starts)
    return _summed([rows.atom[starts], *columns], [np.ones(len(starts), np.int64)])


def _steps(points: Floats) -> Integers:
    return np.rint(points * UNIT).astype(np.int64)


def _summed(keys: Sequence[Integers], values: Sequence[Integers]) -> Integers:
    """One row per distinct key with the sums of the values, sorted by the keys, the first one foremost."""
    order = np.lexsort(tuple(reversed(keys)))
    table = np.stack([*keys, *values], axis=1)[order]
    if not len(table):
        return table
    new = (np.diff(table[:, : len(keys)], axis=0) != 0).any(axis=1)
    starts = np.concatenate([[0], np.flatnonzero(new) + 1])
    sums = np.add.reduceat(table[:, len(keys) :], starts, axis=0)
    return np.concatenate([table[starts, : len(keys)], sums], axis=1)


def _merged_rows(one: Integers, other: Integers, n_keys: int, sign: int) -> Integers:
    columns = np.concatenate([one, other]).T
    columns[n_keys:, len(one) :] *= sign
    table = _summed(list(columns[:n_keys]), list(columns[n_keys:]))
    counts = table[:, -1] if n_keys == table.shape[1] - 1 else table[:, n_keys]
    if (counts < 0).any():
        msg = "sheets can only be taken out of totals that hold them"
        raise ScoringError(msg)
    return table[counts > 0]


def _table(rows: Sequence[tuple[int, ...]], width: int, n_keys: int) -> Integers:
    columns = np.array(rows, np.int64).reshape(-1, width).T
    return _summed(list(columns[:n_keys]), list(columns[n_keys:]))


def _widened(answered: Integers, words: int) -> Integers:
    missing = words + 2 - answered.shape[1]
    return np.insert(answered, [answered.shape[1] - 1] * missing, 0, axis=1)


def _split(bits: int, words: int) -> list[int]:
    return [bits >> WORD * word & (1 << WORD) - 1 for word in range(words)]


def _joined(words: Sequence[int]) -> int:
    return sum(bits << WORD * word for word, bits in enumerate(words))
