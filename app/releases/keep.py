"""What is kept of an atom: integer sums by measure and pair, who has answered which KPIs, and histograms. Pure.

Histograms only where the sheets are deleted.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np

from app.releases.partition import JudgedRound, atom_of_cells
from app.scoring.atoms import Mode
from app.scoring.tally import joined_bits


def totals_documents(judged: JudgedRound) -> Iterator[dict[str, Any]]:
    """For each atom its released sums by the id of KPI or item; nothing of what is suppressed (R1).

    `answered` tells how many have a score on exactly which KPIs: the error of a composite rests on it.
    """
    names = [measure.kpi.kpi_id if measure.item is None else measure.item.id for measure in judged.measures]
    sums: defaultdict[int, dict[str, list[int]]] = defaultdict(dict)
    pairs: defaultdict[int, list[list[Any]]] = defaultdict(list)
    histograms: defaultdict[int, dict[str, list[tuple[float, int]]]] = defaultdict(dict)
    for atom, measure, *cell in judged.released.cells.tolist():
        sums[atom][names[measure]] = cell
    for atom, one, other, *pair in judged.released.pairs.tolist():
        pairs[atom].append([names[one], names[other], *pair])
    # KPIs come first among the measures, and a pattern holds KPIs or an item.
    kpis = names[: sum(measure.item is None for measure in judged.measures)]
    answered: defaultdict[int, list[list[Any]]] = defaultdict(list)
    for atom, *words, count in judged.released.answered.tolist():
        if bits := joined_bits(words) & (1 << len(kpis)) - 1:
            answered[atom].append([[kpi for place, kpi in enumerate(kpis) if bits >> place & 1], count])
    for atom, measure, points, count in _bars(judged):
        if names[measure] in sums[atom]:
            histograms[atom].setdefault(names[measure], []).append((points, count))
    for place in range(len(judged.made.atoms)):
        yield {
            "sums": sums[place],
            "pairs": pairs[place],
            "answered": answered[place],
            "histograms": histograms[place],
        }


def _bars(judged: JudgedRound) -> Iterator[tuple[int, int, float, int]]:
    """Atom of `anonymous` groups, measure, points, and how many sheets have them: all that is left of the sheets."""
    groups = judged.made.groups
    is_anonymous = [any(groups[group].mode is Mode.ANONYMOUS for group in atom.groups) for atom in judged.made.atoms]
    sheet, measure, points = judged.rows
    atom = atom_of_cells(judged.made, judged.cells)[judged.cell_of_sheet[sheet]]
    # The last place is that of the sheets in no atom, -1.
    rows = np.flatnonzero(np.array([*is_anonymous, False], np.bool_)[atom])
    order = rows[np.lexsort((points[rows], measure[rows], atom[rows]))]
    columns = [column[order] for column in (atom, measure, points)]
    is_new = np.any([np.diff(column, prepend=-1) != 0 for column in columns], axis=0)
    starts = np.flatnonzero(is_new)
    counts = np.diff(starts, append=len(order))
    return zip(*(column[starts].tolist() for column in columns), counts.tolist(), strict=True)
