"""The verifier's view of rows: which atoms each must stand on, on how many people, and what then comes out of it."""

import numpy as np
from numpy.typing import NDArray

from app.deferred import dataclass
from app.scoring.objections import Claimed, Collected, Flags, Ints, Objection, Rule, object_to, outside
from app.scoring.verifier_columns import Crowd, Lineage, blocks, ranges, sums_by

Places = NDArray[np.int32]
"""Half as wide as other numbers: one for each atom and measure at each depth of the tree."""

TOLERANCE = 1e-6
"""Points; the totals hold each rater score rounded to whole steps, which are far finer than a reader sees."""

_HIGH = 1 << 32
"""Two counts in one sum: one in the low half of a number, the other in the high one."""


@dataclass(frozen=True, slots=True)
class View:
    """What the verifier has made of the columns.

    lineage : whose roll-up each subject enters
    cell, of_cell : [published cell] its number and its atom, atom by atom
    crowd : the people who count, by cell
    readable : [atom, measure] enough people have judged it
    people : [atom, measure] how many surely have
    valid : [atom, measure] sheets with a valid score
    """

    lineage: Lineage
    cell: Ints
    of_cell: Ints
    crowd: Crowd
    readable: Flags
    people: Ints
    valid: Ints


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
        (claimed.combined_measure + 1, measures + 1),
    ):
        # Read without its sign a number below 0 is larger than any end.
        if len(places) and places.view(np.uint64).max() >= end:
            object_to(Rule.ROW, outside(places, end))
    is_bare = np.ones(rows, dtype=np.bool_)
    is_bare[claimed.use_row] = False
    object_to(Rule.ROW, is_bare)
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
    slots = _Slots.of(claimed, view)
    is_narrow = _check_uses(collected, claimed, view, slots)
    sums = _Sums.of(collected, claimed, view, is_narrow)
    _check_roll_ups(collected, claimed, view, sums)
    _check_figures(collected, claimed, view, sums)
    _check_visits(collected, claimed, view.lineage)
    _check_combined(claimed, view, slots)


@dataclass(frozen=True, slots=True)
class _Slots:
    """Where rows may stand on atoms: an atom has one subject at each depth that may use it, which has one row.

    subject : [depth, atom] the subject at that depth that may use it, -1 where none
    row : [depth, measure, atom] the row of that subject, if the atom can be read on the measure; -1 where none
    """

    subject: Places
    row: Places

    @classmethod
    def of(cls, claimed: Claimed, view: View) -> "_Slots":
        """A subject may use the atoms of its own, and those of a single rater group from below."""
        labels, holder, lineage = len(claimed.labels), claimed.atom_subject, view.lineage
        subject = np.where(_is_single(claimed)[claimed.atom_label], lineage.above[:, holder], -1)
        subject[lineage.depth[holder], np.arange(len(holder))] = holder
        # One place more than there are subjects and labels, for nobody: it stays empty.
        places, measures = len(lineage.depth) * labels + 1, view.readable.shape[1]
        row_at = np.full((measures, places), -1, dtype=np.int32)
        place = claimed.row_measure * places + claimed.row_subject * labels + claimed.row_label
        row_at.reshape(-1)[place] = np.arange(len(place))
        row = np.empty((len(subject), measures, len(holder)), dtype=np.int32)
        for depth, some in enumerate(np.where(subject < 0, -1, subject * labels + claimed.atom_label)):
            row[depth] = np.where(view.readable.T, row_at.take(some, axis=1), -1)
        return cls(subject.astype(np.int32), row)


def _is_single(claimed: Claimed) -> Flags:
    """[label] it is one rater group, not a mixed set."""
    return np.array([len(label) == 1 for label in claimed.labels], dtype=np.bool_)


