"""The rule of the standard error written out rater by rater, for comparison with the one that uses sums."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from app.scoring.columns import Floats
from app.scoring.totals import AtomTotals

Matrix = Floats
"""Raters by KPIs, NaN where there is no score."""


def totals_of(atoms: Sequence[Matrix]) -> AtomTotals:
    """Totals of atoms that are given as matrices over the same KPIs."""
    table = np.concatenate(atoms)
    n, k = table.shape
    numbers = np.repeat(np.arange(len(atoms)), [len(atom) for atom in atoms])
    return AtomTotals.from_scores(
        numbers, np.repeat(np.arange(n), k), np.tile(np.arange(k), n), table.reshape(-1), n_atoms=len(atoms)
    )


def square_of_group(atoms: Sequence[Matrix], a: Mapping[int, float], covariance: Matrix) -> tuple[float, float, int]:
    """Squared standard error of sum a_k m_k over a group of atoms, its spent part, and the distinct raters."""
    totals = {k: sum(int((~np.isnan(atom[:, k])).sum()) for atom in atoms) for k in a}
    square = spent = 0.0
    raters = 0
    for atom in atoms:
        counts = {k: int((~np.isnan(atom[:, k])).sum()) for k in a}
        answered = [row for row in atom if not all(math.isnan(row[k]) for k in a)]
        n = len(answered)
        if n:
            means = {k: float(np.nanmean(atom[:, k])) for k in a if counts[k]}
            z = [
                sum(a[k] * n / totals[k] * (row[k] - means[k]) for k in a if not math.isnan(row[k])) for row in answered
            ]
            b = np.array([a[k] * counts[k] / totals[k] for k in a])
            prior = float(b @ covariance[np.ix_(list(a), list(a))] @ b)
            s2 = sum(value**2 for value in z) / (n - 1) if n > 1 else 0.0
            v = (8 * prior + (n - 1) * s2) / (8 + n - 1)
            square += v / n
            spent += (v / n) ** 2 / (8 + n - 1)
            raters += n
    return square, spent, raters


def pooled(atoms: Sequence[Matrix], j: int, k: int) -> tuple[float, int]:
    """Pooled covariance of two KPIs over the raters with both, and its degrees of freedom."""
    total, df = 0.0, 0
    for atom in atoms:
        both = atom[~np.isnan(atom[:, j]) & ~np.isnan(atom[:, k])]
        if len(both):
            total += float(((both[:, j] - both[:, j].mean()) * (both[:, k] - both[:, k].mean())).sum())
            df += len(both) - 1
    return total / max(df, 1), df
