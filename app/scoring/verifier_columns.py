"""What the verifier counts with: who is above whom, sums by number, and the people of cells. Nothing is judged here."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import scipy
from numpy.typing import NDArray

from app.deferred import dataclass
from app.scoring.objections import Flags, Ints, Rule, object_to, outside

Kind = TypeVar("Kind", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Lineage:
    """Who is above whom; a competitor stands alone.

    depth : [subject] how many are above it
    above : [depth, subject] the one at that depth on the way down to it, itself at its own; -1 beyond
    """

    depth: Ints
    above: Ints

    @classmethod
    def of(cls, parent: Ints, kind: Sequence[str]) -> "Lineage":
        """The lineage of a tree; objects to a subject on the way up from which there is a loop, or nobody."""
        subjects = len(kind)
        up = np.where(np.array([one == "competitor" for one in kind], dtype=np.bool_), -1, parent)
        is_lost = outside(up, subjects, lowest=-1)
        here, steps = np.arange(subjects), [np.arange(subjects)]
        astray = is_lost.copy()
        while (here >= 0).any() and len(steps) <= subjects:
            here = np.where((here >= 0) & ~is_lost[here], up[here], -1)
            astray |= (here >= 0) & is_lost[here]
            steps.append(here)
        object_to(Rule.TREE, astray | (here >= 0))
        way = np.stack(steps)
        depth = (way >= 0).sum(axis=0) - 1
        above = np.full_like(way, -1)
        step, subject = np.nonzero(way >= 0)
        above[depth[subject] - step, subject] = way[step, subject]
        return cls(depth, above)

    def holds(self, upper: Ints, lower: Ints) -> Flags:
        """Which are on the way to which, or the same."""
        return np.asarray(at(self.above, self.depth[upper] * len(self.depth) + lower) == upper)


@dataclass(frozen=True, slots=True)
class Crowd:
    """The people who count, each once in a cell.

    number : [cell] how many
    starts, person : [cell], [head] whoever is in cell c stands from starts[c] on
    """

    number: Ints
    starts: Ints
    person: Ints

    @classmethod
    def of(cls, cell: Ints, person: Ints, cells: int) -> "Crowd":
        """The crowd from one row for each head."""
        order = np.lexsort((person, cell))
        cell, person = cell[order], person[order]
        is_new = np.ones(len(cell), dtype=np.bool_)
        is_new[1:] = (np.diff(cell) != 0) | (np.diff(person) != 0)
        number = np.bincount(cell[is_new], minlength=cells)
        return cls(number, np.cumsum(number) - number, person[is_new])

    def of_cells(self, cells: Sequence[int]) -> Ints:
        """Everybody in some cells, once for each cell."""
        if not len(cells):
            return self.person[:0]
        return np.concatenate(
            [self.person[self.starts[cell] : self.starts[cell] + self.number[cell]] for cell in cells]
        )

    def count(self, cells: Sequence[int]) -> int:
        """Distinct people of some cells.

        >>> Crowd.of(np.array([0, 0, 1, 1]), np.array([7, 8, 8, 8]), 2).count([0, 1])
        2
        """
        return int(self.number[cells[0]]) if len(cells) == 1 else len(np.unique(self.of_cells(cells)))


def sums_by(number: Ints, column: Ints, count: int) -> Ints:
    """Exact sums of the rows of a column by their number, 0..count - 1.

    >>> sums_by(np.array([2, 0, 2]), np.array([1, 5, 3]), 3).tolist()
    [5, 0, 4]
    """
    if column.ndim == 1:
        sums = np.zeros(count, dtype=np.int64)
        np.add.at(sums, number, column)
        return sums
    # Row by row into tables the same is six times as fast as a product; integers, so nothing is lost.
    rows = len(number)
    ones = scipy.sparse.csc_array((np.ones(rows, dtype=np.int64), number, np.arange(rows + 1)), shape=(count, rows))
    return np.asarray(ones @ column)


def largest_by(number: Ints, column: Ints, count: int) -> Ints:
    """The largest of the rows of a column by their number; 0 where there is none.

    >>> largest_by(np.array([2, 0, 2]), np.array([1, 5, 3]), 3).tolist()
    [5, 0, 3]
    """
    largest = np.zeros(count, dtype=np.int64)
    np.maximum.at(largest, number, column)
    return largest


def in_order(number: Ints, column: Ints) -> tuple[Ints, Ints]:
    """Rows by rising number; as they are if they rise already, which spares the dearest step on large releases."""
    if (number[1:] >= number[:-1]).all():
        return number, column
    order = np.argsort(number, kind="stable")
    return number[order], column[order]


def at(table: NDArray[Kind], place: Ints) -> NDArray[Kind]:
    """What stands at some places of a table, counted row by row."""
    return np.take(table.reshape(-1), place)
