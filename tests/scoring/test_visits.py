"""One visit and several together, against leaving each of them out by hand."""

import math

import numpy as np
import pytest

from app.scoring.errors import ScoringError
from app.scoring.results import NotScored
from app.scoring.visits import VisitScore, VisitsTogether, together, visit_score


def test_a_cap_takes_away_only_what_lies_above_it() -> None:
    assert visit_score([20, 40], [1, 1], failed=2, cap=50) == VisitScore(30, 30, is_capped=False)
    assert visit_score([100, 100], [1, 3], failed=1, cap=0) == VisitScore(0, 100, is_capped=True)
    assert isinstance(visit_score([], [], failed=1, cap=50), NotScored)


def test_nothing_is_better_than_perfect_whatever_the_weights() -> None:
    # 0.1 and its like add up to a little less than they weigh: 100.00000000000001, which no table takes.
    assert visit_score([100] * 5, [2.8, 0.9, 2.4, 2.0, 0.1], failed=0, cap=50) == VisitScore(100, 100, is_capped=False)


@pytest.mark.parametrize(
    ("weights", "cap"), [([1], 50), ([1, 0], 50), ([1, math.nan], 50), ([1, 1], 101), ([1, 1], -1)]
)
def test_what_cannot_be_scored_is_refused(weights: list[float], cap: float) -> None:
    with pytest.raises(ScoringError):
        visit_score([50, 50], weights, failed=0, cap=cap)


def test_the_largest_pull_is_what_leaving_one_visit_out_does_at_most() -> None:
    draws = np.random.default_rng(20261123).uniform(0, 100, (200, 7))
    for scores in draws[:, :].tolist():
        for n in range(2, 8):
            some = scores[:n]
            found = together(some, least=1)
            assert isinstance(found, VisitsTogether)
            pulls = [abs(np.mean(some) - np.mean([*some[:place], *some[place + 1 :]])) for place in range(n)]
            assert found.largest_pull == pytest.approx(max(pulls), abs=1e-9)
            assert pulls[found.extreme] == pytest.approx(max(pulls), abs=1e-9)
            assert found.interval is not None
            assert found.interval.lo <= found.mean <= found.interval.hi


def test_the_interval_is_moderated_so_that_few_equal_visits_are_not_certain_and_two_unlike_ones_say_something() -> None:
    # v = (8*900 + s2)/(8 + n - 1), n_eff = max(n, 10^4 p~(1 - p~)/(v/n)), Wilson's ends with t of 8 + n - 1.
    for scores, expected in (
        ([80, 80, 80], (43, 96)),
        ([100, 100], (47, 100)),
        ([0, 0], (0, 53)),
        ([80, 60], (27, 94)),
    ):
        found = together(scores, least=1)
        assert isinstance(found, VisitsTogether)
        assert found.interval == expected


@pytest.mark.parametrize("score", [0, 50, 99.5, 100])
def test_more_equal_visits_are_surer_and_never_certain(score: float) -> None:
    widths = []
    for n in range(2, 40):
        found = together([score] * n)
        if isinstance(found, VisitsTogether) and found.interval is not None:
            widths.append(found.interval.hi - found.interval.lo)
    assert len(widths) == 37
    assert widths == sorted(widths, reverse=True)
    assert min(widths) > 0


def test_equal_visits_pull_nowhere_and_a_single_one_says_no_interval() -> None:
    found = together([70, 70, 70])
    assert isinstance(found, VisitsTogether)
    assert (found.mean, found.visits, found.largest_pull, found.extreme) == (70, 3, 0, 0)
    assert together([70], least=1) == VisitsTogether(70, None, 1, None, 0)
    assert isinstance(together([], least=0), NotScored)