def _check_uses(collected: Collected, claimed: Claimed, view: View, slots: _Slots) -> Flags:
    """[row] it leaves out what is about persons.

    Objects to an atom from elsewhere or one that cannot be read, and to a row that is neither all it may be, nor all
    of it that is about units. What is left out is struck from the slots.
    """
    rows, (_, measures, atoms) = len(claimed.row_subject), slots.row.shape
    own = (view.lineage.depth[claimed.row_subject] * measures + claimed.row_measure) * atoms
    expected, is_used = slots.row.reshape(-1), np.zeros(slots.row.size, dtype=np.bool_)
    is_astray = np.zeros(rows, dtype=np.bool_)
    for some in blocks(len(claimed.use_row)):
        row = claimed.use_row[some]
        slot = own.take(row) + claimed.use_atom[some]
        is_used[slot] = True
        is_astray[row[expected.take(slot) != row]] = True
    if np.count_nonzero(is_used) < len(claimed.use_row):
        _refuse_twice(claimed.use_row * atoms + claimed.use_atom)
    object_to(Rule.ROW, is_astray)
    lost = np.flatnonzero((expected >= 0) & ~is_used)
    is_narrow = np.zeros(rows, dtype=np.bool_)
    is_narrow[expected[lost]] = True
    if len(lost):
        used = np.flatnonzero(is_used)
        _check_narrow(collected, view, expected, lost, used[is_narrow[expected[used]]])
        expected[lost] = -1
    return is_narrow


def _check_narrow(collected: Collected, view: View, expected: Places, lost: Ints, kept: Ints) -> None:
    """Of rows that leave slots out: these must be all about persons, and none of those kept."""
    about_persons = _about_persons(collected, view).T.reshape(-1)
    is_wrong_loss = ~about_persons[lost % len(about_persons)]
    is_wrong_use = about_persons[kept % len(about_persons)]
    wrong = expected[np.concatenate([lost[is_wrong_loss], kept[is_wrong_use]])]
    if len(wrong):
        raise Objection(Rule.ROW, int(wrong.min()))


