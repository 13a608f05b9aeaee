"""The search ends where the likelihood of the full matrices is highest, in every corner, and knows what chance does."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import chdtrc

from app.scoring import search
from app.scoring.columns import Floats
from app.scoring.crossed import RATER, SUBJECT, Crossed
from app.scoring.errors import ScoringError
from app.scoring.likelihood import Method
from app.scoring.moments import moments
from app.scoring.predictions import effects
from app.scoring.reml import CrossedFit, fit, varies, zero_test
from tests.scoring.crossings import Rated, crossings, random_crossing
from tests.scoring.marginal import Written

few = settings(max_examples=25)
methods = st.sampled_from(Method)

BALANCED = [27, 23, 26, 27, 23, 26, 25, 21, 25, 26, 23, 25]
PLATES, SAMPLES = np.repeat(range(4), 3), np.tile(range(3), 4)


def searched(written: Written, method: Method, kept: Sequence[int] = (SUBJECT, RATER)) -> float | None:
    """The lowest criterion that a search without slopes finds, from several corners; none if it has no bottom."""

    def criterion(logs: Floats) -> float:
        ratios = [0.0, 0.0]
        for role, log in zip(kept, logs, strict=True):
            ratios[role] = math.exp(log)
        return written.criterion(ratios, method)

    starts = [[-2.0, -2.0], [2.0, 2.0], [-9.0, 1.0], [1.0, -9.0]]
    options = {"xatol": 1e-7, "fatol": 1e-10, "maxiter": 4000}
    bounds = [(-18, 12)] * len(kept)
    found = [
        minimize(criterion, start[: len(kept)], method="Nelder-Mead", bounds=bounds, options=options)
        for start in starts
    ]
    best = min(found, key=lambda one: float(one.fun))
    return float(best.fun) if max(best.x) < 9 else None


def fitted(rated: Rated, method: Method = Method.REML) -> CrossedFit | None:
    """The fit, unless the ratings are too few for one or leave the residual variance next to nothing."""
    rows = rated.rows
    if not varies(rows) or max(rows.levels) >= rows.n:
        return None
    found = fit(rows, method)
    return found if max(found.point.inverse.ratios) < 1000 else None


@few
@given(crossings(least=14), methods)
@example(random_crossing(440, 2, 14), Method.REML)  # two peaks; the higher one lies between two different ends
def test_no_search_without_slopes_finds_a_likelier_place(rated: Rated, method: Method) -> None:
    found = fitted(rated, method)
    lowest = searched(rated.written, method) if found is not None else None
    if found is not None and lowest is not None:
        assert found.is_settled
        assert found.is_exact
        assert found.criterion <= lowest + 1e-6


@few
@given(crossings(least=14), methods)
def test_at_the_place_found_nothing_pulls_and_what_is_nothing_is_pushed_there(rated: Rated, method: Method) -> None:
    found = fitted(rated, method)
    if found is not None:
        point = found.point
        for g, slope, pull in zip(point.inverse.ratios, point.gradient, np.diag(point.information), strict=True):
            assert (g > 0 and abs(slope * g) <= 1e-4 * (1 + pull * g * g)) or (g == 0 and slope > -1e-6)


@few
@given(crossings(least=14), st.floats(-1000, 1000), st.floats(0.01, 100), st.integers(0, 2**32 - 1))
def test_shift_scale_and_names_change_what_they_should_and_nothing_else(
    rated: Rated, shift: float, scale: float, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    order = draw.permutation(len(rated.y))
    names = [draw.permutation(9) + 100, draw.permutation(9)]
    turned = Rated(
        names[0][rated.subject][order],
        names[1][rated.rater][order],
        shift + scale * rated.y[order],
        [np.asarray(column)[order] for column in rated.fixed],
    )
    one, other = fitted(rated), fitted(turned)
    if one is not None and other is not None:
        assert other.variances == pytest.approx([scale**2 * v for v in one.variances], rel=1e-4, abs=1e-6 * scale**2)
        df = one.rows.n - one.rows.p
        assert other.criterion == pytest.approx(one.criterion + 2 * df * math.log(scale), rel=1e-7, abs=1e-7)
        for role in (SUBJECT, RATER):
            mine, theirs = (effects(each.predictor, role) for each in (one, other))
            place = np.argsort(names[role][mine.labels])
            assert theirs.blup == pytest.approx(scale * mine.blup[place], rel=1e-3, abs=1e-3 * scale)


def test_a_full_table_has_the_variances_of_its_analysis_of_variance() -> None:
    table = np.reshape(BALANCED, (4, 3)).astype(float)
    rows, columns = table.mean(axis=1) - table.mean(), table.mean(axis=0) - table.mean()
    rest = ((table - table.mean() - rows[:, None] - columns) ** 2).sum() / 6
    expected = [(3 * rows @ rows / 3 - rest) / 3, (4 * columns @ columns / 2 - rest) / 4, rest]
    assert fit(Crossed.of(PLATES, SAMPLES, BALANCED)).variances == pytest.approx(expected, rel=1e-6)


def test_ml_takes_variances_too_small_where_means_are_estimated() -> None:
    rows = Crossed.of(PLATES, SAMPLES, BALANCED)
    full, restricted = fit(rows, Method.ML).variances, fit(rows, Method.REML).variances
    assert (full.subject < restricted.subject, full.rater < restricted.rater) == (True, True)


def test_raters_who_do_not_differ_have_a_variance_of_exactly_0_and_predictions_of_0() -> None:
    y = np.array([60, 60, 61, 59, 70, 70, 69, 71, 50, 50, 51, 49])
    found = fit(Crossed.of(np.repeat(range(3), 4), np.tile(range(4), 3), y))
    strict = effects(found.predictor, RATER)
    assert found.variances.rater == 0
    assert (strict.blup.tolist(), strict.pev.tolist(), strict.reliability.tolist()) == ([0] * 4, [0] * 4, [0] * 4)
    # Two thirds and no more: where three subjects stand is known to a third of their variance only.
    assert effects(found.predictor, SUBJECT).reliability == pytest.approx(2 / 3, abs=0.01)
    assert zero_test(found, RATER) == (0.0, 1.0)


@pytest.mark.parametrize("method", Method)
def test_a_single_level_has_no_variance(method: Method) -> None:
    one_subject = fit(Crossed.of([1] * 6, [1, 1, 2, 2, 3, 3], [50, 52, 60, 64, 70, 71]), method)
    one_rater = fit(Crossed.of([1, 1, 2, 2, 3, 3], [1] * 6, [50, 52, 60, 64, 70, 71]), method)
    assert (one_subject.variances.subject, one_rater.variances.rater) == (0, 0)
    assert one_subject.variances.rater == pytest.approx(one_rater.variances.subject, rel=1e-6)
    assert one_subject.criterion == pytest.approx(one_rater.criterion, rel=1e-9)


def test_raters_who_are_their_groups_have_no_variance_beside_them() -> None:
    group = ["a", "a", "b", "b", "c", "c", "a", "b", "c"]
    found = fit(Crossed.of([1, 2, 1, 2, 1, 2, 3, 3, 3], group, [50, 60, 40, 52, 70, 77, 66, 58, 83], [group]))
    assert found.variances.rater == 0


def test_ratings_that_nothing_is_left_of_end_at_the_largest_ratio() -> None:
    subject, rater = np.repeat(range(5), 4), np.tile(range(4), 5)
    found = fit(Crossed.of(subject, rater, 10.0 * subject + 3.0 * rater))
    assert found.is_settled
    assert max(found.point.inverse.ratios) == pytest.approx(1e6)


def test_a_nested_design_shrinks_like_one_way_analysis() -> None:
    subject = np.repeat(range(4), 6)
    rater = np.repeat(range(12), 2)
    y = 50 + 8.0 * (subject - 1.5) + np.tile([-3.0, -1.0, 2.5, 4.0, -2.0, -0.5], 4) + np.tile([0.4, -0.4, 0.1], 8)
    found, written = fit(Crossed.of(subject, rater, y)), Written.of(subject, rater, y)
    assert found.criterion == pytest.approx(searched(written, Method.REML), abs=1e-6)


@pytest.mark.parametrize(
    ("subject", "rater", "y"),
    [
        ([1, 1, 2, 2], ["a", "b", "a", "b"], [50, 50, 50, 50]),
        ([1, 1, 2, 2], ["a", "b", "a", "b"], [0.1] * 4),
        ([1, 1, 2, 2], ["a", "b", "c", "d"], [50, 60, 70, 80]),
        ([1, 2, 3], ["a", "b", "a"], [50, 60, 70]),
        ([1], ["a"], [50]),
    ],
)
def test_ratings_that_hold_no_model_are_refused(subject: Any, rater: Any, y: Any) -> None:
    with pytest.raises(ScoringError, match="a crossed model needs ratings that vary, and more of them"):
        fit(Crossed.of(subject, rater, y))


def test_ratings_that_the_fixed_effects_explain_do_not_vary() -> None:
    group = ["a", "b", "a", "b", "a", "b"]
    explained = Crossed.of([1, 1, 2, 2, 3, 3], list("pqpqpq"), [50, 60, 50, 60, 50, 60], [group])
    too_many = Crossed.of([1, 1], ["a", "b"], [1, 2], [["c", "d"]])
    assert (varies(explained), varies(too_many)) == (False, False)
    assert varies(Crossed.of([1, 1, 2, 2, 3, 3], list("pqpqpq"), [50, 60, 50, 60, 51, 60], [group]))


def test_a_search_that_is_cut_short_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_STEPS", 1)
    found = fit(Crossed.of(PLATES[:-1], SAMPLES[:-1], BALANCED[:-1]))
    assert not found.is_settled


@few
@given(crossings(least=14), st.sampled_from([SUBJECT, RATER]))
def test_the_test_of_zero_compares_with_the_best_model_without_the_factor(rated: Rated, role: int) -> None:
    found = fitted(rated)
    without = searched(rated.written, Method.REML, [1 - role]) if found is not None else None
    if found is not None and without is not None:
        test = zero_test(found, role)
        assert test.statistic == pytest.approx(max(0.0, without - found.criterion), abs=2e-6)
        assert test.p_value == (chdtrc(1, test.statistic) / 2 if test.statistic > 0 else 1)


@pytest.mark.slow
def test_a_true_zero_is_called_significant_once_in_twenty() -> None:
    draw = np.random.default_rng(3)
    subject, rater = np.repeat(range(8), 8), np.tile(range(8), 8)
    p_values = [
        zero_test(fit(Crossed.of(subject, rater, draw.normal(size=8)[subject] + draw.normal(size=64))), RATER).p_value
        for _ in range(120)
    ]
    assert 0.02 <= np.mean(np.array(p_values) < 0.05) <= 0.085


@given(crossings(least=14))
def test_moments_without_fixed_effects_solve_the_equations_of_their_expectation(rated: Rated) -> None:
    plain = Rated(rated.subject, rated.rater, rated.y)
    written, y = plain.written, rated.y - rated.y.mean()
    n = len(y)
    forms = [np.eye(n) - z @ np.diag(1 / z.sum(axis=0)) @ z.T for z in written.z] + [n * np.eye(n) - np.ones((n, n))]
    parts = [*(z @ z.T for z in written.z), np.eye(n)]
    matrix = np.array([[np.trace(form @ part) for part in parts] for form in forms])
    found = moments(plain.rows)
    if np.linalg.matrix_rank(matrix) < 3:
        assert found is None
    else:
        assert found is not None
        assert matrix @ found == pytest.approx(np.array([y @ form @ y for form in forms]), rel=1e-7, abs=1e-6)


@pytest.mark.parametrize("rater", [[1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 1]])
def test_moments_of_one_rater_or_of_raters_with_one_rating_are_not_determined(rater: list[int]) -> None:
    assert moments(Crossed.of([1, 1, 2, 2, 3, 3], rater, [1, 2, 3, 5, 8, 13])) is None


def test_of_two_peaks_the_higher_is_found_even_if_the_way_leads_to_the_one_at_0() -> None:
    rated = random_crossing(57, 2, 14)
    found = fit(rated.rows)
    assert found.criterion == pytest.approx(searched(rated.written, Method.REML), abs=1e-6)
    at_zero = rated.written.criterion((0.0, 3.9457599), Method.REML)
    assert found.criterion < at_zero - 3
    assert min(found.variances) > 0


def test_between_two_peaks_on_the_edge_the_one_at_nothing_is_found_if_it_is_higher() -> None:
    rated = random_crossing(6266133, 2, 14)
    found = fit(rated.rows, Method.ML)
    assert (found.variances.subject, found.variances.rater) == (0.0, 0.0)
    assert found.criterion == pytest.approx(rated.written.criterion((0.0, 0.0), Method.ML), abs=1e-9)
    assert found.criterion < rated.written.criterion((5.4367621941620925 / 6.657670086980744, 0.0), Method.ML) - 0.3


def test_of_few_ratings_a_peak_inside_is_not_taken_for_the_highest() -> None:
    rated = random_crossing(3528492, 2, 14)
    found = fit(rated.rows, Method.ML)
    assert found.criterion == pytest.approx(searched(rated.written, Method.ML), abs=1e-6)
    assert found.variances.subject == 0.0


def test_a_likelihood_without_bound_is_no_peak() -> None:
    rated = random_crossing(277, 2, 8)
    assert searched(rated.written, Method.ML) is None
    assert fit(rated.rows, Method.ML).variances.rater == 0


@given(st.integers(0, 10**6), st.booleans())
def test_no_place_in_the_box_is_lower_than_the_next_step(seed: int, is_flat: bool) -> None:
    draw = np.random.default_rng(seed)
    root = draw.normal(size=(2, 1 if is_flat else 2)) * 10.0 ** draw.integers(-4, 4, (2, 1))
    curvature, slope = root @ root.T, draw.normal(size=2) * 10.0 ** draw.integers(-3, 3, 2)
    low, high = -draw.uniform(0, 2, 2), draw.uniform(0, 2, 2)
    step = search._lowest(slope, curvature, low, high)
    assert ((step >= low) & (step <= high)).all()
    others = np.concatenate([draw.uniform(low, high, (200, 2)), np.array([low, high, [low[0], high[1]]])])

    def height(at: Floats) -> Floats:
        return np.asarray(at @ slope + np.einsum("...i,ij,...j->...", at, curvature, at) / 2)

    assert height(step) <= height(others).min() + 1e-6 * (1 + np.abs(slope).sum() + np.abs(curvature).sum())
