"""How many could judge: answers that are no numbers are counted and enter no score; who may see a count is told elsewhere.

=============  ======================================================================
Name           Meaning
=============  ======================================================================
Judged         n of m could judge, and why the others did not
JudgedCounts   the same for every item of every atom, as columns
judged_items   counts of the answers to each item
judged_kpi     counts of the rater scores on a KPI
=============  ======================================================================
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.deferred import dataclass
from app.scoring.columns import Integers
from app.scoring.errors import ScoringError
from app.scoring.raters import rater_scores

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Judged:
    """How many of those who handed in a sheet could judge.

    could : gave a number; on a KPI, have a rater score
    not_observed : said that they could not observe it, or that it does not apply; on a KPI, of some item at least
    skipped : left it open
    """

    could: int
    not_observed: int
    skipped: int

    @property
    def of(self) -> int:
        """All who handed in a sheet: 8 of 12 could judge.

        >>> Judged(8, 3, 1).of
        12
        """
        return self.could + self.not_observed + self.skipped


class JudgedCounts(NamedTuple):
    """Counts as whole columns, so that those of several atoms, rounds or halves of a round simply add up.

    could, not_observed, skipped : shape (atoms, items)
    """

    could: Integers
    not_observed: Integers
    skipped: Integers

    def judged(self, atom: int, item: int = 0) -> Judged:
        """One count as a value.

        >>> judged_items([0, 0], [[75.0], [float("nan")]], [[False], [True]], n_atoms=1).judged(0)
        Judged(could=1, not_observed=1, skipped=0)
        """
        return Judged(*(int(column[atom, item]) for column in self))


def judged_items(
    atoms: npt.ArrayLike, points: npt.ArrayLike, not_observed: npt.ArrayLike, *, n_atoms: int
) -> JudgedCounts:
    """How many could judge each item, by atom.

    Parameters
    ----------
    atoms : atom of each sheet, 0..n_atoms - 1, or -1 for a sheet that is in no atom; shape (sheets,)
    points : 0..100 per sheet and item, NaN where there is no number; shape (sheets, items)
    not_observed : whether the answer is that it could not be observed or does not apply; the same shape
    n_atoms : number of atoms

    Raises
    ------
    ScoringError : the shapes do not fit, an atom is out of range, or an answer is a number and not observed at once

    >>> told = [[75.0, 50.0], [float("nan"), float("nan")]]
    >>> judged_items([0, 0], told, [[False, False], [True, False]], n_atoms=1).skipped.tolist()
    [[0, 1]]
    """
    place, table = np.asarray(atoms, np.int64).reshape(-1), np.asarray(points, np.float64)
    unseen = np.asarray(not_observed, np.bool_)
    if table.ndim != 2 or table.shape != unseen.shape or len(table) != len(place):
        msg = f"points and flags need a row for each of the {len(place)} sheets, got {table.shape} and {unseen.shape}"
        raise ScoringError(msg)
    if len(place) and not -1 <= place.min() <= place.max() < n_atoms:
        msg = f"atom of a sheet must be from -1 to {n_atoms - 1}, got {place.min()} to {place.max()}"
        raise ScoringError(msg)
    told = ~np.isnan(table)
    if (told & unseen).any():
        msg = "an answer is a number or not observed, not both"
        raise ScoringError(msg)
    return JudgedCounts(*(_counted(place, flags, n_atoms) for flags in (told, unseen, ~(told | unseen))))


def judged_kpi(
    atoms: npt.ArrayLike, points: npt.ArrayLike, not_observed: npt.ArrayLike, weights: Sequence[float], *, n_atoms: int
) -> JudgedCounts:
    """How many have a rater score on a KPI, by atom.

    Parameters
    ----------
    atoms, points, not_observed, n_atoms : as `judged_items`, for the items of the KPI
    weights : per item, 0..1e9 in any unit

    Returns
    -------
    Counts of shape (atoms, 1). Who has no rater score and said of some item that it could not be observed counts as
    not observed, all others without one as skipped.

    Source: docs/scoring.md, section "Answers".

    >>> told = [[75.0, 50.0], [25.0, float("nan")], [float("nan"), 25.0]]
    >>> unseen = [[False, False], [False, True], [True, False]]
    >>> judged_kpi([0] * 3, told, unseen, [1, 2], n_atoms=1).judged(0)
    Judged(could=2, not_observed=1, skipped=0)
    """
    scores = rater_scores(points, weights)[:, np.newaxis]
    unseen = np.asarray(not_observed, np.bool_).any(axis=1, keepdims=True) & np.isnan(scores)
    return judged_items(atoms, scores, unseen, n_atoms=n_atoms)


def _counted(atoms: Integers, flags: Flags, n_atoms: int) -> Integers:
    found = np.zeros((n_atoms, flags.shape[1]), np.int64)
    inside = atoms >= 0
    np.add.at(found, atoms[inside], flags[inside])
    return found
