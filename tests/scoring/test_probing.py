"""Conjugate gradients solve what factoring solves; random signs estimate traces and determinants without bias."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.scoring import probing
from app.scoring.columns import Floats
from app.scoring.conjugate import conjugate, log_quadratic
from app.scoring.crossed import RATER, SUBJECT, Crossed
from app.scoring.dense import DenseInverse
from app.scoring.elimination import Ratios
from app.scoring.fixed_effects import project
from app.scoring.iterative import IterativeSolver
from app.scoring.likelihood import Method
from app.scoring.predictions import Predictor, effects, refreshed
from app.scoring.probing import ProbedInverse
from app.scoring.reml import fit
from tests.scoring.crossings import Rated, crossings, organisation, ratios

few = settings(max_examples=15)


def spread_matrix(seed: int, size: int) -> Floats:
    draw = np.random.default_rng(seed)
    root = draw.normal(size=(size, size))
    return np.asarray(root @ root.T / size + np.eye(size))


@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(1, 4))
def test_conjugate_gradients_solve_many_systems_at_once(seed: int, size: int, columns: int) -> None:
    matrix, right = spread_matrix(seed, size), np.random.default_rng(seed + 1).normal(size=(size, columns))
    found = conjugate(lambda v: matrix @ v, np.diag(matrix), right, 1e-12)
    assert found.x == pytest.approx(np.linalg.solve(matrix, right), rel=1e-7, abs=1e-9)
    assert found.steps.max() <= 3 * size


def test_a_good_start_saves_steps_and_a_perfect_one_takes_none() -> None:
    matrix, right = spread_matrix(5, 40), np.ones((40, 1))
    solution = np.asarray(np.linalg.solve(matrix, right), np.float64)
    steps = [
        int(conjugate(lambda v: matrix @ v, np.diag(matrix), right, 1e-8, start=start).steps[0])
        for start in (None, solution + 1e-5, solution)
    ]
    assert steps[0] > steps[1] > steps[2] == 0


def test_a_column_of_nothing_has_the_solution_nothing_and_does_not_disturb_the_others() -> None:
    matrix = spread_matrix(6, 10)
    right = np.stack([np.zeros(10), np.ones(10)], axis=1)
    found = conjugate(lambda v: matrix @ v, np.diag(matrix), right, 1e-12)
    assert (found.x[:, 0].tolist(), found.steps[0]) == ([0.0] * 10, 0)
    assert found.x[:, 1] == pytest.approx(np.linalg.solve(matrix, np.ones(10)), rel=1e-9)


def test_an_iteration_that_may_not_go_on_returns_the_best_so_far() -> None:
    matrix, right = spread_matrix(7, 30), np.ones((30, 1))
    found = conjugate(lambda v: matrix @ v, np.diag(matrix), right, 1e-12, most_steps=3)
    assert found.steps.tolist() == [3]
    left = np.linalg.norm(matrix @ found.x - right)
    assert 1e-9 < left < 0.5 * np.linalg.norm(right)


@given(st.integers(0, 10**6), st.integers(1, 12))
def test_the_iteration_knows_the_logarithm_of_its_matrix(seed: int, size: int) -> None:
    matrix, draw = spread_matrix(seed, size), np.random.default_rng(seed + 1)
    unit = draw.normal(size=size)
    unit /= np.linalg.norm(unit)
    root = np.sqrt(np.diag(matrix))
    found = conjugate(lambda v: matrix @ v, np.diag(matrix), (root * unit)[:, None], 1e-13)
    values, vectors = np.linalg.eigh(matrix / np.outer(root, root))
    assert log_quadratic(found, 0) == pytest.approx(float((vectors.T @ unit) ** 2 @ np.log(values)), rel=1e-6, abs=1e-9)


@given(crossings(), ratios)
def test_iterated_solutions_are_those_of_the_dense_matrix(rated: Rated, at: Ratios) -> None:
    rows = rated.rows
    ours, theirs = (solver.solve(rows.sums) for solver in (IterativeSolver(rows, at), DenseInverse(rows, at)))
    for one, other in zip(ours, theirs, strict=True):
        assert one == pytest.approx(other, rel=1e-5, abs=1e-5)


@given(crossings(), ratios)
def test_what_the_diagonal_knows_is_a_bound_from_below(rated: Rated, at: Ratios) -> None:
    bound, exact = (solver(rated.rows, at).left_over() for solver in (IterativeSolver, DenseInverse))
    for role in (SUBJECT, RATER):
        assert (bound[role] <= exact[role] * (1 + 1e-9)).all()


@few
@given(crossings(), ratios)
def test_probes_with_different_signs_surround_what_is_true(rated: Rated, at: Ratios) -> None:
    rows = rated.rows
    exact = DenseInverse(rows, at)
    probed = [ProbedInverse(rows, at, probes=100, seed=seed) for seed in range(10)]
    figures = np.array([[each.log_det, *each.traces] for each in probed])
    truth = np.array([exact.log_det, *exact.traces])
    error = figures.std(axis=0, ddof=1) / np.sqrt(len(probed))
    assert (np.abs(figures.mean(axis=0) - truth) <= 8 * error + 1e-3 * (1 + np.abs(truth))).all()
    for role in (SUBJECT, RATER):
        shares = np.array([each.left_over()[role] for each in probed])
        assert ((shares > 0) & (shares <= 1)).all()


def test_probes_take_away_most_of_what_the_diagonal_is_low_by() -> None:
    people = organisation(1, people=300, raters=20)
    team = people.subject // 25 * 25 + people.rater % 25  # everybody is rated in a team of 25
    rows = Crossed.of(people.subject, team, people.score)
    at = Ratios(0.3, 0.25)
    exact, probed, bound = (solver(rows, at).left_over() for solver in (DenseInverse, ProbedInverse, IterativeSolver))
    for role in (SUBJECT, RATER):
        low, off = bound[role] / exact[role] - 1, probed[role] / exact[role] - 1
        assert -0.12 < low.min() < low.mean() < -0.05
        assert abs(off.mean()) < 0.2 * abs(low.mean())


def test_the_slack_is_how_far_probes_with_other_signs_are_off() -> None:
    people = organisation(2, people=60)
    rows = Crossed.of(people.subject, people.rater, people.score)
    probed = [ProbedInverse(rows, Ratios(0.3, 0.25), seed=seed) for seed in range(12)]
    spread = float(np.std([each.log_det for each in probed], ddof=1))
    assert 0.4 * spread < float(np.mean([each.slack for each in probed])) < 2.5 * spread


def test_what_a_probe_is_off_by_and_what_is_known_to_be_nothing_in_the_mean_is_taken_off() -> None:
    people, at = organisation(2, people=60), Ratios(0.3, 0.25)
    rows = Crossed.of(people.subject, people.rater, people.score)
    probed = [ProbedInverse(rows, at, probes=4, seed=seed) for seed in range(40)]
    kept, gone = probed[0].solver.eliminated.kept, probed[0].solver.eliminated.gone
    places = [np.unique(column, return_inverse=True)[1] for column in (people.subject, people.rater)]
    ours, theirs = (np.eye(rows.levels[role])[places[role]] for role in (kept, gone))
    left = ours.T @ np.linalg.inv(np.eye(len(ours)) + at[gone] * theirs @ theirs.T) @ ours
    root = np.sqrt(1 + at[kept] * np.diag(left))
    beside = at[kept] * (left - np.diag(np.diag(left))) / np.outer(root, root)
    # The variance of w'Aw, where A has nothing on its diagonal, is twice the sum of its squares.
    alone = math.sqrt(2 * float(np.square(beside).sum()) / 4)
    assert float(np.std([each.log_det for each in probed], ddof=1)) < 0.5 * alone


@pytest.mark.parametrize("at", [Ratios(0.0, 0.4), Ratios(0.4, 0.0), Ratios(0.0, 0.0)])
def test_with_one_factor_or_none_the_probes_are_exact(at: Ratios) -> None:
    people = organisation(2, people=30)
    rows = Crossed.of(people.subject, people.rater, people.score)
    exact, probed = DenseInverse(rows, at), ProbedInverse(rows, at)
    assert probed.log_det == pytest.approx(exact.log_det, rel=1e-12)
    assert probed.slack == 0
    assert probed.traces == pytest.approx(exact.traces, rel=1e-9)


def test_many_levels_need_fewer_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    people = organisation(3, people=50)
    rows, at = Crossed.of(people.subject, people.rater, people.score), Ratios(0.3, 0.25)
    many = ProbedInverse(rows, at)
    monkeypatch.setattr(probing, "MANY_LEVELS", 49)
    few = ProbedInverse(rows, at)
    assert (many.probes, few.probes) == (16, 4)


@pytest.mark.parametrize("method", Method)
def test_a_fit_by_conjugate_gradients_is_close_to_the_exact_one_and_repeats_itself(method: Method) -> None:
    people = organisation(4, people=300)
    rows = Crossed.of(people.subject, people.rater, people.score, [people.group])
    exact, found, again = fit(rows, method), fit(rows, method, exact_levels=0), fit(rows, method, exact_levels=0)
    assert found.variances == pytest.approx(exact.variances, rel=0.02)
    assert found.variances == again.variances
    ours, theirs = effects(found.predictor, SUBJECT), effects(exact.predictor, SUBJECT)
    assert np.corrcoef(ours.blup, theirs.blup)[0, 1] > 0.9999


@few
@given(crossings(least=14), st.integers(1, 6), st.booleans())
def test_refreshed_predictions_are_those_of_the_equations_with_the_earlier_variances(
    rated: Rated, new: int, is_exact: bool
) -> None:
    at = Ratios(0.7, 0.4)
    before = Rated(rated.subject[:-new], rated.rater[:-new], rated.y[:-new], [column[:-new] for column in rated.fixed])
    solver = DenseInverse(before.rows, at)
    earlier = Predictor(before.rows, solver, project(before.rows, solver), 9.0)
    found = refreshed(earlier, rated.rows, is_exact=is_exact)
    solutions, inverse = rated.written.equations(at)
    place = rated.rows.p
    for role in (SUBJECT, RATER):
        ours, levels = effects(found, role), rated.rows.levels[role]
        assert ours.blup == pytest.approx(solutions[place : place + levels], rel=1e-5, abs=1e-5)
        exact = 9 * np.diag(inverse)[place : place + levels]
        assert (ours.pev <= exact * (1 + 1e-9)).all()
        assert not is_exact or ours.pev == pytest.approx(exact, rel=1e-8)
        place += levels


def test_refreshing_takes_fewer_steps_than_solving_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    people = organisation(5, people=400)
    known = np.arange(len(people.score)) > 20
    rows = Crossed.of(people.subject, people.rater, people.score)
    earlier = fit(Crossed.of(people.subject[known], people.rater[known], people.score[known])).predictor
    warm = refreshed(earlier, rows, is_exact=False).solver
    assert isinstance(warm, IterativeSolver)
    cold = IterativeSolver(rows, earlier.solver.ratios)
    steps = [solver.iterate(rows.sums, 1e-6).steps.max() for solver in (warm, cold)]
    assert steps[0] < steps[1]


def test_a_new_rater_group_makes_refreshing_begin_anew() -> None:
    people = organisation(6)
    names = np.where(np.arange(len(people.score)) > 300, "customer", people.group)
    before, after = (Crossed.of(people.subject, people.rater, people.score, [group]) for group in (people.group, names))
    solver = DenseInverse(before, Ratios(0.7, 0.4))
    found = refreshed(Predictor(before, solver, project(before, solver), 9.0), after, is_exact=False)
    exact = project(after, DenseInverse(after, Ratios(0.7, 0.4)))
    assert found.projection.scores[SUBJECT] == pytest.approx(exact.scores[SUBJECT], rel=1e-5, abs=1e-5)
