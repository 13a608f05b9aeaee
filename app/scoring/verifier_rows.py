"""The verifier's view of rows: which atoms each must stand on, on how many people, and what then comes out of it."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from app.scoring.objections import Claimed, Collected, Flags, Heads, Ints, Objection, Rule, object_to, outside

TOLERANCE = 1e-6
"""Points; the totals hold each rater score rounded to whole steps, which are far finer than a reader sees."""


@dataclass(frozen=True, slots=True)
class View:
    """What the verifier has made of the columns.

    paths : [subject] itself and everyone whose roll-up it enters
    atom_of_cell : [cell] the atom that holds it, or -1
    heads : [cell] the people who count
    readable : [atom, measure] enough people have judged it
    people : [atom, measure] how many surely have
    """

    paths: list[list[int]]
    atom_of_cell: Ints
    heads: Heads
    readable: Flags
    people: Ints


def check_rows(collected: Collected, claimed: Claimed, view: View) -> None:
    """Object to rows that do not stand on whole, readable atoms of their own, or do not come out of them.

    Raises
    ------
    Objection : row, judged or figure
    """
    reach = _Reach.of(claimed, view.paths)
    reach.check_own(claimed, view.readable)
    about_persons = _about_persons(collected, view.atom_of_cell, len(claimed.atom_subject))
    wide = _wide_rows(claimed, reach, view.readable, about_persons)
    _check_roll_ups(collected, claimed, view, wide)
    _check_figures(collected, claimed, view.atom_of_cell)
    _check_visits(collected, claimed)
    _check_combined(claimed, collected.valid.shape[1])


def check_row_columns(collected: Collected, claimed: Claimed) -> None:
    """Object to rows that name what is not there, stand on nothing, or are there twice.

    Raises
    ------
    Objection : row
    """
    rows, atoms, measures = len(claimed.row_subject), len(claimed.atom_subject), collected.valid.shape[1]
    for places, end in (
        (claimed.row_subject, len(collected.kind)),
        (claimed.row_label, len(claimed.labels)),
        (claimed.row_measure, measures),
        (claimed.use_row, rows),
        (claimed.use_atom, atoms),
        (claimed.combined_subject, len(collected.kind)),
        (claimed.share_combined, len(claimed.combined_subject)),
        (claimed.share_atom, atoms),
    ):
        object_to(Rule.ROW, outside(places, end))
    object_to(Rule.ROW, outside(claimed.combined_measure, measures, lowest=-1))
    object_to(Rule.ROW, np.bincount(claimed.use_row, minlength=rows) == 0)
    _refuse_twice(claimed.use_row * atoms + claimed.use_atom)
    _refuse_twice((claimed.row_subject * len(claimed.labels) + claimed.row_label) * measures + claimed.row_measure)


def _refuse_twice(keys: Ints) -> None:
    ordered = np.argsort(keys, kind="stable")
    twice = np.flatnonzero(np.diff(keys[ordered]) == 0)
    if len(twice):
        raise Objection(Rule.ROW, int(ordered[twice[0] + 1]))


@dataclass(frozen=True, slots=True)
class _Reach:
    """Which atoms the row of a subject and label may stand on: ordered pairs of (subject and label) and atom."""

    keys: Ints
    pair_key: Ints
    pair_atom: Ints
    labels: int

    @classmethod
    def of(cls, claimed: Claimed, paths: list[list[int]]) -> "_Reach":
        """A single rater group reaches every subject above, a mixed one stays where it is."""
        labels = len(claimed.labels)
        keys: list[int] = []
        atoms: list[int] = []
        pairs = zip(claimed.atom_subject.tolist(), claimed.atom_label.tolist(), strict=True)
        for atom, (subject, label) in enumerate(pairs):
            above = paths[subject] if len(claimed.labels[label]) == 1 else [subject]
            keys += [one * labels + label for one in above]
            atoms += [atom] * len(above)
        known, place = np.unique(np.array(keys, dtype=np.int64), return_inverse=True)
        order = np.lexsort((np.array(atoms, dtype=np.int64), place))
        return cls(known, place[order], np.array(atoms, dtype=np.int64)[order], labels)

    def place_of_row(self, claimed: Claimed) -> Ints:
        """[row] place of its subject and label among the keys, if it is there."""
        place = np.searchsorted(self.keys, claimed.row_subject * self.labels + claimed.row_label)
        return np.minimum(place, len(self.keys) - 1)

    def check_own(self, claimed: Claimed, readable: Flags) -> None:
        """Object to a row that uses an atom from elsewhere, or one that cannot be read on its measure."""
        atoms = len(readable)
        row_key = claimed.row_subject * self.labels + claimed.row_label
        place = self.place_of_row(claimed)
        object_to(Rule.ROW, self.keys[place] != row_key)
        found = _contained(place[claimed.use_row] * atoms + claimed.use_atom, self.pair_key * atoms + self.pair_atom)
        stray = ~found | ~readable[claimed.use_atom, claimed.row_measure[claimed.use_row]]
        object_to(Rule.ROW, np.bincount(claimed.use_row[stray], minlength=len(row_key)) > 0)

    def counted(self, eligible: Flags) -> Ints:
        """[key, measure] how many of the atoms in reach are eligible."""
        counts = np.zeros((len(self.keys), eligible.shape[1]), dtype=np.int64)
        for measure in range(eligible.shape[1]):
            mine = eligible[self.pair_atom, measure]
            counts[:, measure] = np.bincount(self.pair_key[mine], minlength=len(self.keys))
        return counts


def _about_persons(collected: Collected, atom_of_cell: Ints, atoms: int) -> Flags:
    """[atom, measure] it was asked about a person."""
    about = np.zeros((atoms, collected.asked.shape[1]), dtype=np.bool_)
    kinds = np.array(collected.kind)[collected.cell_subject]
    cells = (atom_of_cell >= 0) & (kinds == "person")
    np.logical_or.at(about, atom_of_cell[cells], collected.asked[cells])
    return about


def _wide_rows(claimed: Claimed, reach: _Reach, readable: Flags, about_persons: Flags) -> Flags:
    """[row] it holds persons; objects to a row that is neither all in reach nor all of it that is about units."""
    rows = len(claimed.row_subject)
    place, measure = reach.place_of_row(claimed), claimed.row_measure
    used = np.bincount(claimed.use_row, minlength=rows)
    with_persons = about_persons[claimed.use_atom, measure[claimed.use_row]]
    holds_persons = np.bincount(claimed.use_row[with_persons], minlength=rows) > 0
    is_all = used == reach.counted(readable)[place, measure]
    is_units = (used == reach.counted(readable & ~about_persons)[place, measure]) & ~holds_persons
    object_to(Rule.ROW, ~(is_all | is_units))
    return holds_persons


def _check_roll_ups(collected: Collected, claimed: Claimed, view: View, wide: Flags) -> None:
    """A protected row of a unit that holds persons needs three subjects and max(5, k) people."""
    least = np.array([_least_of_unit(collected, label) for label in claimed.labels], dtype=np.int64)[claimed.row_label]
    is_unit = np.array([kind == "unit" for kind in collected.kind], dtype=np.bool_)[claimed.row_subject]
    most = np.zeros(len(wide), dtype=np.int64)
    np.maximum.at(most, claimed.use_row, view.people[claimed.use_atom, claimed.row_measure[claimed.use_row]])
    used = np.bincount(claimed.use_row, minlength=len(wide))
    # Three atoms are about three subjects at least, since no two hold the same cell; one large atom has the people.
    unclear = wide & is_unit & (least > 0) & ((used < 3) | (most < least))
    cells_of = np.argsort(view.atom_of_cell, kind="stable")
    starts = np.searchsorted(view.atom_of_cell[cells_of], np.arange(len(claimed.atom_subject) + 1))
    by_row = np.argsort(claimed.use_row, kind="stable")
    bounds = np.searchsorted(claimed.use_row[by_row], np.arange(len(wide) + 1))
    for row in np.flatnonzero(unclear).tolist():
        atoms = claimed.use_atom[by_row[bounds[row] : bounds[row + 1]]].tolist()
        asked = collected.asked[:, claimed.row_measure[row]]
        cells = (cell for atom in atoms for cell in cells_of[starts[atom] : starts[atom + 1]].tolist() if asked[cell])
        if not _are_enough(collected, view.heads, cells, int(least[row])):
            raise Objection(Rule.JUDGED, row)


def _least_of_unit(collected: Collected, groups: tuple[int, ...]) -> int:
    if collected.mode[groups[0]] in {"named", "report"}:
        return 0
    return max(5, *(int(collected.k[group]) for group in groups))


def _are_enough(collected: Collected, heads: Heads, cells: Iterable[int], least: int) -> bool:
    people: set[int] = set()
    subjects: set[int] = set()
    for cell in cells:
        if heads[cell]:
            people |= heads[cell]
            subjects.add(int(collected.cell_subject[cell]))
        if len(people) >= least and len(subjects) >= 3:
            return True
    return False


def _check_figures(collected: Collected, claimed: Claimed, atom_of_cell: Ints) -> None:
    """Number of sheets and mean must come out of the whole atoms."""
    in_atom = atom_of_cell >= 0
    owner = atom_of_cell[in_atom]
    measure = claimed.row_measure[claimed.use_row]
    sums = []
    for column in (collected.valid, collected.total):
        by_atom = np.zeros((len(claimed.atom_subject), column.shape[1]), dtype=np.int64)
        np.add.at(by_atom, owner, column[in_atom])
        by_row = np.zeros(len(claimed.row_subject), dtype=np.int64)
        np.add.at(by_row, claimed.use_row, by_atom[claimed.use_atom, measure])
        sums.append(by_row)
    sheets, total = sums
    object_to(Rule.FIGURE, claimed.row_sheets != sheets)
    # A mean that is not a number is as far off as any other: hence "not within", rather than "beyond".
    object_to(Rule.FIGURE, ~(np.abs(claimed.row_mean - total / (collected.steps * sheets)) <= TOLERANCE))


def _check_visits(collected: Collected, claimed: Claimed) -> None:
    """A `report` row of a person or competitor needs its k visits."""
    first = np.array([label[0] for label in claimed.labels], dtype=np.int64)[claimed.row_label]
    is_report = np.array([mode == "report" for mode in collected.mode], dtype=np.bool_)[first]
    is_unit = np.array([kind == "unit" for kind in collected.kind], dtype=np.bool_)[claimed.row_subject]
    object_to(Rule.JUDGED, is_report & ~is_unit & (claimed.row_sheets < collected.k[first]))


def _check_combined(claimed: Claimed, measures: int) -> None:
    """A combined score stands on atoms that a row of its subject on its measure (a scorecard: on any) stands on."""
    atoms = len(claimed.atom_subject)
    subject, measure = claimed.row_subject[claimed.use_row], claimed.row_measure[claimed.use_row]
    of_subject, on = claimed.combined_subject[claimed.share_combined], claimed.combined_measure[claimed.share_combined]
    any_pairs = subject * atoms + claimed.use_atom
    one_pairs = (subject * measures + measure) * atoms + claimed.use_atom
    is_on_any = _contained(of_subject * atoms + claimed.share_atom, any_pairs)
    is_on_one = _contained((of_subject * measures + on) * atoms + claimed.share_atom, one_pairs)
    stray = ~np.where(on < 0, is_on_any, is_on_one)
    object_to(Rule.ROW, np.bincount(claimed.share_combined[stray], minlength=len(claimed.combined_subject)) > 0)


def _contained(wanted: Ints, known: Ints) -> Flags:
    """Which of the wanted numbers are known; a sorted search, since these are too many for a table."""
    ordered = np.sort(known)
    place = np.searchsorted(ordered, wanted)
    return np.asarray(np.append(ordered, -1)[place] == wanted)
