"""The atoms behind the figure of a rater group, as far as they may be told one by one. Pure."""

from collections.abc import Collection, Sequence

from app.deferred import dataclass
from app.releases.lookup import GroupRow, Tables
from app.releases.values import Score
from app.scoring.tally import UNIT
from app.scoring.totals import CellSums


@dataclass(frozen=True, slots=True)
class AtomPart:
    """An atom that a figure stands on: whose it is (none where its own figure is not told), answers and mean."""

    subject_id: str | None
    n: int
    mean: float


def atom_parts(tables: Tables, figure: Score, told: Collection[str]) -> tuple[AtomPart, ...]:
    """The atoms behind the figure of a rater group; their means, weighted by their answers, give it.

    Parameters
    ----------
    told : subjects that may be named; of the others, and of atoms whose own figure is withheld, one sum is told
    """
    row = _row_of(tables, figure)
    judged = tables.scored.judged
    found: list[AtomPart] = []
    rest: list[CellSums] = []
    if row is None:
        return ()
    for atom in judged.extents[row.number]:
        cell = judged.released.atom(atom).cells.get(row.measure)
        whose = _whose(tables, atom, row.measure)
        if cell is not None and whose in told:
            found.append(AtomPart(whose, cell.n, _mean([cell])))
        elif cell is not None:
            rest.append(cell)
    return (*found, AtomPart(None, sum(cell.n for cell in rest), _mean(rest))) if rest else tuple(found)


def _row_of(tables: Tables, figure: Score) -> GroupRow | None:
    """The row of a rater group on a KPI or item; none for a figure of another kind."""
    wanted = figure.item_id or figure.kpi_id
    measures = enumerate(tables.scored.judged.measures)
    ids = {one.kpi.kpi_id if one.item is None else one.item.id: number for number, one in measures}
    places = {subject.id: place for place, subject in enumerate(tables.frozen.subjects)}
    rows = tables.groups.get((places[figure.subject_id], ids.get(wanted or "", -1)), ())
    return next((row for row in rows if tables.names[row.figure.groups] == figure.rater_groups), None)


def _whose(tables: Tables, atom: int, measure: int) -> str | None:
    """The subject that an atom is labelled with, if its own figure is told."""
    judged = tables.scored.judged
    one = judged.made.atoms[atom]
    number = tables.numbers.get((one.subject, one.groups))
    is_told = number is not None and bool(judged.is_shown[number, measure])
    return tables.frozen.subjects[one.subject].id if is_told else None


def _mean(cells: Sequence[CellSums]) -> float:
    return sum(cell.s1 for cell in cells) / (UNIT * sum(cell.n for cell in cells))
