"""The second opinion before a seal: rebuilds minimums, rows and classes from plain columns, and objects if any differ.

Shares no function and no value with `disclosure` and `readable`, on purpose: what one of them gets wrong, the other
must not repeat. It never repairs; without its consent nothing is released. Rows are in `verifier_rows`.
"""

from itertools import pairwise

import numpy as np

from app.deferred import dataclass
from app.scoring.objections import Claimed, Collected, Flags, Ints, Rule, object_to, outside
from app.scoring.verifier_columns import Crowd, Lineage, in_order, largest_by, sums_by
from app.scoring.verifier_rows import View, check_row_columns, check_rows


def verify(collected: Collected, claimed: Claimed) -> None:
    """Consent to a release, or object (rule R12).

    Parameters
    ----------
    collected : what is in
    claimed : what is to be published

    Raises
    ------
    Objection : the first rule that is broken, and where

    Each sheet's rows are those of its cell. Sheets with the same list of rows can be exchanged without a trace, so the
    smallest such class must hold as many distinct people as its groups demand.
    Source: docs/anonymity.md, "The second opinion".

    >>> one = np.array([0])
    >>> few = Collected(
    ...     parent=np.array([-1]),
    ...     kind=["person"],
    ...     mode=["anonymous"],
    ...     k=np.array([3]),
    ...     cell_subject=one,
    ...     cell_group=one,
    ...     cell_sheets=np.array([2]),
    ...     head_cell=np.array([0, 0]),
    ...     head_person=np.array([7, 8]),
    ...     asked=np.array([[True]]),
    ...     valid=np.array([[2]]),
    ...     total=np.array([[150]]),
    ...     steps=1,
    ... )
    >>> columns = dict.fromkeys(Claimed.__dataclass_fields__, one) | {"labels": [(0,)], "row_sheets": np.array([2])}
    >>> verify(few, Claimed(**columns | {"row_mean": np.array([75.0])}))
    Traceback (most recent call last):
    ...
    app.scoring.objections.Objection: the release breaks rule sheets at place 0
    """
    lineage = Lineage.of(collected.parent, collected.kind)
    atom_of_cell = _atom_of_cell(collected, claimed)
    crowd = _crowd(collected)
    check_row_columns(collected, claimed)
    atoms = _Atoms.of(collected, claimed, atom_of_cell, lineage, crowd)
    _check_classes(collected, claimed, atoms, lineage, crowd)
    _check_labels(collected, claimed, atoms, lineage)
    _check_people(collected, claimed, atoms, lineage, crowd)
    check_rows(collected, claimed, _view(collected, atoms, lineage, crowd))


def _atom_of_cell(collected: Collected, claimed: Claimed) -> Ints:
    """[cell] the one atom that holds it, or -1."""
    cells, atoms = len(collected.cell_subject), len(claimed.atom_subject)
    stray = outside(collected.cell_subject, len(collected.kind)) | outside(collected.cell_group, len(collected.mode))
    object_to(Rule.CELLS, stray)
    object_to(Rule.LABEL, outside(claimed.atom_subject, len(collected.kind)))
    object_to(Rule.LABEL, outside(claimed.atom_label, len(claimed.labels)))
    object_to(Rule.CELLS, outside(claimed.member_cell, cells) | outside(claimed.member_atom, atoms))
    object_to(Rule.CELLS, np.bincount(claimed.member_cell, minlength=cells) > 1)
    object_to(Rule.CELLS, np.bincount(claimed.member_atom, minlength=atoms) == 0)
    held = np.full(cells, -1, dtype=np.int64)
    held[claimed.member_cell] = claimed.member_atom
    return held


def _crowd(collected: Collected) -> Crowd:
    cells = len(collected.cell_subject)
    object_to(Rule.CELLS, outside(collected.head_cell, cells))
    crowd = Crowd.of(collected.head_cell, collected.head_person, cells)
    object_to(Rule.CELLS, crowd.number > collected.cell_sheets)
    return crowd


