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
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.deferred import dataclass
from app.scoring.columns import Integers, merged_rows, summed, table_of
from app.scoring.errors import ScoringError
from app.scoring.tally import (
    UNIT,
    WORD,
    answered_apart,
    answered_rows,
    cell_rows,
    checked_rows,
    joined_bits,
    pair_rows,
    split_bits,
    widened,
)

__all__ = ["UNIT", "AtomSums", "AtomTotals", "CellSums", "PairSums"]


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
        rows = checked_rows(sheet_atoms, sheets, kpis, scores, n_atoms)
        return cls(n_atoms, cell_rows(rows), pair_rows(rows), answered_rows(rows))

    @classmethod
    def apart(cls, atoms: npt.ArrayLike, kpis: npt.ArrayLike, scores: npt.ArrayLike, *, n_atoms: int) -> "AtomTotals":
        """Add up scores that nothing reads together: `from_scores`, with each on a sheet of its own.

        Parameters
        ----------
        atoms, kpis, scores : one row per score, in any order: its atom or -1, number of the KPI, 0..100 or NaN;
            shape (rows,)
        n_atoms : number of atoms

        Raises
        ------
        ScoringError : as `from_scores`

        >>> AtomTotals.apart([0, 0], [0, 1], [50, 75], n_atoms=1).atom(0).answered
        ((1, 1), (2, 1))
        """
        rows = checked_rows(atoms, np.arange(np.size(atoms)), kpis, scores, n_atoms)
        cells = cell_rows(rows)
        return cls(n_atoms, cells, np.zeros((0, 7), np.int64), answered_apart(cells))

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
        answered = [(a, *split_bits(bits, words), n) for a, sums in enumerate(atoms) for bits, n in sums.answered]
        return cls(len(atoms), table_of(cells, 5, 2), table_of(pairs, 7, 3), table_of(answered, words + 2, words + 1))

    def atom(self, number: int) -> AtomSums:
        """One atom as plain integers, for scoring a subject or for keeping.

        >>> AtomTotals.from_scores([0, 0], [0, 0, 1], [0, 1, 0], [50, 60, 75], n_atoms=1).atom(0).answered
        ((1, 1), (3, 1))
        """
        return AtomSums(
            {kpi: CellSums(*sums) for kpi, *sums in self._rows(self.cells, number)},
            {(j, k): PairSums(*sums) for j, k, *sums in self._rows(self.pairs, number)},
            tuple(sorted((joined_bits(words), n) for *words, n in self._rows(self.answered, number))),
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
        return self.keeping(self.cells[:, 2] >= limits[self.cells[:, 0]])

    def keeping(self, kept: npt.ArrayLike) -> "AtomTotals":
        """Only some of the cells; the others are suppressed: they enter nothing, not even a pair.

        Parameters
        ----------
        kept : one flag per row of `cells`; shape (rows,)

        >>> totals = AtomTotals.from_scores([0, 0], [0, 0, 1], [0, 1, 1], [50, 75, 70], n_atoms=1)
        >>> totals.keeping([False, True]).atom(0).answered
        ((2, 2),)
        """
        cells = self.cells[np.asarray(kept, np.bool_)]
        held = cells[:, 0] << 32 | cells[:, 1]
        first, second = (self.pairs[:, 0] << 32 | self.pairs[:, column] for column in (1, 2))
        pairs = self.pairs[np.isin(first, held) & np.isin(second, held)]
        masks = np.zeros((self.n_atoms, self.answered.shape[1] - 2), np.int64)
        np.bitwise_or.at(masks, (cells[:, 0], cells[:, 1] // WORD), np.int64(1) << cells[:, 1] % WORD)
        words = self.answered[:, 1:-1] & masks[self.answered[:, 0]]
        some = words.any(axis=1)
        answered = summed([self.answered[some, 0], *words[some].T], [self.answered[some, -1]])
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
            merged_rows(self.cells, other.cells, 2, sign),
            merged_rows(self.pairs, other.pairs, 3, sign),
            merged_rows(widened(self.answered, words), widened(other.answered, words), words + 1, sign),
        )

    @staticmethod
    def _rows(table: Integers, number: int) -> list[list[int]]:
        lo, hi = np.searchsorted(table[:, 0], (number, number + 1))
        rows: list[list[int]] = table[lo:hi, 1:].tolist()
        return rows
