"""Several rounds with almost the same people, who answer as before: what a subtraction opens, and R10 closes (T31, T32)."""

import pytest

from app.scoring.atoms import Subject
from tests.attack.organisations import History, history, with_overlaps
from tests.attack.played import Played, Sheet, release
from tests.attack.solving import HELD, Broken, attack, sums_of
from tests.scoring.rounds import person, protected, unit

DESIGNS = range(60)


def _attacked(told: History) -> Broken:
    return attack(told.universe, told.sums((played, sums_of(played, release(played))) for played in told.rounds))


@pytest.mark.parametrize("rounds", [2, 3, 4])
def test_a_history_gives_nobody_away_where_overlaps_are_carried_up(rounds: int) -> None:
    histories = {seed: history(seed, rounds) for seed in DESIGNS}

    open_without = [seed for seed, told in histories.items() if _attacked(told) != HELD]
    open_with = [seed for seed, told in histories.items() if _attacked(with_overlaps(told)) != HELD]

    assert len(open_without) > 0.7 * len(histories), "the attacker must have something to find"
    assert open_with == []


def test_one_more_customer_within_four_weeks_is_not_what_a_subtraction_leaves() -> None:
    """Worked case 4 over two rounds: 4.0 from five, 3.5 from six, so that the sixth gave 1."""
    before, after = _customers(range(5)), _customers(range(6))
    told = History((before, after))

    assert _attacked(told) == Broken(solved=True, isolated=True)
    assert _attacked(with_overlaps(told)) == HELD
    assert [len(release(one).rows) for one in with_overlaps(told).rounds] == [1, 0]


def test_the_same_people_again_or_enough_others_are_shown() -> None:
    same = History((_customers(range(6)), _customers(range(6))))
    others = History((_customers(range(6)), _customers(range(11))))

    for told in (same, others):
        assert [len(release(one).rows) for one in with_overlaps(told).rounds] == [1, 1]


def test_what_is_carried_up_does_not_come_out_one_level_higher() -> None:
    """A department with one team: the team's six customers would be the whole figure of the department."""
    tree = (unit(), unit(0))

    def asked(customers: range) -> Played:
        return _round(tree, [Sheet(1, 0, one, (50_000_000,)) for one in customers])

    told = History((asked(range(5)), asked(range(6))))

    assert _attacked(told) == Broken(solved=True, isolated=True)
    assert _attacked(with_overlaps(told)) == HELD


def test_somebody_who_joins_a_team_is_not_its_difference_to_the_last_round() -> None:
    """Each colleague's cell grows by the newcomer, and so would the team's figure: nine sheets of one person."""
    tree = (unit(), *(person(0) for _ in range(4)))

    def asked(team: range) -> Played:
        return _round(
            tree, [Sheet(about, 0, one, (50_000_000,)) for about in range(1, 5) for one in team if one != about]
        )

    told = History((asked(range(1, 5)), asked(range(6))))

    assert _attacked(told).isolated
    assert _attacked(with_overlaps(told)) == HELD


def test_three_rounds_that_hold_two_by_two_can_fail_together() -> None:
    """Nine people in all; two rounds with five of them each share one person, whom the third round counts once."""
    told = History((_customers(range(5), k=3), _customers(range(4, 9), k=3), _customers(range(9), k=3)))
    pairs = [History(told.rounds[:2]), History(told.rounds[1:]), History((told.rounds[0], told.rounds[2]))]

    assert [_attacked(pair) for pair in pairs] == [HELD] * 3
    assert _attacked(told) == Broken(solved=True, isolated=True)
    assert _attacked(with_overlaps(told)) == HELD


def _customers(people: range, k: int = 5) -> Played:
    return _round((person(),), [Sheet(0, 0, one, (50_000_000,)) for one in people], k)


def _round(tree: tuple[Subject, ...], sheets: list[Sheet], k: int = 3) -> Played:
    form = {(subject, 0): frozenset({0}) for subject in range(len(tree))}
    return Played(tree, (protected(k),), tuple(sheets), form, 1)
