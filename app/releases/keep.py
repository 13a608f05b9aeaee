"""What is kept of an atom: integer sums by measure and pair, who has answered which KPIs, and histograms. Pure.

Histograms only where the sheets are deleted.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from app.releases.partition import Floats, Integers, JudgedRound, atom_of_cells
from app.scoring.atoms import Mode
from app.scoring.tally import joined_bits, split_bits


def totals_documents(judged: JudgedRound) -> Iterator[dict[str, Any]]:
    """For each atom its released sums by the id of KPI or item; nothing of what is suppressed (R1).

    `answered` tells how many have a score on exactly which KPIs: the error of a composite rests on it.
    """
    names = [measure.kpi.kpi_id if measure.item is None else measure.item.id for measure in judged.measures]
    n_atoms = len(judged.made.atoms)
    tables = (judged.released.cells.T, judged.released.pairs.T, _patterns(judged).T, _bars(judged))
    for cells, pairs, patterns, bars in zip(*(_by_atom(n_atoms, *table) for table in tables), strict=True):
        sums = {names[measure]: cell for measure, *cell in cells}
        histograms: dict[str, list[tuple[float, int]]] = {}
        for measure, points, count in bars:
            if names[measure] in sums:
                histograms.setdefault(names[measure], []).append((points, count))
        of_pairs = [[names[one], names[other], *pair] for one, other, *pair in pairs]
        answered = [[_kpis(names, words), count] for *words, count in patterns]
        yield {"sums": sums, "pairs": of_pairs, "answered": answered, "histograms": histograms}


def _patterns(judged: JudgedRound) -> Integers:
    """Atom, bits of KPIs, and how many have answered these. Items stand alone: their sums say how many answered them."""
    answered = judged.released.answered
    n_kpis = sum(measure.item is None for measure in judged.measures)
    mask = np.array(split_bits((1 << n_kpis) - 1, answered.shape[1] - 2), np.int64)
    return answered[~(answered[:, 1:-1] & ~mask).any(axis=1)]


def _kpis(names: Sequence[str], words: Sequence[int]) -> list[str]:
    bits = joined_bits(words)
    return [names[place] for place in range(bits.bit_length()) if bits >> place & 1]


def _by_atom(n_atoms: int, atom: Integers, *columns: Integers | Floats) -> Iterator[Iterator[tuple[Any, ...]]]:
    """The rows of each atom, from columns that are ordered by atom."""
    plain = [column.tolist() for column in columns]
    for start, end in pairwise(np.searchsorted(atom, np.arange(n_atoms + 1)).tolist()):
        yield zip(*(column[start:end] for column in plain), strict=True)


def _bars(judged: JudgedRound) -> tuple[Integers, Integers, Floats, Integers]:
    """Atom of `anonymous` groups, measure, points, and how many sheets have them: all that is left of the sheets."""
    groups = judged.made.groups
    is_anonymous = [any(groups[group].mode is Mode.ANONYMOUS for group in atom.groups) for atom in judged.made.atoms]
    sheet, measure, points = judged.rows
    atom = atom_of_cells(judged.made, judged.cells)[judged.cell_of_sheet[sheet]]
    # The last place is that of the sheets in no atom, -1.
    rows = np.flatnonzero(np.array([*is_anonymous, False], np.bool_)[atom])
    order = rows[np.lexsort((points[rows], measure[rows], atom[rows]))]
    atom, measure, points = atom[order], measure[order], points[order]
    is_new = np.any([np.diff(column, prepend=-1) != 0 for column in (atom, measure, points)], axis=0)
    starts = np.flatnonzero(is_new)
    return atom[starts], measure[starts], points[starts], np.diff(starts, append=len(order))
