"""Where a round must form no atom, since almost the same people were asked in rounds close by (R10).

=============  ====================================================================
Name           Contents
=============  ====================================================================
Asked          who was asked in which cells, and which of these are read together
thin_atoms     atoms that a subtraction between rounds would open
find_overlaps  places where no atom may form, so that none is left
=============  ====================================================================

Only who was asked is looked at: never who answered, and never a score.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field

from app.deferred import dataclass
from app.scoring.atoms import Partition, Place

CellName = tuple[str, str]
"""Subject and rater group, named alike in all rounds."""

PRIME = 2**61 - 1
"""Sums are solved modulo a prime so large that nothing but chance of that size tells it from solving in fractions."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A round as it is compared with others.

    atoms : the cells of each protected atom
    people : by cell, everybody who was asked, and whether that person counts (R2)
    k : by rater group, its minimum
    """

    atoms: Sequence[Iterable[CellName]]
    people: Mapping[CellName, Mapping[str, bool]]
    k: Mapping[str, int]


def thin_atoms(now: Asked, others: Sequence[Asked]) -> frozenset[int]:
    """Atoms of a round that a subtraction between rounds would open, if everybody answers alike in all of them.

    Parameters
    ----------
    now, others : the rounds, with cells, people and rater groups named alike

    Returns
    -------
    Places in `now.atoms`; empty if every combination of the sums of all atoms is empty or covers at least k people
    who count. Atoms of `others` that are open among themselves are left to them.

    Formula: a class is the people whose sheets lie in the same atoms; a combination with weight x_a for the sum of
    atom a shows a class with the weight f = sum of its x_a. Where fewer than k people are to show, f = 0 for every
    class of at least k. Modulo what is 0 already, classes with the same f up to a factor show together: where they
    have at least k people, f = 0 for them, too. Atoms in any f that is left are thin.
    Source: docs/anonymity.md, "Rounds close together".

    >>> def asked(number):
    ...     return Asked(
    ...         [[("Sofie", "customer")]],
    ...         {("Sofie", "customer"): dict.fromkeys("abcdefghi"[:number], True)},
    ...         {"customer": 3},
    ...     )
    >>> [sorted(thin_atoms(asked(number), [asked(6)])) for number in (6, 7, 8, 9)]
    [[], [0], [0], []]
    """
    first_of_now = sum(len(other.atoms) for other in others)
    left = _Weights().all_that_may_show(list(_classes([*others, now])))
    return frozenset(atom - first_of_now for atom in left if atom >= first_of_now)


def find_overlaps(
    divide: Callable[[frozenset[Place]], Partition],
    name: Callable[[tuple[int, int]], CellName],
    people: Mapping[CellName, Mapping[str, bool]],
    k: Mapping[str, int],
    others: Sequence[Asked],
) -> frozenset[Place]:
    """The places of a round at which no atom may form.

    Parameters
    ----------
    divide : the partition of the round when no atom may form at some places
    name : the common name of a cell of that partition
    people, k : of the round, as in `Asked`
    others : the rounds it is compared with

    Returns
    -------
    What is thin is carried up instead, and compared again where it then forms an atom, until nothing is thin.
    """
    places: frozenset[Place] = frozenset()
    while True:
        atoms = [atom for atom in divide(places).atoms if atom.is_protected]
        thin = thin_atoms(Asked([[name(cell.key) for cell in atom.cells] for atom in atoms], people, k), others)
        if not thin:
            return places
        places |= {(atoms[place].subject, atoms[place].groups) for place in thin}


Atoms = tuple[int, ...]
"""Numbers of atoms over all rounds, ascending; those of the round that is compared come last."""

Form = dict[int, int]
"""Factors of the weights of atoms, by number."""


@dataclass(slots=True)
class _Class:
    """People whose sheets lie in the same atoms; `others` do not count."""

    atoms: Atoms
    least: int = 0
    people: set[str] = field(default_factory=set)


def _classes(rounds: Sequence[Asked]) -> Iterator[_Class]:
    """The classes of all sheets that lie in some atom."""
    holding: defaultdict[CellName, list[tuple[Asked, int]]] = defaultdict(list)
    number = 0
    for one in rounds:
        for cells in one.atoms:
            for cell in cells:
                holding[cell].append((one, number))
            number += 1
    least = {group: max(one.k.get(group, 0) for one in rounds) for group in {group for _, group in holding}}
    found: dict[Atoms, _Class] = {}
    for cell, held in holding.items():
        for person, (atoms, counts) in _sheets(cell, held):
            known = found.setdefault(atoms, _Class(atoms))
            known.least = max(known.least, least[cell[1]])
            if counts:
                known.people.add(person)
    return iter(found.values())


def _sheets(cell: CellName, held: Iterable[tuple[Asked, int]]) -> Iterable[tuple[str, tuple[Atoms, bool]]]:
    """By person of a cell, the atoms with the sheet, and whether the person counts in all of them."""
    sheets: dict[str, tuple[Atoms, bool]] = {}
    for one, atom in held:
        for person, counts in one.people.get(cell, {}).items():
            atoms, counted = sheets.get(person, ((), True))
            sheets[person] = (*atoms, atom), counted and counts
    return sheets.items()


class _Weights:
    """What is known to be 0 of the weights of a combination that shows fewer than k people."""

    def __init__(self) -> None:
        self._zero: dict[int, Form] = {}

    def all_that_may_show(self, classes: Sequence[_Class]) -> set[int]:
        """The atoms whose weights some class can still show with."""
        left = [(dict.fromkeys(one.atoms, 1), one) for one in classes]
        while True:
            # What is 0 stays 0, and what was taken modulo some forms need not be taken modulo them again.
            left = [(form, one) for rest, one in left if (form := self._reduced(rest))]
            bundles: dict[tuple[tuple[int, int], ...], _Class] = {}
            for form, one in left:
                bundle = bundles.setdefault(tuple(form.items()), _Class(()))
                bundle.least = max(bundle.least, one.least)
                bundle.people |= one.people
            large = [factors for factors, bundle in bundles.items() if len(bundle.people) >= bundle.least]
            if not large:
                return {atom for factors in bundles for atom, _ in factors}
            for factors in large:
                self._take(dict(factors))

    def _take(self, form: Form) -> None:
        """One more form is 0."""
        rest = self._reduced(form)
        if rest:
            self._zero[next(iter(rest))] = rest

    def _reduced(self, form: Form) -> Form:
        """A form in rising order, the first factor 1, modulo those that are 0; empty if it is 0 itself."""
        if self._zero.keys().isdisjoint(form):
            return form
        rest: Form = {}
        while form:
            atom = min(form)
            factor = form.pop(atom)
            known = self._zero.get(atom)
            if known is None:
                rest[atom] = factor
                continue
            for other, times in known.items():
                if other != atom:
                    value = (form.get(other, 0) - factor * times) % PRIME
                    form[other] = value
                    if not value:
                        del form[other]
        if not rest:
            return rest
        inverse = pow(next(iter(rest.values())), -1, PRIME)
        return {atom: factor * inverse % PRIME for atom, factor in rest.items()}
