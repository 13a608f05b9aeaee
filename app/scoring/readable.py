"""What may be read of atoms that stand: which figures they make, and which of them are withheld; no score is seen here.

==================  =======================================================================
Name                Contents
==================  =======================================================================
Judged              how much of one atom has a valid score on one KPI or item
Figure              one row of a subject: a rater group, and the atoms it is made of
figures             every row of every subject (rule R4)
raters_at_least     distinct people who surely have a valid score (R1)
subjects_at_least   subjects that surely have a valid score
withheld_atom       may this KPI of this atom be read (R1)
row_parts           the atoms a row stands on, or why it is withheld (R4)
is_small            must this atom be shown coarsely (R7)
shows_comments      may the comments of this atom be read (R8)
live_share          what the tracker says while the round is open (R9)
==================  =======================================================================

Every answer depends on head counts and on how many sheets carry a score, never on a score, and not on *whose* sheets
carry one: two sheets of one atom can be swapped between their raters and nothing here changes.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from app.deferred import dataclass
from app.scoring.atoms import Atom, Cell, Kind, Mode, Partition, RaterGroup, Withholding, heads_of
from app.scoring.disclosure import UNIT_RATERS, UNIT_SUBJECTS
from app.scoring.errors import ScoringError

LEAST_COMMENTS = 3
ROLL_UP_COMMENT_RATERS = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """How much of one atom has a valid score on one KPI or item.

    atom : the atom
    valid : its sheets with a valid score, 0..sheets of `cells`
    cells : those of its cells whose form asked for it; the scorecards and group weights are public
    blanks : sheets of these cells without a valid score
    people : distinct people who count and surely have a valid score
    """

    atom: Atom
    valid: int
    cells: tuple[Cell, ...]
    blanks: int
    people: int

    @classmethod
    def of(cls, atom: Atom, valid: int, cells: tuple[Cell, ...]) -> "Judged":
        """Count the people who surely have a valid score.

        A person is left out only if every sheet he handed in could be a blank one: whose sheet is blank is not known
        in an `anonymous` group, and must not matter in a `confidential` one.

        Formula: with b blank sheets, order the people by the number of their sheets, fewest first, and leave out as
        many as b pays for: n - max{m : h_1 + ... + h_m <= b}. With one sheet each that is n - b. Proof: people without
        a valid sheet have all their sheets among the b blank ones, so m of them hold at most b sheets, and any m
        people hold at least h_1 + ... + h_m; hence never more than there are.
        Source: docs/anonymity.md, "How many have judged".

        >>> cell = Cell(0, 0, frozenset({1, 2, 3, 4}), 4)
        >>> Judged.of(Atom(0, (0,), (cell,), cell.heads, 3), valid=3, cells=(cell,)).people
        3
        """
        blanks = sum(cell.sheets for cell in cells) - valid
        return cls(atom, valid, cells, blanks, _surely(cells, blanks, frozenset()))


def _surely(cells: tuple[Cell, ...], blanks: int, apart_from: Collection[int]) -> int:
    """People of these cells who surely have a valid sheet in them, apart from some."""
    if len(cells) == 1:
        heads = cells[0].heads
        return max(0, len(heads.difference(apart_from) if apart_from else heads) - blanks)
    held = Counter(head for cell in cells for head in cell.heads if head not in apart_from)
    return _kept(held.values(), blanks)


def _kept(held: Collection[int], blanks: int) -> int:
    """How many holders surely keep a valid sheet when `blanks` of all sheets are blank."""
    left, emptied = blanks, 0
    for sheets in sorted(held):
        if sheets > left:
            break
        left -= sheets
        emptied += 1
    return len(held) - emptied


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of a subject.

    subject : whose page it is read on
    groups : places of the rater groups, ascending; more than one for a mixed atom
    atoms : places of the atoms in the partition, ascending; the row is the mean over all their sheets
    """

    subject: int
    groups: tuple[int, ...]
    atoms: tuple[int, ...]


