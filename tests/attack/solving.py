"""An attacker who knows who answered what, and solves all published sums exactly, over a prime field."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.attack.played import Played, Release, Sheet

PRIME = 2_147_483_647
"""A rank over the integers modulo a large prime is the rank over the rationals but for a vanishing chance."""

Matrix = NDArray[np.int64]
Sums = Sequence[frozenset[int]]
"""Published sums, each as the set of scores in it; a score is told apart by its sheet and its measure."""


@dataclass(frozen=True, slots=True)
class Broken:
    """What an attacker got: one person's score by itself, or a set of scores from fewer than k people."""

    solved: bool
    isolated: bool


HELD = Broken(solved=False, isolated=False)


def sums_of(played: Played, published: Release) -> list[frozenset[int]]:
    """The set of scores behind each published row."""
    by_cell: dict[tuple[int, int], list[int]] = {}
    for place, sheet in enumerate(played.sheets):
        by_cell.setdefault((sheet.subject, sheet.group), []).append(place)
    return [
        frozenset(
            place * played.measures + row.measure
            for atom in row.atoms
            for cell in published.made.atoms[atom].cells
            for place in by_cell.get(cell.key, ())
            if played.sheets[place].scores[row.measure] is not None
        )
        for row in published.rows
    ]


def attack(played: Played, sums: Sums, colluders: Collection[int] = ()) -> Broken:
    """Solve: which score, or which set of scores of fewer than k people, is some combination of the sums?

    The sheets of groups that are not protected, and of people who read the results, are known to the attacker. So are
    those of `colluders`, who take themselves out of the crowd: of k people, k less their number must be left.
    """
    hidden = [
        frozenset(one for one in row if _is_hidden(played.sheets[one // played.measures], played)) for row in sums
    ]
    if colluders:
        known = set(colluders)
        hidden = [frozenset(one for one in row if _sheet(played, one).person not in known) for row in hidden]
    members, columns = _classes(hidden)
    if not members:
        return HELD
    few = [place for place, some in enumerate(members) if _is_few(played, some, len(colluders))]
    if not few:
        return HELD
    left = null_space(columns)[few]
    alone = [members[place] for place, row in zip(few, left, strict=True) if not row.any()]
    solved = any(len({_sheet(played, one).person for one in some}) == 1 for some in alone)
    return Broken(solved, bool(alone) or _has_few_together(played, few, members, left, len(colluders)))


def _classes(sums: Sums) -> tuple[list[list[int]], Matrix]:
    """Scores that stand in the same sums cannot be told apart: their classes, and which sum holds which class."""
    lists: dict[int, list[int]] = {}
    for place, row in enumerate(dict.fromkeys(sums)):
        for one in row:
            lists.setdefault(one, []).append(place)
    by_list: dict[tuple[int, ...], list[int]] = {}
    for one, rows in lists.items():
        by_list.setdefault(tuple(rows), []).append(one)
    columns = np.zeros((len(set(sums)), len(by_list)), dtype=np.int64)
    for place, held_by in enumerate(by_list):
        columns[list(held_by), place] = 1
    return list(by_list.values()), columns


def _has_few_together(
    played: Played, few: Sequence[int], members: Sequence[Sequence[int]], left: Matrix, known: int
) -> bool:
    """Do two classes with fewer than k people together come out as one? Their rows of the null space are parallel."""
    directions: dict[bytes, list[int]] = {}
    for place, row in zip(few, left, strict=True):
        first = int(row[np.argmax(row != 0)])
        directions.setdefault((row * pow(first, -1, PRIME) % PRIME).tobytes(), []).append(place)
    return any(
        _is_few(played, [*members[one], *members[other]], known)
        for same in directions.values()
        for number, one in enumerate(same)
        for other in same[number + 1 :]
    )


def _sheet(played: Played, one: int) -> Sheet:
    return played.sheets[one // played.measures]


def _is_hidden(sheet: Sheet, played: Played) -> bool:
    return sheet.counts and played.groups[sheet.group].mode.is_protected


def _is_few(played: Played, some: Iterable[int], known: int) -> bool:
    """Fewer distinct people than the smallest k of their groups, less those who collude."""
    mine = [_sheet(played, one) for one in some]
    return len({sheet.person for sheet in mine}) < min(played.groups[sheet.group].k for sheet in mine) - known


def null_space(matrix: Matrix) -> Matrix:
    """[column, solution] a basis of what the sums leave open, modulo a prime: a row of zeros is a column that is solved."""
    rows, pivots = _eliminated(matrix)
    free = [column for column in range(matrix.shape[1]) if column not in set(pivots)]
    basis = np.zeros((matrix.shape[1], len(free)), dtype=np.int64)
    basis[free, range(len(free))] = 1
    basis[pivots] = -rows[: len(pivots)][:, free] % PRIME
    return basis


def rank(matrix: Matrix) -> int:
    """Rank modulo a prime."""
    return len(_eliminated(matrix)[1])


def _eliminated(matrix: Matrix) -> tuple[Matrix, list[int]]:
    """The reduced form, and its pivot columns."""
    rows = matrix % PRIME
    pivots: list[int] = []
    for column in range(rows.shape[1]):
        at = len(pivots)
        candidates = np.flatnonzero(rows[at:, column])
        if not len(candidates):
            continue
        rows[[at, at + candidates[0]]] = rows[[at + candidates[0], at]]
        rows[at] = rows[at] * pow(int(rows[at, column]), -1, PRIME) % PRIME
        others = np.flatnonzero(rows[:, column])
        others = others[others != at]
        rows[others] = (rows[others] - rows[others, column][:, None] * rows[at]) % PRIME
        pivots.append(column)
        if len(pivots) == len(rows):
            break
    return rows, pivots
