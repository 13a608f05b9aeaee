"""A release computed once more from what is kept of it, and where what is stored differs. Pure.

Figures are equal when their digits are, to nine of them: another machine may add up floats in another order.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from app.deferred import dataclass
from app.metrics.values import Reading
from app.releases.lookup import Tables, tables_of
from app.releases.methods import Method
from app.releases.recompute import KeptAtom, hard_kept, wrong_atoms
from app.releases.score import hard_numbers
from app.releases.values import Outcome, Score
from app.rounds.values import FrozenRound, Marks
from app.scoring.errors import ScoringError

TOLERANCE = 1e-9
_TOLD = ("score", "lo", "hi", "se", "df", "raters", "coverage")
_TOLD_OF_SUMS = ("score", "raters", "coverage")
UNREADABLE = (ScoringError, LookupError, TypeError, ValueError)
"""What comes of stored totals that are not as they were written."""


@dataclass(frozen=True, slots=True)
class Kept:
    """All that a release left behind, as its figures follow from it."""

    frozen: FrozenRound
    marks: Marks
    atoms: Sequence[KeptAtom]
    scores: Sequence[Score]

    @property
    def is_whole(self) -> bool:
        """Whether also the intervals of composites follow from the totals."""
        return all(atom.is_whole for atom in self.atoms)


@dataclass(frozen=True, slots=True)
class FigureAgain:
    """A figure as it is stored and as it came out again; none where there was none."""

    stored: Score | None
    again: Score | None
    is_equal: bool

    @property
    def figure(self) -> Score:
        """Which figure it is about."""
        found = self.stored or self.again
        if found is None:
            raise LookupError("a figure is stored, or came out again")
        return found

    @property
    def outcome(self) -> Outcome:
        """What came of it."""
        return Outcome.EQUAL if self.is_equal else Outcome.DIFFERENT


def tables_again(kept: Kept, method: Method, readings: Sequence[Reading] | None = None) -> Tables:
    """The scored round once more; hard figures from their readings, or without any as they stand.

    Raises
    ------
    ScoringError, LookupError, TypeError, ValueError : what is kept cannot be read
    """
    judged = method.judge(kept.frozen, kept.marks, kept.atoms)
    numbers = hard_numbers(kept.frozen, judged)
    hard = (
        hard_kept(kept.frozen, numbers, kept.scores)
        if readings is None
        else method.measure(kept.frozen, numbers, readings)
    )
    return tables_of(kept.frozen, method.score(kept.frozen, judged, hard), kept.marks.cells)


def figures_again(
    kept: Kept, tables: Tables, method: Method, subject_ids: Collection[str] | None = None
) -> tuple[FigureAgain, ...]:
    """Every figure, or those of some subjects, beside what came out again, by subject, KPI, item and groups."""
    stored = {
        (score.subject_id, score.place): score
        for score in kept.scores
        if subject_ids is None or score.subject_id in subject_ids
    }
    again = {(score.subject_id, score.place): score for score in method.rows(tables, subject_ids)}
    is_whole = kept.is_whole
    return tuple(
        _beside(stored.get(place), again.get(place), is_whole=is_whole)
        for place in sorted(stored.keys() | again.keys())
    )


def wrong_in_atoms(kept: Kept) -> tuple[str, ...]:
    """What is wrong with the atoms of a release, whatever was done to their totals."""
    try:
        return tuple(wrong_atoms(kept.frozen, kept.marks, kept.atoms))
    except UNREADABLE:
        return ("the totals of its atoms are not as they were written",)


def wrong_figures(kept: Kept, method: Method) -> Iterator[str]:
    """Which stored figures do not follow from the totals of their atoms; the atoms must be right."""
    names = {subject.id: subject.name for subject in kept.frozen.subjects}
    wrong: defaultdict[str, int] = defaultdict(int)
    for one in figures_again(kept, tables_again(kept, method), method):
        wrong[one.figure.subject_id] += not one.is_equal
    for subject_id, count in sorted(wrong.items()):
        if count:
            yield f"{count} figures of {names.get(subject_id, subject_id)} do not follow from the totals of their atoms"


def _beside(stored: Score | None, again: Score | None, *, is_whole: bool) -> FigureAgain:
    if stored is None or again is None:
        return FigureAgain(stored, again, is_equal=False)
    is_told_whole = is_whole or stored.kpi_id is not None
    same = (stored.status, stored.reason, stored.rater_groups) == (again.status, again.reason, again.rater_groups)
    told = all(
        is_same(getattr(stored, name), getattr(again, name)) for name in (_TOLD if is_told_whole else _TOLD_OF_SUMS)
    )
    return FigureAgain(
        stored, again, is_equal=same and told and (not is_told_whole or is_same(stored.details, again.details))
    )


def is_same(one: Any, other: Any) -> bool:
    """Whether two figures, or documents of figures, are equal digit by digit."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(is_same(value, other[name]) for name, value in one.items())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, float) or isinstance(other, float):
        return None not in {one, other} and math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(one == other)
