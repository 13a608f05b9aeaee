"""Sheets as checked rows, and their integer sums by atom; what the sums are for is in `totals`.

================  ===========================================================
Name              Does
================  ===========================================================
SheetRows         checked rows of a round, sorted by sheet and KPI
checked_rows      the same from columns in any order
cell_rows         n, S1, S2 by atom and KPI
pair_rows         sums over two KPIs of one sheet, by atom and both
answered_rows     how many sheets have scores on exactly which KPIs, by atom
answered_apart    the same where each sheet has a score on one KPI only
================  ===========================================================
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.scoring.columns import Floats, Integers, pairs_within, summed
from app.scoring.errors import ScoringError

UNIT = 10**8
"""Steps per point. With 10**6 the mean of scores such as 100/3 is off by 1e-8; with 10**8, by 1e-10."""

LARGEST_CELL = 9_000_000
"""Raters per atom and KPI up to which S2, at most 10**4 * UNIT each, surely fits 64 bits."""

LARGEST_KPI = 4095
KPI_BITS = LARGEST_KPI.bit_length()

WORD = 62
"""KPIs per column of `answered`, so that a column never gets negative."""


class SheetRows(NamedTuple):
    """Checked rows, sorted by sheet and KPI."""

    atom: Integers
    sheet: Integers
    kpi: Integers
    score: Floats


def checked_rows(
    sheet_atoms: npt.ArrayLike, sheets: npt.ArrayLike, kpis: npt.ArrayLike, scores: npt.ArrayLike, n_atoms: int
) -> SheetRows:
    """Rows with a score on a sheet that is in an atom; arguments and errors as `AtomTotals.from_scores`.

    >>> checked_rows([0, -1], [1, 0, 0], [0, 1, 0], [50, 75, float("nan")], 1).score.tolist()
    [75.0]
    """
    atoms, sheet, kpi = _integers("atom", sheet_atoms), _integers("sheet", sheets), _integers("kpi", kpis)
    score = np.asarray(scores, np.float64).reshape(-1)
    if not len(sheet) == len(kpi) == len(score):
        msg = f"sheets, kpis and scores must be of one length, got {len(sheet)}, {len(kpi)} and {len(score)}"
        raise ScoringError(msg)
    _check_range("atom of a sheet", atoms, -1, n_atoms - 1)
    _check_range("sheet", sheet, 0, len(atoms) - 1)
    _check_range("kpi", kpi, 0, LARGEST_KPI)
    present = ~np.isnan(score)
    _check_range("rater score", score[present], 0, 100)
    used = np.flatnonzero(present & (atoms[sheet] >= 0))
    used = used[np.lexsort((kpi[used], sheet[used]))]
    rows = SheetRows(atoms[sheet[used]], sheet[used], kpi[used], score[used])
    if ((np.diff(rows.sheet) == 0) & (np.diff(rows.kpi) == 0)).any():
        msg = "a sheet can have only one score per kpi"
        raise ScoringError(msg)
    return rows


def _integers(what: str, column: npt.ArrayLike) -> Integers:
    numbers = np.asarray(column).reshape(-1)
    if len(numbers) and numbers.dtype.kind not in "iu":
        msg = f"{what} must be a column of whole numbers, got {numbers.dtype}"
        raise ScoringError(msg)
    return numbers.astype(np.int64, copy=False)


def _check_range(what: str, column: Integers | Floats, lo: int, hi: int) -> None:
    if len(column) and not lo <= column.min() <= column.max() <= hi:
        msg = f"{what} must be from {lo} to {hi}, got {column.min()} to {column.max()}"
        raise ScoringError(msg)


def cell_rows(rows: SheetRows) -> Integers:
    """Rows of atom, kpi, n, s1, s2.

    Raises
    ------
    ScoringError : one atom holds more than 9 million raters, whose squares could pass 64 bits

    >>> cell_rows(checked_rows([0, 0], [0, 1], [3, 3], [50, 75], 1)).tolist()
    [[0, 3, 2, 12500000000, 812500000000]]
    """
    ones = np.ones(len(rows.atom), np.int64)
    cells = summed([rows.atom, rows.kpi], [ones, steps(rows.score), steps(rows.score**2)])
    if cells[:, 2].max(initial=0) > LARGEST_CELL:
        msg = f"an atom can hold at most {LARGEST_CELL} raters"
        raise ScoringError(msg)
    return cells


def pair_rows(rows: SheetRows) -> Integers:
    """Rows of atom, j, k, n, s1_j, s1_k, s12 with j < k.

    >>> pair_rows(checked_rows([0], [0, 0], [4, 3], [1, 2], 1)).tolist()
    [[0, 3, 4, 1, 200000000, 100000000, 200000000]]
    """
    first, second = pairs_within(rows.sheet)
    x, y = rows.score[first], rows.score[second]
    keys = [rows.atom[first], rows.kpi[first], rows.kpi[second]]
    return summed(keys, [np.ones(len(x), np.int64), steps(x), steps(y), steps(x * y)])


def answered_rows(rows: SheetRows) -> Integers:
    """Rows of atom, bits of KPIs 0..61, bits of KPIs 62..123 and so on, n.

    >>> answered_rows(checked_rows([0, 0], [0, 0, 1], [0, 2, 2], [50, 60, 70], 1)).tolist()
    [[0, 4, 1], [0, 5, 1]]
    """
    words = 1 + int(rows.kpi.max(initial=0)) // WORD
    starts = np.flatnonzero(np.diff(rows.sheet, prepend=-1))
    columns = []
    for word in range(words):
        bits = np.where(rows.kpi // WORD == word, np.int64(1) << rows.kpi % WORD, np.int64(0))
        columns.append(np.bitwise_or.reduceat(bits, starts) if len(starts) else starts)
    return summed([rows.atom[starts], *columns], [np.ones(len(starts), np.int64)])


def answered_apart(cells: Integers) -> Integers:
    """The same from the cells alone, where no sheet has scores on two KPIs.

    >>> answered_apart(cell_rows(checked_rows([0, 0], [0, 1], [0, 2], [50, 60], 1))).tolist()
    [[0, 1, 1], [0, 4, 1]]
    """
    atom, kpi, n = cells.T[:3]
    words = np.arange(1 + int(kpi.max(initial=0)) // WORD)
    bits = np.where(kpi[:, None] // WORD == words, np.int64(1) << kpi[:, None] % WORD, np.int64(0))
    return summed([atom, *bits.T], [n])


def steps(points: Floats) -> Integers:
    """Points, or products of points, as whole steps.

    >>> steps(np.array([100 / 3])).tolist()
    [3333333333]
    """
    return np.rint(points * UNIT).astype(np.int64)


def widened(answered: Integers, words: int) -> Integers:
    """Rows of `answered_rows` with room for so many columns of bits.

    >>> widened(np.array([[0, 5, 1]]), 2).tolist()
    [[0, 5, 0, 1]]
    """
    missing = words + 2 - answered.shape[1]
    return np.insert(answered, [answered.shape[1] - 1] * missing, 0, axis=1)


def split_bits(bits: int, words: int) -> list[int]:
    """Bits of KPIs in columns of 62.

    >>> split_bits(1 << 62 | 3, 2)
    [3, 1]
    """
    return [bits >> WORD * word & (1 << WORD) - 1 for word in range(words)]


def joined_bits(words: Sequence[int]) -> int:
    """Columns of 62 as the bits of KPIs.

    >>> joined_bits([3, 1]) == 1 << 62 | 3
    True
    """
    return sum(bits << WORD * word for word, bits in enumerate(words))
