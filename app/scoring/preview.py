"""What a round can publish if everyone answers and if three in five do, from who is invited; nothing is asked yet."""

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from app.deferred import dataclass
from app.scoring.atoms import Atom, Cell, Kind, Mode, Partition, Place, Pooling, RaterGroup, Subject
from app.scoring.disclosure import EVERYONE, UNIT_RATERS, UNIT_SUBJECTS, partition, subjects_touched
from app.scoring.readable import Figure, figures

MOST = Fraction(3, 5)
"""The turnout that a launch preview counts on: 60 %."""


class Verdict(StrEnum):
    """What the preview says of one rater group of one subject.

    shown : a row of its own even if only three in five answer
    if_all_answer : a row of its own if everyone answers
    unit_level_only : no row here; the sheets count in a unit above if everyone answers
    nowhere : asked, but too few to be used anywhere even if everyone answers
    not_asked : nobody is asked
    """

    SHOWN = "shown"
    IF_ALL_ANSWER = "if_all_answer"
    UNIT_LEVEL_ONLY = "unit_level_only"
    NOWHERE = "nowhere"
    NOT_ASKED = "not_asked"


class Promise(NamedTuple):
    """One line of the preview; a tuple, since a large company has tens of thousands.

    subject, group : places of the subject and the rater group
    verdict : what can be published
    if_all : the rater groups of its row if everyone answers, more than one in a mixed atom; empty without a row
    if_most : the same if three in five answer
    overlaps : no row of the group by itself, since almost the same people were asked shortly before (R10)
    """

    subject: int
    group: int
    verdict: Verdict
    if_all: tuple[int, ...]
    if_most: tuple[int, ...]
    overlaps: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """Every subject and rater group, ordered by subject, then group."""

    promises: tuple[Promise, ...]

    @property
    def can_publish(self) -> bool:
        """At least one subject gets a row if everyone answers; otherwise the launch is refused."""
        return any(promise.if_all for promise in self.promises)


def launch_preview(
    subjects: Sequence[Subject],
    groups: Sequence[RaterGroup],
    invited: Iterable[Cell],
    pooling: Pooling,
    overlapping: Collection[Place] = (),
) -> Preview:
    """What can be published of each subject and rater group, before anybody is asked (rule R13).

    Parameters
    ----------
    subjects, groups, pooling, overlapping : as for `partition`
    invited : cells whose heads are the people asked who count, and whose sheets are the assignments

    Returns
    -------
    One promise for each subject and group. The same carry-up as at the close runs twice, for everyone and for three
    in five, floor(0.6 n) of the n people of a pool: the floor, because rounding up promises what more than 60 % would
    have to keep. Who of them stays silent is not known, so they are taken to be about as few subjects as they can be.
    Whatever has no minimum (`named`; visits in a unit) is shown however few answer.

    Raises
    ------
    ScoringError : as `partition`

    >>> tree, customers = [Subject(-1, Kind.PERSON)], [RaterGroup(Mode.ANONYMOUS, k=5, comment_k=5)]
    >>> for people in (9, 8, 4):
    ...     asked = Cell(0, 0, frozenset(range(people)), people)
    ...     print(launch_preview(tree, customers, [asked], Pooling.DROP).promises[0].verdict)
    shown
    if_all_answer
    nowhere
    """
    cells = tuple(invited)
    full = partition(subjects, groups, cells, pooling, overlapping=overlapping)
    rows = _rows(full, EVERYONE)
    rows_of_most = _rows(partition(subjects, groups, cells, pooling, overlapping=overlapping, turnout=MOST), MOST)
    lines = _Lines(
        if_all={(row.subject, group): row.groups for row in rows for group in row.groups},
        if_most={(row.subject, group): row.groups for row in rows_of_most for group in row.groups},
        above=_counted_above(full, rows),
        asked=_asked(full.subjects, cells),
        overlapping=frozenset(overlapping),
    )
    places = ((subject, group) for subject in range(len(subjects)) for group in range(len(groups)))
    return Preview(tuple(lines.promise(subject, group) for subject, group in places))


