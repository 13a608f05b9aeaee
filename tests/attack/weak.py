"""Planted: publication rules that are in use and do not hold; the attacker has to break them, or he proves nothing."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import combinations

from tests.attack.played import Played, release
from tests.attack.solving import Sums, sums_of

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


def next_smallest_hidden(played: Played) -> list[Sheets]:
    """In each table, parts below the minimum are hidden; if what they hide is still too few, the next smallest, too."""
    shown: list[Sheets] = []
    for whole, parts in _tables(played):
        rising = sorted((part for part in parts if part), key=lambda part: _people(played, part))
        hidden: Sheets = frozenset()
        while rising and (not _is_enough(played, rising[0]) or (hidden and not _is_enough(played, hidden))):
            hidden |= rising.pop(0)
        shown += [part for part in [whole, *rising] if _is_enough(played, part)]
    return shown


def totals_with_hidden_cells(played: Played) -> list[Sheets]:
    """Atoms are formed, but the total of a unit counts everybody below it, also those who are in no atom of it."""
    published = release(played)
    rows = sums_of(played, published)
    totals = [
        frozenset(one for one in _below(played, subject) if played.sheets[one].group == group)
        for subject in range(len(played.subjects))
        for group in range(len(played.groups))
    ]
    return rows + [total for total in totals if _is_enough(played, total)]


def live_results(played: Played) -> list[Sheets]:
    """Figures are there from the k-th answer on and move with every further one."""
    states = (frozenset(cell[:number]) for cell in _cells(played) for number in range(1, len(cell) + 1))
    return [shown for shown in states if _is_enough(played, shown)]


def recomputed_after_erasure(played: Played) -> list[Sheets]:
    """A release is computed again when somebody is erased."""
    if not played.sheets:
        return []
    gone = played.sheets[len(played.sheets) // 2].person
    kept = [place for place, sheet in enumerate(played.sheets) if sheet.person != gone]
    again = replace(played, sheets=tuple(played.sheets[place] for place in kept))
    later = [
        frozenset(kept[one // played.measures] * played.measures + one % played.measures for one in row)
        for row in sums_of(again, release(again))
    ]
    return sums_of(played, release(played)) + later


SUMS: Mapping[str, Callable[[Played], Sums]] = {
    "minimum count only": minimum_only,
    "no small remainder": no_small_remainder,
    "next smallest hidden": next_smallest_hidden,
    "totals with hidden cells": totals_with_hidden_cells,
    "live results": live_results,
    "recomputed after an erasure": recomputed_after_erasure,
}
"""The planted rules that solving breaks, by name; those that give away more than sums are in `telling`."""


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


def _tables(played: Played) -> Iterator[tuple[Sheets, list[Sheets]]]:
    """The tables of a report: a unit by rater group, and a unit and rater group by what is right below."""
    below = [frozenset(_below(played, subject)) for subject in range(len(played.subjects))]
    for subject, whole in enumerate(below):
        yield whole, [_of_group(played, whole, group) for group in range(len(played.groups))]
        children = [place for place, one in enumerate(played.subjects) if one.parent == subject]
        for group in range(len(played.groups)) if children else ():
            yield _of_group(played, whole, group), [_of_group(played, below[child], group) for child in children]


def _of_group(played: Played, sheets: Sheets, group: int) -> Sheets:
    return frozenset(one for one in sheets if played.sheets[one].group == group)


def _cells(played: Played) -> list[list[int]]:
    """The sheets of each cell in the order in which they came in."""
    cells: dict[tuple[int, int], list[int]] = {}
    for place, sheet in enumerate(played.sheets):
        cells.setdefault((sheet.subject, sheet.group), []).append(place)
    return list(cells.values())


def _below(played: Played, subject: int) -> Iterator[int]:
    for place, sheet in enumerate(played.sheets):
        at = sheet.subject
        while at not in {subject, -1}:
            at = played.subjects[at].parent
        if at == subject:
            yield place


def _people(played: Played, sheets: Sheets) -> int:
    return len({played.sheets[one].person for one in sheets if played.sheets[one].counts})


def _is_enough(played: Played, sheets: Sheets) -> bool:
    least = max((played.groups[played.sheets[one].group].k for one in sheets), default=1)
    return _people(played, sheets) >= least
