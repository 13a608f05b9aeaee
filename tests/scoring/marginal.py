"""The crossed model written out with every matrix in full, for comparison with the one that uses sums over levels."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from app.scoring.columns import Floats
from app.scoring.likelihood import Method


class Written(NamedTuple):
    """Ratings as matrices: y, X in treatment coding without columns that repeat others, Z of subjects and raters, ZZ'."""

    y: Floats
    x: Floats
    z: tuple[Floats, Floats]
    squares: tuple[Floats, Floats]

    @classmethod
    def of(cls, subject: Any, rater: Any, y: Any, fixed: Sequence[Any] = ()) -> "Written":
        columns = [np.ones((len(y), 1)), *(indicators(column)[:, 1:] for column in fixed)]
        x = np.concatenate(columns, axis=1)
        kept = [k for k in range(x.shape[1]) if np.linalg.matrix_rank(x[:, : k + 1]) > np.linalg.matrix_rank(x[:, :k])]
        z = indicators(subject), indicators(rater)
        return cls(np.asarray(y, np.float64), x[:, kept], z, (z[0] @ z[0].T, z[1] @ z[1].T))

    def covariance(self, ratios: Sequence[float]) -> Floats:
        return np.eye(len(self.y)) + sum(g * square for g, square in zip(ratios, self.squares, strict=True))

    def criterion(self, ratios: Sequence[float], method: Method) -> float:
        """-2 log likelihood: the density of y, or of the contrasts of y that X leaves, up to |X'X|."""
        factor = np.linalg.cholesky(self.covariance(ratios))
        whitened = np.linalg.solve(factor, np.column_stack([self.x, self.y]))
        x, y = whitened[:, :-1], whitened[:, -1]
        inner = x.T @ x
        off = y - x @ np.linalg.solve(inner, x.T @ y)
        df = len(y) - x.shape[1] * (method is Method.REML)
        fixed = np.linalg.slogdet(inner)[1] if method is Method.REML else 0.0
        known = 2 * np.log(np.diagonal(factor)).sum() + fixed
        return float(known + df * (1 + math.log(2 * math.pi * float(off @ off) / df)))

    def projection(self, ratios: Sequence[float]) -> Floats:
        """P = V^-1 - V^-1X (X'V^-1X)^-1 X'V^-1."""
        inverse = np.linalg.inv(self.covariance(ratios))
        return np.asarray(inverse - inverse @ self.x @ np.linalg.solve(self.x.T @ inverse @ self.x, self.x.T @ inverse))

    def equations(self, ratios: Sequence[float]) -> tuple[Floats, Floats]:
        """Solutions and inverse of Henderson's mixed-model equations with a residual variance of 1."""
        parts = np.concatenate([self.x, *self.z], axis=1)
        left = parts.T @ parts
        sizes = [z.shape[1] for z in self.z]
        left[self.x.shape[1] :, self.x.shape[1] :] += np.diag(np.repeat(1 / np.array(ratios), sizes))
        inverse = np.linalg.inv(left)
        return inverse @ parts.T @ self.y, inverse


def indicators(labels: Any) -> Floats:
    distinct, place = np.unique(np.asarray(labels), return_inverse=True)
    return np.eye(len(distinct))[place]
