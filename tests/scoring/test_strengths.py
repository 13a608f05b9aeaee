"""Strengths and development areas stand out from a subject's own mean, beyond the error of that comparison."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.pooling import PooledCovariance
from app.scoring.results import KpiScore
from app.scoring.soft import RaterMix
from app.scoring.strengths import (
    Deviation,
    NoStrengths,
    Strengths,
    Unremarkable,
    deviations,
    standouts,
    strengths,
)
from tests.scoring.naive import square_of_group
from tests.scoring.people import soft

NAN = math.nan
COVARIANCE = np.array([[400, 200, 150], [200, 500, -50], [150, -50, 600]], np.float64)
KNOWN = PooledCovariance(
    variances={k: COVARIANCE[k, k] for k in range(3)},
    covariances={(0, 1): 200.0, (0, 2): 150.0, (1, 2): -50.0},
)
MIXES = [
    RaterMix(0, {"manager": 2, "peers": 3}),
    RaterMix(1, {"manager": 1, "peers": 1, "customers": 1}),
    RaterMix(2, {"peers": 1, "self": 0}),
]
answers = st.sampled_from([0.0, 12.5, 50.0, 62.5, 100.0, NAN])
named = st.builds(
    Deviation,
    st.integers(0, 9),
    st.floats(0, 100),
    st.floats(-50, 50),
    st.floats(0.5, 20),
)


def told(found: Strengths | NoStrengths) -> Strengths:
    assert isinstance(found, Strengths)
    return found


def spread_out(*scores: float, se: float = 2.0) -> list[Deviation]:
    """One subject with these scores, every deviation equally sure."""
    mean = math.fsum(scores) / len(scores)
    return [Deviation(kpi, score, score - mean, se) for kpi, score in enumerate(scores)]


def names(found: Strengths) -> tuple[list[int], list[int]]:
    return [one.kpi for one in found.strengths], [one.kpi for one in found.development_areas]


# ------------------------------------------------------------ the error


@given(st.lists(st.tuples(answers, answers, answers), min_size=1, max_size=6), st.tuples(*[st.integers(0, 4)] * 2))
def test_the_error_of_a_deviation_is_that_of_its_raters(
    rows: list[tuple[float, float, float]], of_manager: tuple[int, int]
) -> None:
    peers = {kpi: [row[kpi] for row in rows] for kpi in range(3)}
    manager = {kpi: [25.0 * level] for kpi, level in enumerate(of_manager)}
    given = {"manager": manager, "peers": peers, "self": {2: [100.0]}}
    scores = soft(given, MIXES, spread=dict.fromkeys(given, KNOWN))
    values = {kpi: value for (_, kpi), value in scores.values().items() if isinstance(value, KpiScore)}
    found = deviations(scores, [2, 0, 1]).get(0, [])
    assert [one.kpi for one in found] == [kpi for kpi in (2, 0, 1) if kpi in values]
    mean = sum(value.score for value in values.values()) / max(1, len(values))
    for one in found:
        square = 0.0
        for name in ("manager", "peers"):
            shares = {
                kpi: group.share for kpi, value in values.items() for group in value.groups if group.groups == (name,)
            }
            a = {kpi: share * ((kpi == one.kpi) - 1 / len(values)) for kpi, share in shares.items()}
            table = np.array([given[name].get(kpi, [NAN] * len(given[name][0])) for kpi in range(3)]).T
            square += square_of_group([table], a, COVARIANCE)[0] if any(a.values()) else 0.0
        assert (one.deviation, one.se) == pytest.approx((one.score - mean, math.sqrt(square)), rel=1e-8, abs=1e-9)


def test_what_raters_say_about_all_kpis_at_once_is_no_noise() -> None:
    """Four raters who are severe or mild throughout: every score is unsure, the difference of two is not."""
    severe = {"peers": {0: [30.0, 50.0, 70.0, 90.0], 1: [10.0, 30.0, 50.0, 70.0]}}
    alike = PooledCovariance(variances={0: 600.0, 1: 600.0}, covariances={(0, 1): 590.0})
    scores = soft(severe, [RaterMix(kpi, {"peers": 1}) for kpi in (0, 1)], spread={"peers": alike})
    alone = scores.values()[0, 0]
    assert isinstance(alone, KpiScore)
    assert alone.uncertainty.se > 10
    assert deviations(scores, [0, 1])[0][0].se < 2
    assert names(told(strengths(scores, [0, 1])[0])) == ([0], [1])


def test_only_the_kpis_that_are_asked_for_count() -> None:
    scores = soft(
        {"peers": {0: [90.0] * 30, 1: [50.0] * 30, 2: [70.0] * 30}}, [RaterMix(k, {"peers": 1}) for k in range(3)]
    )
    assert [(one.kpi, one.deviation) for one in deviations(scores, [1, 2])[0]] == [(1, -10), (2, 10)]
    assert strengths(scores, [0]) == {0: NoStrengths(Unremarkable.TOO_FEW_KPIS)}
    assert strengths(scores, []) == {}


def test_kpis_without_a_score_take_no_part() -> None:
    mixes = [*(RaterMix(k, {"peers": 1}) for k in (0, 1)), RaterMix(2, {"peers": 1, "customers": 2})]
    scores = soft({"peers": {0: [90.0] * 30, 1: [50.0] * 30, 2: [0.0] * 30}}, mixes)
    assert [(one.kpi, one.deviation) for one in deviations(scores, [0, 1, 2])[0]] == [(0, 20), (1, -20)]


# ------------------------------------------------------------ what is named


def test_the_clear_ones_are_named_sharpest_first_and_three_at_most() -> None:
    scores = [90.0, 92, 88, 86, 30, 40, 35, 20]
    assert names(told(standouts(spread_out(*scores)))) == ([1, 0, 2], [7, 4, 6])


def test_the_sharpest_is_the_one_with_the_best_bound_not_with_the_largest_deviation() -> None:
    unsure = [Deviation(0, 95, 25, 14), Deviation(1, 85, 15, 3), Deviation(2, 30, -40, 10)]
    assert names(told(standouts(unsure))) == ([1, 0], [2])


def test_equally_sharp_ones_come_in_the_order_of_the_kpis() -> None:
    found = spread_out(80, 80, 20, 20)
    assert names(told(standouts(found))) == ([0, 1], [2, 3])
    assert names(told(standouts(found[::-1]))) == ([1, 0], [3, 2])


def test_a_strength_is_at_least_60_and_a_development_area_under_80() -> None:
    low = told(standouts(spread_out(59, 40, 30)))
    assert [(one.kpi, one.is_tentative, one.is_relative) for one in low.strengths] == [(0, True, True)]
    edge = told(standouts(spread_out(60, 40, 30)))
    assert [(one.kpi, one.is_tentative, one.is_relative) for one in edge.strengths] == [(0, False, False)]
    high = told(standouts(spread_out(99, 90, 80)))
    assert [(one.kpi, one.is_tentative, one.is_relative) for one in high.development_areas] == [(2, True, True)]
    under = told(standouts(spread_out(99, 90, 79.9)))
    assert [(one.kpi, one.is_tentative, one.is_relative) for one in under.development_areas] == [(2, False, False)]


def test_where_none_is_clear_the_nearest_stands_in_and_says_so() -> None:
    found = told(standouts(spread_out(72, 70, 68, se=10)))
    assert [(one.kpi, one.is_tentative) for one in (*found.strengths, *found.development_areas)] == [
        (0, True),
        (2, True),
    ]
    assert (found.strengths[0].bound < 0, found.development_areas[0].bound > 0) == (True, True)


def test_one_that_meets_the_absolute_condition_stands_in_before_one_that_does_not() -> None:
    found = [Deviation(0, 58, 8, 5), Deviation(1, 62, 12, 9), Deviation(2, 30, -20, 30)]
    assert [(one.kpi, one.is_tentative) for one in told(standouts(found)).strengths] == [(1, True)]


def test_a_deviation_a_little_over_1_645_errors_is_clear() -> None:
    both = [Deviation(0, 75, 1.6449, 1), Deviation(1, 75, 1.6451, 1), Deviation(2, 70, -3.29, 1)]
    assert [(one.kpi, one.is_tentative) for one in told(standouts(both)).strengths] == [(1, False)]


def test_scores_that_do_not_differ_have_neither_strengths_nor_development_areas() -> None:
    equal = soft({"peers": {k: [70.0] * 9 for k in range(3)}}, [RaterMix(k, {"peers": 1}) for k in range(3)])
    assert strengths(equal, [0, 1, 2]) == {0: NoStrengths(Unremarkable.NO_DIFFERENCE)}
    assert standouts(spread_out(70)) == standouts([]) == NoStrengths(Unremarkable.TOO_FEW_KPIS)


@given(st.lists(named, max_size=9, unique_by=lambda one: one.kpi))
def test_a_kpi_is_never_on_both_lists_and_neither_list_is_longer_than_three(found: list[Deviation]) -> None:
    result = standouts(found)
    if isinstance(result, Strengths):
        up, down = names(result)
        assert (set(up) & set(down), len(up) <= 3, len(down) <= 3) == (set(), True, True)
        for listed, sign in ((result.strengths, 1), (result.development_areas, -1)):
            bounds = [sign * one.bound for one in listed]
            assert bounds == sorted(bounds, reverse=True)
            assert [one for one in listed if one.is_tentative and len(listed) > 1] == []
            assert [one for one in listed if not one.is_tentative and sign * one.bound <= 0] == []
            assert [one for one in listed if sign * one.deviation <= 0] == []


@given(st.lists(st.integers(0, 100), min_size=2, max_size=8), st.floats(1, 20))
def test_wherever_scores_differ_there_is_one_of_each(scores: list[int], se: float) -> None:
    found: Any = standouts(spread_out(*scores, se=se))
    if len(set(scores)) > 1:
        assert (len(found.strengths) > 0, len(found.development_areas) > 0) == (True, True)
    else:
        assert found == NoStrengths(Unremarkable.NO_DIFFERENCE)


def test_the_sharpest_comes_first_and_of_unclear_ones_the_nearest_is_named() -> None:
    scores = [(90.0, 2.0), (88.0, 9.0), (95.0, 3.0), (40.0, 2.0), (38.0, 9.0), (35.0, 3.0)]
    mean = math.fsum(score for score, _ in scores) / len(scores)
    clear = standouts([Deviation(kpi, score, score - mean, se) for kpi, (score, se) in enumerate(scores)])
    assert isinstance(clear, Strengths)
    assert [one.kpi for one in clear.strengths] == [2, 0, 1]
    assert [one.kpi for one in clear.development_areas] == [5, 3, 4]
    vague = standouts([Deviation(kpi, score, score - mean, 10 * se) for kpi, (score, se) in enumerate(scores)])
    assert isinstance(vague, Strengths)
    assert [(one.kpi, one.is_tentative) for one in vague.strengths] == [(0, True)]
    assert [(one.kpi, one.is_tentative) for one in vague.development_areas] == [(3, True)]
