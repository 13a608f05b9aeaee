"""From sheets to atoms: which sheets are read together, which figures stand on them, and which are withheld. Pure.

Numbers: subjects, rater groups and KPIs are named by their place in the frozen round; a measure is a soft KPI or,
after all KPIs, an item. What the figures are is said in `score`.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.deferred import dataclass
from app.kpis.values import KpiKind
from app.releases.rules import SheetsAstray
from app.responses.values import SheetColumns
from app.rounds.preview import answered_cells, divided
from app.rounds.recipe import scale_of
from app.rounds.rules import is_asked
from app.rounds.values import FrozenItem, FrozenKpi, FrozenRound, Marks
from app.scoring.atoms import Cell, Partition
from app.scoring.raters import rater_scores
from app.scoring.readable import Figure, figures
from app.scoring.standing import RowTable, Standing, cells_of, row_table, standing_of
from app.scoring.totals import AtomTotals

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that is judged: a soft KPI as a whole, or one of its items."""

    kpi: FrozenKpi
    item: FrozenItem | None


@dataclass(frozen=True, slots=True, eq=False)
class JudgedRound:
    """A round's sheets as atoms.

    measures : KPIs first, then items
    cells : every cell with a sheet; cell_of_sheet : [sheet] its place there
    rows : one row per sheet and measure with a valid score: sheet, measure, points 0-100
    made : the partition
    asked, valid : [published cell, measure] was it asked, and how many sheets have a valid score
    released : totals by atom and measure without what is withheld (R1); items of one sheet are not paired
    figures : every row that whole atoms make (R4)
    extents : [figure] the atoms that its shown measures stand on
    table : which figures are shown on which measures, and what they stand on
    is_shown : [figure, measure] of the table, less what does not stand on the figure's one extent
    is_small : [figure, measure] it stands on an atom under twice its minimum (R7)
    """

    measures: tuple[Measure, ...]
    cells: tuple[Cell, ...]
    cell_of_sheet: Integers
    rows: tuple[Integers, Integers, Floats]
    made: Partition
    asked: Flags
    valid: Integers
    released: AtomTotals
    figures: tuple[Figure, ...]
    extents: tuple[tuple[int, ...], ...]
    table: RowTable
    is_shown: Flags
    is_small: Flags


class Laid(NamedTuple):
    """What was handed in, as `JudgedRound` has it: the cells, the cell of each sheet, the valid scores."""

    cells: tuple[Cell, ...]
    cell_of_sheet: Integers
    rows: tuple[Integers, Integers, Floats]


def judge(frozen: FrozenRound, sheets: SheetColumns, marks: Marks) -> JudgedRound:
    """Atoms of a round and what may be read of them.

    Parameters
    ----------
    frozen : the round as launched
    sheets : all sheets, items numbered as `item_ids(frozen)`
    marks : of all its assignments

    Raises
    ------
    SheetsAstray : sheets and marks do not agree, cell by cell; then nothing may be released
    """
    measures = measures_of(frozen)
    cells = _cells(frozen, sheets, marks)
    made = divided(frozen, cells)
    laid = Laid(cells, sheets.cell_of_sheet, _scores(sheets, measures))
    asked = asked_in(frozen, made, measures)
    return judged_of(measures, laid, made, (asked, _valid(made, laid, measures)), _totals(made, laid, measures))


def judged_of(
    measures: tuple[Measure, ...], laid: Laid, made: Partition, counted: tuple[Flags, Integers], totals: AtomTotals
) -> JudgedRound:
    """What may be read of atoms that stand; `counted` is `asked` and `valid`, `totals` by atom and measure."""
    standing = standing_of(made, *counted, asked_after(measures))
    found = figures(made)
    table = row_table(made, found, standing)
    extents, is_shown = _extents(table, standing)
    return JudgedRound(
        measures=measures,
        cells=laid.cells,
        cell_of_sheet=laid.cell_of_sheet,
        rows=laid.rows,
        made=made,
        asked=counted[0],
        valid=counted[1],
        released=totals.keeping(standing.is_released[totals.cells[:, 0], totals.cells[:, 1]]),
        figures=found,
        extents=extents,
        table=table,
        is_shown=is_shown,
        is_small=_small(table, standing),
    )


