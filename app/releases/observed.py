"""How many of those who were asked could judge, for every readable row; numbers as in `partition`. Pure."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.releases.partition import Integers, JudgedRound, Measure, asked_after, atom_of_cells
from app.responses.rules import levels_asked
from app.responses.values import SheetColumns
from app.scoring.observed import Judged, JudgedCounts, judged_items, judged_kpi
from app.scoring.standing import cells_of


class RowCounts(NamedTuple):
    """Counts of the sheets behind the rows of whole atoms; shape (figures, measures).

    could, not_observed, skipped : as in `scoring.observed`, over the atoms that the row stands on
    """

    could: Integers
    not_observed: Integers
    skipped: Integers

    def of(self, figure: int, measure: int) -> Judged:
        """One row's counts as a value."""
        return Judged(*(int(column[figure, measure]) for column in self))


def row_counts(judged: JudgedRound, sheets: SheetColumns) -> RowCounts:
    """How many could judge, by readable row; what is not shown has only zeros."""
    table = judged.table
    columns = []
    for by_atom in _counts(judged, sheets):
        column = np.zeros(table.is_shown.shape, np.int64)
        np.add.at(column, (table.use_figure, table.use_measure), by_atom[table.use_atom, table.use_measure])
        columns.append(column)
    return RowCounts(*columns)


def _counts(judged: JudgedRound, sheets: SheetColumns) -> JudgedCounts:
    """The same by atom and measure."""
    n_atoms = len(judged.made.atoms)
    of_measure = _atoms_asked(judged, sheets)
    found: dict[int, JudgedCounts] = {}
    for number, measure in enumerate(judged.measures):
        if measure.item is None:
            items = _items_of(judged.measures, measure)
            points, unseen = _told(judged.measures, items, sheets)
            scored = [column for column, item in enumerate(measure.kpi.items) if item.condition is None]
            weights = [item.weight for item in measure.kpi.scored_items]
            found[number] = judged_kpi(
                of_measure[number], points[:, scored], unseen[:, scored], weights, n_atoms=n_atoms
            )
            for column, item in enumerate(items):
                alone = [column]
                found[item] = judged_items(of_measure[item], points[:, alone], unseen[:, alone], n_atoms=n_atoms)
    ordered = [found[number] for number in range(len(judged.measures))]
    return JudgedCounts(*(np.concatenate([np.zeros((n_atoms, 0), np.int64), *some], axis=1) for some in _zip(ordered)))


def _zip(counts: list[JudgedCounts]) -> list[tuple[Integers, ...]]:
    return [tuple(one[place] for one in counts) for place in range(len(JudgedCounts._fields))]


def _items_of(measures: tuple[Measure, ...], kpi: Measure) -> list[int]:
    return [number for number, one in enumerate(measures) if one.item is not None and one.kpi is kpi.kpi]


def _atoms_asked(judged: JudgedRound, sheets: SheetColumns) -> Integers:
    """[measure, sheet] The atom of a sheet whose form had the question, -1 where it had not or the sheet is in none."""
    places = {cell.key: place for place, cell in enumerate(cells_of(judged.made))}
    asked = np.zeros((len(judged.cells), len(judged.measures)), np.bool_)
    for number, cell in enumerate(judged.cells):
        place = places.get(cell.key)
        if place is not None:
            asked[number] = judged.asked[place]
    atom = atom_of_cells(judged.made, judged.cells)
    by_cell = np.where(asked.T, atom[None, :], -1)
    by_sheet = by_cell[:, sheets.cell_of_sheet]
    for number, first in enumerate(asked_after(judged.measures).tolist()):
        if first >= 0:
            by_sheet[number, ~_is_met(judged.measures, number, first, sheets)] = -1
    return by_sheet


def _is_met(measures: tuple[Measure, ...], number: int, first: int, sheets: SheetColumns) -> npt.NDArray[np.bool_]:
    """[sheet] Whether the answer to the item `first` was one after which a conditional item is asked."""
    n_kpis = sum(one.item is None for one in measures)
    item, trigger = measures[number].item, measures[first].item
    levels = [] if item is None or trigger is None else list(levels_asked(item, trigger).values())
    rows = (sheets.answer_items == first - n_kpis) & np.isin(sheets.levels, levels)
    met = np.zeros(len(sheets.cell_of_sheet), np.bool_)
    met[sheets.answer_sheets[rows]] = True
    return met


def _told(measures: tuple[Measure, ...], items: list[int], sheets: SheetColumns) -> tuple[np.ndarray, np.ndarray]:
    """[sheet, item] 0 where there is a number, NaN where there is none; and whether it could not be observed."""
    first = sum(one.item is None for one in measures)
    points = np.full((len(sheets.cell_of_sheet), len(items)), np.nan)
    unseen = np.zeros(points.shape, np.bool_)
    for column, item in enumerate(items):
        rows = np.flatnonzero(sheets.answer_items == item - first)
        is_unseen = np.isnan(sheets.levels[rows])
        unseen[sheets.answer_sheets[rows[is_unseen]], column] = True
        points[sheets.answer_sheets[rows[~is_unseen]], column] = 0.0
    return points, unseen
