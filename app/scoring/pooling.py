"""Pooled covariance of rater scores within atoms, and the prior where there is too little to pool.

===================  ==========================================================
Name                 Meaning
===================  ==========================================================
PooledCovariance     how rater scores of one rater group spread within atoms
pooled_covariance    the same from totals
prior_variance       what measured data say for KPIs of so many items
===================  ==========================================================
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import field

import numpy as np
import numpy.typing as npt

from app.deferred import dataclass
from app.scoring.columns import Floats, Integers, by_code, pairs_within, totals_by
from app.scoring.errors import ScoringError
from app.scoring.tally import KPI_BITS, UNIT
from app.scoring.totals import AtomTotals

LEAST_DF = 20
PRIOR_CORRELATION = 0.5


def prior_variance(n_items: int) -> float:
    """Within-subject variance of rater scores to expect without data, points squared.

    Parameters
    ----------
    n_items : items of the KPI, >= 1

    Formula: 300 + 600/J.
    Source: measured on real ratings; see docs/scoring.md, section "Standard error".

    >>> prior_variance(1), prior_variance(3)
    (900.0, 500.0)
    """
    if n_items < 1:
        msg = f"a kpi has at least 1 item, got {n_items}"
        raise ScoringError(msg)
    return 300 + 600 / n_items


@dataclass(frozen=True, slots=True)
class PooledCovariance:
    """How rater scores of one rater group spread within atoms, and what to use where nothing could be pooled.

    n_items : items of each KPI by its number; KPIs that are not listed have one item
    variances : pooled variance by KPI, points squared, only where its degrees of freedom suffice
    covariances : pooled covariance by two KPIs, the smaller first, likewise
    """

    n_items: Mapping[int, int] = field(default_factory=dict)
    variances: Mapping[int, float] = field(default_factory=dict)
    covariances: Mapping[tuple[int, int], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a variance that would give an interval no width."""
        if not all(0 < variance < math.inf for variance in self.variances.values()):
            msg = f"a pooled variance must be finite and above 0, got {sorted(self.variances.values())}"
            raise ScoringError(msg)

    def variance(self, kpi: int) -> float:
        """Pooled variance of a KPI, or the prior one.

        >>> PooledCovariance({0: 2}).variance(0)
        600.0
        """
        pooled = self.variances.get(kpi)
        return prior_variance(self.n_items.get(kpi, 1)) if pooled is None else pooled

    def covariance(self, one: int, other: int) -> float:
        """Pooled covariance of two KPIs, or the one that a correlation of .5 gives.

        >>> PooledCovariance(variances={0: 400.0, 1: 100.0}).covariance(1, 0)
        100.0
        """
        pooled = self.covariances.get((min(one, other), max(one, other)))
        if pooled is not None:
            return pooled
        return PRIOR_CORRELATION * math.sqrt(self.variance(one) * self.variance(other))

    def of_linear(self, parts: Integers, kpis: Integers, coefficients: Floats, n_parts: int) -> Floats:
        """Variance s0 of linear scores of one rater, points squared, > 0 unless all coefficients are 0.

        Parameters
        ----------
        parts : number of the linear score of each row, 0..n_parts - 1; its rows lie together
        kpis, coefficients : b_k of each row, by rising KPI
        n_parts : number of linear scores; those without rows get 0

        Formula: b' C b. A matrix that was pooled pair by pair may have no meaning as a whole; where it gives
        nothing positive, correlations of .5 replace it.

        >>> known = PooledCovariance(variances={0: 400.0, 1: 100.0})
        >>> known.of_linear(np.array([0, 0]), np.array([0, 1]), np.array([0.5, 0.5]), 1).tolist()
        [175.0]
        """
        variances = by_code(kpis, self.variance)
        j, k = pairs_within(parts)
        product = 2 * coefficients[j] * coefficients[k]
        covariances = by_code(kpis[j] << KPI_BITS | kpis[k], lambda code: self.covariance(*divmod(code, 1 << KPI_BITS)))
        by_prior = PRIOR_CORRELATION * np.sqrt(variances[j] * variances[k])
        squares = totals_by(parts, coefficients**2 * variances, n_parts)
        pooled = squares + totals_by(parts[j], product * covariances, n_parts)
        return np.where(pooled > 0, pooled, squares + totals_by(parts[j], product * by_prior, n_parts))


def pooled_covariance(
    totals: AtomTotals, atoms: npt.ArrayLike, n_items: Mapping[int, int], *, least_df: int = LEAST_DF
) -> PooledCovariance:
    """Pool the spread of rater scores within the atoms of one rater group.

    Parameters
    ----------
    totals : of the round, without suppressed cells
    atoms : numbers of the released atoms that hold this one group and are labelled with the subject whose
        own cell they are
    n_items : items of each KPI by its number, for the prior
    least_df : degrees of freedom below which the prior is used

    Formula: C_jk = sum over atoms of sum (x_rj - m_j)(x_rk - m_k), divided by sum(n - 1), over the raters with
    both KPIs. If df = sum(n - 1) < 20, or if nobody differs: 300 + 600/J on the diagonal, correlation .5.
    Source: Smyth 2004, for the pooling; see docs/scoring.md, section "Standard error".

    >>> totals = AtomTotals.from_scores([0, 0, 1, 1], [0, 1, 2, 3], [0] * 4, [50, 70, 90, 90], n_atoms=2)
    >>> pooled_covariance(totals, [0, 1], {0: 2}, least_df=2).variance(0)
    100.0
    >>> pooled_covariance(totals, [0, 1], {0: 2}).variance(0)
    600.0
    """
    chosen = np.asarray(atoms, np.int64).reshape(-1)
    cells = totals.cells[np.isin(totals.cells[:, 0], chosen)]
    pairs = totals.pairs[np.isin(totals.pairs[:, 0], chosen)]
    variances = _pooled(cells[:, 1:2], cells[:, 2], cells[:, [3, 3, 4]], least_df)
    covariances = _pooled(pairs[:, 1:3], pairs[:, 3], pairs[:, 4:7], least_df)
    return PooledCovariance(
        dict(n_items),
        {key[0]: value for key, value in variances.items() if value > 0},
        {(key[0], key[1]): value for key, value in covariances.items()},
    )


def _pooled(keys: Integers, n: Integers, sums: Integers, least_df: int) -> dict[Sequence[int], float]:
    """Pooled product sums divided by sum(n - 1), by key, where that is enough."""
    s1_j, s1_k, s12 = (sums / UNIT).T
    within = s12 - s1_j * s1_k / n
    order = np.lexsort(keys.T[::-1])
    new = np.flatnonzero((np.diff(keys[order], axis=0, prepend=-1) != 0).any(axis=1))
    found: dict[Sequence[int], float] = {}
    for rows in np.split(order, new[1:]) if len(order) else []:
        df = int((n[rows] - 1).sum())
        if df >= least_df:
            found[tuple(keys[rows[0]].tolist())] = math.fsum(within[rows]) / df
    return found