@dataclass(frozen=True, slots=True)
class _Atoms:
    """The atoms claimed, with what they hold.

    cell, of_cell : [published cell] its number and its atom, atom by atom
    first, size : [atom] where its cells begin there, and how many
    people : [atom] distinct people
    least : [atom] the people that its protected groups demand, 0 without one
    """

    cell: Ints
    of_cell: Ints
    first: Ints
    size: Ints
    people: Ints
    least: Ints

    @classmethod
    def of(cls, collected: Collected, claimed: Claimed, atom_of_cell: Ints, lineage: Lineage, crowd: Crowd) -> "_Atoms":
        """The same from the columns."""
        inside = np.flatnonzero(atom_of_cell >= 0)
        of_cell, cell = in_order(atom_of_cell[inside], inside)
        size = np.bincount(of_cell, minlength=len(claimed.atom_subject))
        first = np.cumsum(size) - size
        people, several = crowd.number[cell[first]], size[of_cell] > 1
        people[size > 1] = crowd.count(of_cell[several], cell[several], len(size))[size > 1]
        k = np.where(_is_protected(collected), collected.k, 0)
        largest = largest_by(of_cell, k[collected.cell_group[cell]], len(size))
        return cls(cell, of_cell, first, size, people, _demanded(lineage, claimed.atom_subject, largest))

    def cells_of(self, atom: int) -> list[int]:
        """The cells of one atom."""
        found: list[int] = self.cell[self.first[atom] : self.first[atom] + self.size[atom]].tolist()
        return found


def _is_protected(collected: Collected) -> Flags:
    """[group]."""
    return np.array([mode not in {"named", "report"} for mode in collected.mode], dtype=np.bool_)


def _demanded(lineage: Lineage, subject: Ints, largest: Ints) -> Ints:
    """The largest k as it is for a person, at least 5 for any other subject, nothing where there is no k."""
    return np.where(largest == 0, 0, np.where(lineage.is_person[subject], largest, np.maximum(5, largest)))


def _check_classes(collected: Collected, claimed: Claimed, atoms: _Atoms, lineage: Lineage, crowd: Crowd) -> None:
    """Group the sheets by the list of rows they belong to; each group that is protected needs its people."""
    if (atoms.people >= atoms.least).all():
        # A class is whole atoms of one label, as rows are: it has the people of each of them, and needs no more.
        return
    few = np.zeros(len(collected.cell_subject), dtype=np.bool_)
    k = np.where(_is_protected(collected), collected.k, 0)
    for alike in _alike(claimed):
        cells = sorted(cell for atom in alike for cell in atoms.cells_of(atom))
        largest = np.full(len(alike), k[collected.cell_group[cells]].max())
        demanded = int(_demanded(lineage, claimed.atom_subject[alike], largest).max())
        few[cells[0]] = crowd.count(np.zeros(len(cells), dtype=np.int64), np.array(cells), 1)[0] < demanded
    object_to(Rule.SHEETS, few)


def _alike(claimed: Claimed) -> list[list[int]]:
    """The atoms that are in some row, by the list of rows and combined scores they are in."""
    atoms = len(claimed.atom_subject)
    atom = np.concatenate([claimed.use_atom, claimed.share_atom])
    row = np.concatenate([claimed.use_row, claimed.share_combined + len(claimed.row_subject)])
    order = np.lexsort((row, atom))
    bounds = np.searchsorted(atom[order], np.arange(atoms + 1)).tolist()
    lists: dict[bytes, list[int]] = {}
    for one, (begin, end) in enumerate(pairwise(bounds)):
        if end > begin:
            lists.setdefault(row[order[begin:end]].tobytes(), []).append(one)
    return list(lists.values())


def _check_labels(collected: Collected, claimed: Claimed, atoms: _Atoms, lineage: Lineage) -> None:
    """Object to atoms whose cells do not fit their label, and to those that stand where none may."""
    groups, count = len(collected.mode), len(atoms.size)
    held = np.zeros((count, groups), dtype=np.bool_)
    held[atoms.of_cell, collected.cell_group[atoms.cell]] = True
    wanted = np.zeros((len(claimed.labels), groups), dtype=np.bool_)
    is_sound = np.zeros(len(claimed.labels), dtype=np.bool_)
    for place, label in enumerate(claimed.labels):
        is_sound[place] = label == tuple(sorted({group for group in label if 0 <= group < groups}))
        wanted[place, list(label) if is_sound[place] else []] = True
    is_below = lineage.holds(claimed.atom_subject[atoms.of_cell], collected.cell_subject[atoms.cell])
    strange = np.bincount(atoms.of_cell[~is_below], minlength=count) > 0
    object_to(Rule.LABEL, strange | ~is_sound[claimed.atom_label] | (held != wanted[claimed.atom_label]).any(axis=1))
    for subject, some in collected.overlapping:
        is_label = np.array([label == some for label in claimed.labels], dtype=np.bool_)
        object_to(Rule.OVERLAP, is_label[claimed.atom_label] & (claimed.atom_subject == subject))


