"""An attacker who knows who answered what, and solves all published sums exactly, over a prime field."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, combinations

import numpy as np
from numpy.typing import NDArray

from tests.scoring.played import Played, Release

PRIME = 2_147_483_647
"""A rank over the integers modulo a large prime is the rank over the rationals but for a vanishing chance."""

Matrix = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Broken:
    """What an attacker got: one sheet by itself, or a set of sheets from fewer than k people."""

    solved: bool
    isolated: bool


def sums_of(played: Played, published: Release) -> list[frozenset[int]]:
    """The set of sheets behind each published row; sets on different measures are told apart by their numbers."""
    return [
        _with_scores(
            played, (cell.key for place in row.atoms for cell in published.made.atoms[place].cells), row.measure
        )
        for row in published.rows
    ]


def _with_scores(played: Played, cells: Iterable[tuple[int, int]], measure: int) -> frozenset[int]:
    wanted = set(cells)
    return frozenset(
        place * played.measures + measure
        for place, sheet in enumerate(played.sheets)
        if (sheet.subject, sheet.group) in wanted and sheet.scores[measure] is not None
    )


def attack(played: Played, sums: Sequence[frozenset[int]]) -> Broken:
    """Solve: which sheet, or which set of sheets of fewer than k people, is some combination of the sums?

    The sheets of groups that are not protected, and of people who read the results, are known to the attacker.
    """
    hidden = [_hidden(played, one) for one in sums]
    unknown = sorted(set().union(*hidden))
    matrix = np.array([[one in row for one in unknown] for row in hidden], dtype=np.int64)
    if not unknown:
        return Broken(solved=False, isolated=False)
    columns, class_of = np.unique(matrix, axis=1, return_inverse=True)
    members: list[list[int]] = [[] for _ in range(columns.shape[1])]
    for one, place in zip(unknown, class_of.reshape(-1).tolist(), strict=True):
        members[place].append(one)
    whole = rank(columns)
    few = [place for place, sheets in enumerate(members) if _is_few(played, sheets)]
    solved = any(len(members[place]) == 1 and rank(np.delete(columns, place, axis=1)) < whole for place in few)
    isolated = solved or any(
        rank(np.delete(columns, places, axis=1)) < whole
        for places in chain(combinations(few, 1), combinations(few, 2))
        if _is_few(played, list(chain.from_iterable(members[place] for place in places)))
    )
    return Broken(solved, isolated)


def _hidden(played: Played, sums: frozenset[int]) -> set[int]:
    sheets = ((one, played.sheets[one // played.measures]) for one in sums)
    return {one for one, sheet in sheets if sheet.counts and played.groups[sheet.group].mode.is_protected}


def _is_few(played: Played, sheets: Sequence[int]) -> bool:
    """Fewer distinct people than the smallest k of their groups."""
    mine = [played.sheets[one // played.measures] for one in sheets]
    return len({sheet.person for sheet in mine}) < min(played.groups[sheet.group].k for sheet in mine)


def rank(matrix: Matrix) -> int:
    """Rank over the integers modulo a prime, by elimination."""
    rows = matrix % PRIME
    found = 0
    for column in range(rows.shape[1]):
        pivots = np.flatnonzero(rows[found:, column])
        if not len(pivots):
            continue
        rows[[found, found + pivots[0]]] = rows[[found + pivots[0], found]]
        rows[found] = rows[found] * pow(int(rows[found, column]), -1, PRIME) % PRIME
        below = found + 1 + np.flatnonzero(rows[found + 1 :, column])
        rows[below] = (rows[below] - rows[below, column][:, None] * rows[found]) % PRIME
        found += 1
        if found == len(rows):
            break
    return found
