"""The part of who rated whom in which every rater rated every subject, for coefficients that need a full table.

==========  =====================================================================
Name        Meaning
==========  =====================================================================
FullTable   subjects, raters, and the row of each pair
full_table  find one
==========  =====================================================================
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.scoring.columns import Integers
from app.scoring.crossed import Labels, Levels


class FullTable(NamedTuple):
    """A part of a design without a gap.

    subjects, raters : labels, sorted
    rows : [subject, rater] place of the rating that stands for the pair, the first of several
    """

    subjects: Labels
    raters: Labels
    rows: Integers


def full_table(subject: npt.ArrayLike, rater: npt.ArrayLike) -> FullTable:
    """A part of a design in which every rater rated every subject; what was rated plays no part in the choice.

    Parameters
    ----------
    subject, rater : labels, one per rating

    Returns
    -------
    The table, possibly empty. Not always the largest one, which cannot be found in reasonable time.

    Formula: of the raters who rated at least half of the subjects, leave out whoever has the smallest share of the
    others, subject or rater, until nothing is missing; of equals the rater, of these the last.
    Source: peeling, as for dense subgraphs (Charikar 2000); here to the point where the rest is complete.

    >>> found = full_table([1, 1, 1, 2, 2, 3, 3], list("abcabab"))
    >>> found.subjects.tolist(), found.raters.tolist(), found.rows.tolist()
    ([1, 2, 3], ['a', 'b'], [[0, 1], [3, 4], [5, 6]])
    """
    subjects, raters = Levels.of(subject), Levels.of(rater)
    width = len(raters.labels)
    pairs, first = np.unique(subjects.place * width + raters.place, return_index=True)
    often = np.flatnonzero(2 * np.bincount(pairs % width, minlength=width) >= len(subjects.labels))
    kept = np.isin(pairs % width, often)
    rows = np.full((len(subjects.labels), len(often)), -1, np.int64)
    rows[pairs[kept] // width, np.searchsorted(often, pairs[kept] % width)] = first[kept]
    return _without_gaps(FullTable(subjects.labels, raters.labels[often], rows))


def _without_gaps(table: FullTable) -> FullTable:
    while (there := table.rows >= 0).size and not there.all():
        by_subject, by_rater = there.mean(axis=1), there.mean(axis=0)
        subjects, raters = np.ones(len(by_subject), np.bool_), np.ones(len(by_rater), np.bool_)
        if by_rater.min() <= by_subject.min():
            raters[np.flatnonzero(by_rater == by_rater.min())[-1]] = False
        else:
            subjects[np.flatnonzero(by_subject == by_subject.min())[-1]] = False
        table = FullTable(table.subjects[subjects], table.raters[raters], table.rows[subjects][:, raters])
    return table
