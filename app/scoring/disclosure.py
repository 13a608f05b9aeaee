"""Atoms by carry-up: which sheets may only be read together, decided from head counts alone; no score is seen here.

==============  =====================================================================
Module          Contents
==============  =====================================================================
atoms           the nouns: subjects, rater groups, cells, atoms, the partition
disclosure      this one: what forms atoms (R3)
overlap         where none may form, since almost the same people were asked shortly before (R10)
readable        which rows they make, and which of these are withheld (R1, R4, R7-R9)
standing        the same over a whole release at once, as columns
preview         what a launch promises (R13)
objections      what the verifier reads, and what it can object to
verifier        the second opinion before the seal (R12)
verifier_rows   its view of rows
==============  =====================================================================

The rules by number and the reasons for them: docs/anonymity.md.
"""

from collections.abc import Collection, Iterable, Sequence
from fractions import Fraction
from itertools import chain
from operator import attrgetter

from app.deferred import dataclass
from app.scoring.atoms import (
    Atom,
    Cell,
    Kind,
    Partition,
    Place,
    Pooling,
    RaterGroup,
    Subject,
    Unpublished,
    Withholding,
    heads_of,
)
from app.scoring.errors import ScoringError

UNIT_RATERS = 5
"""No protected figure of a unit, and of a competitor, stands on fewer distinct people, however small its k."""

UNIT_SUBJECTS = 3
"""No protected figure that comes from persons below stands on fewer subjects."""

EVERYONE = Fraction(1)


def partition(
    subjects: Sequence[Subject],
    groups: Sequence[RaterGroup],
    cells: Iterable[Cell],
    pooling: Pooling = Pooling.DROP,
    *,
    overlapping: Collection[Place] = (),
    turnout: Fraction = EVERYONE,
) -> Partition:
    """Atoms by carry-up: what is too small for its own subject goes up to the parent, where it may suffice.

    Parameters
    ----------
    subjects : the tree; parents by place, which may come later
    groups : the rater groups of the round
    cells : at most one per subject and group, in any order; those without a sheet are left out
    pooling : `POOL` makes one mixed atom of what is left over at a subject, if that is enough
    overlapping : places that form no atom, however many people they have (rule R10, as `overlap` finds them)
    turnout : share of the heads expected to answer, 0..1; everyone at the close, less in a launch preview only

    Returns
    -------
    The partition; the same for any order of the cells.

    Raises
    ------
    ScoringError : the tree has a loop, a dangling parent or somebody below a person or a competitor; a cell is
        listed twice, names no subject or group, or has fewer sheets than heads

    Formula: from the leaves to the root, pool[g] = own cell + what the children left over; pool[g] becomes an atom
    when it has at least k_g distinct people (units and competitors: max(5, k_g)) and, where it holds cells of
    persons below, at least 3 subjects. Where only those persons are in the way, the cells about units become the
    atom and the persons go on. Overlapping places are passed over. With `POOL`, what two or more groups leave over becomes one atom by the same test
    with the largest k among them. `named` and `report` cells are atoms as they are; competitors pass nothing on.
    Source: docs/anonymity.md, "Atoms"; the principle is partitioning, Chin and Ozsoyoglu 1982.

    >>> from app.scoring.atoms import Mode
    >>> team, berit, per = Subject(-1, Kind.UNIT), Subject(0, Kind.PERSON), Subject(0, Kind.PERSON)
    >>> colleagues = RaterGroup(Mode.CONFIDENTIAL, k=3, comment_k=3)
    >>> cells = [Cell(1, 0, frozenset({1, 2, 3}), 3), Cell(2, 0, frozenset({1, 2}), 2)]
    >>> made = partition([team, berit, per], [colleagues], cells)
    >>> [(atom.subject, len(atom.heads)) for atom in made.atoms], made.unpublished[0].reason.value
    ([(1, 3)], 'fewer_than_k')
    """
    carry = _CarryUp.of(tuple(subjects), tuple(groups), pooling, frozenset(overlapping), turnout)
    own = carry.own_cells(cells)
    carried: dict[int, list[Cell]] = {}
    atoms: list[list[Atom]] = [[] for _ in carry.subjects]
    unpublished: list[Unpublished] = []
    for subject in carry.leaves_first():
        atoms[subject], left = carry.settle(subject, own[subject], carried.get(subject))
        if not left:
            continue
        parent = carry.subjects[subject].parent
        if parent < 0 or carry.is_competitor[subject]:
            unpublished += carry.refused(subject, left)
        else:
            carried.setdefault(parent, []).extend(left)
    unpublished.sort(key=lambda cell: (cell.subject, cell.group))
    return Partition(carry.subjects, carry.groups, tuple(chain.from_iterable(atoms)), tuple(unpublished))


