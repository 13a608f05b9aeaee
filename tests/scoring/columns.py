"""A played round and its release as the plain columns that the verifier reads."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from app.scoring.objections import Claimed, Collected, Flags, Ints
from tests.attack.played import Played, Release


def ints(values: Iterable[int]) -> Ints:
    return np.array(list(values), dtype=np.int64)


def collected(played: Played) -> Collected:
    keys = sorted({(sheet.subject, sheet.group) for sheet in played.sheets})
    place = {key: number for number, key in enumerate(keys)}
    shape = len(keys), played.measures
    asked: Flags = np.zeros(shape, dtype=np.bool_)
    sheets, valid, total = np.zeros(len(keys), np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    heads: set[tuple[int, int]] = set()
    for key, cell in place.items():
        asked[cell, list(played.asked[key])] = True
    for sheet in played.sheets:
        cell = place[sheet.subject, sheet.group]
        sheets[cell] += 1
        heads |= {(cell, sheet.person)} if sheet.counts else set()
        for measure, score in enumerate(sheet.scores):
            valid[cell, measure] += score is not None
            total[cell, measure] += score or 0
    ordered = sorted(heads)
    return Collected(
        parent=ints(subject.parent for subject in played.subjects),
        kind=[subject.kind.value for subject in played.subjects],
        mode=[group.mode.value for group in played.groups],
        k=ints(group.k for group in played.groups),
        cell_subject=ints(subject for subject, _ in keys),
        cell_group=ints(group for _, group in keys),
        cell_sheets=sheets,
        head_cell=ints(cell for cell, _ in ordered),
        head_person=ints(person for _, person in ordered),
        asked=asked,
        valid=valid,
        total=total,
        steps=10**6,
    )


def claimed(played: Played, published: Release) -> Claimed:
    cell_of = {key: number for number, key in enumerate(sorted({(one.subject, one.group) for one in played.sheets}))}
    atoms = published.made.atoms
    labels = sorted({atom.groups for atom in atoms})
    members = [(place, cell_of[cell.key]) for place, atom in enumerate(atoms) for cell in atom.cells]
    rows = published.rows
    uses = [(place, atom) for place, row in enumerate(rows) for atom in row.atoms]
    standing: dict[tuple[int, int], set[int]] = defaultdict(set)
    for row in rows:
        for measure in (row.measure, -1):
            standing[row.figure.subject, measure].update(row.atoms)
    combined = sorted(standing)
    shares = [(place, atom) for place, key in enumerate(combined) for atom in sorted(standing[key])]
    return Claimed(
        labels=labels,
        atom_subject=ints(atom.subject for atom in atoms),
        atom_label=ints(labels.index(atom.groups) for atom in atoms),
        member_atom=ints(atom for atom, _ in members),
        member_cell=ints(cell for _, cell in members),
        row_subject=ints(row.figure.subject for row in rows),
        row_label=ints(labels.index(row.figure.groups) for row in rows),
        row_measure=ints(row.measure for row in rows),
        row_sheets=ints(row.sheets for row in rows),
        row_mean=np.array([row.mean for row in rows], dtype=np.float64),
        use_row=ints(row for row, _ in uses),
        use_atom=ints(atom for _, atom in uses),
        combined_subject=ints(subject for subject, _ in combined),
        combined_measure=ints(measure for _, measure in combined),
        share_combined=ints(combined for combined, _ in shares),
        share_atom=ints(atom for _, atom in shares),
    )
