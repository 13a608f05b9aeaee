"""Standard error of any linear score over rater groups and KPIs; which groups count is decided by the caller.

=================  ===================================================================
Name               Meaning
=================  ===================================================================
ReleasedGroup      one rater group of a subject that may enter figures
ErrorTerm          what one atom adds to the squared standard error
error_terms        the terms of one group
combined           their sum as standard error and degrees of freedom
kish_size          effective number of raters, from the weights alone
=================  ===================================================================
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.scoring.errors import ScoringError
from app.scoring.pooling import PooledCovariance
from app.scoring.totals import UNIT, AtomSums

PRIOR_DF = 8

Spread = Mapping[str, PooledCovariance]
"""Pooled covariance by rater group."""


@dataclass(frozen=True, slots=True)
class ReleasedGroup:
    """One rater group of a subject that may enter figures, or several that were pooled into one.

    groups : names of the rater groups; more than one only for a mixed atom (policy `pool`)
    atoms : one atom for a person; for a unit all atoms labelled with exactly this group below it
    head_counts : sheets of each of `groups` in a mixed atom, in their order; empty otherwise

    >>> ReleasedGroup(("customer", "supplier"), ())
    Traceback (most recent call last):
    ...
    app.scoring.errors.ScoringError: a group of several rater groups needs one head count above 0 for each
    """

    groups: tuple[str, ...]
    atoms: tuple[AtomSums, ...]
    head_counts: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a mixed group that does not say how many of each it holds."""
        mixed = len(self.groups) > 1
        if mixed and (len(self.head_counts) != len(self.groups) or min(self.head_counts) < 1):
            msg = "a group of several rater groups needs one head count above 0 for each"
            raise ScoringError(msg)

    def count(self, kpi: int) -> int:
        """Raters with a valid score on the KPI."""
        return sum(atom.cells[kpi].n for atom in self.atoms if kpi in atom.cells)

    def mean(self, kpi: int) -> float:
        """Plain mean over all raters with a valid score, one sheet one voice; 0..100.

        Formula: sum S1 / (UNIT sum n); correctly rounded, since the sums are integers.

        >>> from app.scoring.totals import CellSums
        >>> ReleasedGroup(("customer",), (AtomSums({0: CellSums(2, 125 * UNIT, 0)}, {}, ()),)).mean(0)
        62.5
        """
        return sum(atom.cells[kpi].s1 for atom in self.atoms if kpi in atom.cells) / (UNIT * self.count(kpi))

    def kpis(self) -> set[int]:
        """Numbers of the KPIs that somebody has a valid score on."""
        return {kpi for atom in self.atoms for kpi in atom.cells}


class ErrorTerm(NamedTuple):
    """What one atom or one hard KPI adds: squared standard error (points squared) and its degrees of freedom."""

    square: float
    df: float


def error_terms(group: ReleasedGroup, coefficients: Mapping[int, float], spread: Spread) -> list[ErrorTerm]:
    """Squared standard error of sum over KPIs of a_k times the group's mean, one term per atom.

    Parameters
    ----------
    group : with at least one rater on each of the KPIs
    coefficients : a_k by KPI; a KPI with coefficient 0 must be left out
    spread : pooled covariance by rater group; a group that is not listed has the prior

    Returns
    -------
    v/n per atom with nu0 + n - 1 degrees of freedom.

    Formula, per atom with n raters on at least one of the KPIs, n_k on KPI k, of N_k in the whole group:
    z_r = sum_k a_k (n/N_k)(x_rk - m_k) over the KPIs the rater has;  s2 = sum z_r^2/(n - 1), 0 if n = 1;
    s0 = b' C b with b_k = a_k n_k/N_k;  v = (nu0 s0 + (n - 1) s2)/(nu0 + n - 1), nu0 = 8.
    The rater scores enter only through sums: with c_k = a_k n/N_k,
    sum z_r^2 = sum_jk c_j c_k (S12 - m_j S1_k - m_k S1_j + n_jk m_j m_k), each over the raters with both.
    Source: moderated variance of Smyth 2004; several atoms: docs/scoring.md, section "Roll-up".

    >>> from app.scoring.totals import CellSums
    >>> atom = AtomSums({0: CellSums(4, 250 * UNIT, 16250 * UNIT)}, {}, ((1, 4),))
    >>> error_terms(
    ...     ReleasedGroup(("colleague",), (atom,)), {0: 1.0}, {"colleague": PooledCovariance(variances={0: 400.0})}
    ... )
    [ErrorTerm(square=86.93181818181819, df=11)]
    """
    totals = {kpi: group.count(kpi) for kpi in coefficients}
    terms = []
    for atom in group.atoms:
        used = {kpi: a / totals[kpi] for kpi, a in coefficients.items() if kpi in atom.cells}
        if used:
            n = atom.count_raters(used)
            prior = _prior(group, {kpi: a * atom.cells[kpi].n for kpi, a in used.items()}, spread)
            within = _sum_of_squares(atom, {kpi: a * n for kpi, a in used.items()})
            df = PRIOR_DF + n - 1
            terms.append(ErrorTerm((PRIOR_DF * prior + within) / df / n, df))
    return terms


