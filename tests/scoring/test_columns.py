"""Sums by key are the same whether each key has a place of its own or the rows are sorted."""

from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.columns import summed

ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(-(2**57), 2**57)), max_size=40)
FAR = 10**6


@given(ROWS)
def test_sums_by_place_and_by_order_are_plain_sums(rows: list[tuple[int, int, int]]) -> None:
    first, second, value = np.array(rows, np.int64).reshape(-1, 3).T
    plain: defaultdict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for one, other, number in rows:
        plain[one, other][0] += 1
        plain[one, other][1] += number
    expected = [[*key, *sums] for key, sums in sorted(plain.items())]
    ones = np.ones(len(rows), np.int64)
    assert summed([first, second], [ones, value]).tolist() == expected
    far = summed([first * FAR, second * FAR], [ones, value])
    assert [[one // FAR, other // FAR, *sums] for one, other, *sums in far.tolist()] == expected
