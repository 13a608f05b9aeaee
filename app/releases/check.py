"""What the release is about to publish, laid out for the independent verifier (R12). Pure; sums are made anew here."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from app.releases.partition import JudgedRound
from app.releases.score import ScoredRound
from app.rounds.preview import atom_overlaps, atom_subjects
from app.rounds.rules import is_asked
from app.rounds.values import FrozenRound
from app.scoring.objections import Claimed, Collected
from app.scoring.results import Composite
from app.scoring.tally import UNIT
from app.scoring.verifier import verify

Integers = npt.NDArray[np.int64]


def check(frozen: FrozenRound, scored: ScoredRound) -> None:
    """Have the verifier look at every row, atom and combined score; raises `scoring.objections.Objection`."""
    if scored.judged.made.atoms:
        verify(_collected(frozen, scored.judged), _claimed(scored))


def _collected(frozen: FrozenRound, judged: JudgedRound) -> Collected:
    cells, measures = judged.cells, judged.measures
    asked = np.array(
        [
            [
                is_asked(one.kpi, frozen.groups[cell.group].rater_group)
                and any(line.kpi_id == one.kpi.kpi_id for line in frozen.subjects[cell.subject].card)
                for one in measures
            ]
            for cell in cells
        ],
        np.bool_,
    ).reshape(len(cells), len(measures))
    sheet, measure, points = judged.rows
    valid = np.zeros(asked.shape, np.int64)
    total = np.zeros(asked.shape, np.int64)
    place = judged.cell_of_sheet[sheet]
    np.add.at(valid, (place, measure), 1)
    np.add.at(total, (place, measure), np.rint(points * UNIT).astype(np.int64))
    heads = [(number, person) for number, cell in enumerate(cells) for person in sorted(cell.heads)]
    subjects = atom_subjects(frozen)
    return Collected(
        parent=_ints(subject.parent for subject in subjects),
        kind=[subject.kind.value for subject in subjects],
        mode=[policy.mode.value for policy in frozen.groups],
        k=_ints(policy.k for policy in frozen.groups),
        cell_subject=_ints(cell.subject for cell in cells),
        cell_group=_ints(cell.group for cell in cells),
        cell_sheets=_ints(cell.sheets for cell in cells),
        head_cell=_ints(cell for cell, _ in heads),
        head_person=_ints(person for _, person in heads),
        asked=asked,
        valid=valid,
        total=total,
        steps=UNIT,
        overlapping=atom_overlaps(frozen),
    )


def _claimed(scored: ScoredRound) -> Claimed:
    judged = scored.judged
    atoms = judged.made.atoms
    labels = sorted({atom.groups for atom in atoms})
    label_of = {groups: place for place, groups in enumerate(labels)}
    cell_of = {cell.key: place for place, cell in enumerate(judged.cells)}
    members = [(place, cell_of[cell.key]) for place, atom in enumerate(atoms) for cell in atom.cells]
    table = scored.soft.released
    figures = [scored.figures[group] for group in table.group.tolist()]
    row_of = {key: row for row, key in enumerate(zip(figures, table.kpi.tolist(), strict=True))}
    use_row = _ints(
        row_of.get(key, -1)
        for key in zip(judged.table.use_figure.tolist(), judged.table.use_measure.tolist(), strict=True)
    )
    used = use_row >= 0
    combined, shares = _combined(scored)
    return Claimed(
        labels=labels,
        atom_subject=_ints(atom.subject for atom in atoms),
        atom_label=_ints(label_of[atom.groups] for atom in atoms),
        member_atom=_ints(atom for atom, _ in members),
        member_cell=_ints(cell for _, cell in members),
        row_subject=_ints(judged.figures[figure].subject for figure in figures),
        row_label=_ints(label_of[judged.figures[figure].groups] for figure in figures),
        row_measure=table.kpi,
        row_sheets=table.n,
        row_mean=table.mean,
        use_row=use_row[used],
        use_atom=judged.table.use_atom[used],
        combined_subject=_ints(subject for subject, _ in combined),
        combined_measure=_ints(measure for _, measure in combined),
        share_combined=_ints(place for place, _ in shares),
        share_atom=_ints(atom for _, atom in shares),
    )


def _combined(scored: ScoredRound) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The scores of KPIs and cards, and the atoms that each stands on through the groups that weigh in it."""
    rows = scored.soft.group_rows
    standing: dict[tuple[int, int], set[int]] = {}
    uses: dict[tuple[int, int], set[int]] = {}
    table = scored.judged.table
    for figure, measure, atom in zip(
        table.use_figure.tolist(), table.use_measure.tolist(), table.use_atom.tolist(), strict=True
    ):
        uses.setdefault((figure, measure), set()).add(atom)
    for group, subject, measure, weight in zip(
        rows.group.tolist(), rows.subject.tolist(), rows.kpi.tolist(), rows.weight.tolist(), strict=True
    ):
        if weight > 0:
            standing.setdefault((subject, measure), set()).update(uses[scored.figures[group], measure])
    for subject, composite in scored.composites.items():
        if isinstance(composite, Composite):
            parts = [standing[subject, part.kpi] for part in composite.parts if (subject, part.kpi) in standing]
            standing[subject, -1] = set().union(*parts)
    combined = sorted(standing)
    return combined, [(place, atom) for place, key in enumerate(combined) for atom in sorted(standing[key])]


def _ints(numbers: Iterable[int]) -> Integers:
    return np.array(list(numbers), np.int64)
