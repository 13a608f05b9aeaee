"""Column arithmetic that knows no scores: sums by key, runs of rows, places of keys; integers give order-free sums.

=============  ==================================================
Name           Does
=============  ==================================================
summed         one row per key with its sums
merged_rows    rows of two tables added, or taken away
table_of       a table from plain rows
totals_by      sums of floats by number
by_code        a figure per row, asked for once per code
pairs_within   all pairs of rows that lie in one run
ranges         indices of several runs, one after the other
place_of       where keys stand in a sorted column
=============  ==================================================
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from app.scoring.errors import ScoringError

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

PLACES_PER_ROW = 4
"""Up to so many possible keys for each row, a place for every key is cheaper than sorting the rows."""


def summed(keys: Sequence[Integers], values: Sequence[Integers]) -> Integers:
    """One row per distinct key with the sums of its values, sorted by the keys, the first one foremost.

    Parameters
    ----------
    keys : columns >= 0
    values : columns to add up; integers, so that no order of rows matters

    >>> summed([np.array([2, 1, 2])], [np.array([5, 6, 7])]).tolist()
    [[1, 6], [2, 12]]
    """
    spans = [int(key.max(initial=-1)) + 1 for key in keys]
    if math.prod(spans) <= PLACES_PER_ROW * len(keys[0]):
        return _summed_by_place(keys, values, spans)
    order = _order(keys)
    ordered = [key[order] for key in keys]
    new = np.any([np.diff(key) != 0 for key in ordered], axis=0)
    starts = np.concatenate([[0], np.flatnonzero(new) + 1])
    sums = [np.add.reduceat(value[order], starts) for value in values]
    return np.stack([*(key[starts] for key in ordered), *sums], axis=1)


def _summed_by_place(keys: Sequence[Integers], values: Sequence[Integers], spans: Sequence[int]) -> Integers:
    """The same where the keys leave few places: each sum has its own, and nothing is sorted."""
    place = np.ravel_multi_index(tuple(keys), tuple(spans)) if len(keys[0]) else np.zeros(0, np.int64)
    taken = np.flatnonzero(np.bincount(place))
    sums = np.zeros((len(values), math.prod(spans)), np.int64)
    for total, value in zip(sums, values, strict=True):
        np.add.at(total, place, value)
    return np.stack([*np.unravel_index(taken, spans), *sums[:, taken]], axis=1)


def merged_rows(one: Integers, other: Integers, n_keys: int, sign: int) -> Integers:
    """Sums of two tables by key, or their difference; the first column after the keys counts sheets.

    Raises
    ------
    ScoringError : more sheets are taken away than there are

    >>> merged_rows(np.array([[0, 2, 9]]), np.array([[0, 1, 4]]), 1, -1).tolist()
    [[0, 1, 5]]
    """
    columns = np.concatenate([one, other]).T
    columns[n_keys:, len(one) :] *= sign
    table = summed(list(columns[:n_keys]), list(columns[n_keys:]))
    counts = table[:, n_keys]
    if (counts < 0).any():
        msg = "sheets can only be taken out of totals that hold them"
        raise ScoringError(msg)
    return table[counts > 0]


def table_of(rows: Sequence[tuple[int, ...]], width: int, n_keys: int) -> Integers:
    """Table from plain rows, sorted by its keys.

    >>> table_of([(2, 5), (1, 6)], 2, 1).tolist()
    [[1, 6], [2, 5]]
    """
    columns = np.array(rows, np.int64).reshape(-1, width).T
    return summed(list(columns[:n_keys]), list(columns[n_keys:]))


def totals_by(numbers: Integers, values: Floats, length: int) -> Floats:
    """Sums of floats by number 0..length - 1, added in the order of the rows.

    >>> totals_by(np.array([1, 1]), np.array([0.5, 0.25]), 3).tolist()
    [0.0, 0.75, 0.0]
    """
    return np.bincount(numbers, values, length).astype(np.float64, copy=False)


def by_code(codes: Integers, figure: Callable[[int], float]) -> Floats:
    """A figure per row, asked for once per distinct code.

    >>> by_code(np.array([3, 5, 3]), lambda code: code / 2).tolist()
    [1.5, 2.5, 1.5]
    """
    distinct, place = np.unique(codes, return_inverse=True)
    return np.array([figure(code) for code in distinct.tolist()], np.float64)[place]


def pairs_within(run: Integers) -> tuple[Integers, Integers]:
    """Places of all pairs of rows of one run; the rows of a run lie together.

    >>> [side.tolist() for side in pairs_within(np.array([7, 7, 7, 8]))]
    [[0, 1, 0], [1, 2, 2]]
    """
    firsts, gap = [np.zeros(0, np.int64)], 1  # rows 1, 2, 3 … apart, until no run is that long
    while len(first := np.flatnonzero(run[:-gap] == run[gap:])):
        firsts.append(first)
        gap += 1
    first = np.concatenate(firsts)
    return first, first + np.repeat(np.arange(len(firsts)), [len(found) for found in firsts])


def ranges(starts: Integers, lengths: Integers) -> Integers:
    """Indices of several runs, one after the other.

    >>> ranges(np.array([5, 0]), np.array([2, 3])).tolist()
    [5, 6, 0, 1, 2]
    """
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(int(lengths.sum()))


def place_of(column: Integers, keys: Integers) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """Where keys stand in a sorted column, and which of them are there; elsewhere the place means nothing.

    >>> [found.tolist() for found in place_of(np.array([2, 4, 6]), np.array([4, 5]))]
    [[1, 2], [True, False]]
    """
    if not len(column):
        return np.zeros(len(keys), np.int64), np.zeros(len(keys), np.bool_)
    places = np.minimum(np.searchsorted(column, keys), len(column) - 1)
    return places, column[places] == keys


def _order(keys: Sequence[Integers]) -> Integers:
    """Order of the rows by their keys; keys that fit into 63 bits together are sorted as one number."""
    bits = [int(key.max(initial=0)).bit_length() for key in keys]
    if sum(bits) > 63:
        return np.lexsort(tuple(reversed(keys)))
    packed = keys[0]
    for key, width in zip(keys[1:], bits[1:], strict=True):
        packed = packed << width | key
    return np.argsort(packed)
