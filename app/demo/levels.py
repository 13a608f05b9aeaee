"""Answers that add up to what they should and still differ from rater to rater. Pure, and no chance in it."""

from collections.abc import Sequence
from math import gcd

LOWEST, HIGHEST = 1, 5


def spread(total: int, count: int, *, turn: int = 0) -> list[int]:
    """Answers on a five-point scale with a given sum; another `turn` gives another order and other pairs.

    >>> spread(39, 10), spread(9, 2)
    ([5, 4, 4, 4, 4, 4, 4, 2, 3, 5], [5, 4])
    """
    if not LOWEST * count <= total <= HIGHEST * count:
        raise ValueError(f"{count} answers cannot add up to {total}")
    base, more = divmod(total, count)
    levels = [base + 1] * more + [base] * (count - more)
    for high in range(turn % 2, count // 2, 3):
        low = count - 1 - high
        if count > 2 and levels[high] < HIGHEST and levels[low] > LOWEST:
            levels[high], levels[low] = levels[high] + 1, levels[low] - 1
    step = next(step for step in (7, 5, 3, 1) if gcd(step, count) == 1)
    return [levels[(place * step + turn) % count] for place in range(count)]


def sheets(levels: Sequence[int], items: int) -> list[list[int]]:
    """The same answers as sheets of some items each, the best sheet first: whoever is pleased is pleased with all.

    >>> sheets([5, 3, 4, 2, 4, 3], 2)
    [[5, 4], [3, 4], [3, 2]]
    """
    highest = sorted(levels, reverse=True)
    taken = [highest[start : start + items] for start in range(0, len(highest), items)]
    return [one[::-1] if place % 2 else one for place, one in enumerate(taken)]


def around(count: int) -> list[int]:
    """Whole distances from a middle, as many to either side, so that mean and median are the middle itself.

    >>> around(4), around(5)
    ([-3, -1, 1, 3], [-4, 2, -2, 4, 0])
    """
    step = next(step for step in (5, 3, 1) if gcd(step, count) == 1)
    return [2 * (place * step % count) - (count - 1) for place in range(count)]
