"""What the release is about to publish, laid out for the independent verifier (R12). Pure; sums are made anew here."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from app.releases.partition import JudgedRound, Measure
from app.releases.score import ScoredRound
from app.rounds.preview import atom_overlaps, atom_subjects
from app.rounds.rules import is_asked
from app.rounds.values import FrozenRound
from app.scoring.objections import Claimed, Collected
from app.scoring.results import Composite
from app.scoring.tally import UNIT
from app.scoring.verifier import verify

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def check(frozen: FrozenRound, scored: ScoredRound) -> None:
    """Have the verifier look at every row, atom and combined score; raises `scoring.objections.Objection`."""
    if scored.judged.made.atoms:
        verify(_collected(frozen, scored.judged), _claimed(scored))


def _collected(frozen: FrozenRound, judged: JudgedRound) -> Collected:
    cells, measures = judged.cells, judged.measures
    of_group = _flags([is_asked(one.kpi, policy.rater_group) for one in measures] for policy in frozen.groups)
    on_card = _flags(
        [one.kpi.kpi_id in card for one in measures]
        for card in ({line.kpi_id for line in subject.card} for subject in frozen.subjects)
    )
    cell_subject, cell_group = _ints(cell.subject for cell in cells), _ints(cell.group for cell in cells)
    asked = of_group[cell_group] & on_card[cell_subject]
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
        cell_subject=cell_subject,
        cell_group=cell_group,
        cell_sheets=_ints(cell.sheets for cell in cells),
        head_cell=_ints(cell for cell, _ in heads),
        head_person=_ints(person for _, person in heads),
        asked=asked,
        valid=valid,
        total=total,
        steps=UNIT,
        overlapping=atom_overlaps(frozen),
        after=_ints(_place_asked_after(one, measures) for one in measures),
    )


def _place_asked_after(one: Measure, measures: Sequence[Measure]) -> int:
    """The place of the item that a conditional one hangs on; looked up here for itself, as everything is."""
    if one.item is None or one.item.condition is None:
        return -1
    code, kpi = one.item.condition.item, one.kpi
    return next(
        place for place, other in enumerate(measures) if other.kpi is kpi and other.item and other.item.code == code
    )


def _claimed(scored: ScoredRound) -> Claimed:
    judged, rows = scored.judged, scored.soft.released
    atoms, figures, table = judged.made.atoms, judged.figures, judged.table
    labels = sorted({atom.groups for atom in atoms})
    label_of = {groups: place for place, groups in enumerate(labels)}
    cell_of = {cell.key: place for place, cell in enumerate(judged.cells)}
    figure_of_row = np.array(scored.figures, np.int64)[rows.group]
    row_at = np.full(table.is_shown.shape, -1)
    row_at[figure_of_row, rows.kpi] = np.arange(len(rows.kpi))
    use_row = row_at[table.use_figure, table.use_measure]
    used = use_row >= 0
    combined_subject, combined_measure, share_combined, share_atom = _combined(scored)
    return Claimed(
        labels=labels,
        atom_subject=_ints(atom.subject for atom in atoms),
        atom_label=_ints(label_of[atom.groups] for atom in atoms),
        member_atom=np.repeat(np.arange(len(atoms)), _ints(len(atom.cells) for atom in atoms)),
        member_cell=_ints(cell_of[cell.key] for atom in atoms for cell in atom.cells),
        row_subject=_ints(figure.subject for figure in figures)[figure_of_row],
        row_label=_ints(label_of[figure.groups] for figure in figures)[figure_of_row],
        row_measure=rows.kpi,
        row_sheets=rows.n,
        row_mean=rows.mean,
        use_row=use_row[used],
        use_atom=table.use_atom[used],
        combined_subject=combined_subject,
        combined_measure=combined_measure,
        share_combined=share_combined,
        share_atom=share_atom,
    )


def _combined(scored: ScoredRound) -> tuple[Integers, Integers, Integers, Integers]:
    """The scores of KPIs and cards (measure -1), and the atoms that each stands on through the groups that weigh in it.

    Subject and measure of each, then place of the score and atom of each share.
    """
    judged, rows = scored.judged, scored.soft.group_rows
    table, n_atoms, span = judged.table, len(judged.made.atoms), len(judged.measures) + 1
    weighs = np.zeros(table.is_shown.shape, np.bool_)
    weighs[np.array(scored.figures, np.int64)[rows.group], rows.kpi] = rows.weight > 0
    used = weighs[table.use_figure, table.use_measure]
    subject = _ints(figure.subject for figure in judged.figures)[table.use_figure[used]]
    measure, atom = table.use_measure[used], table.use_atom[used]
    in_card = np.zeros((len(judged.made.subjects), len(judged.measures)), np.bool_)
    for place, composite in scored.composites.items():
        if isinstance(composite, Composite):
            in_card[place, [part.kpi for part in composite.parts if part.kpi < len(judged.measures)]] = True
    on_card = in_card[subject, measure]
    scores = np.concatenate([subject * span + measure + 1, subject[on_card] * span])
    shares = np.unique(scores * n_atoms + np.concatenate([atom, atom[on_card]]))
    combined, share_combined = np.unique(shares // n_atoms, return_inverse=True)
    return combined // span, combined % span - 1, share_combined, shares % n_atoms


def _ints(numbers: Iterable[int]) -> Integers:
    return np.fromiter(numbers, np.int64)


def _flags(rows: Iterable[list[bool]]) -> Flags:
    return np.array(list(rows), np.bool_)
