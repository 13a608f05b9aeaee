"""Publication rules that are in use and do not hold; the attacker has to break them, or he proves nothing."""

from collections.abc import Iterator
from itertools import combinations

from tests.scoring.played import Played

Sheets = frozenset[int]


def minimum_only(played: Played) -> list[Sheets]:
    """Whatever has at least k people is shown: each cell, each group of a unit, all groups together."""
    return [shown for shown, _ in _views(played) if _is_enough(played, shown)]


def no_small_remainder(played: Played) -> list[Sheets]:
    """The same, but a part is shown only if what it leaves of its whole is nothing or at least k people."""
    return [
        shown
        for shown, whole in _views(played)
        if _is_enough(played, shown) and (not whole - shown or _is_enough(played, whole - shown))
    ]


def _views(played: Played) -> Iterator[tuple[Sheets, Sheets]]:
    """Every view a report offers, each with the whole that it is a part of."""
    for subject in range(len(played.subjects)):
        whole = frozenset(_below(played, subject))
        above = frozenset(_below(played, max(played.subjects[subject].parent, 0)))
        yield whole, above
        by_group = [
            frozenset(one for one in whole if played.sheets[one].group == group) for group in range(len(played.groups))
        ]
        for size in (1, 2):
            yield from ((frozenset().union(*some), whole) for some in combinations(by_group, size))
        for group, shown in enumerate(by_group):
            yield shown, frozenset(one for one in above if played.sheets[one].group == group)


def _below(played: Played, subject: int) -> Iterator[int]:
    for place, sheet in enumerate(played.sheets):
        at = sheet.subject
        while at not in {subject, -1}:
            at = played.subjects[at].parent
        if at == subject:
            yield place


def _is_enough(played: Played, sheets: Sheets) -> bool:
    mine = [played.sheets[one] for one in sheets]
    least = max((played.groups[sheet.group].k for sheet in mine), default=1)
    return len({sheet.person for sheet in mine if sheet.counts}) >= least
