"""Exact solving against the published sums of random rounds: atoms hold, and what others do is broken."""

from dataclasses import replace

import numpy as np
import pytest

from app.scoring.atoms import Mode
from tests.scoring import weak
from tests.scoring.attacker import Broken, attack, rank, sums_of
from tests.scoring.designs import random_round
from tests.scoring.played import Played, Sheet, release
from tests.scoring.rounds import person, protected, unit

DESIGNS = 300


def test_no_sheet_is_solved_and_no_set_of_fewer_than_k_people_is_isolated() -> None:
    broken = [seed for seed in range(DESIGNS) if _attacked(random_round(seed)) != Broken(solved=False, isolated=False)]

    assert broken == []


def _attacked(played: Played) -> Broken:
    return attack(played, sums_of(played, release(played)))


@pytest.mark.parametrize(
    ("rule", "solved", "isolated"), [(weak.minimum_only, 0.5, 0.6), (weak.no_small_remainder, 0.3, 0.5)]
)
def test_the_attacker_breaks_the_rules_in_common_use(rule: object, solved: float, isolated: float) -> None:
    assert callable(rule)
    rounds = [_answered(random_round(seed, mode=Mode.CONFIDENTIAL)) for seed in range(100)]

    broken = [attack(played, rule(played)) for played in rounds]

    assert np.mean([one.solved for one in broken]) > solved
    assert np.mean([one.isolated for one in broken]) > isolated


def _answered(played: Played) -> Played:
    """One measure, answered on every sheet, everyone counts: the case the weak rules were made for."""
    sheets = tuple(replace(sheet, scores=(50_000_000,), counts=True) for sheet in played.sheets)
    return replace(played, sheets=sheets, measures=1)


def test_the_attacker_solves_a_total_minus_its_shown_parts() -> None:
    """Worked case 1: 9 and 6 shown beside a total of 19."""
    sheets = tuple(Sheet(1 + (place >= 9) + (place >= 15), 0, place, (0,)) for place in range(19))
    played = Played((unit(), unit(0), unit(0), unit(0)), (protected(5),), sheets, {}, 1)

    parts = [frozenset(range(9)), frozenset(range(9, 15))]

    assert attack(played, parts) == Broken(solved=False, isolated=False)
    assert attack(played, [*parts, frozenset(range(15))]) == Broken(solved=False, isolated=False)
    assert attack(played, [*parts, frozenset(range(19))]) == Broken(solved=False, isolated=True)


def test_the_attacker_solves_the_one_sheet_that_two_overlapping_sets_share() -> None:
    """Worked case 3: sets of 6 and 6 whose union is 11."""
    sheets = tuple(Sheet(0, 0, place, (0,)) for place in range(11))
    played = Played((person(),), (protected(5),), sheets, {}, 1)

    overlapping = [frozenset(range(6)), frozenset(range(5, 11))]

    assert attack(played, overlapping) == Broken(solved=False, isolated=False)
    assert attack(played, [*overlapping, frozenset(range(11))]) == Broken(solved=True, isolated=True)


def test_rank_over_the_prime_field_is_the_rank() -> None:
    draw = np.random.default_rng(5)
    for _ in range(50):
        matrix = draw.integers(0, 2, (int(draw.integers(1, 9)), int(draw.integers(1, 9))))
        assert rank(matrix) == np.linalg.matrix_rank(matrix)
