"""Rater groups that may enter figures, laid out as columns with their means; which they are is decided elsewhere.

==============  ==============================================================
Name            Meaning
==============  ==============================================================
ReleasedGroup   one rater group of a subject, and the atoms that make it up
Released        the released groups of many subjects over one set of totals
==============  ==============================================================
"""

from collections.abc import Sequence

import numpy as np

from app.deferred import dataclass
from app.scoring.columns import Floats, Integers, place_of, ranges, summed
from app.scoring.errors import ScoringError
from app.scoring.tally import KPI_BITS, UNIT
from app.scoring.totals import AtomTotals


@dataclass(frozen=True, slots=True)
class ReleasedGroup:
    """One rater group of a subject that may enter figures, or several that were pooled into one.

    subject : the caller's number of the subject
    groups : names of the rater groups; more than one only for a mixed atom (policy `pool`)
    atoms : numbers in the totals: one atom for a person; for a unit, all atoms labelled with exactly this group
        in its subtree
    head_counts : sheets of each of `groups` in a mixed atom, in their order; empty otherwise

    Raises
    ------
    ScoringError : no group, no atom, or a mixed group without head counts

    >>> ReleasedGroup(0, ("customer", "supplier"), (3,))
    Traceback (most recent call last):
    ...
    app.scoring.errors.ScoringError: several rater groups in one need a head count above 0 for each
    """

    subject: int
    groups: tuple[str, ...]
    atoms: tuple[int, ...]
    head_counts: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a group that nothing can be computed from."""
        if not self.groups or not self.atoms:
            msg = "a released group needs a rater group and an atom"
            raise ScoringError(msg)
        mixed = len(self.groups) > 1
        if mixed and (len(self.head_counts) != len(self.groups) or min(self.head_counts) < 1):
            msg = "several rater groups in one need a head count above 0 for each"
            raise ScoringError(msg)

    def shares(self) -> list[tuple[str, float]]:
        """Share of each rater group in the head count, adding up to 1.

        >>> ReleasedGroup(0, ("customer", "supplier"), (3,), (3, 1)).shares()
        [('customer', 0.75), ('supplier', 0.25)]
        """
        counts = self.head_counts or (1,)
        return [(name, count / sum(counts)) for name, count in zip(self.groups, counts, strict=True)]


@dataclass(frozen=True, slots=True, eq=False)
class Released:
    """The released groups of many subjects over one set of totals, and the mean of each on each KPI.

    totals : of the round, without suppressed cells
    groups : numbered by their position
    atoms : atoms of all groups, one group after the other
    starts : where the atoms of each group start; one more than there are groups
    group, kpi, n, mean : one row per group and KPI that somebody has a score on, sorted; mean 0..100
    """

    totals: AtomTotals
    groups: tuple[ReleasedGroup, ...]
    atoms: Integers
    starts: Integers
    group: Integers
    kpi: Integers
    n: Integers
    mean: Floats

    @classmethod
    def of(cls, totals: AtomTotals, groups: Sequence[ReleasedGroup]) -> "Released":
        """Lay out the groups and compute their means.

        Parameters
        ----------
        totals : of the round, without suppressed cells (`AtomTotals.with_at_least`)
        groups : of any subjects, in the order in which they are shown

        Raises
        ------
        ScoringError : an atom is not in the totals, or a rater group comes twice for one subject, alone or in mixed ones

        Formula: m_gk = sum S1/(UNIT sum n) over the atoms of the group, one sheet one voice.

        >>> totals = AtomTotals.from_scores([0, 0, 1], [0, 1, 2], [0, 0, 0], [50, 75, 100], n_atoms=2)
        >>> Released.of(totals, [ReleasedGroup(7, ("customer",), (0, 1))]).mean.tolist()
        [75.0]
        """
        _check_groups(totals, groups)
        atoms = np.array([atom for group in groups for atom in group.atoms], np.int64)
        lengths = np.array([len(group.atoms) for group in groups], np.int64)
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        bounds = np.searchsorted(totals.cells[:, 0], np.arange(totals.n_atoms + 1))
        counts = bounds[atoms + 1] - bounds[atoms]
        cells = totals.cells[ranges(bounds[atoms], counts)]
        numbers = np.repeat(np.repeat(np.arange(len(groups)), lengths), counts)
        rows = summed([numbers, cells[:, 1]], [cells[:, 2], cells[:, 3]])
        group, kpi, n, s1 = rows.T
        return cls(totals, tuple(groups), atoms, starts, group, kpi, n, s1 / (UNIT * n))

    def subjects(self) -> Integers:
        """Subject of each row."""
        return np.array([group.subject for group in self.groups], np.int64)[self.group]

    def rows_of(self, group: Integers, kpi: Integers) -> Integers:
        """Places of the rows of groups and KPIs; all of them must be there."""
        places, _ = place_of(self.group << KPI_BITS | self.kpi, group << KPI_BITS | kpi)
        return places


def _check_groups(totals: AtomTotals, groups: Sequence[ReleasedGroup]) -> None:
    for group in groups:
        if min(group.atoms) < 0 or max(group.atoms) >= totals.n_atoms:
            msg = f"atoms of a group must be from 0 to {totals.n_atoms - 1}, got {group.atoms}"
            raise ScoringError(msg)
    named = [(group.subject, name, len(group.groups) > 1) for group in groups for name in group.groups]
    if len(set(named)) < len(named):
        msg = "a rater group can be released once per subject only, and once more in a mixed one"
        raise ScoringError(msg)