def combined(terms: Sequence[ErrorTerm]) -> tuple[float, float]:
    """Standard error and degrees of freedom of a sum of independent parts.

    Parameters
    ----------
    terms : squared standard errors with their degrees of freedom, which may be infinite

    Returns
    -------
    Standard error, >= 0, and degrees of freedom, > 0; infinite where no term spends any.

    Formula: SE^2 = sum A; df = (sum A)^2 / sum(A^2/df).
    Source: Satterthwaite 1946.

    >>> se, df = combined([ErrorTerm(156.25, 8), ErrorTerm(12.2248, 11)])
    >>> round(se, 4), round(df, 4)
    (12.9798, 9.2596)
    """
    square = math.fsum(term.square for term in terms)
    spent = math.fsum(term.square**2 / term.df for term in terms)
    return math.sqrt(square), square**2 / spent if spent else math.inf


def kish_size(weights: Iterable[float], sizes: Iterable[int]) -> float:
    """Effective number of raters behind a weighted mean of group means, from the weights alone.

    Parameters
    ----------
    weights : >= 0 per group, any unit, at least one above 0
    sizes : raters per group, >= 1

    Formula: N = (sum B)^2 / sum(B^2/n).
    Source: Kish 1965.

    >>> round(kish_size([0.625, 0.375], [1, 4]), 6), kish_size([3], [8])
    (2.348624, 8.0)
    """
    pairs = list(zip(weights, sizes, strict=True))
    return math.fsum(b for b, _ in pairs) ** 2 / math.fsum(b * b / n for b, n in pairs)


def _prior(group: ReleasedGroup, coefficients: Mapping[int, float], spread: Spread) -> float:
    """Prior variance of the linear score; of a mixed group the mean over its members, weighted by head count."""
    priors = [spread.get(name, PooledCovariance()).of_linear(coefficients) for name in group.groups]
    counts = group.head_counts or (1,)
    return math.fsum(n * prior for n, prior in zip(counts, priors, strict=True)) / sum(counts)


def _sum_of_squares(atom: AtomSums, coefficients: Mapping[int, float]) -> float:
    """Sum over the raters of z_r^2, from integers where one KPI is involved; never below 0."""
    terms = sorted(coefficients.items())
    total = [c * c * _within(atom, kpi) for kpi, c in terms]
    total += [2 * c * d * _product(atom, j, k) for i, (j, c) in enumerate(terms) for k, d in terms[i + 1 :]]
    return max(0.0, math.fsum(total))


def _within(atom: AtomSums, kpi: int) -> float:
    n, s1, s2 = atom.cells[kpi]
    return max(0, n * UNIT * s2 - s1 * s1) / (UNIT * UNIT * n)


def _product(atom: AtomSums, j: int, k: int) -> float:
    """Sum of (x_j - m_j)(x_k - m_k) over the raters with both, m over all raters with that one; exact in integers."""
    pair = atom.pairs.get((j, k))
    if pair is None:
        return 0.0
    (n_j, s1_j, _), (n_k, s1_k, _) = atom.cells[j], atom.cells[k]
    n, part_j, part_k, s12 = pair
    exact = n_j * n_k * UNIT * s12 - n_k * s1_j * part_k - n_j * s1_k * part_j + n * s1_j * s1_k
    return exact / (UNIT * UNIT * n_j * n_k)
