"""Intervals of sums from published ones: never off the scale, never surer than their parts, near the model's own."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.errors import ScoringError
from app.scoring.intervals import score_interval
from app.scoring.recovered import Known, distances, interval_within, thinned
from app.scoring.results import Uncertainty

SCORES = st.floats(0, 100)


def known(source: int = -1) -> st.SearchStrategy[Known]:
    return st.builds(
        lambda score, below, above: Known(score, below * score, above * (100 - score), source),
        SCORES,
        st.floats(0, 1),
        st.floats(0, 1),
    )


@given(SCORES, st.floats(0, 300), st.floats(0, 300))
def test_the_ends_hold_the_score_and_stay_on_the_scale(score: float, below: float, above: float) -> None:
    lo, hi = interval_within(score, below, above)
    assert 0 <= lo <= score <= hi <= 100


@given(known())
def test_one_part_of_full_weight_keeps_its_interval(part: Known) -> None:
    assert distances([1.0], [part]) == pytest.approx((part.below, part.above))


@given(st.lists(known(source=7), min_size=2, max_size=5))
def test_what_errs_together_is_less_sure_than_what_errs_apart_and_surer_than_one_alone(parts: list[Known]) -> None:
    weights = [1 / len(parts)] * len(parts)
    apart = distances(weights, [one._replace(source=-1) for one in parts])
    together = distances(weights, parts)
    widest = max(one.below for one in parts), max(one.above for one in parts)
    for some, more, most in zip(apart, together, widest, strict=True):
        assert some <= more <= most + 1e-9


def test_it_comes_near_the_interval_of_the_model() -> None:
    """Example E1: manager 75 alone and colleagues 62.5 of four give 40.85 .. 89.04 by the model."""
    parts = [
        Known(score, score - ends.lo, ends.hi - score)
        for score, square, df, n in ((75.0, 400.0, 8, 1), (62.5, 347.727273 / 4, 11, 4))
        for ends in [score_interval(score, Uncertainty(math.sqrt(square), df, n))]
    ]
    lo, hi = interval_within(70.3125, *distances([0.625, 0.375], parts))
    assert abs(lo - 40.85092) < 2.5
    assert abs(hi - 89.037514) < 5


def test_fewer_raters_are_less_sure_and_nobody_is_refused() -> None:
    parts = [Known(60.0, 10.0, 8.0), Known(80.0, 12.0, 9.0)]
    as_many, fewer, more = (thinned(parts, [5, 5], size) for size in (10, 5, 20))
    assert [side / math.sqrt(2) for side in fewer] == pytest.approx(list(as_many))
    assert more[0] < as_many[0] < fewer[0]
    with pytest.raises(ScoringError):
        thinned([], [], 4)
