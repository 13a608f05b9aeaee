"""Whom the structure proposes of many colleagues: some about each person, with about as many forms for everybody. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from hashlib import sha256

from app.organisation.values import SubjectId

MOST_COLLEAGUES = 8


def most_colleagues(k: int) -> int:
    """How many colleagues are proposed about one person at most.

    Parameters
    ----------
    k : least number of colleagues that a figure needs

    Returns
    -------
    8: with 4 to 6 answers more colleagues add little, and not everybody answers. Twice the minimum where that is more.

    Source: Conway & Huffcutt 1997: one colleague's rating has a reliability of .37, the mean of four .70.

    >>> most_colleagues(3), most_colleagues(10)
    (8, 20)
    """
    return max(MOST_COLLEAGUES, 2 * k)


def spread_colleagues(
    colleagues: Mapping[SubjectId, Sequence[SubjectId]], most: int, seed: str
) -> dict[SubjectId, tuple[SubjectId, ...]]:
    """Of each person's colleagues at most so many, spread over all of them.

    Parameters
    ----------
    colleagues : by person, everybody who could be asked about that person
    most : how many are asked about one person, >= 1
    seed : what the choice follows from: the same for the same round, another one for the next

    Returns
    -------
    By person, those to ask: everybody where there are no more than `most`. Among people who are all colleagues of each
    other, the numbers of forms differ by one at most.

    Formula: who are colleagues of each other stand in a ring, in an order that follows from the seed. The m who are
    rated stand at places floor(j n/m) of n, and each is rated by the `most` who come next. As evenly spaced points
    do, every stretch of the ring then holds as many of them as any other, give or take one.

    >>> team = [SubjectId(name) for name in "abcde"]
    >>> found = spread_colleagues({one: [other for other in team if other != one] for one in team}, 2, "round")
    >>> {rated: "".join(raters) for rated, raters in sorted(found.items())}
    {'a': 'ec', 'b': 'ae', 'c': 'db', 'd': 'ba', 'e': 'cd'}
    """
    rank = {person: sha256(f"{seed}/{person}".encode()).digest() for person in _everybody(colleagues)}
    chosen = {person: tuple(some) for person, some in colleagues.items() if len(some) <= most}
    circles: defaultdict[frozenset[SubjectId], list[SubjectId]] = defaultdict(list)
    for person, some in colleagues.items():
        if person not in chosen:
            circles[frozenset((person, *some))].append(person)
    for circle, rated in circles.items():
        chosen |= _around(circle, sorted(rated, key=rank.__getitem__), most, rank)
    return chosen


def _everybody(colleagues: Mapping[SubjectId, Sequence[SubjectId]]) -> set[SubjectId]:
    return set(colleagues).union(*colleagues.values())


def _around(
    circle: frozenset[SubjectId], rated: Sequence[SubjectId], most: int, rank: Mapping[SubjectId, bytes]
) -> dict[SubjectId, tuple[SubjectId, ...]]:
    """The next ones of everybody who is rated, once around."""
    n, m = len(circle), len(rated)
    # After the first one who is rated: of people with circles of their own not all begin at the same place.
    others = sorted(circle.difference(rated), key=lambda one: (rank[one] < rank[rated[0]], rank[one]))
    left = iter(others)
    standing = {place * n // m: one for place, one in enumerate(rated)}
    ring = [standing[place] if place in standing else next(left) for place in range(n)]
    return {one: tuple(ring[(place + step) % n] for step in range(1, most + 1)) for place, one in standing.items()}
