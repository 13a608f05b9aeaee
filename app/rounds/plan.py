"""Whom the structure proposes of many colleagues: some about each person, with about as many forms for everybody. Pure."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256

from app.organisation.values import SubjectId

MOST_COLLEAGUES = 8

Place = tuple[str, str]
"""Whom a form is about, and in which rater group."""


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
    rank = {person: _rank(seed, person) for person in _everybody(colleagues)}
    chosen = {person: tuple(some) for person, some in colleagues.items() if len(some) <= most}
    circles: defaultdict[frozenset[SubjectId], list[SubjectId]] = defaultdict(list)
    for person, some in colleagues.items():
        if person not in chosen:
            circles[frozenset((person, *some))].append(person)
    for circle, rated in circles.items():
        chosen |= _around(circle, sorted(rated, key=rank.__getitem__), most, rank)
    return chosen


def next_fair(candidates: Iterable[str], forms: Mapping[str, int], seed: str) -> str | None:
    """Who is asked next: of those who have the fewest forms, the one whom the seed puts first; None of nobody.

    Parameters
    ----------
    candidates : who could be asked
    forms : how many forms somebody has; who is absent has none
    seed : what the choice among equals follows from: the same for the same round and subject

    >>> next_fair(["a", "b", "c"], {"a": 2, "b": 1, "c": 1}, "round")
    'c'
    >>> next_fair([], {}, "round") is None
    True
    """
    return min(candidates, key=lambda one: (forms.get(one, 0), _rank(seed, one)), default=None)


def within_cap(
    chosen: Mapping[Place, Sequence[str]],
    candidates: Mapping[Place, Collection[str]],
    seconds: Mapping[Place, int],
    left: Mapping[str, int],
    seed: str,
) -> tuple[dict[Place, tuple[str, ...]], frozenset[str]]:
    """Raters by place, with those whose time is used up replaced by others who have some.

    Parameters
    ----------
    chosen : by place (whom it is about, in which group), whom to ask if time were no matter
    candidates : by place, everybody who could be asked there, those chosen among them
    seconds : by place, what one form takes, >= 0
    left : by rater, the seconds that may still be asked for, any sign; who is absent has no bound
    seed : what the choice among equals follows from

    Returns
    -------
    By place, whom to ask; and who was chosen somewhere and has no time for it. Nobody gets more than `left`.

    Formula: first everybody who is chosen, each place's first rater before anybody's second, so that a short time is
    shared by the places; then, for each one missing, the candidate with the fewest forms who has time.

    >>> within_cap({("x", "g"): ["a"], ("y", "g"): ["a"]}, {("y", "g"): ["a", "b"]}, {("x", "g"): 60}, {"a": 60}, "r")
    ({('x', 'g'): ('a',), ('y', 'g'): ('a',)}, frozenset())
    >>> full = {("x", "g"): 60, ("y", "g"): 60}
    >>> within_cap({("x", "g"): ["a"], ("y", "g"): ["a"]}, {("y", "g"): ["a", "b"]}, full, {"a": 60}, "r")
    ({('x', 'g'): ('a',), ('y', 'g'): ('b',)}, frozenset({'a'}))
    """
    ledger = _Ledger(seconds, left, {place: [] for place in chosen})
    turns = sorted(
        (turn, number, place, rater)
        for number, (place, raters) in enumerate(chosen.items())
        for turn, rater in enumerate(raters)
    )
    missing = [(place, rater) for _, _, place, rater in turns if not ledger.take(place, rater)]
    for place, _ in missing:
        asked = set(ledger.taken[place])
        others = (one for one in candidates.get(place, ()) if one not in asked and ledger.has_time(place, one))
        if (other := next_fair(others, ledger.forms, seed)) is not None:
            ledger.take(place, other)
    taken = {place: tuple(raters) for place, raters in ledger.taken.items()}
    return taken, frozenset(rater for _, rater in missing)


@dataclass(slots=True)
class _Ledger:
    """Who is asked so far, and how much time that takes."""

    seconds: Mapping[Place, int]
    left: Mapping[str, int]
    taken: dict[Place, list[str]]
    spent: Counter[str] = field(default_factory=Counter)
    forms: Counter[str] = field(default_factory=Counter)

    def has_time(self, place: Place, rater: str) -> bool:
        """Whether somebody can be asked once more."""
        total = self.spent[rater] + self.seconds.get(place, 0)
        return total <= self.left.get(rater, total)

    def take(self, place: Place, rater: str) -> bool:
        """Ask somebody, unless the time is used up; whether it was not."""
        if not self.has_time(place, rater):
            return False
        self.spent[rater] += self.seconds.get(place, 0)
        self.forms[rater] += 1
        self.taken[place].append(rater)
        return True


@lru_cache(maxsize=65_536)
def _rank(seed: str, one: str) -> bytes:
    return sha256(f"{seed}/{one}".encode()).digest()


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
