"""What the verifier counts with: who is above whom, sums by number, and the people of cells. Nothing is judged here."""

from collections.abc import Iterator, Sequence

import numpy as np
import scipy

from app.deferred import dataclass
from app.scoring.objections import Flags, Ints, Rule, object_to, outside

_BLOCK = 1 << 15


@dataclass(frozen=True, slots=True)
class Lineage:
    """Who is above whom; a competitor stands alone.

    depth : [subject] how many are above it
    above : [depth, subject] the one at that depth on the way down to it, itself at its own; -1 beyond
    is_person, is_unit : [subject]
    """

    depth: Ints
    above: Ints
    is_person: Flags
    is_unit: Flags

    @classmethod
    def of(cls, parent: Ints, kind: Sequence[str]) -> "Lineage":
        """The lineage of a tree; objects to a subject on the way up from which there is a loop, or nobody."""
        subjects = len(kind)
        is_person, is_unit = (np.array([one == other for one in kind], dtype=np.bool_) for other in ("person", "unit"))
        up = np.where(is_person | is_unit, parent, -1)
        is_lost = outside(up, subjects, lowest=-1)
        here, steps = np.arange(subjects), [np.arange(subjects)]
        astray = is_lost.copy()
        while (here >= 0).any() and len(steps) <= subjects:
            here = np.where((here >= 0) & ~is_lost[here], up[here], -1)
            astray |= (here >= 0) & is_lost[here]
            steps.append(here)
        object_to(Rule.TREE, astray | (here >= 0))
        way = np.stack(steps[:-1] or steps)  # the last step leads above every root
        depth = (way >= 0).sum(axis=0) - 1
        above = np.full_like(way, -1)
        step, subject = np.nonzero(way >= 0)
        above[depth[subject] - step, subject] = way[step, subject]
        return cls(depth, above, is_person, is_unit)

    def holds(self, upper: Ints, lower: Ints) -> Flags:
        """Which are on the way to which, or the same."""
        return np.asarray(self.above[self.depth[upper], lower] == upper)

    def rolled_up(self, own: Ints) -> Ints:
        """What stands at each subject, [subject, column], together with all below it."""
        total, place = own.copy(), np.zeros_like(self.depth)
        for depth in range(len(self.above) - 1, 0, -1):
            upper, lower = np.flatnonzero(self.depth == depth - 1), np.flatnonzero(self.depth == depth)
            place[upper] = np.arange(len(upper))
            total[upper] += sums_by(place[self.above[depth - 1, lower]], total[lower], len(upper))
        return total


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
        cell, person = _by_cell(cell, person)
        is_new = np.ones(len(cell), dtype=np.bool_)
        is_new[1:] = (cell[1:] != cell[:-1]) | (person[1:] != person[:-1])
        number = np.bincount(cell[is_new], minlength=cells)
        return cls(number, np.cumsum(number) - number, person[is_new])

    def sheets_of(self, holder: Ints, cell: Ints) -> tuple[Ints, Ints]:
        """Of everybody in the cells of each holder: the holder, and how many of its cells have that person.

        >>> crowd = Crowd.of(np.array([0, 0, 1, 1]), np.array([7, 8, 8, 8]), 2)
        >>> [column.tolist() for column in crowd.sheets_of(np.array([5, 5]), np.array([0, 1]))]
        [[5, 5], [1, 2]]
        """
        head, of = ranges(self.starts[cell], self.number[cell])
        people, person = np.unique(self.person[head], return_inverse=True)
        pair, sheets = np.unique(holder[of] * len(people) + person, return_counts=True)
        return pair // max(len(people), 1), sheets

    def count(self, holder: Ints, cell: Ints, holders: int) -> Ints:
        """Distinct people in the cells of each holder, 0..holders - 1."""
        return np.bincount(self.sheets_of(holder, cell)[0], minlength=holders)


def _by_cell(cell: Ints, person: Ints) -> tuple[Ints, Ints]:
    """Heads by cell, then person; as they are if they stand so already."""
    rises = (cell[1:] > cell[:-1]) | ((cell[1:] == cell[:-1]) & (person[1:] >= person[:-1]))
    if rises.all():
        return cell, person
    order = np.lexsort((person, cell))
    return cell[order], person[order]


def sums_by(number: Ints, column: Ints, count: int) -> Ints:
    """Exact sums of the rows of a table by their number, 0..count - 1.

    >>> sums_by(np.array([2, 0, 2]), np.array([[1, 2], [5, 6], [3, 4]]), 3).tolist()
    [[5, 6], [0, 0], [4, 6]]
    """
    # Row by row into a table: ten times as fast as to add at places. Integers, so nothing is lost.
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
    """Rows by rising number; as they are if they rise already."""
    if (number[1:] >= number[:-1]).all():
        return number, column
    order = np.argsort(number, kind="stable")
    return number[order], column[order]


def ranges(first: Ints, number: Ints) -> tuple[Ints, Ints]:
    """The places of several ranges one after the other, and which range each is of.

    >>> [column.tolist() for column in ranges(np.array([7, 0]), np.array([2, 3]))]
    [[7, 8, 0, 1, 2], [0, 0, 1, 1, 1]]
    """
    of = np.repeat(np.arange(len(number)), number)
    return (first - (np.cumsum(number) - number))[of] + np.arange(len(of)), of


def blocks(rows: int) -> Iterator[slice]:
    """Slices of a long column, each so short that what is made of it stays near the processor.

    >>> [*blocks(40_000)]
    [slice(0, 32768, None), slice(32768, 40000, None)]
    """
    return (slice(begin, min(begin + _BLOCK, rows)) for begin in range(0, rows, _BLOCK))
