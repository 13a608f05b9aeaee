"""Likelihood, slope, curvature and predictions from sums over levels are those of the full matrices."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.scoring import crossed, dense
from app.scoring.crossed import RATER, SUBJECT
from app.scoring.dense import DenseInverse
from app.scoring.elimination import Ratios
from app.scoring.likelihood import Method, point_at
from app.scoring.predictions import Predictor, effects, expected, mean_level
from app.scoring.probing import ProbedInverse
from tests.scoring.crossings import Rated, crossings, random_crossing, ratios

methods = st.sampled_from(Method)


@given(crossings(), ratios, methods)
def test_the_criterion_is_that_of_the_full_covariance(rated: Rated, at: Ratios, method: Method) -> None:
    found = point_at(rated.rows, DenseInverse(rated.rows, at), method)
    assert found.criterion == pytest.approx(rated.written.criterion(at, method), rel=1e-9)


@given(crossings(), ratios, methods)
def test_the_gradient_is_that_of_the_criterion(rated: Rated, at: Ratios, method: Method) -> None:
    found = point_at(rated.rows, DenseInverse(rated.rows, at), method)
    for role in (SUBJECT, RATER):
        step = 1e-5 * at[role]
        ends = [
            rated.written.criterion((*at[:role], at[role] + way * step, *at[role + 1 :]), method) for way in (-1, 1)
        ]
        slope = (ends[1] - ends[0]) / (2 * step)
        assert found.gradient[role] == pytest.approx(slope, rel=1e-4, abs=1e-4 * (1 + 1e-6 / step))


@given(crossings(), ratios)
def test_the_information_is_that_of_the_full_projection(rated: Rated, at: Ratios) -> None:
    rows, written = rated.rows, rated.written
    found = point_at(rows, DenseInverse(rows, at), Method.REML).information
    p, y = written.projection(at), written.y
    left = y @ p @ y
    scale = (rows.n - rows.p) / left
    q = [z @ z.T @ p @ y for z in written.z]
    full = [[scale * (one @ p @ other - (one @ p @ y) * (other @ p @ y) / left) for other in q] for one in q]
    assert found == pytest.approx(np.array(full), rel=1e-7, abs=1e-9)


@given(crossings(), ratios)
def test_predictions_and_their_errors_are_those_of_the_mixed_model_equations(rated: Rated, at: Ratios) -> None:
    rows, (solutions, inverse) = rated.rows, rated.written.equations(at)
    solver = DenseInverse(rows, at)
    found = Predictor(rows, solver, point_at(rows, solver, Method.REML).projection, 4.0)
    ends = np.cumsum([0, rows.p, *rows.levels])
    fixed, subject, rater = (slice(*pair) for pair in pairwise(ends.tolist()))
    for role, place in ((SUBJECT, subject), (RATER, rater)):
        ours = effects(found, role)
        assert ours.blup == pytest.approx(solutions[place], rel=1e-8, abs=1e-9)
        assert ours.pev == pytest.approx(4 * np.diag(inverse)[place], rel=1e-8)
        assert ours.reliability == pytest.approx(1 - np.diag(inverse)[place] / at[role], rel=1e-8, abs=1e-9)
    mix = np.linspace(1, 0.25, rows.p)
    picked = np.zeros((rows.levels[SUBJECT], len(inverse)))
    picked[:, fixed] = mix
    picked[:, subject] = np.eye(rows.levels[SUBJECT])
    values, errors = expected(found, mix)
    assert values == pytest.approx(picked @ solutions, rel=1e-9)
    assert errors**2 == pytest.approx(4 * np.diag(picked @ inverse @ picked.T), rel=1e-8)
    level = mean_level(found, mix)
    assert level.value == pytest.approx(float(mix @ solutions[fixed]), rel=1e-9)
    assert level.se**2 == pytest.approx(4 * mix @ inverse[fixed, fixed] @ mix, rel=1e-8)


@given(crossings(), st.floats(0.01, 5), st.sampled_from([SUBJECT, RATER]), methods)
def test_a_variance_of_nothing_is_the_limit_of_small_ones(
    rated: Rated, ratio: float, role: int, method: Method
) -> None:
    at = Ratios(ratio, 0.0) if role == SUBJECT else Ratios(0.0, ratio)
    nearly = Ratios(*(max(g, 1e-11) for g in at))
    probed, full = (point_at(rated.rows, inverse(rated.rows, at), method) for inverse in (ProbedInverse, DenseInverse))
    near = point_at(rated.rows, DenseInverse(rated.rows, nearly), method)
    for found in (probed, full):
        assert found.criterion == pytest.approx(near.criterion, rel=1e-9)
        assert found.gradient == pytest.approx(near.gradient, rel=1e-6, abs=1e-6)


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), ratios)
def test_dense_and_sparse_products_give_the_same(seed: int, at: Ratios) -> None:
    found = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dense, "BLOCK", 20)
        for small_table, sparse_cost in ((10**4, 0), (0, 0), (0, 10**9)):
            patch.setattr(crossed, "SMALL_TABLE", small_table)
            patch.setattr(dense, "SPARSE_COST", sparse_cost)
            rows = random_crossing(seed, least=30).rows
            point = point_at(rows, DenseInverse(rows, at), Method.REML)
            left = np.concatenate(point.inverse.left_over())
            found.append([point.criterion, *point.gradient.tolist(), *left.tolist()])
    for other in found[1:]:
        assert found[0] == pytest.approx(other, rel=1e-9, abs=1e-9)
