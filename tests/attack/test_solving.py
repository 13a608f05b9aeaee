"""Exact solving against the published sums of random rounds: atoms hold, and what others do is broken."""

from collections.abc import Callable, Collection

import numpy as np
import pytest

from app.scoring.atoms import Mode
from tests.attack import weak
from tests.attack.designs import answered, random_round
from tests.attack.organisations import organisation, shares_shown, typical
from tests.attack.played import Played, Sheet, release
from tests.attack.solving import HELD, Broken, attack, null_space, rank, sums_of
from tests.scoring.rounds import person, protected, unit

DESIGNS = range(200)


@pytest.mark.parametrize("design", [random_round, organisation])
def test_no_score_is_solved_and_no_set_of_fewer_than_k_people_is_isolated(design: Callable[[int], Played]) -> None:
    assert [seed for seed in DESIGNS if _attacked(design(seed)) != HELD] == []


@pytest.mark.parametrize("number", [1, 2])
def test_colluding_raters_still_face_all_the_others_of_their_atoms(number: int) -> None:
    broken = []
    for seed in DESIGNS:
        played = random_round(seed)
        people = sorted({sheet.person for sheet in played.sheets})
        colluders = np.random.default_rng(seed).permutation(people)[:number].tolist()
        if _attacked(played, colluders) != HELD:
            broken.append(seed)
    assert broken == []


@pytest.mark.parametrize("rule", weak.SUMS)
def test_the_attacker_breaks_the_rules_in_common_use(rule: str) -> None:
    """Goal G4: a bare minimum in at least 60 % of designs, the next smallest hidden in at least 8 %."""
    designs = [organisation(seed) for seed in range(25)]

    broken = [attack(played, weak.SUMS[rule](played)) for played in designs]

    assert np.mean([one.solved for one in broken]) >= 0.6
    assert np.mean([one.isolated for one in broken]) >= 0.9


def test_small_rounds_break_the_rules_in_common_use_as_well() -> None:
    rounds = [answered(random_round(seed, mode=Mode.CONFIDENTIAL)) for seed in range(100)]

    def solved(rule: str) -> float:
        return float(np.mean([attack(played, weak.SUMS[rule](played)).solved for played in rounds]))

    assert solved("minimum count only") >= 0.6
    assert solved("no small remainder") >= 0.4
    assert solved("next smallest hidden") >= 0.08


def test_everybody_who_is_asked_in_a_usual_organisation_counts_somewhere() -> None:
    """Goal G16: 90 % of those who answer stand in a row of a unit, 99 % in one of the company."""
    shares = [shares_shown(typical(seed)) for seed in range(12)]

    assert min(in_unit for in_unit, _ in shares) >= 0.9
    assert min(at_top for _, at_top in shares) >= 0.99


def test_the_attacker_solves_a_total_minus_its_shown_parts() -> None:
    """Worked case 1: 9 and 6 shown beside a total of 19."""
    sheets = tuple(Sheet(1 + (place >= 9) + (place >= 15), 0, place, (0,)) for place in range(19))
    played = Played((unit(), unit(0), unit(0), unit(0)), (protected(5),), sheets, {}, 1)

    parts = [frozenset(range(9)), frozenset(range(9, 15))]

    assert attack(played, parts) == HELD
    assert attack(played, [*parts, frozenset(range(15))]) == HELD
    assert attack(played, [*parts, frozenset(range(19))]) == Broken(solved=False, isolated=True)


def test_the_attacker_solves_the_one_score_that_two_overlapping_sets_share() -> None:
    """Worked case 3: sets of 6 and 6 whose union is 11."""
    sheets = tuple(Sheet(0, 0, place, (0,)) for place in range(11))
    played = Played((person(),), (protected(5),), sheets, {}, 1)

    overlapping = [frozenset(range(6)), frozenset(range(5, 11))]

    assert attack(played, overlapping) == HELD
    assert attack(played, [*overlapping, frozenset(range(11))]) == Broken(solved=True, isolated=True)


def test_the_attacker_puts_two_small_classes_together() -> None:
    """What two sums differ by, one person here and one there, comes out as a pair."""
    sheets = tuple(Sheet(0, 0, place, (0,)) for place in range(12))
    played = Played((person(),), (protected(5),), sheets, {}, 1)

    assert attack(played, [frozenset(range(11)), frozenset({*range(10), 11})]) == Broken(solved=False, isolated=True)


def test_one_who_colludes_takes_himself_out_of_the_crowd() -> None:
    sheets = tuple(Sheet(0, 0, place, (0,)) for place in range(6))
    played = Played((person(),), (protected(5),), sheets, {}, 1)
    bare = [frozenset(range(5)), frozenset(range(6))]

    assert attack(played, [frozenset(range(5))], [0, 1]) == HELD
    assert attack(played, bare, [0]) == Broken(solved=True, isolated=True)
    assert attack(played, bare, [5]) == HELD, "whoever knows the sixth learns nothing from a sum with and one without"


def test_rank_and_null_space_over_the_prime_field_are_those_of_the_matrix() -> None:
    draw = np.random.default_rng(5)
    for _ in range(50):
        matrix = draw.integers(0, 2, (int(draw.integers(1, 9)), int(draw.integers(1, 9))))
        basis = null_space(matrix)
        assert rank(matrix) == np.linalg.matrix_rank(matrix)
        assert basis.shape[1] == matrix.shape[1] - rank(matrix)
        assert not (matrix @ basis % 2_147_483_647).any()


def _attacked(played: Played, colluders: Collection[int] = ()) -> Broken:
    return attack(played, sums_of(played, release(played)), colluders)
