"""One visit and several together, against leaving each of them out by hand."""

import math

import numpy as np
import pytest

from app.scoring.errors import ScoringError
from app.scoring.results import NotScored
from app.scoring.visits import Standing, VisitScore, standing, visit_score


def test_a_cap_takes_away_only_what_lies_above_it() -> None:
    assert visit_score([20, 40], [1, 1], failed=2, cap=50) == VisitScore(30, 30, is_capped=False)
    assert visit_score([100, 100], [1, 3], failed=1, cap=0) == VisitScore(0, 100, is_capped=True)
    assert isinstance(visit_score([], [], failed=1, cap=50), NotScored)


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
            found = standing(some, least=1)
            assert isinstance(found, Standing)
            pulls = [abs(np.mean(some) - np.mean([*some[:place], *some[place + 1 :]])) for place in range(n)]
            assert found.largest_pull == pytest.approx(max(pulls), abs=1e-9)
            assert pulls[found.extreme] == pytest.approx(max(pulls), abs=1e-9)
            assert found.interval is not None
            assert found.interval.lo <= found.mean <= found.interval.hi


def test_equal_visits_pull_nowhere_and_a_single_one_says_no_interval() -> None:
    assert standing([70, 70, 70]) == Standing(70, (70, 70), 3, 0, 0)  # type: ignore[arg-type]
    assert standing([70], least=1) == Standing(70, None, 1, None, 0)
    assert isinstance(standing([], least=0), NotScored)
