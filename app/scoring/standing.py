"""The rules of `readable` over all atoms and measures of a release at once, as columns; a measure is a KPI or an item.

============  =====================================================================
Name          Contents
============  =====================================================================
cells_of      the cells of a partition, in the order of the columns
Standing      how much of each atom has been judged, and whether it may be read
standing_of   the same from what is in by cell
RowTable      which rows are shown, and the atoms each stands on
row_table     the same from the standing
speaking      which of the rows that are shown speak for somebody
============  =====================================================================
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from app.deferred import dataclass
from app.scoring.atoms import Atom, Cell, Kind, Mode, Partition, Withholding
from app.scoring.disclosure import UNIT_RATERS, UNIT_SUBJECTS
from app.scoring.readable import Figure, Judged, row_parts

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def cells_of(made: Partition) -> tuple[Cell, ...]:
    """The published cells, atom by atom: the order of the columns."""
    return tuple(cell for atom in made.atoms for cell in atom.cells)


@dataclass(frozen=True, slots=True)
class Standing:
    """How much of each atom has been judged.

    asked : [cell, measure] did the form ask for it; cells as in `cells_of`
    starts : [atom] its first cell
    valid : [atom, measure] sheets with a valid score
    people : [atom, measure] distinct people who count and surely have one, as `Judged.of`
    is_released : [atom, measure] rule R1, as `withheld_atom`
    is_small : [atom, measure] rule R7, as `is_small`
    is_about_persons : [atom, measure] asked about a person
    """

    asked: Flags
    starts: Integers
    valid: Integers
    people: Integers
    is_released: Flags
    is_small: Flags
    is_about_persons: Flags

    def judged(self, made: Partition, atom: int, measure: int) -> Judged:
        """One place of the columns as a value."""
        some = made.atoms[atom]
        asked = self.asked[self.starts[atom] : self.starts[atom] + len(some.cells), measure]
        cells = tuple(cell for cell, is_asked in zip(some.cells, asked, strict=True) if is_asked)
        return Judged.of(some, int(self.valid[atom, measure]), cells)


def standing_of(made: Partition, asked: Flags, valid: Integers, after: Integers | None = None) -> Standing:
    """How much of each atom has been judged, from what is in by cell.

    Parameters
    ----------
    made : the partition
    asked : [cell, measure] did the form ask for it; cells as in `cells_of`
    valid : [cell, measure] sheets with a valid score, 0..sheets of the cell
    after : [measure] the measure that a conditional item hangs on, -1 for one that everybody is asked; none: all are

    Returns
    -------
    Columns by atom and measure. How many were asked a conditional item is a bar of the other item's histogram, which
    an atom under twice its minimum may not tell (R7): there it is not released.

    >>> from app.scoring.atoms import Subject
    >>> cell = Cell(0, 0, frozenset({1, 2, 3, 4}), 4)
    >>> person = Subject(-1, Kind.PERSON)
    >>> made = Partition((person,), (), (Atom(0, (0,), (cell,), cell.heads, 3),), ())
    >>> standing_of(made, np.array([[True, True]]), np.array([[3, 2]])).is_released.tolist()
    [[True, False]]
    """
    cells = cells_of(made)
    sizes = np.array([len(atom.cells) for atom in made.atoms], dtype=np.int64)
    starts = np.cumsum(sizes) - sizes
    heads = np.array([len(cell.heads) for cell in cells], dtype=np.int64)
    sheets = np.array([cell.sheets for cell in cells], dtype=np.int64)
    minimum = np.array([atom.minimum for atom in made.atoms], dtype=np.int64)[:, None]
    judged = np.add.reduceat(valid, starts)
    blanks = np.add.reduceat(asked * sheets[:, None] - valid, starts)
    people = np.maximum(np.add.reduceat(asked * heads[:, None], starts) - blanks, 0)
    for place in np.flatnonzero(sizes > 1).tolist():
        mine = slice(starts[place], starts[place] + sizes[place])
        people[place] = _people_of_several(made.atoms[place], asked[mine], blanks[place])
    persons = np.array([made.subjects[cell.subject].kind is Kind.PERSON for cell in cells], dtype=np.bool_)
    is_small = people < 2 * minimum
    return Standing(
        asked=asked,
        starts=starts,
        valid=judged,
        people=people,
        is_released=(judged > 0) & (people >= minimum) & ~_tells_of_few(is_small, after),
        is_small=is_small,
        is_about_persons=np.logical_or.reduceat(asked & persons[:, None], starts),
    )


def _tells_of_few(is_small: Flags, after: Integers | None) -> Flags:
    """[atom, measure] a figure would tell how a few have answered another item."""
    tells = np.zeros_like(is_small)
    if after is not None:
        conditional = np.flatnonzero(after >= 0)
        tells[:, conditional] = is_small[:, after[conditional]]
    return tells


def _people_of_several(atom: Atom, asked: Flags, blanks: Integers) -> Integers:
    """[measure] people who surely have a valid score in an atom of several cells."""
    people = np.zeros_like(blanks)
    patterns, pattern_of = np.unique(asked, axis=1, return_inverse=True)
    for place, pattern in enumerate(patterns.T):
        cells = (cell for cell, is_asked in zip(atom.cells, pattern, strict=True) if is_asked)
        held = Counter(head for cell in cells for head in cell.heads)
        running = np.cumsum(sorted(held.values()))
        measures = pattern_of.reshape(-1) == place
        people[measures] = len(held) - np.searchsorted(running, blanks[measures], side="right")
    return people


@dataclass(frozen=True, slots=True)
class RowTable:
    """Which rows are shown, and the atoms each stands on.

    is_shown : [figure, measure]
    has_few_subjects : [figure, measure] withheld for too few subjects, not for too few people
    use_figure, use_measure, use_atom : [use] ordered by figure, then measure
    """

    is_shown: Flags
    has_few_subjects: Flags
    use_figure: Integers
    use_measure: Integers
    use_atom: Integers

    def reason(self, figure: int, measure: int) -> Withholding | None:
        """Why a row is withheld, None if it is shown."""
        if self.is_shown[figure, measure]:
            return None
        few = self.has_few_subjects[figure, measure]
        return Withholding.FEWER_THAN_THREE_SUBJECTS if few else Withholding.FEWER_THAN_K


def row_table(made: Partition, rows: Sequence[Figure], standing: Standing) -> RowTable:
    """Which rows are shown on which measures, as `row_parts` decides for each.

    >>> from app.scoring.atoms import RaterGroup, Subject
    >>> from app.scoring.readable import figures
    >>> cell, customers = Cell(0, 0, frozenset({1, 2, 3}), 3), RaterGroup(Mode.ANONYMOUS, 3, 3)
    >>> made = Partition((Subject(-1, Kind.PERSON),), (customers,), (Atom(0, (0,), (cell,), cell.heads, 3),), ())
    >>> table = row_table(made, figures(made), standing_of(made, np.array([[True]]), np.array([[3]])))
    >>> table.is_shown.tolist(), table.use_atom.tolist()
    ([[True]], [0])
    """
    is_unit = [made.subjects[row.subject].kind is Kind.UNIT for row in rows]
    few = np.zeros((len(rows), standing.valid.shape[1]), dtype=np.bool_)
    uses = [_own_uses(made, rows, [place for place in range(len(rows)) if not is_unit[place]], standing)]
    for place in (place for place in range(len(rows)) if is_unit[place]):
        atoms = np.array(rows[place].atoms, dtype=np.int64)
        used, few[place] = _used_by_unit(made, rows[place], atoms, standing)
        which, measure = np.nonzero(used)
        uses.append(np.stack([np.full(len(which), place), measure, atoms[which]]))
    figure, measure, atom = np.concatenate(uses, axis=1)
    order = np.lexsort((atom, measure, figure))
    is_shown = np.zeros_like(few)
    is_shown[figure, measure] = True
    return RowTable(is_shown, few, figure[order], measure[order], atom[order])


def _own_uses(made: Partition, rows: Sequence[Figure], places: list[int], standing: Standing) -> Integers:
    """Figure, measure and atom of the rows of persons and competitors: one atom each, with its k visits."""
    atoms = np.array([rows[place].atoms[0] for place in places], dtype=np.int64)
    groups = [made.groups[rows[place].groups[0]] for place in places]
    visits = np.array([group.k if group.mode is Mode.REPORT else 0 for group in groups], dtype=np.int64)
    which, measure = np.nonzero(standing.is_released[atoms] & (standing.valid[atoms] >= visits[:, None]))
    return np.stack([np.array(places, dtype=np.int64)[which], measure, atoms[which]])


def _used_by_unit(made: Partition, row: Figure, atoms: Integers, standing: Standing) -> tuple[Flags, Flags]:
    """[atom, measure] what the row of a unit stands on; [measure] too few subjects."""
    used = standing.is_released[atoms]
    few = np.zeros(used.shape[1], dtype=np.bool_)
    about_persons = (used & standing.is_about_persons[atoms]).any(axis=0)
    if not made.atoms[row.atoms[0]].is_protected or not about_persons.any():
        return used, few
    least = max(UNIT_RATERS, *(made.groups[group].k for group in row.groups))
    # Enough at a glance: each released atom is about a subject of its own, and one has the people by itself.
    most = (standing.people[atoms] * used).max(axis=0)
    unclear = about_persons & ((used.sum(axis=0) < UNIT_SUBJECTS) | (most < least))
    for measure in np.flatnonzero(unclear).tolist():
        released = atoms[used[:, measure]].tolist()
        parts = row_parts(made, row, [standing.judged(made, atom, measure) for atom in released])
        few[measure] = parts is Withholding.FEWER_THAN_THREE_SUBJECTS
        kept = () if isinstance(parts, Withholding) else [part.atom for part in parts]
        used[:, measure] &= np.array([made.atoms[atom] in kept for atom in atoms.tolist()], dtype=np.bool_)
    return used, few


def speaking(rows: Sequence[Figure], is_shown: Flags) -> Flags:
    """Which rows are shown and speak for somebody: a mixed one only for groups without a row of their own.

    Parameters
    ----------
    rows : `figures(made)`
    is_shown : [row, measure] may it be read

    Returns
    -------
    [row, measure] The same without mixed rows where each of their rater groups is shown by itself, as a unit's may be
    from persons below.

    >>> rows = Figure(0, (0,), (0,)), Figure(0, (0, 1), (2,)), Figure(0, (1,), (1,))
    >>> speaking(rows, np.array([[True, True], [True, True], [True, False]])).tolist()
    [[True, True], [False, True], [True, False]]
    """
    places = {(row.subject, row.groups): place for place, row in enumerate(rows)}
    found = is_shown.copy()
    for place, row in enumerate(rows):
        own = [places[row.subject, (group,)] for group in row.groups if (row.subject, (group,)) in places]
        if len(own) == len(row.groups) > 1:
            found[place] &= ~is_shown[own].all(axis=0)
    return found
