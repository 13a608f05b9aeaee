"""Released atoms under larger minimums: whole atoms stay, are joined further up, or are withheld; none is ever split.

==========  =====================================================================
Name        Contents
==========  =====================================================================
Coarser     the atoms that are left, and where those of before have gone
coarsened   the same from a partition and its rater groups with larger minimums
joined      totals of the atoms of before as totals of those
==========  =====================================================================

What the partition left unpublished stays so: with it, a figure could come about that differs from a released one by
fewer people than the minimum. That is why the carry-up is not simply run again over the cells. An atom also never
goes below the subject it stood at: a unit's own cell that was carried past it stays there.
"""

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from app.deferred import dataclass
from app.scoring.atoms import (
    Atom,
    Cell,
    Kind,
    Partition,
    Place,
    Pooling,
    RaterGroup,
    Unpublished,
    Withholding,
    heads_of,
)
from app.scoring.columns import summed
from app.scoring.disclosure import UNIT_RATERS, UNIT_SUBJECTS, subjects_touched
from app.scoring.errors import ScoringError
from app.scoring.totals import AtomTotals


@dataclass(frozen=True, slots=True)
class Coarser:
    """A partition whose atoms are unions of those of another one.

    made : the partition, with the larger minimums
    into : by atom of before the place of the atom that holds it now, or -1 where it is withheld
    """

    made: Partition
    into: tuple[int, ...]


def coarsened(
    made: Partition, groups: Sequence[RaterGroup], pooling: Pooling, *, barred: Collection[Place] = ()
) -> Coarser:
    """The atoms that are left of a release when rater groups need more people.

    Parameters
    ----------
    made : the partition that was released
    groups : its rater groups, with minimums as large or larger
    pooling : the policy of the round, by which small atoms of several groups may be joined
    barred : places where no atom may come about

    Returns
    -------
    With the same minimums, the same partition. Every atom of before is wholly in one atom, or withheld; so whatever
    is read of both holds at least the smaller minimum of people.

    Raises
    ------
    ScoringError : other groups or modes than those of the release, or a smaller minimum

    Formula: from the leaves to the root, pool[g] = atoms of the subject that hold g alone + what its children left
    over; the pool becomes an atom under the conditions of `disclosure.partition`, with its units alone if only persons
    below are in the way. With `POOL`, what is left over, and mixed atoms, become one mixed atom if that is enough.
    Atoms of `named` and `report` groups stay as they are.
    Source: docs/anonymity.md, "What-ifs".

    >>> from app.scoring.atoms import Mode, Subject
    >>> from app.scoring.disclosure import partition
    >>> people = [Subject(-1, Kind.UNIT), *(Subject(0, Kind.PERSON) for _ in range(3))]
    >>> cells = [
    ...     Cell(1 + one, 0, frozenset(range(5 * one, 5 * one + size)), size) for one, size in enumerate((3, 3, 5))
    ... ]
    >>> k3, k4 = ([RaterGroup(Mode.CONFIDENTIAL, k, k)] for k in (3, 4))
    >>> coarser = coarsened(partition(people, k3, cells), k4, Pooling.DROP)
    >>> [(atom.subject, len(atom.heads)) for atom in coarser.made.atoms], coarser.into
    ([(3, 5)], (-1, -1, 0))
    """
    _check(made.groups, groups)
    rise = _Rise(made, tuple(groups), pooling, frozenset(barred))
    pools: list[list[_Block]] = [[] for _ in made.subjects]
    for place, atom in enumerate(made.atoms):
        pools[atom.subject].append(_Block(atom.groups, (place,), atom.cells))
    formed: list[tuple[Atom, _Block]] = []
    refused = list(made.unpublished)
    for subject in _leaves_first(made):
        atoms, left = rise.settle(subject, pools[subject])
        formed += atoms
        parent = made.subjects[subject].parent
        if parent < 0 or made.subjects[subject].kind is Kind.COMPETITOR:
            refused += rise.refused(subject, left)
        else:
            pools[parent] += left
    formed.sort(key=lambda one: (one[0].subject, one[0].groups))
    into = [-1] * len(made.atoms)
    for number, (_, block) in enumerate(formed):
        for place in block.atoms:
            into[place] = number
    refused.sort(key=lambda cell: (cell.subject, cell.group))
    atoms_left = tuple(atom for atom, _ in formed)
    return Coarser(Partition(made.subjects, tuple(groups), atoms_left, tuple(refused)), tuple(into))


def joined(totals: AtomTotals, into: npt.ArrayLike, n_atoms: int) -> AtomTotals:
    """Totals of atoms that are read together from now on.

    Parameters
    ----------
    totals : of the atoms of before, without what is withheld
    into : the atom of now that holds each, 0..n_atoms - 1, or -1 for none; shape (atoms of before,)

    >>> totals = AtomTotals.from_scores([0, 1, 2], [0, 1, 2], [0, 0, 0], [50, 70, 90], n_atoms=3)
    >>> joined(totals, [0, 0, -1], 1).atom(0).cells[0].n
    2
    """
    places = np.asarray(into, np.int64).reshape(-1)

    def moved(table: npt.NDArray[np.int64], n_keys: int) -> npt.NDArray[np.int64]:
        kept = table[places[table[:, 0]] >= 0]
        keys = [places[kept[:, 0]], *kept[:, 1:n_keys].T]
        return summed(keys, list(kept[:, n_keys:].T))

    cells, pairs = moved(totals.cells, 2), moved(totals.pairs, 3)
    return AtomTotals(n_atoms, cells, pairs, moved(totals.answered, totals.answered.shape[1] - 1))


