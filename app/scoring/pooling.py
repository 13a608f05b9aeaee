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
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from app.scoring.errors import ScoringError
from app.scoring.tally import Integers
from app.scoring.totals import UNIT, AtomTotals

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
        return self._prior_covariance(one, other) if pooled is None else pooled

    def of_linear(self, coefficients: Mapping[int, float]) -> float:
        """Variance s0 of a linear score of one rater, points squared, >= 0.

        Parameters
        ----------
        coefficients : by KPI

        Formula: a' C a. A matrix that was pooled pair by pair may have no meaning as a whole; where it gives
        nothing positive, correlations of .5 replace it.

        >>> PooledCovariance(variances={0: 400.0, 1: 100.0}).of_linear({0: 0.5, 1: 0.5})
        175.0
        """
        spread = self._quadratic(coefficients, pooled=True)
        return spread if spread > 0 else self._quadratic(coefficients, pooled=False)

    def _prior_covariance(self, one: int, other: int) -> float:
        return PRIOR_CORRELATION * math.sqrt(self.variance(one) * self.variance(other))

    def _quadratic(self, coefficients: Mapping[int, float], *, pooled: bool) -> float:
        covariance = self.covariance if pooled else self._prior_covariance
        terms = sorted(coefficients.items())
        square = math.fsum(a * a * self.variance(kpi) for kpi, a in terms)
        cross = (2 * a * b * covariance(j, k) for i, (j, a) in enumerate(terms) for k, b in terms[i + 1 :])
        return square + math.fsum(cross)


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
    found: dict[Sequence[int], float] = {}
    for key in np.unique(keys, axis=0):
        rows = (keys == key).all(axis=1)
        df = int((n[rows] - 1).sum())
        if df >= least_df:
            found[tuple(key.tolist())] = math.fsum(within[rows]) / df
    return found
