"""The second opinion before a seal: rebuilds minimums, rows and classes from plain columns, and objects if any differ.

Shares no function and no value with `disclosure` and `readable`, on purpose: what one of them gets wrong, the other
must not repeat. It never repairs; without its consent nothing is released. Rows are in `verifier_rows`.
"""

import numpy as np

from app.scoring.objections import Claimed, Collected, Flags, Heads, Ints, Objection, Rule, object_to, outside
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
    paths = _paths(collected)
    atom_of_cell = _atom_of_cell(collected, claimed)
    heads = _heads_by_cell(collected)
    check_row_columns(collected, claimed)
    _check_classes(collected, claimed, atom_of_cell, heads)
    least = _least_by_atom(collected, claimed, paths, heads)
    readable, people = _readable(collected, atom_of_cell, least)
    check_rows(collected, claimed, View(paths, atom_of_cell, heads, readable, people))


def _paths(collected: Collected) -> list[list[int]]:
    """[subject] itself and everyone above; a competitor stands alone."""
    subjects = len(collected.kind)
    parents = collected.parent.tolist()
    paths: list[list[int]] = []
    for subject in range(subjects):
        path = [subject]
        while collected.kind[path[-1]] != "competitor" and (up := parents[path[-1]]) != -1:
            if not 0 <= up < subjects or len(path) > subjects:
                raise Objection(Rule.TREE, subject)
            path.append(up)
        paths.append(path)
    return paths


def _atom_of_cell(collected: Collected, claimed: Claimed) -> Ints:
    """[cell] the one atom that holds it, or -1."""
    cells, atoms = len(collected.cell_subject), len(claimed.atom_subject)
    object_to(Rule.LABEL, outside(claimed.atom_subject, len(collected.kind)))
    object_to(Rule.LABEL, outside(claimed.atom_label, len(claimed.labels)))
    object_to(Rule.CELLS, outside(claimed.member_cell, cells) | outside(claimed.member_atom, atoms))
    object_to(Rule.CELLS, np.bincount(claimed.member_cell, minlength=cells) > 1)
    object_to(Rule.CELLS, np.bincount(claimed.member_atom, minlength=atoms) == 0)
    held = np.full(cells, -1, dtype=np.int64)
    held[claimed.member_cell] = claimed.member_atom
    return held


def _heads_by_cell(collected: Collected) -> Heads:
    object_to(Rule.CELLS, outside(collected.head_cell, len(collected.cell_subject)))
    heads: Heads = [set() for _ in collected.cell_subject]
    for cell, person in zip(collected.head_cell.tolist(), collected.head_person.tolist(), strict=True):
        heads[cell].add(person)
    object_to(Rule.CELLS, np.fromiter(map(len, heads), np.int64, len(heads)) > collected.cell_sheets)
    return heads