def figures(made: Partition) -> tuple[Figure, ...]:
    """Every row that can be made of whole atoms, ordered by subject, then groups; R1 and R4 may still withhold it.

    A person and a competitor have the atoms labelled with them. A unit has, for each rater group, all atoms labelled
    with exactly that group in its subtree, and its own mixed atom; competitors enter no roll-up.

    >>> from app.scoring.atoms import Subject
    >>> one = Atom(1, (0,), (Cell(1, 0, frozenset({1, 2, 3}), 3),), frozenset({1, 2, 3}), 3)
    >>> tree = Subject(-1, Kind.UNIT), Subject(0, Kind.PERSON)
    >>> [(row.subject, row.atoms) for row in figures(Partition(tree, (), (one,), ()))]
    [(0, (0,)), (1, (0,))]
    """
    rows: dict[tuple[int, tuple[int, ...]], list[int]] = {}
    for place, atom in enumerate(made.atoms):
        rows.setdefault((atom.subject, atom.groups), []).append(place)
        if len(atom.groups) > 1 or made.subjects[atom.subject].kind is Kind.COMPETITOR:
            continue
        above = made.subjects[atom.subject].parent
        while above >= 0:
            rows.setdefault((above, atom.groups), []).append(place)
            above = made.subjects[above].parent
    return tuple(Figure(subject, groups, tuple(sorted(atoms))) for (subject, groups), atoms in sorted(rows.items()))


def raters_at_least(parts: Sequence[Judged], enough: int) -> int:
    """Distinct people who count and surely have a valid score in several atoms, counted up to `enough`.

    Each atom adds the people it surely has beyond those of the atoms before it, full ones first; never more than
    there are, and never fewer than in the best atom alone.

    >>> cells = Cell(0, 0, frozenset({1, 2, 3, 4}), 4), Cell(1, 0, frozenset({3, 4, 5}), 3)
    >>> parts = [Judged.of(Atom(cell.subject, (0,), (cell,), cell.heads, 3), cell.sheets, (cell,)) for cell in cells]
    >>> raters_at_least(parts, enough=9), raters_at_least(parts, enough=3)
    (5, 3)
    """
    best = 0
    for part in parts:
        best = max(best, part.people)
        if best >= enough:
            return enough
    total = 0
    counted: set[int] = set()
    for part in sorted(parts, key=_blanks):
        gain = _surely(part.cells, part.blanks, counted)
        if gain:
            total += gain
            counted |= heads_of(part.cells)
        if total >= enough:
            return enough
    return max(best, total)


def _blanks(part: Judged) -> int:
    return part.blanks


def subjects_at_least(parts: Iterable[Judged], enough: int) -> int:
    """Subjects that surely have a valid score in these atoms of one row, counted up to at least `enough`.

    However the blank sheets are spread inside each atom; a subject that only people who do not count have rated is
    none. Atoms of one row are about different subjects, since a cell is in one atom only.

    >>> cells = tuple(Cell(person, 0, frozenset({person, 10}), 2) for person in (1, 2, 3))
    >>> subjects_at_least([Judged.of(Atom(0, (0,), cells, heads_of(cells), 5), valid=4, cells=cells)], enough=3)
    2
    """
    total = 0
    for part in parts:
        if total >= enough:
            break
        total += _subjects(part)
    return total


def _subjects(part: Judged) -> int:
    if len(part.cells) == 1:
        return min(1, part.people)
    held: Counter[int] = Counter()
    for cell in part.cells:
        if cell.heads:
            held[cell.subject] += cell.sheets
    return _kept(held.values(), part.blanks)


def withheld_atom(part: Judged) -> Withholding | None:
    """May this KPI or item of this atom be read? None if so (rule R1).

    A protected atom needs its minimum of distinct people with a valid score; any other needs one valid sheet.
    What is withheld here enters nothing and is not carried up.

    >>> cell = Cell(0, 0, frozenset({1, 2, 3}), 3)
    >>> withheld_atom(Judged.of(Atom(0, (0,), (cell,), cell.heads, 3), valid=2, cells=(cell,))).value
    'fewer_than_k'
    """
    if not part.atom.is_protected:
        return None if part.valid else Withholding.FEWER_THAN_K
    return None if part.people >= part.atom.minimum else Withholding.FEWER_THAN_K


