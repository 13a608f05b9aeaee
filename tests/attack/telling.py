"""What figures and lists tell beside sums: answers that follow from a deviation, writers that follow from an order."""

import math
from collections.abc import Collection, Iterator, Sequence
from functools import cache

import numpy as np

from app.infra.keys import InstanceKey
from app.releases.comments import normalised
from tests.attack.organisations import LEVELS, STEP
from tests.attack.played import Played, Release, sheets_of

KEY = InstanceKey(b"the attacker does not have this instance key")


def told_by_deviation(played: Played, published: Release) -> bool:
    """Would a standard deviation tell somebody in a small atom what all the others in it gave?

    Small is under twice the minimum, where R7 shows none. The mean alone must not have told it: where all gave the
    lowest or the highest answer, it does.
    """
    return any(
        fitting(len(others), sum(others), None) > 1 == fitting(len(others), sum(others), sum(x * x for x in others))
        for others in _others_in_small_atoms(played, published)
    )


def _others_in_small_atoms(played: Played, published: Release) -> Iterator[list[int]]:
    for row in published.rows:
        if not row.is_coarse or len(row.atoms) != 1:
            continue
        places = sheets_of(played, published.made.atoms[row.atoms[0]])
        scores = [score for place in places if (score := played.sheets[place].scores[row.measure]) is not None]
        yield [score // STEP for score in scores[1:]]


@cache
def fitting(number: int, total: int, squares: int | None) -> int:
    """How many sets of so many answers, 0 to 4, have this total and these squares.

    >>> fitting(3, 6, None), fitting(3, 6, 14)
    (5, 1)
    """
    ways: dict[tuple[int, int, int], int] = {(0, 0, 0): 1}
    for level in LEVELS:
        more = dict(ways)
        for (size, sum_, square), count in ways.items():
            for times in range(1, number - size + 1):
                key = size + times, sum_ + times * level, square + times * level**2
                more[key] = more.get(key, 0) + count
        ways = more
    return sum(
        count
        for (size, sum_, square), count in ways.items()
        if (size, sum_) == (number, total) and squares in {None, square}
    )


def hits_in_order(listed: Sequence[str], in_time: Sequence[str]) -> int:
    """How many comments are given to the right writer by whoever takes a list to be in the order of arrival."""
    return sum(one == other for one, other in zip(listed, in_time, strict=True))


def by_time(texts: Sequence[str]) -> list[str]:
    """Planted: comments as they came in."""
    return list(texts)


def by_keyed_text(texts: Sequence[str]) -> list[str]:
    """The order of R8, as `releases.comments` has it."""
    return sorted(texts, key=lambda text: (KEY.derive("comment-order", normalised(text)), text))


def comments_in_time(played: Played, published: Release) -> Iterator[list[str]]:
    """The comments of each atom that shows some, in the order of arrival."""
    for place in published.comments:
        texts = [played.sheets[one].comment for one in sheets_of(played, published.made.atoms[place])]
        yield [text for text in texts if text]


def beyond_chance(hits: int, expected: float) -> bool:
    """Whether so many hits are more than luck: over the mean of a Poisson count by four of its deviations."""
    return hits > expected + 4 * math.sqrt(expected) + 4


def beyond_chance_together(guesses: Collection[tuple[Sequence[str], Sequence[str]]]) -> bool:
    """Whether many guesses at who wrote what are right more often than luck has it, though each may be within it.

    Guesses that resemble each other are right together, so that their sum spreads more than a count of independent
    hits does. Its deviation is that over all ways to deal the same writers anew, the same in every guess.

    Source: Hoeffding (1951), A combinatorial central limit theorem, Annals of Mathematical Statistics 22(4).

    >>> beyond_chance_together({(("a", "b", "c"), ("b", "c", "a"))})
    False
    """
    places = {writer: place for place, writer in enumerate(sorted({one for listed, _ in guesses for one in listed}))}
    right = np.zeros((len(places), len(places)))
    for listed, in_time in guesses:
        for one, other in zip(listed, in_time, strict=True):
            right[places[one], places[other]] += 1
    expected = right.sum() / len(places)
    centred = right - right.mean(axis=0) - right.mean(axis=1)[:, None] + right.mean()
    deviation = math.sqrt((centred**2).sum() / (len(places) - 1))
    return bool(np.trace(right) > expected + 4 * deviation + 4)
