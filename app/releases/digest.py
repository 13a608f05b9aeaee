"""The keyed digest of what went into a release: equal for equal atoms, whoever in an atom handed in what. Pure.

Protected sheets enter as sorted multisets inside their atom, so that swapping two of them changes nothing (R11).
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from app.metrics.values import Reading
from app.releases.partition import JudgedRound
from app.releases.values import METHOD_VERSION
from app.rounds.values import FrozenRound


def digest_input(frozen: FrozenRound, judged: JudgedRound, readings: Sequence[Reading]) -> bytes:
    """Canonical bytes of the released atoms and the public inputs, to be keyed by the instance key."""
    document = {
        "method": METHOD_VERSION,
        "round": frozen.id,
        "promise": frozen.promise_hash,
        "atoms": _atoms(frozen, judged),
        "readings": sorted(_reading(reading) for reading in readings),
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _atoms(frozen: FrozenRound, judged: JudgedRound) -> list[Any]:
    atom_of = judged.made.atom_of()
    atom_of_cell = [atom_of.get(cell.key, -1) for cell in judged.cells]
    sheets: defaultdict[int, list[tuple[int, float]]] = defaultdict(list)
    for sheet, measure, points in zip(*(column.tolist() for column in judged.rows), strict=True):
        sheets[sheet].append((measure, points))
    contents: defaultdict[int, list[list[tuple[int, float]]]] = defaultdict(list)
    for sheet, cell in enumerate(judged.cell_of_sheet.tolist()):
        contents[atom_of_cell[cell]].append(sorted(sheets.get(sheet, ())))
    return [
        [
            frozen.subjects[atom.subject].id,
            [frozen.groups[group].rater_group.value for group in atom.groups],
            len(atom.heads),
            sorted(contents[place]),
        ]
        for place, atom in enumerate(judged.made.atoms)
    ]


def _reading(reading: Reading) -> list[Any]:
    amount = reading.amount
    moments = [reading.starts_at.isoformat(), reading.ends_at.isoformat()]
    values = [str(part) for part in (amount.value, amount.numerator, amount.denominator)]
    return [reading.kpi_id, reading.subject_id, *moments, *values, reading.external_id or ""]
