"""A round played on the pure module alone: sheets with scores go in, every readable row comes out."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from app.scoring.atoms import Atom, Cell, Partition, Place, Pooling, RaterGroup, Subject, Withholding
from app.scoring.disclosure import partition
from app.scoring.readable import Figure, Judged, figures, is_small, row_parts, shows_comments, withheld_atom

Score = int | None
"""In 10^-6 points; None for a sheet without a valid score."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one person handed in about one subject in one group; a score per measure."""

    subject: int
    group: int
    person: int
    scores: tuple[Score, ...]
    comment: str = ""
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Played:
    """A round at its close. `asked` names the measures on the form of a (subject, group)."""

    subjects: tuple[Subject, ...]
    groups: tuple[RaterGroup, ...]
    sheets: tuple[Sheet, ...]
    asked: Mapping[tuple[int, int], frozenset[int]]
    measures: int
    pooling: Pooling = Pooling.DROP
    overlapping: frozenset[Place] = frozenset()

    def cells(self) -> list[Cell]:
        heads: dict[tuple[int, int], set[int]] = defaultdict(set)
        sheets: dict[tuple[int, int], int] = defaultdict(int)
        for sheet in self.sheets:
            key = sheet.subject, sheet.group
            sheets[key] += 1
            heads[key] |= {sheet.person} if sheet.counts else set()
        return [Cell(*key, frozenset(heads[key]), number) for key, number in sheets.items()]

    def partition(self) -> Partition:
        return partition(self.subjects, self.groups, self.cells(), self.pooling, overlapping=self.overlapping)

    def with_sheet(self, place: int, sheet: Sheet) -> "Played":
        return replace(self, sheets=(*self.sheets[:place], sheet, *self.sheets[place + 1 :]))


@dataclass(frozen=True, slots=True)
class Row:
    """A readable row: its atoms, the number of valid sheets, their sum, and whether it is shown coarsely."""

    figure: Figure
    measure: int
    atoms: tuple[int, ...]
    sheets: int
    total: int
    is_coarse: bool

    @property
    def mean(self) -> float:
        return self.total / (1e6 * self.sheets)


@dataclass(frozen=True, slots=True)
class Release:
    """All that can be read of a round, and the atoms it came from."""

    made: Partition
    rows: tuple[Row, ...]
    withheld: Mapping[tuple[int, tuple[int, ...], int], Withholding]
    comments: Mapping[int, tuple[str, ...]]

    def readable(self) -> tuple[object, ...]:
        """Everything a reader gets, as values that can be compared."""
        rows = tuple(
            (row.figure.subject, row.figure.groups, row.measure, row.sheets, row.total, row.is_coarse)
            for row in self.rows
        )
        return rows, dict(self.withheld), self.made.unpublished, dict(self.comments)


def release(played: Played) -> Release:
    """Every row of every subject on every measure, by the rules alone."""
    made = played.partition()
    judged = _judged(played, made)
    places = {atom: place for place, atom in enumerate(made.atoms)}
    rows: list[Row] = []
    withheld: dict[tuple[int, tuple[int, ...], int], Withholding] = {}
    for figure in figures(made):
        for measure in range(played.measures):
            mine = [judged[atom, measure][0] for atom in figure.atoms if (atom, measure) in judged]
            passing = [part for part in mine if withheld_atom(part) is None]
            standing = row_parts(made, figure, passing)
            if isinstance(standing, Withholding):
                withheld[figure.subject, figure.groups, measure] = standing
            else:
                atoms = tuple(places[part.atom] for part in standing)
                total = sum(judged[atom, measure][1] for atom in atoms)
                sheets = sum(part.valid for part in standing)
                rows.append(Row(figure, measure, atoms, sheets, total, any(map(is_small, standing))))
    return Release(made, tuple(rows), withheld, _comments(played, made))


def _judged(played: Played, made: Partition) -> dict[tuple[int, int], tuple[Judged, int]]:
    """For each atom and measure asked in it: what has been judged, and the sum of the scores."""
    owner = made.atom_of()
    valid: dict[tuple[int, int], int] = defaultdict(int)
    total: dict[tuple[int, int], int] = defaultdict(int)
    for sheet in played.sheets:
        holder = owner.get((sheet.subject, sheet.group))
        for measure, score in enumerate(sheet.scores):
            if holder is not None and score is not None:
                valid[holder, measure] += 1
                total[holder, measure] += score
    judged: dict[tuple[int, int], tuple[Judged, int]] = {}
    for place, atom in enumerate(made.atoms):
        for measure in range(played.measures):
            cells = tuple(cell for cell in atom.cells if measure in played.asked[cell.key])
            if cells:
                judged[place, measure] = Judged.of(atom, valid[place, measure], cells), total[place, measure]
    return judged


def _comments(played: Played, made: Partition) -> dict[int, tuple[str, ...]]:
    owner = made.atom_of()
    texts: dict[int, list[str]] = defaultdict(list)
    for sheet in played.sheets:
        if sheet.comment and (sheet.subject, sheet.group) in owner:
            texts[owner[sheet.subject, sheet.group]].append(sheet.comment)
    return {
        place: tuple(sorted(mine))
        for place, mine in texts.items()
        if shows_comments(played.groups, made.atoms[place], made.atoms[place].cells, len(mine))
    }


def sheets_of(played: Played, atom: Atom) -> Iterator[int]:
    """Places of the sheets in an atom."""
    keys = {cell.key for cell in atom.cells}
    return (place for place, sheet in enumerate(played.sheets) if (sheet.subject, sheet.group) in keys)