def _check_classes(collected: Collected, claimed: Claimed, atom_of_cell: Ints, heads: Heads) -> None:
    """Group the sheets by the list of rows they belong to; each group that is protected needs its people."""
    span = len(claimed.row_subject) + len(claimed.combined_subject)
    of_rows = claimed.use_atom * span + claimed.use_row
    of_combined = claimed.share_atom * span + claimed.share_combined + len(claimed.row_subject)
    uses = np.sort(np.concatenate([of_rows, of_combined]))
    rows = uses % max(span, 1)
    ends = np.cumsum(np.bincount(uses // max(span, 1), minlength=len(claimed.atom_subject))).tolist()
    lists = [rows[start:end].tobytes() for start, end in zip([0, *ends], ends, strict=False)]
    classes: dict[bytes, list[int]] = {}
    for cell, atom in enumerate(atom_of_cell.tolist()):
        if atom >= 0 and lists[atom]:
            classes.setdefault(lists[atom], []).append(cell)
    subject_of, group_of = np.append(claimed.atom_subject, -1)[atom_of_cell].tolist(), collected.cell_group.tolist()
    for cells in classes.values():
        groups = {group_of[cell] for cell in cells}
        protected = tuple(group for group in groups if collected.mode[group] not in {"named", "report"})
        demanded = max((_least(collected, subject_of[cell], protected) for cell in cells if protected), default=0)
        if len(_people(heads, cells)) < demanded:
            raise Objection(Rule.SHEETS, cells[0])


def _least_by_atom(collected: Collected, claimed: Claimed, paths: list[list[int]], heads: Heads) -> Ints:
    """[atom] the people it needs, 0 if it is not protected; objects to atoms that are not as they must be."""
    members: list[list[int]] = [[] for _ in claimed.atom_subject]
    for atom, cell in zip(claimed.member_atom.tolist(), claimed.member_cell.tolist(), strict=True):
        members[atom].append(cell)
    subject_of, group_of = collected.cell_subject.tolist(), collected.cell_group.tolist()
    least = np.zeros(len(members), dtype=np.int64)
    barred = frozenset(collected.overlapping)
    for atom, cells in enumerate(members):
        subject = int(claimed.atom_subject[atom])
        groups = tuple(sorted({group_of[cell] for cell in cells}))
        is_below = all(subject in paths[subject_of[cell]] for cell in cells)
        if groups != claimed.labels[claimed.atom_label[atom]] or not is_below:
            raise Objection(Rule.LABEL, atom)
        if (subject, groups) in barred:
            raise Objection(Rule.OVERLAP, atom)
        if any(collected.mode[group] in {"named", "report"} for group in groups):
            if len(cells) > 1 or subject_of[cells[0]] != subject:
                raise Objection(Rule.MODE, atom)
            continue
        least[atom] = _least(collected, subject, groups)
        if len(_people(heads, cells)) < least[atom]:
            raise Objection(Rule.ATOM, atom)
        _check_subjects(collected, atom, subject, {subject_of[cell] for cell in cells if heads[cell]})
    return least


def _people(heads: Heads, cells: list[int]) -> set[int]:
    return set().union(*(heads[cell] for cell in cells))


def _check_subjects(collected: Collected, atom: int, subject: int, about: set[int]) -> None:
    if len(about) < 3 and any(collected.kind[one] == "person" for one in about - {subject}):
        raise Objection(Rule.SUBJECTS, atom)


def _least(collected: Collected, subject: int, groups: tuple[int, ...]) -> int:
    largest = max(int(collected.k[group]) for group in groups)
    return largest if collected.kind[subject] == "person" else max(5, largest)


def _readable(collected: Collected, atom_of_cell: Ints, least: Ints) -> tuple[Flags, Ints]:
    """[atom, measure] enough people have a valid score, whoever handed in the blank sheets; and how many."""
    in_atom = atom_of_cell >= 0
    owner = atom_of_cell[in_atom]
    handed_in = collected.asked * collected.cell_sheets[:, None]
    object_to(Rule.CELLS, np.any((collected.valid < 0) | (collected.valid > handed_in), axis=1))
    valid = np.zeros((len(least), collected.valid.shape[1]), dtype=np.int64)
    blanks = np.zeros_like(valid)
    np.add.at(valid, owner, collected.valid[in_atom])
    np.add.at(blanks, owner, (handed_in - collected.valid)[in_atom])
    left = np.zeros_like(valid)
    known: dict[bytes, tuple[Ints, Ints]] = {}
    for measure in range(valid.shape[1]):
        asked = collected.asked[:, measure]
        pattern = asked.tobytes()
        if pattern not in known:
            known[pattern] = _sheets_per_person(collected, atom_of_cell, asked)
        left[:, measure] = _people_left(*known[pattern], blanks[:, measure])
    return (valid > 0) & (left >= least[:, None]), left


def _sheets_per_person(collected: Collected, atom_of_cell: Ints, asked: Flags) -> tuple[Ints, Ints]:
    """Atom and number of sheets of each (atom, person), ordered by atom, fewest sheets first."""
    counts = asked[collected.head_cell] & (atom_of_cell[collected.head_cell] >= 0)
    people, person = np.unique(collected.head_person[counts], return_inverse=True)
    span = len(people) + 1
    pairs, sheets = np.unique(atom_of_cell[collected.head_cell[counts]] * span + person, return_counts=True)
    atom = pairs // span
    order = np.lexsort((sheets, atom))
    return atom[order], sheets[order]


def _people_left(atom: Ints, sheets: Ints, blanks: Ints) -> Ints:
    """[atom] people who keep a valid sheet when the blank ones take as many people out as they can."""
    running = np.cumsum(sheets)
    before = np.zeros(len(blanks), dtype=np.int64)
    first = np.flatnonzero(np.diff(atom, prepend=-1))
    before[atom[first]] = running[first] - sheets[first]
    kept = running - before[atom] > blanks[atom]
    return np.bincount(atom[kept], minlength=len(blanks))
