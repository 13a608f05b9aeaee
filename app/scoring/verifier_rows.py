"""The verifier's view of rows: which atoms each must stand on, on how many people, and what then comes out of it."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from app.deferred import dataclass
from app.scoring.objections import Claimed, Collected, Flags, Ints, Objection, Rule, object_to, outside
from app.scoring.verifier_columns import Crowd, Lineage, at, in_order, largest_by, sums_by

Marks = NDArray[np.int8]

TOLERANCE = 1e-6
"""Points; the totals hold each rater score rounded to whole steps, which are far finer than a reader sees."""

_HIGH = 1 << 32
_UNITS, _PERSONS, _NOTHING = 1, 2, 3
"""How much a row has, and an atom wants: a row with persons takes all that can be read, one without what is about units."""


@dataclass(frozen=True, slots=True)
class View:
    """What the verifier has made of the columns.

    lineage : whose roll-up each subject enters
    atom_of_cell : [cell] the atom that holds it, or -1
    crowd : the people who count, by cell
    readable : [atom, measure] enough people have judged it
    people : [atom, measure] how many surely have
    """

    lineage: Lineage
    atom_of_cell: Ints
    crowd: Crowd
    readable: Flags
    people: Ints


def check_row_columns(collected: Collected, claimed: Claimed) -> None:
    """Object to rows that name what is not there, stand on nothing, or are there twice.

    Raises
    ------
    Objection : row
    """
    rows, atoms, measures = len(claimed.row_subject), len(claimed.atom_subject), collected.valid.shape[1]
    for places, end, lowest in (
        (claimed.row_subject, len(collected.kind), 0),
        (claimed.row_label, len(claimed.labels), 0),
        (claimed.row_measure, measures, 0),
        (claimed.use_row, rows, 0),
        (claimed.use_atom, atoms, 0),
        (claimed.combined_subject, len(collected.kind), 0),
        (claimed.share_combined, len(claimed.combined_subject), 0),
        (claimed.share_atom, atoms, 0),
        (claimed.combined_measure, measures, -1),
    ):
        if len(places) and (places.min() < lowest or places.max() >= end):
            object_to(Rule.ROW, outside(places, end, lowest))
    object_to(Rule.ROW, np.bincount(claimed.use_row, minlength=rows) == 0)
    _refuse_twice(claimed.use_row * atoms + claimed.use_atom)
    _refuse_twice((claimed.row_subject * len(claimed.labels) + claimed.row_label) * measures + claimed.row_measure)


def _refuse_twice(keys: Ints) -> None:
    if (keys[1:] > keys[:-1]).all():
        return
    ordered = np.argsort(keys, kind="stable")
    twice = np.flatnonzero(np.diff(keys[ordered]) == 0)
    if len(twice):
        raise Objection(Rule.ROW, int(ordered[twice[0] + 1]))


def check_rows(collected: Collected, claimed: Claimed, view: View) -> None:
    """Object to rows that do not stand on whole, readable atoms of their own, or do not come out of them.

    Raises
    ------
    Objection : row, judged or figure
    """
    uses = _Uses.of(collected, claimed, view)
    wide = _wide_rows(claimed, uses, view)
    _check_roll_ups(collected, claimed, view, uses, wide)
    _check_figures(collected, claimed, view, uses)
    _check_visits(collected, claimed)
    _check_combined(claimed, view, uses, wide)


@dataclass(frozen=True, slots=True)
class _Uses:
    """What rows stand on, row by row, none of it from elsewhere.

    row, atom : [use]
    place : [use] where the atom and the measure of the row stand in a table of atoms and measures
    number : [row] how many uses
    wants : [atom, measure] what a row must have to stand on it
    """

    row: Ints
    atom: Ints
    place: Ints
    number: Ints
    wants: Marks

    @classmethod
    def of(cls, collected: Collected, claimed: Claimed, view: View) -> "_Uses":
        """The same from the columns; objects to an atom from elsewhere, or one that cannot be read on the measure."""
        rows = len(claimed.row_subject)
        row, atom = in_order(claimed.use_row, claimed.use_atom)
        number = np.bincount(row, minlength=rows)
        wants = _wants(collected, view, len(claimed.atom_subject))
        place = atom * wants.shape[1] + claimed.row_measure[row]
        own = _is_in_reach(claimed, view, claimed.row_subject[row], atom)
        own &= claimed.row_label[row] == claimed.atom_label[atom]
        own &= at(wants, place) != _NOTHING
        if not own.all():
            object_to(Rule.ROW, np.bincount(row[~own], minlength=rows) > 0)
        return cls(row, atom, place, number, wants)


def _wants(collected: Collected, view: View, atoms: int) -> Marks:
    """[atom, measure] whether it can be read at all, and whether it was asked about a person."""
    is_person = np.array([kind == "person" for kind in collected.kind], dtype=np.bool_)[collected.cell_subject]
    cells = np.flatnonzero((view.atom_of_cell >= 0) & is_person)
    about_persons = sums_by(view.atom_of_cell[cells], collected.asked[cells].astype(np.int64), atoms) > 0
    return np.where(view.readable, np.where(about_persons, _PERSONS, _UNITS), _NOTHING).astype(np.int8)


def _is_in_reach(claimed: Claimed, view: View, subject: Ints, atom: Ints) -> Flags:
    """Whether a subject may use an atom: its own, or one of a single rater group from below."""
    is_single = np.array([len(label) == 1 for label in claimed.labels], dtype=np.bool_)[claimed.atom_label]
    holder = claimed.atom_subject[atom]
    return np.asarray((holder == subject) | (is_single[atom] & view.lineage.holds(subject, holder)))


def _wide_rows(claimed: Claimed, uses: _Uses, view: View) -> Flags:
    """[row] it holds persons; objects to a row that is neither all in reach nor all of it that is about units."""
    rows = len(claimed.row_subject)
    holds_persons = np.bincount(uses.row[at(uses.wants, uses.place) == _PERSONS], minlength=rows) > 0
    all_of_it, about_units = _in_reach(claimed, view, uses.wants)
    is_units = (uses.number == about_units) & ~holds_persons
    object_to(Rule.ROW, ~((uses.number == all_of_it) | is_units))
    return holds_persons


def _in_reach(claimed: Claimed, view: View, wants: Marks) -> tuple[Ints, Ints]:
    """[row] how many readable atoms it may use on its measure, and how many of these are about units only."""
    labels = len(claimed.labels)
    is_single = np.array([len(label) == 1 for label in claimed.labels], dtype=np.bool_)[claimed.atom_label]
    upper = np.where(is_single, view.lineage.above[:, claimed.atom_subject], -1)
    upper[view.lineage.depth[claimed.atom_subject], np.arange(len(is_single))] = claimed.atom_subject
    depth, atom = np.nonzero(upper >= 0)
    key, atom = in_order(upper[depth, atom] * labels + claimed.atom_label[atom], atom)
    known, place = np.unique(key, return_inverse=True)
    # Two counts in one sum: readable atoms in the low half of a number, those about units in the high one.
    halves = np.array([0, 1 + _HIGH, 1, 0], dtype=np.int64)[wants]
    counted = sums_by(place.reshape(-1), halves[atom], len(known))
    row = np.searchsorted(known, claimed.row_subject * labels + claimed.row_label)
    found = at(counted, row * wants.shape[1] + claimed.row_measure)
    return found % _HIGH, found // _HIGH


def _check_roll_ups(collected: Collected, claimed: Claimed, view: View, uses: _Uses, wide: Flags) -> None:
    """A protected row of a unit that holds persons needs three subjects and max(5, k) people."""
    least = np.array([_least_of_unit(collected, label) for label in claimed.labels], dtype=np.int64)[claimed.row_label]
    is_unit = np.array([kind == "unit" for kind in collected.kind], dtype=np.bool_)[claimed.row_subject]
    judged = wide & is_unit & (least > 0)
    mine = judged[uses.row]
    most = largest_by(uses.row[mine], at(view.people, uses.place[mine]), len(wide))
    # Three atoms are about three subjects at least, since no two hold the same cell; one large atom has the people.
    unclear = np.flatnonzero(judged & ((uses.number < 3) | (most < least))).tolist()
    first = np.cumsum(uses.number) - uses.number
    atom_of_cell, cell = in_order(view.atom_of_cell, np.arange(len(view.atom_of_cell)))
    bounds = np.searchsorted(atom_of_cell, np.arange(len(claimed.atom_subject) + 1)).tolist()
    for row in unclear:
        atoms = uses.atom[first[row] : first[row] + uses.number[row]].tolist()
        asked = collected.asked[:, claimed.row_measure[row]]
        cells = (one for atom in atoms for one in cell[bounds[atom] : bounds[atom + 1]].tolist() if asked[one])
        if not _are_enough(collected, view.crowd, cells, int(least[row])):
            raise Objection(Rule.JUDGED, row)


def _least_of_unit(collected: Collected, groups: tuple[int, ...]) -> int:
    if collected.mode[groups[0]] in {"named", "report"}:
        return 0
    return max(5, *(int(collected.k[group]) for group in groups))


def _are_enough(collected: Collected, crowd: Crowd, cells: Iterable[int], least: int) -> bool:
    people: set[int] = set()
    subjects: set[int] = set()
    for cell in cells:
        if crowd.number[cell]:
            people.update(crowd.of_cells([cell]).tolist())
            subjects.add(int(collected.cell_subject[cell]))
        if len(people) >= least and len(subjects) >= 3:
            return True
    return False


def _check_figures(collected: Collected, claimed: Claimed, view: View, uses: _Uses) -> None:
    """Number of sheets and mean must come out of the whole atoms."""
    inside = view.atom_of_cell >= 0
    owner, atoms, rows = view.atom_of_cell[inside], len(claimed.atom_subject), len(claimed.row_subject)
    sheets, total = (
        sums_by(uses.row, at(sums_by(owner, column[inside], atoms), uses.place), rows)
        for column in (collected.valid, collected.total)
    )
    object_to(Rule.FIGURE, claimed.row_sheets != sheets)
    # A mean that is not a number is as far off as any other: hence "not within", rather than "beyond".
    object_to(Rule.FIGURE, ~(np.abs(claimed.row_mean - total / (collected.steps * sheets)) <= TOLERANCE))


def _check_visits(collected: Collected, claimed: Claimed) -> None:
    """A `report` row of a person or competitor needs its k visits."""
    first = np.array([label[0] for label in claimed.labels], dtype=np.int64)[claimed.row_label]
    is_report = np.array([mode == "report" for mode in collected.mode], dtype=np.bool_)[first]
    is_unit = np.array([kind == "unit" for kind in collected.kind], dtype=np.bool_)[claimed.row_subject]
    object_to(Rule.JUDGED, is_report & ~is_unit & (claimed.row_sheets < collected.k[first]))


def _check_combined(claimed: Claimed, view: View, uses: _Uses, wide: Flags) -> None:
    """A combined score stands on atoms that a row of its subject on its measure (a scorecard: on any) stands on.

    Every row stands on all that it may or, without persons, on all of that about units: so an atom is in it if it may
    be, and is not about persons where the row is without.
    """
    labels, measures = len(claimed.labels), view.readable.shape[1]
    has = np.zeros((view.lineage.depth.size * labels, measures), dtype=np.int8)
    has[claimed.row_subject * labels + claimed.row_label, claimed.row_measure] = np.where(wide, _PERSONS, _UNITS)
    combined, atom = in_order(claimed.share_combined, claimed.share_atom)
    number = np.bincount(combined, minlength=len(claimed.combined_subject))
    subject = claimed.combined_subject[combined]
    is_on = _is_in_reach(claimed, view, subject, atom)
    key = subject * labels + claimed.atom_label[atom]
    measure = claimed.combined_measure[combined]
    is_card = measure < 0
    measure[is_card] = 0
    is_row = at(has, key * measures + measure) >= at(uses.wants, atom * measures + measure)
    is_row[is_card] = (has[key[is_card]] >= uses.wants[atom[is_card]]).any(axis=1)
    is_on &= is_row
    if not is_on.all():
        object_to(Rule.ROW, np.bincount(combined[~is_on], minlength=len(number)) > 0)
