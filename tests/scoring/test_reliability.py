"""How firmly a score stands, and how many raters would make it stand firmer."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.errors import ScoringError
from app.scoring.moments import Variances
from app.scoring.needed import one_rater, raters_needed, spearman_brown
from app.scoring.reliability import Firmness, Gap, NotDefined, between_variance, firmness, reliability
from tests.scoring.facts import agrees, facts

shares = st.floats(0.01, 0.99)


@given(st.floats(0, 1e4), st.floats(0, 1e3))
def test_reliability_is_the_share_of_the_variance_between_subjects(between: float, se: float) -> None:
    found = reliability(between, se)
    assert 0 <= found <= 1
    if between + se**2 > 0:
        assert found * (between + se**2) == pytest.approx(between)


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (0.0, Firmness.PRELIMINARY),
        (0.4999, Firmness.PRELIMINARY),
        (1 - 0.3 - 0.2, Firmness.MODERATE),
        (0.5, Firmness.MODERATE),
        (0.6999, Firmness.MODERATE),
        (0.7, Firmness.SOLID),
        (1.0, Firmness.SOLID),
    ],
)
def test_a_reliability_has_the_word_of_its_range(value: float, word: Firmness) -> None:
    assert firmness(value) is word


def test_errors_are_taken_off_the_variance_of_scores() -> None:
    assert between_variance([50, 60, 70], [6, 6, 6]) == 64
    assert between_variance([50, 60, 70], [3, 6, 9]) == pytest.approx(100 - (9 + 36 + 81) / 3)
    assert between_variance([50, 52, 54], [6, 6, 6]) == 0
    assert between_variance([50], [6]) == NotDefined(Gap.TOO_FEW)


@pytest.mark.parametrize(("between", "se"), [(-1, 1), (1, -1)])
def test_a_negative_variance_or_error_is_refused(between: float, se: float) -> None:
    with pytest.raises(ScoringError, match="must be 0 or more"):
        reliability(between, se)


def test_raters_and_reliabilities_are_those_of_the_reference() -> None:
    four, wished = facts()["worked_model"]["spearman_brown"]
    assert spearman_brown(four["icc1"], four["k"]) == agrees(four["icck"])
    assert raters_needed(wished["target"], wished["icc1"]) == math.ceil(wished["k_needed"])


@pytest.mark.parametrize(("one", "expected"), [(0.30, 6), (0.37, 4), (0.50, 3), (0.155, 13)])
def test_sources_need_the_raters_that_practice_shows(one: float, expected: int) -> None:
    assert raters_needed(0.7, one) == expected


@given(shares, shares)
def test_so_many_raters_are_enough_and_one_fewer_is_not(wished: float, one: float) -> None:
    needed = raters_needed(wished, one)
    assert isinstance(needed, int)
    assert spearman_brown(one, needed) >= wished - 1e-7
    assert needed == 1 or spearman_brown(one, needed - 1) < wished


@given(st.integers(1, 200), shares)
def test_a_reliability_that_a_number_of_raters_gives_exactly_needs_no_more(k: int, one: float) -> None:
    assert raters_needed(spearman_brown(one, k), one) == k


def test_raters_who_say_nothing_are_never_enough() -> None:
    assert raters_needed(0.7, 0) == NotDefined(Gap.NO_SPREAD)
    assert raters_needed(0.7, -0.05) == NotDefined(Gap.NO_SPREAD)
    assert raters_needed(0, 0.5) == 1


def test_own_raters_err_by_their_severity_too() -> None:
    assert one_rater(Variances(64, 49, 196)) == 64 / 309
    assert one_rater(Variances(0, 0, 0)) == NotDefined(Gap.NO_SPREAD)


@pytest.mark.parametrize(("wished", "one"), [(1, 0.5), (-0.1, 0.5), (0.7, 1.1), (math.nan, 0.5), (0.7, math.nan)])
def test_reliabilities_beyond_1_are_refused(wished: float, one: float) -> None:
    with pytest.raises(ScoringError, match="reliabilities must be at most 1"):
        raters_needed(wished, one)


@pytest.mark.parametrize(("one", "k"), [(1.2, 3), (-0.1, 3), (0.5, 0), (0.5, math.nan)])
def test_the_mean_of_no_raters_is_refused(one: float, k: float) -> None:
    with pytest.raises(ScoringError, match="a reliability from 0 to 1 and more than 0 raters"):
        spearman_brown(one, k)