def soft_kpis(frozen: FrozenRound) -> tuple[FrozenKpi, ...]:
    """The rated KPIs of a round."""
    return tuple(kpi for kpi in frozen.kpis if kpi.kind is KpiKind.SOFT)


def item_ids(frozen: FrozenRound) -> tuple[str, ...]:
    """The items of a round in the order in which sheets number them."""
    return tuple(item.id for kpi in soft_kpis(frozen) for item in kpi.items)


def measures_of(frozen: FrozenRound) -> tuple[Measure, ...]:
    """Soft KPIs, then their items in the order of `item_ids`."""
    kpis = soft_kpis(frozen)
    return tuple(Measure(kpi, None) for kpi in kpis) + tuple(Measure(kpi, item) for kpi in kpis for item in kpi.items)


def asked_after(measures: Sequence[Measure]) -> Integers:
    """[measure] The item whose answer decides who is asked a conditional one, -1 for everything else."""
    items = {(one.kpi.kpi_id, one.item.code): number for number, one in enumerate(measures) if one.item is not None}
    conditions = [(one.kpi.kpi_id, None if one.item is None else one.item.condition) for one in measures]
    return np.array([-1 if on is None else items[kpi_id, on.item] for kpi_id, on in conditions], np.int64)


def _cells(frozen: FrozenRound, sheets: SheetColumns, marks: Marks) -> tuple[Cell, ...]:
    """The cells as the marks have them, in the order of the sheets' own."""
    marked = {
        (frozen.subjects[cell.subject].id, frozen.groups[cell.group].rater_group.value): cell
        for cell in answered_cells(frozen, marks)
    }
    stored = dict(zip(sheets.cells, np.bincount(sheets.cell_of_sheet).tolist(), strict=True))
    if stored != {key: cell.sheets for key, cell in marked.items()}:
        raise SheetsAstray
    return tuple(marked[key] for key in sheets.cells)


def _scores(sheets: SheetColumns, measures: Sequence[Measure]) -> tuple[Integers, Integers, Floats]:
    """Every valid score: of a sheet on a KPI, and of a sheet on an item."""
    n_sheets, n_kpis = len(sheets.cell_of_sheet), sum(measure.item is None for measure in measures)
    order = np.argsort(sheets.answer_items, kind="stable")
    bounds = np.searchsorted(sheets.answer_items[order], np.arange(len(measures) - n_kpis + 1))
    found: list[tuple[Integers, int, Floats]] = []
    next_item = 0
    for number, measure in enumerate(measures[:n_kpis]):
        table = np.full((n_sheets, len(measure.kpi.items)), np.nan)
        for column, item in enumerate(measure.kpi.items):
            places = order[bounds[next_item] : bounds[next_item + 1]]
            points = _points(item, sheets.levels[places])
            table[sheets.answer_sheets[places], column] = points
            present = ~np.isnan(points)
            found.append((sheets.answer_sheets[places][present], n_kpis + next_item, points[present]))
            next_item += 1
        scores = rater_scores(table, [item.weight for item in measure.kpi.items])
        for place, share in sheets.held.items():
            scores[place] *= share
        valid = np.flatnonzero(~np.isnan(scores))
        found.append((valid, number, scores[valid]))
    return (
        np.concatenate([np.zeros(0, np.int64), *(sheet for sheet, _, _ in found)]),
        np.concatenate([np.zeros(0, np.int64), *(np.full(len(sheet), number) for sheet, number, _ in found)]),
        np.concatenate([np.zeros(0), *(points for _, _, points in found)]),
    )


def _points(item: FrozenItem, levels: Floats) -> Floats:
    return scale_of(item.scale).map(levels, is_reversed=item.is_reversed)