def _check_people(collected: Collected, claimed: Claimed, atoms: _Atoms, lineage: Lineage, crowd: Crowd) -> None:
    """Object to atoms that mix or carry up what is not protected, and to those of too few people or subjects."""
    count = len(atoms.size)
    subject, about = claimed.atom_subject[atoms.of_cell], collected.cell_subject[atoms.cell]
    is_open = ~_is_protected(collected)[collected.cell_group[atoms.cell]]
    has_open = np.bincount(atoms.of_cell[is_open], minlength=count) > 0
    is_carried = np.bincount(atoms.of_cell[about != subject], minlength=count) > 0
    object_to(Rule.MODE, has_open & ((atoms.size > 1) | is_carried))
    object_to(Rule.ATOM, ~has_open & (atoms.people < atoms.least))
    has_heads = crowd.number[atoms.cell] > 0
    is_below = lineage.is_person[about] & (about != subject)
    with_persons = np.bincount(atoms.of_cell[has_heads & is_below], minlength=count) > 0
    judged = has_heads & with_persons[atoms.of_cell]
    pairs = np.unique(atoms.of_cell[judged] * len(collected.kind) + about[judged])
    subjects = np.bincount(pairs // max(len(collected.kind), 1), minlength=count)
    object_to(Rule.SUBJECTS, ~has_open & with_persons & (subjects < 3))


def _view(collected: Collected, atoms: _Atoms, lineage: Lineage, crowd: Crowd) -> View:
    """What can be read of each atom: enough people have a valid score, whoever handed in the blank sheets."""
    handed_in = collected.asked * collected.cell_sheets[:, None]
    object_to(Rule.CELLS, np.any((collected.valid < 0) | (collected.valid > handed_in), axis=1))
    # Of one cell everybody may have left a blank. Of several, whoever has sheets in more of them has more to leave.
    alone, several = atoms.size == 1, np.flatnonzero(atoms.size[atoms.of_cell] > 1)
    only = atoms.cell[atoms.first]
    valid, blanks = collected.valid[only], handed_in[only] - collected.valid[only]
    left = np.maximum(collected.asked[only] * crowd.number[only][:, None] - blanks, 0)
    if len(several):
        cell, place, count = atoms.cell[several], np.cumsum(~alone) - 1, int(np.count_nonzero(~alone))
        holder = place[atoms.of_cell[several]]
        valid[~alone] = sums_by(holder, collected.valid[cell], count)
        blanks[~alone] = sums_by(holder, handed_in[cell], count) - valid[~alone]
        left[~alone] = _people_left(collected.asked, crowd, holder, cell, blanks[~alone])
    readable = (valid > 0) & (left >= atoms.least[:, None])
    if collected.after is not None:
        # Who answers a conditional item is told apart by another answer: that one needs twice the minimum.
        hangs = np.flatnonzero(collected.after >= 0)
        first = collected.after[hangs]
        object_to(Rule.CELLS, np.any(collected.valid[:, hangs] > collected.valid[:, first], axis=1))
        readable[:, hangs] &= left[:, first] >= 2 * atoms.least[:, None]
    return View(lineage, atoms.cell, atoms.of_cell, crowd, readable, left, valid)


def _people_left(asked: Flags, crowd: Crowd, holder: Ints, cell: Ints, blanks: Ints) -> Ints:
    """[holder, measure] people who keep a valid sheet when the blank ones of their cells take out as many as they can."""
    left = np.zeros_like(blanks)
    alike: dict[bytes, list[int]] = {}
    for measure, mine in enumerate(asked[cell].T):
        alike.setdefault(mine.tobytes(), []).append(measure)
    for measures in alike.values():
        mine = asked[cell, measures[0]]
        of, sheets = crowd.sheets_of(holder[mine], cell[mine])
        order = np.lexsort((sheets, of))  # those with the fewest sheets go first
        of, running = of[order], np.cumsum(sheets[order])
        number = np.bincount(of, minlength=len(left))
        before = np.cumsum(number) - number
        gone = np.concatenate([[0], running])[before]
        for measure in measures:
            left[:, measure] = np.bincount(of[running - gone[of] > blanks[of, measure]], minlength=len(left))
    return left