def row_parts(made: Partition, figure: Figure, parts: Sequence[Judged]) -> Sequence[Judged] | Withholding:
    """The atoms that a row stands on for one KPI or item, or why the row is withheld (rule R4).

    Parameters
    ----------
    made : the partition
    figure : one of `figures(made)`
    parts : those of its atoms that `withheld_atom` lets pass for this KPI or item

    Returns
    -------
    All the parts, if they suffice: `named` groups from one sheet; `report` groups from k visits, without a minimum in
    a unit; protected ones with any released atom, and where persons below contribute to a unit with at least 3
    subjects and max(5, k) people. Where only those persons are in the way, the parts about units alone.

    >>> from app.scoring.atoms import Subject
    >>> one = Cell(1, 0, frozenset({1, 2, 3, 4, 5, 6}), 6)
    >>> atom = Atom(1, (0,), (one,), one.heads, 3)
    >>> made = Partition((Subject(-1, Kind.UNIT), Subject(0, Kind.PERSON)), (), (atom,), ())
    >>> row_parts(made, Figure(0, (0,), (0,)), [Judged.of(atom, 6, (one,))]).value
    'fewer_than_three_subjects'
    """
    if not parts:
        return Withholding.FEWER_THAN_K
    is_unit = made.subjects[figure.subject].kind is Kind.UNIT
    if not parts[0].atom.is_protected:
        few = not is_unit and _has_few_visits(made.groups[figure.groups[0]], parts)
        return Withholding.FEWER_THAN_K if few else parts
    if not is_unit or not any(_is_about_persons(made, part) for part in parts):
        return parts
    reason = _withheld_roll_up(made, figure, parts)
    if reason is None:
        return parts
    return [part for part in parts if not _is_about_persons(made, part)] or reason


def _has_few_visits(group: RaterGroup, parts: Sequence[Judged]) -> bool:
    return group.mode is Mode.REPORT and sum(part.valid for part in parts) < group.k


def _is_about_persons(made: Partition, part: Judged) -> bool:
    return any(made.subjects[cell.subject].kind is Kind.PERSON for cell in part.cells)


def _withheld_roll_up(made: Partition, figure: Figure, parts: Sequence[Judged]) -> Withholding | None:
    if subjects_at_least(parts, UNIT_SUBJECTS) < UNIT_SUBJECTS:
        return Withholding.FEWER_THAN_THREE_SUBJECTS
    least = max(UNIT_RATERS, *(made.groups[group].k for group in figure.groups))
    return None if raters_at_least(parts, least) >= least else Withholding.FEWER_THAN_K


def is_small(part: Judged) -> bool:
    """Is this protected atom under twice its minimum (rule R7)?

    Then no minimum, maximum, histogram, standard deviation, standard error or degrees of freedom is shown of it,
    explaining stops at mean and n, and every figure that uses it has its interval in whole points, outward.

    >>> cell = Cell(0, 0, frozenset({1, 2, 3, 4, 5, 6}), 6)
    >>> atom = Atom(0, (0,), (cell,), cell.heads, 3)
    >>> is_small(Judged.of(atom, 5, (cell,))), is_small(Judged.of(atom, 6, (cell,)))
    (True, False)
    """
    return part.people < 2 * part.atom.minimum


def shows_comments(groups: Sequence[RaterGroup], atom: Atom, asked: Collection[Cell], comments: int) -> bool:
    """May the comments of this atom on one question be read (rule R8)?

    Parameters
    ----------
    groups : the rater groups of the round
    atom : the atom
    asked : those of its cells whose form had the question
    comments : how many comments there are, >= 0

    Returns
    -------
    Whether at least 3 comments come from an atom with the comment minimum of each of its groups, and 10 people where
    sheets about others were carried up; comments of `named` and `report` groups are always shown.

    >>> cell = Cell(0, 0, frozenset({1, 2, 3}), 3)
    >>> colleagues = RaterGroup(Mode.CONFIDENTIAL, k=3, comment_k=3)
    >>> shows_comments([colleagues], Atom(0, (0,), (cell,), cell.heads, 3), [cell], comments=3)
    True
    """
    if not atom.is_protected:
        return comments > 0
    least = max(atom.minimum, *(groups[group].comment_k for group in atom.groups))
    if atom.is_carried:
        least = max(least, ROLL_UP_COMMENT_RATERS)
    return comments >= LEAST_COMMENTS and len(heads_of(asked)) >= least


def live_share(people: int, answered: int, asked: int, k: int) -> int | None:
    """What the tracker says of a protected group over the whole round while it is open (rule R9).

    Parameters
    ----------
    people : distinct people who have answered, >= 0
    answered, asked : assignments answered and in all, 0 <= answered <= asked
    k : minimum of the group

    Returns
    -------
    None for "under k", else the share in per cent, floored to tens: 0..100.

    Raises
    ------
    ScoringError : more is answered than was asked

    >>> live_share(people=2, answered=9, asked=40, k=3), live_share(people=8, answered=39, asked=40, k=3)
    (None, 90)
    """
    if not 0 <= answered <= asked:
        raise ScoringError(f"answered must be 0 to {asked}, got {answered}")
    if people < k or not asked:
        return None
    return 10 * (10 * answered // asked)