def _about_persons(collected: Collected, view: View) -> Flags:
    """[atom, measure] it was asked about a person."""
    is_person = view.lineage.is_person[collected.cell_subject[view.cell]]
    asked = collected.asked[view.cell] & is_person[:, None]
    return sums_by(view.of_cell, asked.astype(np.int64), len(view.readable)) > 0


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums over the atoms that each row stands on, by way of the tree: a row is its own atoms and the rows below.

    atom : [atom] place of its subject and label
    row : [row] place of its subject, label and measure
    lineage : whose roll-up each subject enters
    is_single : [label]
    is_on : [atom, measure] rows stand on it
    is_narrow, about_units : [row], [atom, measure] which rows stand on less, and what they stand on
    """

    atom: Ints
    row: Ints
    lineage: Lineage
    is_single: Flags
    is_on: Flags
    is_narrow: Flags
    about_units: Flags

    @classmethod
    def of(cls, collected: Collected, claimed: Claimed, view: View, is_narrow: Flags) -> "_Sums":
        """The same from the columns."""
        labels, measures = len(claimed.labels), view.readable.shape[1]
        about_units = view.readable & ~_about_persons(collected, view) if is_narrow.any() else view.readable
        return cls(
            claimed.atom_subject * labels + claimed.atom_label,
            (claimed.row_subject * labels + claimed.row_label) * measures + claimed.row_measure,
            view.lineage,
            _is_single(claimed),
            view.readable,
            is_narrow,
            about_units,
        )

    def of_rows(self, column: Ints) -> Ints:
        """[row] sums of a column, [atom, measure]."""
        sums = self._rolled_up(self.is_on * column)
        if self.is_narrow.any():
            sums[self.is_narrow] = self._rolled_up(self.about_units * column)[self.is_narrow]
        return sums

    def _rolled_up(self, column: Ints) -> Ints:
        subjects, labels, measures = len(self.lineage.depth), len(self.is_single), column.shape[1]
        own = sums_by(self.atom, column, subjects * labels)
        rolled = self.lineage.rolled_up(own.reshape(subjects, labels * measures)).reshape(subjects, labels, measures)
        if not self.is_single.all():
            rolled[:, ~self.is_single] = own.reshape(rolled.shape)[:, ~self.is_single]
        return rolled.reshape(-1).take(self.row)


def _check_roll_ups(collected: Collected, claimed: Claimed, view: View, sums: _Sums) -> None:
    """A protected row of a unit that holds persons needs three subjects and max(5, k) people."""
    by_label = np.array([_least_of_unit(collected, label) for label in claimed.labels], dtype=np.int64)
    least = by_label[claimed.row_label]
    judged = np.flatnonzero(view.lineage.is_unit[claimed.row_subject] & (least > 0))
    is_large = view.people >= by_label[claimed.atom_label][:, None]
    counted = sums.of_rows(1 + _HIGH * is_large)[judged]
    # Three atoms are about three subjects at least, since no two hold the same cell; one large atom has the people.
    unclear = np.zeros(len(least), dtype=np.bool_)
    unclear[judged] = (counted % _HIGH < 3) | (counted < _HIGH)
    if unclear.any():
        object_to(Rule.JUDGED, _falls_short(collected, claimed, view, unclear, least))


def _least_of_unit(collected: Collected, groups: tuple[int, ...]) -> int:
    if collected.mode[groups[0]] in {"named", "report"}:
        return 0
    return max(5, *(int(collected.k[group]) for group in groups))


def _falls_short(collected: Collected, claimed: Claimed, view: View, some: Flags, least: Ints) -> Flags:
    """[row] which of some rows hold persons, and stand on too few people or subjects, counted one by one."""
    rows, subjects = len(some), len(collected.kind)
    used = np.flatnonzero(some.take(claimed.use_row))
    atom = claimed.use_atom[used]
    first = np.searchsorted(view.of_cell, atom)
    place, of = ranges(first, np.searchsorted(view.of_cell, atom, side="right") - first)
    row, cell = claimed.use_row[used][of], view.cell[place]
    asked = collected.asked[cell, claimed.row_measure[row]]
    row, cell = row[asked], cell[asked]
    about = collected.cell_subject[cell]
    has_persons = np.bincount(row[view.lineage.is_person[about]], minlength=rows) > 0
    has_heads = view.crowd.number[cell] > 0
    pairs = np.unique(row[has_heads] * subjects + about[has_heads])
    touched = np.bincount(pairs // subjects, minlength=rows)
    return np.asarray(has_persons & ((view.crowd.count(row, cell, rows) < least) | (touched < 3)))


def _check_figures(collected: Collected, claimed: Claimed, view: View, sums: _Sums) -> None:
    """Number of sheets and mean must come out of the whole atoms."""
    sheets = sums.of_rows(view.valid)
    total = sums.of_rows(sums_by(view.of_cell, collected.total[view.cell], len(view.readable)))
    object_to(Rule.FIGURE, claimed.row_sheets != sheets)
    # A mean that is not a number is as far off as any other: hence "not within", rather than "beyond".
    object_to(Rule.FIGURE, ~(np.abs(claimed.row_mean - total / (collected.steps * sheets)) <= TOLERANCE))


def _check_visits(collected: Collected, claimed: Claimed, lineage: Lineage) -> None:
    """A `report` row of a person or competitor needs its k visits."""
    k = [int(collected.k[label[0]]) if collected.mode[label[0]] == "report" else 0 for label in claimed.labels]
    if any(k):
        few = claimed.row_sheets < np.array(k, dtype=np.int64)[claimed.row_label]
        object_to(Rule.JUDGED, few & ~lineage.is_unit[claimed.row_subject])


def _check_combined(claimed: Claimed, view: View, slots: _Slots) -> None:
    """A combined score stands on atoms that a row of its subject on its measure (a scorecard: on any) stands on."""
    depths, measures, atoms = slots.row.shape
    is_on = slots.row >= 0
    # [depth, measure, atom] the subject whose combined score may stand on it; before the measures, that of a scorecard
    allowed = np.empty((depths, 1 + measures, atoms), dtype=np.int32)
    allowed[:, 0] = np.where(is_on.any(axis=1), slots.subject, -1)
    allowed[:, 1:] = np.where(is_on, slots.subject[:, None], -1)
    depth = view.lineage.depth[claimed.combined_subject]
    own = (depth * (1 + measures) + 1 + claimed.combined_measure) * atoms
    is_astray = np.zeros(len(own), dtype=np.bool_)
    for some in blocks(len(claimed.share_atom)):
        combined = claimed.share_combined[some]
        found = allowed.reshape(-1).take(own.take(combined) + claimed.share_atom[some])
        is_astray[combined[found != claimed.combined_subject.take(combined)]] = True
    object_to(Rule.ROW, is_astray)
