"""What is kept of an atom: integer sums by measure and pair, who has answered which KPIs, and histograms. Pure.

Histograms only where the sheets are deleted.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from app.releases.partition import JudgedRound
from app.scoring.atoms import Mode

Histograms = Mapping[int, Mapping[int, Mapping[float, int]]]


def histograms_of(judged: JudgedRound) -> Histograms:
    """By atom of `anonymous` groups and measure, how many sheets have which points: all that is left of them."""
    atom_of = judged.made.atom_of()
    anonymous = {
        place
        for place, atom in enumerate(judged.made.atoms)
        if any(judged.made.groups[group].mode is Mode.ANONYMOUS for group in atom.groups)
    }
    atom_of_cell = [atom_of.get(cell.key, -1) for cell in judged.cells]
    found: defaultdict[int, defaultdict[int, Counter[float]]] = defaultdict(lambda: defaultdict(Counter))
    for sheet, measure, points in zip(*(column.tolist() for column in judged.rows), strict=True):
        atom = atom_of_cell[int(judged.cell_of_sheet[sheet])]
        if atom in anonymous:
            found[atom][measure][points] += 1
    return found


def totals_document(judged: JudgedRound, atom: int, histograms: Mapping[int, Mapping[float, int]]) -> dict[str, Any]:
    """Released sums of one atom by the id of KPI or item; nothing of what is suppressed (R1).

    `answered` tells how many have a score on exactly which KPIs: the error of a composite rests on it.
    """
    sums = judged.released.atom(atom)
    names = [measure.kpi.kpi_id if measure.item is None else measure.item.id for measure in judged.measures]
    # KPIs come first among the measures, and a pattern holds KPIs or an item.
    kpis = names[: sum(measure.item is None for measure in judged.measures)]
    patterns = [(bits, count) for bits, count in sums.answered if bits < 1 << len(kpis)]
    return {
        "sums": {names[number]: list(cell) for number, cell in sums.cells.items()},
        "pairs": [[names[one], names[other], *pair] for (one, other), pair in sums.pairs.items()],
        "answered": [[[kpi for place, kpi in enumerate(kpis) if bits >> place & 1], n] for bits, n in patterns],
        "histograms": {
            names[number]: sorted(histogram.items()) for number, histogram in histograms.items() if number in sums.cells
        },
    }