@dataclass(frozen=True, slots=True)
class _Block:
    """Atoms of before that go together from here on, with the groups they hold."""

    groups: tuple[int, ...]
    atoms: tuple[int, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class _Rise:
    """The surroundings of one coarsening."""

    made: Partition
    groups: tuple[RaterGroup, ...]
    pooling: Pooling
    barred: frozenset[Place]

    def settle(self, subject: int, pool: list[_Block]) -> tuple[list[tuple[Atom, _Block]], list[_Block]]:
        """The atoms of one subject, and what is left over."""
        formed: list[tuple[Atom, _Block]] = []
        left = [block for block in pool if len(block.groups) > 1]
        for group in sorted({block.groups[0] for block in pool if len(block.groups) == 1}):
            blocks = [block for block in pool if block.groups == (group,)]
            if not self.groups[group].mode.is_protected:
                formed += [(self.made.atoms[block.atoms[0]], block) for block in blocks]
                continue
            atom, rest = self._gather(subject, blocks, least_groups=1)
            formed += atom
            left += rest
        if self.pooling is Pooling.POOL and left:
            atom, left = self._gather(subject, left, least_groups=2)
            formed += atom
        return formed, left

    def _gather(
        self, subject: int, blocks: list[_Block], *, least_groups: int
    ) -> tuple[list[tuple[Atom, _Block]], list[_Block]]:
        """One atom of the blocks, or of those without persons where only these are in the way; and the rest."""
        persons, about_units = self._apart(subject, blocks)
        for some, rest in ((blocks, []), (about_units, persons)) if persons else ((blocks, []),):
            groups = tuple(sorted({group for block in some for group in block.groups}))
            cells = tuple(sorted((cell for block in some for cell in block.cells), key=lambda cell: cell.key))
            if len(groups) >= least_groups and self._suffices(subject, groups, cells):
                atom = Atom(subject, groups, cells, heads_of(cells), self._minimum(subject, groups))
                return [(atom, _Block(groups, tuple(place for block in some for place in block.atoms), cells))], rest
        return [], blocks

    def _apart(self, subject: int, blocks: list[_Block]) -> tuple[list[_Block], list[_Block]]:
        """Those that hold sheets about persons below, and the others."""
        persons: list[_Block] = []
        about_units: list[_Block] = []
        for block in blocks:
            (persons if self._persons_below(subject, block.cells) else about_units).append(block)
        return persons, about_units

    def refused(self, subject: int, left: list[_Block]) -> list[Unpublished]:
        """The cells that fit nowhere any more, with the reason at the last subject that was tried."""
        found: list[Unpublished] = []
        for groups in dict.fromkeys(block.groups for block in left):
            cells = tuple(cell for block in left if block.groups == groups for cell in block.cells)
            few = len(heads_of(cells)) < self._minimum(subject, groups)
            reason = Withholding.FEWER_THAN_K if few else Withholding.FEWER_THAN_THREE_SUBJECTS
            found += [Unpublished(cell.subject, cell.group, reason) for cell in cells]
        return found

    def _suffices(self, subject: int, groups: tuple[int, ...], cells: tuple[Cell, ...]) -> bool:
        people = len(heads_of(cells))
        if (subject, groups) in self.barred or people < self._minimum(subject, groups):
            return False
        return not self._persons_below(subject, cells) or subjects_touched(cells, people, people) >= UNIT_SUBJECTS

    def _minimum(self, subject: int, groups: tuple[int, ...]) -> int:
        largest = max(self.groups[group].k for group in groups)
        return largest if self.made.subjects[subject].kind is Kind.PERSON else max(UNIT_RATERS, largest)

    def _persons_below(self, subject: int, cells: tuple[Cell, ...]) -> bool:
        return any(cell.subject != subject and self.made.subjects[cell.subject].kind is Kind.PERSON for cell in cells)


def _leaves_first(made: Partition) -> list[int]:
    """Every subject after all those below it."""

    def depth(place: int) -> int:
        levels = 0
        while made.subjects[place].parent >= 0:
            place = made.subjects[place].parent
            levels += 1
        return levels

    return sorted(range(len(made.subjects)), key=depth, reverse=True)


def _check(before: Sequence[RaterGroup], groups: Sequence[RaterGroup]) -> None:
    if [group.mode for group in before] != [group.mode for group in groups]:
        msg = "the rater groups must be those of the release"
        raise ScoringError(msg)
    for old, new in zip(before, groups, strict=True):
        if new.k < old.k:
            msg = f"a minimum can only be raised: {old.k} was released, got {new.k}"
            raise ScoringError(msg)
