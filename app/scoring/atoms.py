"""The nouns of disclosure: subjects, rater groups, cells, atoms and the partition; what forms atoms is `disclosure`.

============  ==================================================================
Value         Stands for
============  ==================================================================
Kind          person, unit or competitor
Mode          how a rater group is stored and shown
Pooling       what becomes of groups too small on their own
Withholding   why something is not shown
Place         where an atom may stand
Subject       one node of the tree
RaterGroup    mode and minimums of a group
Cell          what is in about one subject from one group
Atom          whole cells that are read together
Unpublished   a cell that fits nowhere
Partition     every cell in one atom, or unpublished
============  ==================================================================
"""

from collections.abc import Iterable
from enum import StrEnum
from itertools import chain
from typing import NamedTuple

from app.deferred import dataclass
from app.scoring.errors import ScoringError


class Kind(StrEnum):
    """What disclosure has to know of a subject: is it a person, does it have others below, is it outside."""

    PERSON = "person"
    UNIT = "unit"
    COMPETITOR = "competitor"


class Mode(StrEnum):
    """How a rater group is stored and shown; the two last ones are protected."""

    NAMED = "named"
    REPORT = "report"
    CONFIDENTIAL = "confidential"
    ANONYMOUS = "anonymous"

    @property
    def is_protected(self) -> bool:
        """Only whole atoms of at least k distinct people may be read."""
        return self is Mode.CONFIDENTIAL or self is Mode.ANONYMOUS


class Pooling(StrEnum):
    """What becomes of groups too small on their own: left out, or one mixed atom."""

    DROP = "drop"
    POOL = "pool"


class Withholding(StrEnum):
    """Why something is not shown; says "fewer than", never how many."""

    FEWER_THAN_K = "fewer_than_k"
    FEWER_THAN_THREE_SUBJECTS = "fewer_than_three_subjects"
    OVERLAP = "overlap"


Place = tuple[int, tuple[int, ...]]
"""Where an atom may stand: a subject, and the rater groups that are read together there, ascending."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One node of the tree.

    parent : place of the parent in the same sequence; -1 for a root
    kind : a person and a competitor have nothing of ours below them
    """

    parent: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class RaterGroup:
    """A rater group as the round froze it.

    mode : how it is stored and shown
    k : least number of distinct people, 3..20, of a protected group; of visits, 1..20, of a `report` group;
        without effect on a `named` group
    comment_k : least number of people in an atom whose comments are shown, k..; without effect on the others

    Raises
    ------
    ScoringError : k or comment_k out of range
    """

    mode: Mode
    k: int
    comment_k: int

    def __post_init__(self) -> None:
        """Refuse minimums that protect nobody."""
        if self.mode is Mode.NAMED:
            return
        least = 3 if self.mode.is_protected else 1
        if not least <= self.k <= 20:
            raise ScoringError(f"k of a rater group in mode {self.mode} must be {least} to 20, got {self.k}")
        if self.mode.is_protected and self.comment_k < self.k:
            raise ScoringError(f"comment_k must be at least k ({self.k}), got {self.comment_k}")


@dataclass(frozen=True, slots=True)
class Cell:
    """What is in about one subject from one rater group.

    subject, group : places in the sequences of subjects and rater groups
    heads : the distinct people who count (R2) and have answered, as numbers that are the same all over the round
    sheets : all sheets, also of people who do not count; visits in a `report` group; >= the number of heads
    """

    subject: int
    group: int
    heads: frozenset[int]
    sheets: int

    @property
    def key(self) -> tuple[int, int]:
        """Subject and rater group; one cell each."""
        return self.subject, self.group


class Atom(NamedTuple):
    """Whole cells that are read together or not at all; a tuple, since a large round makes tens of thousands.

    subject : whose page it is read on; the cells are about this subject or about subjects below it
    groups : places of the rater groups, ascending; more than one in a mixed atom
    cells : ordered by subject, then group
    heads : distinct people of all cells
    minimum : distinct people that any figure of it needs; 0 where the group is not protected
    """

    subject: int
    groups: tuple[int, ...]
    cells: tuple[Cell, ...]
    heads: frozenset[int]
    minimum: int

    @property
    def is_protected(self) -> bool:
        """Its raters may not be told apart."""
        return self.minimum > 0

    @property
    def is_carried(self) -> bool:
        """It holds sheets about others than its subject: a roll-up."""
        return any(cell.subject != self.subject for cell in self.cells)

    @property
    def sheets(self) -> int:
        """All its sheets."""
        return sum(cell.sheets for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Unpublished:
    """A cell that fits nowhere: it enters no figure, norm, rank, pooled variance or total."""

    subject: int
    group: int
    reason: Withholding


@dataclass(frozen=True, slots=True)
class Partition:
    """Every cell with a sheet stands in exactly one atom or is unpublished.

    atoms : ordered by subject, then groups; no two have both alike
    unpublished : ordered by subject, then group
    """

    subjects: tuple[Subject, ...]
    groups: tuple[RaterGroup, ...]
    atoms: tuple[Atom, ...]
    unpublished: tuple[Unpublished, ...]

    def atom_of(self) -> dict[tuple[int, int], int]:
        """Place of the atom that holds each published (subject, rater group); absent where unpublished."""
        return {cell.key: place for place, atom in enumerate(self.atoms) for cell in atom.cells}


def heads_of(cells: Iterable[Cell]) -> frozenset[int]:
    """Distinct people of several cells.

    >>> sorted(heads_of([Cell(0, 0, frozenset({1, 2}), 2), Cell(1, 0, frozenset({2, 3}), 2)]))
    [1, 2, 3]
    """
    heads = [cell.heads for cell in cells]
    return heads[0] if len(heads) == 1 else frozenset(chain.from_iterable(heads))
