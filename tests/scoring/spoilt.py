"""One sound round as columns, to be spoilt in one place each time, and what the verifier then says."""

from dataclasses import fields, replace
from typing import Any

import pytest
from numpy.typing import NDArray

from app.scoring.atoms import Pooling
from app.scoring.objections import Claimed, Collected, Objection, Rule
from app.scoring.verifier import verify
from tests.attack.played import Played, Sheet, release
from tests.scoring.columns import claimed, collected
from tests.scoring.rounds import competitor, named, person, protected, report, unit


def sound() -> Played:
    """Company 0, team 1 with persons 2, 3, 4, 5, a competitor 6, and a person 7 without a team.

    Group 0 protected (k 4), 1 and 2 protected (k 5), 3 named, 4 visits. Two measures; the second is blank for one.
    """
    tree = (unit(), unit(0), person(1), person(1), person(1), person(1), competitor(0), person(0))
    groups = (protected(4), protected(5), protected(5), named(), report(3))
    raters = {
        (1, 0): range(100, 106), (2, 0): range(4), (3, 0): range(4, 9), (4, 0): range(10, 16), (5, 0): range(2),
        (2, 1): range(20, 23), (2, 2): range(30, 33), (6, 0): range(40, 45), (2, 3): [50], (2, 4): [60, 61, 62],
        (3, 4): [63],
    }  # fmt: skip
    sheets = tuple(
        Sheet(subject, group, rater, (rater % 5 * 25_000_000, None if rater == 5 else 50_000_000))
        for (subject, group), people in raters.items()
        for rater in people
    )
    form = {key: frozenset({0, 1}) for key in raters}
    return Played(tree, groups, sheets, form, 2, Pooling.POOL)


class Spoilt:
    """The columns of the sound round, with places found by what they stand for."""

    def __init__(self) -> None:
        self.played = sound()
        self.release = release(self.played)
        self.collected = collected(self.played)
        self.claimed = claimed(self.played, self.release)

    def atom(self, subject: int, *groups: int) -> int:
        return next(
            place
            for place, atom in enumerate(self.release.made.atoms)
            if (atom.subject, atom.groups) == (subject, groups)
        )

    def row(self, subject: int, *groups: int, measure: int = 0) -> int:
        wanted = subject, groups, measure
        return next(
            place
            for place, row in enumerate(self.release.rows)
            if (row.figure.subject, row.figure.groups, row.measure) == wanted
        )

    def cell(self, subject: int, group: int) -> int:
        keys = zip(self.collected.cell_subject.tolist(), self.collected.cell_group.tolist(), strict=True)
        return list(keys).index((subject, group))

    def objection(self, *, seen: Collected | None = None, said: Claimed | None = None) -> tuple[Rule, int]:
        with pytest.raises(Objection) as raised:
            verify(seen or self.collected, said or self.claimed)
        assert str(raised.value) == f"the release breaks rule {raised.value.rule} at place {raised.value.place}"
        return raised.value.rule, raised.value.place


def put(column: NDArray[Any], place: Any, value: float) -> NDArray[Any]:
    changed = column.copy()
    changed[place] = value
    return changed


def nothing_claimed() -> Claimed:
    """A claim with the labels of the sound round, and no atom and no row."""
    some = Spoilt().claimed
    empty = {field: column[:0] for field, column in vars_of(some).items() if field != "labels"}
    return Claimed(labels=some.labels, **empty)


def vars_of(claim: Claimed) -> dict[str, Any]:
    return {field.name: getattr(claim, field.name) for field in fields(claim)}


def without_rows(claim: Claimed) -> Claimed:
    rows = {name: column[:0] for name, column in vars_of(claim).items() if name.split("_")[0] in ROW_COLUMNS}
    return replace(claim, **rows)


ROW_COLUMNS = ("row", "use", "combined", "share")


def objection(columns: tuple[Collected, Claimed]) -> tuple[Rule, int]:
    with pytest.raises(Objection) as raised:
        verify(*columns)
    return raised.value.rule, raised.value.place