_by_groups = attrgetter("groups")


@dataclass(frozen=True, slots=True)
class _CarryUp:
    """The frozen surroundings of one partition.

    protected : [group]
    single : [group] the label of an atom of it alone
    is_person, is_competitor : [subject]
    least : [group] the people that an atom of it alone needs, of units and competitors, and of persons
    """

    subjects: tuple[Subject, ...]
    groups: tuple[RaterGroup, ...]
    pooling: Pooling
    overlapping: frozenset[Place]
    turnout: Fraction
    protected: list[bool]
    single: list[tuple[int, ...]]
    is_person: list[bool]
    is_competitor: list[bool]
    least: tuple[list[int], list[int]]

    @classmethod
    def of(
        cls,
        subjects: tuple[Subject, ...],
        groups: tuple[RaterGroup, ...],
        pooling: Pooling,
        overlapping: frozenset[Place],
        turnout: Fraction,
    ) -> "_CarryUp":
        """The same with what each cell would ask for again."""
        protected = [group.mode.is_protected for group in groups]
        single: list[tuple[int, ...]] = [(group,) for group in range(len(groups))]
        person, competitor = Kind.PERSON, Kind.COMPETITOR
        is_person = [subject.kind is person for subject in subjects]
        is_competitor = [subject.kind is competitor for subject in subjects]
        k = [group.k for group in groups]
        least = [max(UNIT_RATERS, one) for one in k], k
        return cls(subjects, groups, pooling, overlapping, turnout, protected, single, is_person, is_competitor, least)

    def leaves_first(self) -> list[int]:
        """Every subject after all those below it."""
        below: dict[int, list[int]] = {}
        for place, subject in enumerate(self.subjects):
            parent = subject.parent
            if parent != -1:
                self._refuse_parent(place, parent)
            below.setdefault(parent, []).append(place)
        order = below.get(-1, [])
        for place in order:
            if place in below:
                order += below[place]
        if len(order) != len(self.subjects):
            raise ScoringError("the tree of subjects must not have a loop")
        return order[::-1]

    def _refuse_parent(self, place: int, parent: int) -> None:
        if not 0 <= parent < len(self.subjects):
            raise ScoringError(f"subject {place} has a parent that is not there: {parent}")
        if self.is_person[parent] or (self.is_competitor[parent] and not self.is_competitor[place]):
            kind, above = self.subjects[place].kind, self.subjects[parent].kind
            raise ScoringError(f"subject {place} ({kind}) must not stand below a {above}")

    def own_cells(self, cells: Iterable[Cell]) -> list[list[Cell]]:
        """The cells of each subject, checked."""
        own: list[list[Cell]] = [[] for _ in self.subjects]
        subjects, groups = len(self.subjects), len(self.groups)
        is_there = bytearray(subjects * groups)
        for cell in cells:
            subject, group, sheets = cell.subject, cell.group, cell.sheets
            if not (0 <= subject < subjects and 0 <= group < groups):
                raise ScoringError(f"cell {cell.key} names a subject or rater group that is not there")
            if is_there[subject * groups + group]:
                raise ScoringError(f"cell {cell.key} is listed twice")
            if sheets < len(cell.heads):
                raise ScoringError(f"cell {cell.key} must have a sheet for each of its {len(cell.heads)} heads")
            is_there[subject * groups + group] = True
            if sheets:
                own[subject].append(cell)
        return own

    def settle(self, subject: int, own: list[Cell], carried: list[Cell] | None) -> tuple[list[Atom], list[Cell]]:
        """The atoms of one subject by their groups, and the cells left over."""
        if carried is None:
            # By far the most: cells that meet nobody here.
            atoms, left = self._settle_apart(subject, own)
        else:
            meeting = {cell.group for cell in carried}
            atoms, left = self._settle_apart(subject, [cell for cell in own if cell.group not in meeting])
            for cells in by_group(cell for cell in (*own, *carried) if cell.group in meeting).values():
                atom, rest = self._gather(subject, cells, least_groups=1)
                atoms += atom
                left += rest
        if left and self.pooling is Pooling.POOL:
            atom, left = self._gather(subject, left, least_groups=2)
            atoms += atom
        if len(atoms) > 1:
            atoms.sort(key=_by_groups)
        return atoms, left

    def _settle_apart(self, subject: int, own: list[Cell]) -> tuple[list[Atom], list[Cell]]:
        """An atom of each cell that suffices by itself, and the others."""
        atoms: list[Atom] = []
        left: list[Cell] = []
        least = self.least[self.is_person[subject]]
        for cell in own:
            group = cell.group
            if not self.protected[group]:
                atoms.append(Atom(subject, self.single[group], (cell,), cell.heads, minimum=0))
            elif self._has_people(subject, self.single[group], len(cell.heads), least[group]):
                atoms.append(Atom(subject, self.single[group], (cell,), cell.heads, least[group]))
            else:
                left.append(cell)
        return atoms, left

    def _gather(self, subject: int, cells: list[Cell], *, least_groups: int) -> tuple[list[Atom], list[Cell]]:
        """One atom of the cells, or of those about units where only the persons are in the way; and the rest."""
        persons = [cell for cell in cells if self._is_person_below(subject, cell)]
        about_units = [cell for cell in cells if not self._is_person_below(subject, cell)]
        for some, rest in ((cells, []), (about_units, persons)) if persons else ((cells, []),):
            groups = tuple(sorted({cell.group for cell in some}))
            if len(groups) >= least_groups and self._suffices(subject, groups, some):
                minimum = self.minimum(subject, groups)
                return [Atom(subject, groups, tuple(sorted(some, key=_key)), heads_of(some), minimum)], rest
        return [], cells

    def _is_person_below(self, subject: int, cell: Cell) -> bool:
        return cell.subject != subject and self.is_person[cell.subject]

    def _suffices(self, subject: int, groups: tuple[int, ...], cells: list[Cell]) -> bool:
        heads = heads_of(cells)
        if not self._has_people(subject, groups, len(heads), self.minimum(subject, groups)):
            return False
        if not any(self._is_person_below(subject, cell) for cell in cells):
            return True
        return subjects_touched(cells, len(heads), self._answering(len(heads))) >= UNIT_SUBJECTS

    def _has_people(self, subject: int, groups: tuple[int, ...], heads: int, least: int) -> bool:
        if self._answering(heads) < least:
            return False
        return not self.overlapping or (subject, groups) not in self.overlapping

    def _answering(self, invited: int) -> int:
        turnout = self.turnout
        return invited if turnout is EVERYONE else turnout.numerator * invited // turnout.denominator

    def minimum(self, subject: int, groups: tuple[int, ...]) -> int:
        """Distinct people that an atom of this subject needs."""
        least = self.least[self.is_person[subject]]
        return max(least[group] for group in groups)

    def refused(self, subject: int, cells: list[Cell]) -> list[Unpublished]:
        """The cells that fit nowhere, with the reason at the last subject that was tried."""
        refused: list[Unpublished] = []
        for group, members in by_group(cells).items():
            reason = self._why_refused(subject, group, members)
            refused += [Unpublished(cell.subject, cell.group, reason) for cell in members]
        return refused

    def _why_refused(self, subject: int, group: int, cells: list[Cell]) -> Withholding:
        if (subject, (group,)) in self.overlapping:
            return Withholding.OVERLAP
        few = self._answering(len(heads_of(cells))) < self.minimum(subject, (group,))
        return Withholding.FEWER_THAN_K if few else Withholding.FEWER_THAN_THREE_SUBJECTS


