"""A rater score needs half of the item weight and is the weighted mean of the answered items."""

import math

import pytest

from app.scoring.errors import ScoringError
from app.scoring.raters import rater_score, rater_scores
from tests.scoring.facts import agrees


def test_unanswered_items_leave_the_mean_of_the_answered() -> None:
    assert rater_score([100, 50, None], [1, 2, 1]) == agrees(200 / 3)


def test_half_of_the_item_weight_is_enough() -> None:
    assert rater_score([80, None], [0.5, 0.5]) == 80


def test_half_of_the_item_weight_is_enough_although_floating_point_says_a_little_less() -> None:
    weights = [0.3, 0.2, 0.1, 0.4]
    assert 1 - 0.3 - 0.2 < 0.5
    assert rater_score([None, None, 80, 80], weights) == agrees(80)


def test_less_than_half_of_the_item_weight_is_no_score() -> None:
    assert rater_score([100, None, None], [1, 1, 1]) is None


def test_an_item_without_weight_alone_is_no_score() -> None:
    assert rater_score([100, None], [0, 1]) is None


def test_a_sheet_without_answers_has_no_score() -> None:
    assert rater_score([None, None], [1, 1]) is None


def test_a_column_of_sheets_scores_as_each_sheet_alone() -> None:
    sheets: list[list[float]] = [[0, 25, 50], [100, math.nan, 75], [math.nan, math.nan, 100], [100, 100, 100]]
    weights = [3, 1, 2]
    alone = [rater_score([None if math.isnan(x) else x for x in sheet], weights) for sheet in sheets]
    column = rater_scores(sheets, weights).tolist()
    assert [None if math.isnan(score) else score for score in column] == alone


@pytest.mark.parametrize("n_items", range(1, 40))
def test_the_best_answers_give_100_and_never_more(n_items: int) -> None:
    score = rater_score([100] * n_items, [0.1 * (item + 1) for item in range(n_items)])
    assert score == agrees(100)
    assert score is not None
    assert score <= 100


def test_points_outside_the_scale_are_refused() -> None:
    with pytest.raises(ScoringError, match="points of an answer must be from 0 to 100"):
        rater_scores([[101.0]], [1])


@pytest.mark.parametrize("points", [[50, 50], [[50, 50, 50]]])
def test_points_must_have_one_column_per_item(points: list[float]) -> None:
    with pytest.raises(ScoringError, match="points must have one column for each of the 2 items"):
        rater_scores(points, [1, 1])


@pytest.mark.parametrize("weights", [[0, 0], [1, -1], [math.nan, 1], [math.inf, 1], [True, 1]])
def test_item_weights_must_be_usable(weights: list[float]) -> None:
    with pytest.raises(ScoringError, match="item"):
        rater_scores([[50, 50]], weights)
