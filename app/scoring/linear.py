"""Standard errors of any linear scores over rater groups and KPIs, many at a time; the scores are not known here.

=============  ===================================================================
Name           Meaning
=============  ===================================================================
Coefficients   what each group and KPI counts in each term
Terms          squared standard error per term, with what it spends
error_terms    the one rule for every level
combined       independent parts to one standard error with its df
kish_size      effective number of raters, from the weights alone
=============  ===================================================================
"""

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from app.scoring.columns import Floats, Integers, pairs_within, place_of, ranges, totals_by
from app.scoring.pooling import PooledCovariance
from app.scoring.released import Released
from app.scoring.tally import KPI_BITS, UNIT, WORD

PRIOR_DF = 8

Spread = Mapping[str, PooledCovariance]
"""Pooled covariance by rater group; a group that is not listed has the prior."""


class Coefficients(NamedTuple):
    """Rows of term, group, KPI and a_gk; the rows of a term lie together, by rising KPI, and are of one group.

    term : numbers from 0, rising
    group : number in `Released`
    kpi : on which the group has a score
    a : what the group's mean on the KPI counts, not 0
    """

    term: Integers
    group: Integers
    kpi: Integers
    a: Floats


class Terms(NamedTuple):
    """Per term, by its number.

    square : squared standard error, points squared
    spent : sum of square^2/df over its atoms; add both up over the terms of a score and see `combined`
    raters : distinct raters with a score on at least one of its KPIs
    """

    square: Floats
    spent: Floats
    raters: Integers


def error_terms(released: Released, coefficients: Coefficients, spread: Spread) -> Terms:
    """Squared standard error of sum over KPIs of a_k times a group's mean, for many such sums.

    Parameters
    ----------
    released : groups and totals
    coefficients : rows of term, group, KPI, a
    spread : pooled covariance by rater group

    Formula, per atom with n raters on at least one of the KPIs, n_k on KPI k, of N_k in the whole group:
    z_r = sum_k a_k (n/N_k)(x_rk - m_k) over the KPIs the rater has;  s2 = sum z_r^2/(n - 1), 0 if n = 1;
    s0 = b' C b with b_k = a_k n_k/N_k, for a mixed atom the mean over its groups, weighted by head count;
    v = (nu0 s0 + (n - 1) s2)/(nu0 + n - 1), nu0 = 8;  square = sum of v/n;  df = nu0 + n - 1.
    The rater scores enter through sums only: with c_k = a_k n/N_k,
    sum z_r^2 = sum_jk c_j c_k (S12 - m_j S1_k - m_k S1_j + n_jk m_j m_k), each over the raters with both.
    Source: moderated variance of Smyth 2004; several atoms: docs/scoring.md, section "Roll-up".

    >>> from app.scoring.released import ReleasedGroup
    >>> from app.scoring.totals import AtomTotals
    >>> totals = AtomTotals.from_scores([0] * 4, range(4), [0] * 4, [50, 75, 75, 50], n_atoms=1)
    >>> released = Released.of(totals, [ReleasedGroup(0, ("colleague",), (0,))])
    >>> zero = np.zeros(1, np.int64)
    >>> known = {"colleague": PooledCovariance(variances={0: 400.0})}
    >>> error_terms(released, Coefficients(zero, zero, zero, np.ones(1)), known).square.round(6).tolist()
    [86.931818]
    """
    rows = _per_atom(released, coefficients)
    raters = _raters(released, rows)
    pairs = pairs_within(rows.part)
    n = raters[rows.part]
    within = np.maximum(_within(released, rows, pairs, rows.a * n), 0)
    prior = _prior(released, rows, spread)
    df = PRIOR_DF + raters - 1
    square = (PRIOR_DF * prior + within) / df / raters
    n_terms = int(coefficients.term.max(initial=-1)) + 1
    term = rows.term[rows.first]
    return Terms(
        totals_by(term, square, n_terms),
        totals_by(term, square**2 / df, n_terms),
        totals_by(term, raters.astype(np.float64), n_terms).astype(np.int64),
    )


def combined(square: float, spent: float) -> tuple[float, float]:
    """Standard error and degrees of freedom of a sum of independent parts.

    Parameters
    ----------
    square : sum of the squared standard errors A
    spent : sum of A^2/df; parts of infinite df spend nothing

    Returns
    -------
    Standard error, >= 0, and degrees of freedom, > 0; infinite where nothing is spent.

    Formula: SE^2 = sum A; df = (sum A)^2/sum(A^2/df).
    Source: Satterthwaite 1946.

    >>> se, df = combined(156.25 + 12.2248, 156.25**2 / 8 + 12.2248**2 / 11)
    >>> round(se, 4), round(df, 4)
    (12.9798, 9.2596)
    """
    return math.sqrt(square), square**2 / spent if spent else math.inf


def kish_size(weights: Iterable[float], sizes: Iterable[int]) -> float:
    """Effective number of raters behind a weighted mean of group means, from the weights alone.

    Parameters
    ----------
    weights : >= 0 per group, any unit, at least one above 0
    sizes : raters per group, >= 1

    Formula: N = (sum B)^2/sum(B^2/n).
    Source: Kish 1965.

    >>> round(kish_size([0.625, 0.375], [1, 4]), 6), kish_size([3], [8])
    (2.348624, 8.0)
    """
    pairs = list(zip(weights, sizes, strict=True))
    return math.fsum(b for b, _ in pairs) ** 2 / math.fsum(b * b / n for b, n in pairs)


