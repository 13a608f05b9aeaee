"""The keyed digest of what went into a release: equal for equal atoms, whoever in an atom handed in what. Pure.

Protected sheets enter as sorted multisets inside their atom, so that swapping two of them changes nothing (R11).
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Any

import numpy as np

from app.metrics.values import Reading
from app.releases.partition import JudgedRound, atom_of_cells
from app.releases.values import METHOD_VERSION
from app.rounds.values import FrozenRound
from app.scoring.tally import UNIT


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
    atom_of_cell = atom_of_cells(judged.made, judged.cells).tolist()
    contents: defaultdict[int, list[bytes]] = defaultdict(list)
    for cell, content in zip(judged.cell_of_sheet.tolist(), _sheets(judged), strict=True):
        contents[atom_of_cell[cell]].append(content)
    return [
        [
            frozen.subjects[atom.subject].id,
            [frozen.groups[group].rater_group.value for group in atom.groups],
            len(atom.heads),
            sha256(b"|".join(sorted(contents[place]))).hexdigest(),
        ]
        for place, atom in enumerate(judged.made.atoms)
    ]


def _sheets(judged: JudgedRound) -> Iterator[bytes]:
    """What each sheet says: measures and points in whole steps, as bytes of one fixed order."""
    sheet, measure, points = judged.rows
    order = np.lexsort((measure, sheet))
    steps = np.rint(points * UNIT).astype(np.int64)
    packed = np.stack([measure, steps], axis=1)[order].astype(">i8")
    bounds = np.searchsorted(sheet[order], np.arange(len(judged.cell_of_sheet) + 1)).tolist()
    raw, width = packed.tobytes(), 16
    return (raw[lo * width : hi * width] for lo, hi in pairwise(bounds))


def _reading(reading: Reading) -> list[Any]:
    amount = reading.amount
    moments = [reading.starts_at.isoformat(), reading.ends_at.isoformat()]
    values = [str(part) for part in (amount.value, amount.numerator, amount.denominator)]
    return [reading.kpi_id, reading.subject_id, *moments, *values, reading.external_id or ""]
