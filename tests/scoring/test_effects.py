"""An effect is a change beside other changes, and its interval holds what it says."""

import math

import numpy as np
import pytest

from app.scoring.effects import LEAST_OTHERS, Verdict, effect, verdict
from app.scoring.moves import Move

EXPECTED = 5.0


def test_what_happens_everywhere_is_no_effect() -> None:
    others = [6.0, 8.0, 7.0, 9.0]
    found = effect(Move(7.5, 1.0), others)
    assert found is not None
    assert found.difference == 0.0
    assert verdict(found, EXPECTED) is not Verdict.WORKED
    moved = effect(Move(17.5, 1.0), others)
    assert moved is not None
    assert verdict(moved, EXPECTED) is Verdict.WORKED


@pytest.mark.parametrize("count", range(LEAST_OTHERS))
def test_too_few_beside_it_tell_nothing(count: int) -> None:
    assert effect(Move(30.0, 0.5), [0.0] * count) is None
    assert verdict(None, EXPECTED) is Verdict.UNCLEAR


def test_a_unit_that_is_hardly_known_is_not_judged_by_the_calm_of_the_others() -> None:
    found = effect(Move(10.0, 8.0), [0.0, 0.1, -0.1, 0.0])
    assert found is not None
    assert found.se > 8.0
    assert verdict(found, EXPECTED) is Verdict.UNCLEAR


def test_others_that_do_not_move_at_all_leave_the_own_error() -> None:
    found = effect(Move(6.0, 1.0), [0.0] * 4)
    assert found is not None
    assert (found.difference, found.se, found.df) == (6.0, 1.0, 3)


@pytest.mark.parametrize("others", [3, 8, 25])
def test_without_an_effect_the_interval_leaves_out_0_once_in_twenty_and_never_more(others: int) -> None:
    random = np.random.default_rng(20261126 + others)
    drift, noise, tries = 3.0, 2.0, 4_000
    wrong = 0
    for _ in range(tries):
        spread = math.hypot(drift, noise)
        own, *beside = random.normal(0, spread, 1 + others).tolist()
        found = effect(Move(own, noise), beside)
        assert found is not None
        wrong += found.is_significant()
    assert wrong / tries < 0.05 + 3 * math.sqrt(0.05 * 0.95 / tries)