class _Rows(NamedTuple):
    """Rows of `Coefficients` by atom; a part is one term in one atom, its rows lie together by rising KPI.

    part, term, group, atom, kpi : numbers
    cell : place in the cells of the totals
    a : coefficient divided by N_k, the raters of the whole group
    first : place of the first row of each part
    """

    part: Integers
    term: Integers
    group: Integers
    atom: Integers
    kpi: Integers
    cell: Integers
    a: Floats
    first: Integers


def _per_atom(released: Released, given: Coefficients) -> _Rows:
    counts = released.starts[given.group + 1] - released.starts[given.group]
    row = np.repeat(np.arange(len(given.a)), counts)
    atom = released.atoms[ranges(released.starts[given.group], counts)]
    cells = released.totals.cells
    place, there = place_of(cells[:, 0] << KPI_BITS | cells[:, 1], atom << KPI_BITS | given.kpi[row])
    order = np.flatnonzero(there)
    order = order[np.lexsort((given.kpi[row[order]], atom[order], given.term[row[order]]))]
    row, atom, cell = row[order], atom[order], place[order]
    n = released.n[released.rows_of(given.group, given.kpi)]
    term = given.term[row]
    new = (np.diff(term, prepend=-1) != 0) | (np.diff(atom, prepend=-1) != 0)
    part = np.cumsum(new) - 1
    return _Rows(part, term, given.group[row], atom, given.kpi[row], cell, (given.a / n)[row], np.flatnonzero(new))


def _raters(released: Released, rows: _Rows) -> Integers:
    """Distinct raters of each part."""
    answered = released.totals.answered
    wanted = np.zeros((len(rows.first), answered.shape[1] - 2), np.int64)
    np.bitwise_or.at(wanted, (rows.part, rows.kpi // WORD), np.int64(1) << rows.kpi % WORD)
    bounds = np.searchsorted(answered[:, 0], np.arange(released.totals.n_atoms + 1))
    atom = rows.atom[rows.first]
    counts = bounds[atom + 1] - bounds[atom]
    part = np.repeat(np.arange(len(atom)), counts)
    found = answered[ranges(bounds[atom], counts)]
    hit = (found[:, 1:-1] & wanted[part]).any(axis=1)
    return np.bincount(part[hit], found[hit, -1], len(atom)).astype(np.int64)


def _within(released: Released, rows: _Rows, pairs: tuple[Integers, Integers], c: Floats) -> Floats:
    """Sum over the raters of z_r^2, per part."""
    n, s1, s2 = (released.totals.cells[rows.cell, 2:] / (1, UNIT, UNIT)).T
    mean = s1 / n
    j, k = pairs
    products = _products(released, rows, pairs, mean)
    squares = totals_by(rows.part, c * c * np.maximum(s2 - mean * s1, 0), len(rows.first))
    return squares + 2 * totals_by(rows.part[j], c[j] * c[k] * products, len(rows.first))


def _products(released: Released, rows: _Rows, pairs: tuple[Integers, Integers], mean: Floats) -> Floats:
    """Sum of (x_j - m_j)(x_k - m_k) over the raters with both, m over all raters of the atom with that one."""
    table = released.totals.pairs
    j, k = pairs
    stored = (table[:, 0] << KPI_BITS | table[:, 1]) << KPI_BITS | table[:, 2]
    place, there = place_of(stored, (rows.atom[j] << KPI_BITS | rows.kpi[j]) << KPI_BITS | rows.kpi[k])
    products = np.zeros(len(j))
    m_j, m_k = mean[j[there]], mean[k[there]]
    n, s1_j, s1_k, s12 = (table[place[there], 3:] / (1, UNIT, UNIT, UNIT)).T
    products[there] = s12 - m_j * s1_k - m_k * s1_j + n * m_j * m_k
    return products


def _prior(released: Released, rows: _Rows, spread: Spread) -> Floats:
    """Prior variance s0 of each part, weighted over the rater groups that its group holds."""
    b = rows.a * released.totals.cells[rows.cell, 2]
    # Only the groups that take part: one subject of a thousand is asked about a thousand times.
    used, place = np.unique(rows.group, return_inverse=True)
    groups = [released.groups[number] for number in used.tolist()]
    names = sorted({name for group in groups for name in group.groups})
    shares = np.zeros((len(groups), len(names)))
    for number, group in enumerate(groups):
        for name, share in group.shares():
            shares[number, names.index(name)] = share
    prior = np.zeros(len(rows.first))
    for column, name in enumerate(names):
        share = shares[place, column]
        mine = np.flatnonzero(share)
        pooled = spread.get(name, PooledCovariance())
        spread_of_one = pooled.of_linear(rows.part[mine], rows.kpi[mine], b[mine], len(rows.first))
        prior += shares[place[rows.first], column] * spread_of_one
    return prior
