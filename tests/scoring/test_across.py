"""Published figures put together once more: never narrower than they are, and never from what is withheld."""

import math

import pytest

from app.scoring.across import Across, Published, across
from app.scoring.errors import ScoringError
from app.scoring.results import NotScored
from tests.scoring.facts import agrees


def test_an_interval_is_at_least_that_of_the_mean_of_independent_figures() -> None:
    parts = [Published(60, 50, 70, 40), Published(40, 20, 60, 20), Published(80, 75, 85, 30)]
    found = across(parts, 90)
    assert isinstance(found, Across)
    independent = math.sqrt(math.fsum((one.weight / 90 * ((one.hi or 0) - one.score)) ** 2 for one in parts))
    assert (found.hi or 0) - found.score >= independent
    assert (found.score, found.coverage) == (agrees(5600 / 90), 1.0)


def test_where_an_error_is_not_known_there_is_no_interval() -> None:
    assert across([Published(60, 50, 70, 1), Published(40, None, None, 1)], 2) == Across(50.0, None, None, 1.0)


def test_half_of_the_weight_is_enough_and_less_is_not() -> None:
    assert isinstance(across([Published(60, 50, 70, 0.5)], 1), Across)
    assert isinstance(across([Published(60, 50, 70, 0.49)], 1), NotScored)
    assert isinstance(across([], 1), NotScored)
    with pytest.raises(ScoringError, match="whole weight"):
        across([], 0)