def atom_of_cells(made: Partition, cells: Iterable[Cell]) -> Integers:
    """[cell] The atom that holds it, -1 where none does."""
    atom_of = made.atom_of()
    return np.array([atom_of.get(cell.key, -1) for cell in cells], np.int64)


def _totals(made: Partition, laid: Laid, measures: Sequence[Measure]) -> AtomTotals:
    """Totals by atom and measure. KPIs of one sheet stay together; an item stands alone, since nothing pairs items."""
    atom_of_sheet = atom_of_cells(made, laid.cells)[laid.cell_of_sheet]
    sheet, measure, points = laid.rows
    of_kpi = measure < sum(one.item is None for one in measures)
    kpis = (sheet[of_kpi], measure[of_kpi], points[of_kpi])
    items = (atom_of_sheet[sheet[~of_kpi]], measure[~of_kpi], points[~of_kpi])
    n_atoms = len(made.atoms)
    return AtomTotals.from_scores(atom_of_sheet, *kpis, n_atoms=n_atoms).plus(AtomTotals.apart(*items, n_atoms=n_atoms))


def _valid(made: Partition, laid: Laid, measures: Sequence[Measure]) -> Integers:
    published = cells_of(made)
    places = {cell.key: place for place, cell in enumerate(published)}
    place_of_cell = np.array([places.get(cell.key, -1) for cell in laid.cells], np.int64)
    sheet, measure, _ = laid.rows
    place = place_of_cell[laid.cell_of_sheet[sheet]]
    inside = place >= 0
    valid = np.zeros((len(published), len(measures)), np.int64)
    np.add.at(valid, (place[inside], measure[inside]), 1)
    return valid


def asked_in(frozen: FrozenRound, made: Partition, measures: Sequence[Measure]) -> Flags:
    """[published cell, measure] Did the form ask for it."""
    published = cells_of(made)
    numbers: dict[str, list[int]] = {one.kpi.kpi_id: [] for one in measures}
    for number, one in enumerate(measures):
        numbers[one.kpi.kpi_id].append(number)
    asked = np.zeros((len(published), len(measures)), np.bool_)
    on_card = [frozenset(line.kpi_id for line in subject.card) for subject in frozen.subjects]
    for group, policy in enumerate(frozen.groups):
        of_group = frozenset(one.kpi.kpi_id for one in measures if is_asked(one.kpi, policy.rater_group))
        for cell, published_cell in enumerate(published):
            if published_cell.group == group:
                for kpi_id in of_group & on_card[published_cell.subject]:
                    asked[cell, numbers[kpi_id]] = True
    return asked


def _extents(table: RowTable, standing: Standing) -> tuple[tuple[tuple[int, ...], ...], Flags]:
    """By figure the atoms that its measures stand on; a measure that leaves one of them out is not shown.

    A unit's row may have to leave out the atoms about persons on one measure and not on another. Its scores are
    combined over measures, so all of them must stand on one extent.
    """
    n_figures, n_measures = table.is_shown.shape
    span = max(len(standing.is_released), 1)
    figure, atom = np.divmod(np.unique(table.use_figure * span + table.use_atom), span)
    held = np.zeros((n_figures, n_measures), np.int64)
    np.add.at(held, figure, standing.is_released[atom].astype(np.int64))
    used = np.zeros((n_figures, n_measures), np.int64)
    np.add.at(used, (table.use_figure, table.use_measure), 1)
    bounds = np.searchsorted(figure, np.arange(n_figures + 1))
    extents = tuple(tuple(atom[lo:hi].tolist()) for lo, hi in pairwise(bounds.tolist()))
    return extents, table.is_shown & (held == used)


def _small(table: RowTable, standing: Standing) -> Flags:
    small = np.zeros(table.is_shown.shape, np.bool_)
    is_small = standing.is_small[table.use_atom, table.use_measure]
    small[table.use_figure[is_small], table.use_measure[is_small]] = True
    return small