@dataclass(frozen=True, slots=True)
class _Lines:
    """By subject and group: the row at either turnout, what counts above, what is asked at all, and what overlaps."""

    if_all: dict[tuple[int, int], tuple[int, ...]]
    if_most: dict[tuple[int, int], tuple[int, ...]]
    above: set[tuple[int, int]]
    asked: set[tuple[int, int]]
    overlapping: frozenset[Place]

    def promise(self, subject: int, group: int) -> Promise:
        key = subject, group
        return Promise(
            subject,
            group,
            self._verdict(key),
            self.if_all.get(key, ()),
            self.if_most.get(key, ()),
            overlaps=(subject, (group,)) in self.overlapping,
        )

    def _verdict(self, key: tuple[int, int]) -> Verdict:
        if key in self.if_all:
            return Verdict.SHOWN if key in self.if_most else Verdict.IF_ALL_ANSWER
        if key in self.above:
            return Verdict.UNIT_LEVEL_ONLY
        return Verdict.NOWHERE if key in self.asked else Verdict.NOT_ASKED


def _rows(made: Partition, turnout: Fraction) -> list[Figure]:
    """The rows that can be published, each with the atoms it would stand on; the wider row of a group comes last."""
    rows: list[Figure] = []
    for figure in figures(made):
        atoms = _standing(made, figure, turnout)
        if atoms:
            rows.append(Figure(figure.subject, figure.groups, atoms))
    return sorted(rows, key=lambda row: -len(row.groups))


def _standing(made: Partition, figure: Figure, turnout: Fraction) -> tuple[int, ...]:
    """Places of the atoms a row would stand on at this turnout; none if it would be withheld."""
    is_unit = made.subjects[figure.subject].kind is Kind.UNIT
    atoms = [made.atoms[place] for place in figure.atoms]
    group = made.groups[figure.groups[0]]
    if not group.mode.is_protected:
        visits = sum(turnout.numerator * atom.sheets // turnout.denominator for atom in atoms)
        is_enough = is_unit or group.mode is Mode.NAMED or visits >= group.k
        return figure.atoms if is_enough else ()
    if not is_unit:
        return figure.atoms
    about_units = tuple(place for place in figure.atoms if not _is_about_persons(made, made.atoms[place]))
    if len(about_units) == len(atoms) or _is_wide(made, figure, atoms, turnout):
        return figure.atoms
    return about_units


def _is_about_persons(made: Partition, atom: Atom) -> bool:
    return any(made.subjects[cell.subject].kind is Kind.PERSON for cell in atom.cells)


def _is_wide(made: Partition, figure: Figure, atoms: Iterable[Atom], turnout: Fraction) -> bool:
    """At least 3 subjects and max(5, k) people at this turnout."""
    touched = 0
    people: set[int] = set()
    for atom in atoms:
        invited = len(atom.heads)
        touched += subjects_touched(atom.cells, invited, turnout.numerator * invited // turnout.denominator)
        people |= atom.heads
    least = max(UNIT_RATERS, *(made.groups[group].k for group in figure.groups))
    return touched >= UNIT_SUBJECTS and turnout.numerator * len(people) // turnout.denominator >= least


def _counted_above(made: Partition, rows: Iterable[Figure]) -> set[tuple[int, int]]:
    """Subjects and groups with sheets that count in a row of a unit above them."""
    counted: set[tuple[int, int]] = set()
    for row in rows:
        for cell in (cell for place in row.atoms for cell in made.atoms[place].cells):
            place = cell.subject
            while place != row.subject:
                counted.add((place, cell.group))
                place = made.subjects[place].parent
    return counted


def _asked(subjects: Sequence[Subject], cells: Iterable[Cell]) -> set[tuple[int, int]]:
    """Subjects and groups with an assignment of their own or, for units, below them."""
    asked: set[tuple[int, int]] = set()
    for cell in cells:
        place = cell.subject if cell.sheets else -1
        while place >= 0 and (place, cell.group) not in asked:
            asked.add((place, cell.group))
            place = -1 if subjects[place].kind is Kind.COMPETITOR else subjects[place].parent
    return asked