def _key(cell: Cell) -> tuple[int, int]:
    return cell.key


def by_group(cells: Iterable[Cell]) -> dict[int, list[Cell]]:
    """Cells by rater group, in the order they come.

    >>> [*by_group([Cell(0, 1, frozenset(), 1), Cell(0, 0, frozenset(), 1), Cell(2, 1, frozenset(), 1)])]
    [1, 0]
    """
    grouped: dict[int, list[Cell]] = {}
    for cell in cells:
        grouped.setdefault(cell.group, []).append(cell)
    return grouped


def subjects_touched(cells: Iterable[Cell], invited: int, answering: int) -> int:
    """Least number of subjects that somebody who counts has answered about.

    Parameters
    ----------
    cells : the cells of one pool
    invited : distinct people of all of them
    answering : how many of these answer, 0..invited; who they are is not known

    Returns
    -------
    All subjects with a head if everyone answers; otherwise the fewest subjects whose cells can hold so many people.

    >>> few = [Cell(1, 0, frozenset({1, 2}), 2), Cell(2, 0, frozenset({3, 4}), 2), Cell(3, 0, frozenset({5}), 1)]
    >>> subjects_touched(few, 5, 5), subjects_touched(few, 5, 4)
    (3, 2)
    """
    heads: dict[int, set[int]] = {}
    for cell in cells:
        if cell.heads:  # a subject that only its readers rated hides nobody
            heads.setdefault(cell.subject, set()).update(cell.heads)
    if answering == invited:
        return len(heads)
    touched, held = 0, 0
    for size in sorted((len(people) for people in heads.values()), reverse=True):
        if held >= answering:
            break
        touched += 1
        held += size
    return touched
