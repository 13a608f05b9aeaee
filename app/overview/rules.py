"""Pure decisions of overviews: which rounds make a course, what is short of its target, in which order rows stand."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from app.followup.rules import SINGLY
from app.organisation.values import Subject
from app.overview.values import HeatCell, HeatRow, Short, ToldRound
from app.scoring.steps import length_of

MOST_SHORT = 5
"""So many KPIs short of their target are named; more would be no help."""

MOST_ROUNDS = 12
MOST_NEAR = 30
"""Units and people that one page tells of unasked: with more than these it would be a list, and take ever longer."""
WHOLE = "composite"
NAME = "name"


def course_of(rounds: Iterable[ToldRound]) -> tuple[ToldRound, ...]:
    """The rounds of a course, the latest twelve; single weeks only where there is nothing else."""
    every = list(rounds)
    longer = [one for one in every if length_of(one.period_start, one.period_end) not in SINGLY]
    return tuple((longer or every)[-MOST_ROUNDS:])


def nearest(subject: Subject, below: Sequence[Subject], most: int) -> tuple[Subject, ...]:
    """Those below a subject that its page tells of: level by level while they fit, the first level at least in part.

    Parameters
    ----------
    below : with their paths, in the order of the tree
    most : so many at most

    Returns
    -------
    In the same order. A level is there as a whole or not at all, so that no unit looks as if nothing hung below it while
    its neighbour shows what does.
    """
    levels: defaultdict[int, list[Subject]] = defaultdict(list)
    for one in below:
        levels[len(one.path) - len(subject.path)].append(one)
    kept = {one.id for one in levels[1][:most]}
    for level in sorted(levels.keys() - {1}):
        if len(kept) + len(levels[level]) > most:
            break
        kept |= {one.id for one in levels[level]}
    return tuple(one for one in below if one.id in kept)


def shortest(found: Iterable[Short]) -> tuple[Short, ...]:
    """Those whose whole interval lies under the target, the furthest from it first."""
    sure = [one for one in found if one.figure.hi is not None and one.figure.hi < one.target]
    return tuple(sorted(sure, key=lambda one: (_left(one), one.place.name, one.kpi.id))[:MOST_SHORT])


def _left(one: Short) -> float:
    return (one.figure.score or 0.0) - one.target


def in_order(rows: Sequence[HeatRow], columns: Sequence[str], sort: str) -> tuple[HeatRow, ...]:
    """Rows in the order of a column; what has no score there stands last, whichever way is asked for.

    Parameters
    ----------
    rows : in the order of the organisation, which stands for an empty `sort`
    columns : KPI ids in the order of the cells
    sort : `name`, `composite` or a KPI id, with a minus before it for the highest first
    """
    if not sort:
        return tuple(rows)
    key, is_down = sort.removeprefix("-"), sort.startswith("-")
    if key == NAME:
        return tuple(sorted(rows, key=lambda row: row.place.name.casefold(), reverse=is_down))
    scored = [(score, row) for row in rows if (score := _score(_cell(row, columns, key))) is not None]
    known = [row for _, row in sorted(scored, key=lambda one: one[0], reverse=is_down)]
    return (*known, *(row for row in rows if _score(_cell(row, columns, key)) is None))


def orders(columns: Iterable[str]) -> tuple[str, ...]:
    """What rows can be sorted by."""
    return (NAME, WHOLE, *columns)


def _cell(row: HeatRow, columns: Sequence[str], key: str) -> HeatCell | None:
    return row.whole if key == WHOLE else row.cells[columns.index(key)]


def _score(cell: HeatCell | None) -> float | None:
    return None if cell is None else cell.figure.score
