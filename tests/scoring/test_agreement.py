"""Raters of one subject agree as the reference says, and more than chance only where they do."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.agreement import (
    SLIGHT_SKEW,
    Agreement,
    Strength,
    agreement,
    in_points,
    null_variance,
    uniform_null,
)
from app.scoring.errors import ScoringError
from app.scoring.reliability import Gap, NotDefined
from tests.scoring.facts import agrees, facts
from tests.scoring.test_coefficients import leadership

answers = st.lists(st.tuples(*[st.integers(1, 5)] * 3), min_size=2, max_size=9)


@pytest.mark.parametrize(
    ("name", "null", "is_mean"),
    [
        ("lq2002_rwg_LEAD_mean_uniform5", 2.0, True),
        ("lq2002_rwgj_LEAD_uniform5", 2.0, False),
        ("lq2002_rwgj_LEAD_slightskew5", SLIGHT_SKEW, False),
    ],
)
def test_companies_agree_as_multilevel_has_it(name: str, null: float, is_mean: bool) -> None:
    expected = facts()["reliability"][name]
    company, items = leadership()
    found = agreement(company, items.mean(axis=1) if is_mean else items, null)
    values = {label: one.value for label, one in found.items() if isinstance(one, Agreement)}
    assert len(values) == 49
    assert {label: values[label] for label in expected["first5"]} == agrees(expected["first5"])
    told = list(values.values())
    figures = {"mean": np.mean(told), "median": np.median(told), "min": min(told), "max": max(told)}
    assert {key: figures[key] for key in figures if key in expected} == agrees(
        {key: expected[key] for key in figures if key in expected}
    )


@given(answers)
def test_agreement_is_that_of_the_formula_and_lies_in_0_to_1(rows: list[tuple[int, ...]]) -> None:
    found = agreement([7] * len(rows), rows, 2.0)[7]
    assert isinstance(found, Agreement)
    share = np.var(np.array(rows), axis=0, ddof=1).mean() / 2
    expected = 3 * (1 - share) / (3 * (1 - share) + share) if share < 1 else 0
    assert found.value == pytest.approx(expected)
    assert found.sd == pytest.approx(math.sqrt(2 * share))
    assert (0 <= found.value <= 1, found.n) == (True, len(rows))


@given(answers)
def test_answers_as_points_agree_as_the_answers_do(rows: list[tuple[int, ...]]) -> None:
    points = (np.array(rows) - 1) * 25
    one, other = agreement([1] * len(rows), rows, 2.0)[1], agreement([1] * len(rows), points, in_points(2.0, 5))[1]
    assert isinstance(one, Agreement)
    assert isinstance(other, Agreement)
    assert (other.value, other.sd) == pytest.approx((one.value, 25 * one.sd))


def test_missing_answers_leave_an_item_to_those_who_gave_one() -> None:
    nan = math.nan
    rows = [[4, 2, nan], [5, nan, 1], [3, nan, nan], [nan, nan, nan]]
    found = agreement(["a"] * 4, rows, 2.0)["a"]
    assert isinstance(found, Agreement)
    assert tuple(found) == pytest.approx((0.5, 1.0, 3))


def test_one_rater_agrees_with_nobody() -> None:
    found = agreement(["a", "b", "b"], [3, 4, 4], 2.0)
    assert found == {"a": NotDefined(Gap.TOO_FEW), "b": Agreement(1.0, 0.0, 2)}


def test_answers_spread_wider_than_chance_do_not_agree() -> None:
    found = agreement([1, 1], [1, 5], 2.0)[1]
    assert isinstance(found, Agreement)
    assert (found.value, found.strength) == (0, Strength.LACK)


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (0, "lack"),
        (0.3, "lack"),
        (0.304, "lack"),
        (0.31, "weak"),
        (0.5, "weak"),
        (0.51, "moderate"),
        (0.7, "moderate"),
        (0.71, "strong"),
        (0.9, "strong"),
        (0.91, "very_strong"),
        (1, "very_strong"),
    ],
)
def test_an_agreement_has_the_word_of_its_range(value: float, word: str) -> None:
    assert Agreement(value, 1.0, 5).strength.value == word


@given(st.integers(2, 11))
def test_the_uniform_null_is_the_variance_of_equal_shares(points: int) -> None:
    assert uniform_null(points) == pytest.approx(null_variance([1 / points] * points))


@pytest.mark.parametrize(
    ("subject", "rows", "null"),
    [([1, 2], [[1]], 2.0), ([1], [[math.inf]], 2.0), ([1], [[1]], 0.0), ([1], [[1]], math.nan)],
)
def test_answers_that_cannot_be_read_are_refused(subject: Any, rows: Any, null: float) -> None:
    with pytest.raises(ScoringError, match="a row of answers for every label, and a null variance above 0"):
        agreement(subject, rows, null)


def test_a_null_needs_points_and_shares() -> None:
    with pytest.raises(ScoringError, match="at least 2 points"):
        uniform_null(1)
    for shares in ([0.5, 0.6], [1.5, -0.5], [math.nan]):
        with pytest.raises(ScoringError, match="add up to 1"):
            null_variance(shares)
