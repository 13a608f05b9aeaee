"""A change is real if chance does not explain it and it is large enough; in rounds, two real ones or a large one warn."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.charts import Side
from app.scoring.courses import State
from app.scoring.discoveries import discoveries
from app.scoring.intervals import wilson
from app.scoring.moves import Move, move_between, real_moves
from app.scoring.results import Interval
from app.scoring.round_signals import Cause, round_course
from tests.scoring.facts import agrees

moves = st.builds(
    Move, st.integers(-30, 30).map(float), st.sampled_from([0.0, 1.0, 2.5, 6.0]), st.sampled_from([4.0, 30.0, math.inf])
)
chances = st.lists(st.floats(0, 1), max_size=12)


def test_the_worked_example_is_not_changed() -> None:
    move = Move(12.5, math.sqrt(108.173828), 21.873028)
    assert (round(move.interval.lo, 6), round(move.interval.hi, 6), move.is_real()) == (-9.076921, 34.076921, False)


@pytest.mark.parametrize(
    ("change", "se", "df", "significant"),
    [
        (-18.05555, 9.07860142364711, 24.1512247411478, False),
        (3.6351455768659, 2.91053563618963, 128.900678190561, False),
    ],
)
def test_changes_of_real_companies_are_as_sure_as_their_intervals(
    change: float, se: float, df: float, significant: bool
) -> None:
    move = Move(change, se, df)
    assert (move.is_significant(), move.chance > 0.05) == (significant, not significant)


@given(moves)
def test_a_change_is_significant_where_its_chance_is_below_five_per_cent(move: Move) -> None:
    assert move.is_significant() is (move.chance < 0.05)
    assert Move(-move.difference, *move[1:]).is_real() is move.is_real()


def test_a_change_between_exact_figures_is_sure() -> None:
    assert [Move(size, 0.0).is_real() for size in (5.0, -5.0, 4.9, 0.0)] == [True, True, False, False]


def test_benjamini_and_hochberg_keep_what_their_table_keeps() -> None:
    published = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0,
    ]  # fmt: skip
    assert sum(discoveries(published, rate=0.05)) == 4
    assert discoveries([]) == []


@given(chances, st.data())
def test_what_is_kept_does_not_hang_on_the_order(found: list[float], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(found))))
    kept = discoveries(found)
    assert discoveries([found[place] for place in order]) == [kept[place] for place in order]


@given(chances)
def test_what_is_kept_are_the_least_likely_by_chance(found: list[float]) -> None:
    kept = discoveries(found)
    least_left = min((chance for chance, is_kept in zip(found, kept, strict=True) if not is_kept), default=1.0)
    assert all(chance <= least_left for chance, is_kept in zip(found, kept, strict=True) if is_kept)


def test_among_many_a_change_must_be_surer() -> None:
    doubtful = Move(6.0, 2.9)
    assert doubtful.is_real()
    assert real_moves([doubtful]) == [True]
    assert real_moves([doubtful, *[Move(0.0, 1.0)] * 9]) == [False] * 10
    assert real_moves([Move(3.0, 0.5), Move(3.0, 0.5)], [2.0, 4.0]) == [True, False]


def causes(differences: Sequence[float | None], bad: Side = Side.LOW) -> list[str | None]:
    steps = round_course([None if d is None else Move(d, 2.0) for d in differences], bad=bad)
    return [None if step.cause is None else step.cause.value for step in steps]


def test_one_real_change_does_not_warn_but_a_second_the_same_way_does() -> None:
    assert causes([-6, -7]) == [None, "repeated"]
    assert causes([-6, 6, -6]) == [None, None, None]
    assert causes([-6, -1, None, -6, -6]) == [None, None, None, "repeated", "repeated"]


def test_a_large_change_warns_at_once() -> None:
    assert causes([-15.0]) == ["large"]
    assert round_course([Move(-15.0, 8.0)])[0].cause is None


def test_changes_that_are_too_small_to_matter_do_not_add_up() -> None:
    steps = round_course([Move(-4.5, 0.5), Move(-4.5, 0.5)])
    assert [step.is_real for step in steps] == [False, False]
    assert [step.cause for step in round_course([Move(-4.5, 0.5)] * 2, least=4.0)] == [None, Cause.REPEATED]
    assert [step.cause for step in round_course([Move(-0.8, 0.1)] * 2, least=0.5)] == [None, Cause.REPEATED]


def test_changes_for_the_better_do_not_warn() -> None:
    assert causes([20, 20]) == [None, None]
    assert causes([20, 20], bad=Side.HIGH) == ["large", "large"]


def test_rounds_that_cannot_be_compared_are_skipped() -> None:
    steps = round_course([None, Move(-20.0, 2.0), None, Move(1.0, 2.0)])
    assert [step.state for step in steps] == [State.LEARNING, State.SIGNAL, State.SIGNAL, State.IN_CONTROL]


@given(st.lists(st.one_of(st.none(), moves), max_size=10))
def test_mirrored_changes_warn_on_the_other_side(changes: list[Move | None]) -> None:
    mirrored = [None if move is None else Move(-move.difference, move.se, move.df) for move in changes]
    below, above = round_course(changes), round_course(mirrored, bad=Side.HIGH)
    assert [step[1:] for step in above] == [step[1:] for step in below]


@given(st.lists(moves, max_size=10))
def test_only_real_changes_for_the_worse_warn(changes: list[Move]) -> None:
    for step in round_course(changes):
        if step.cause is not None and step.move is not None:
            assert (step.is_real, step.move.difference < 0, step.state) == (True, True, State.SIGNAL)


def test_the_limit_of_a_large_change_forgives_rounding() -> None:
    assert round_course([Move(-14.9999999999, 2.0)])[0].cause is Cause.LARGE
    assert Move(-4.9999999999, 0.1).is_real()
    assert Move(-15.0, 2.0).interval == agrees((-15 - 2 * 1.959963984540054, -15 + 2 * 1.959963984540054))


# ------------------------------------------------------------ from published intervals


def test_two_shares_differ_as_newcombe_published_it() -> None:
    """His table II (a), method 10: 56 of 70 and 48 of 80; the interval of the difference begins at .0524."""
    (first, second) = wilson(56, 70), wilson(48, 80)
    move = move_between(48 / 80, second, 56 / 70, first)
    assert (round(move.difference, 4), round(move.interval.lo, 4)) == (0.2, 0.0524)
    back = move_between(56 / 70, first, 48 / 80, second)
    assert (round(back.difference, 4), round(back.interval.hi, 4)) == (-0.2, -0.0524)


def test_equal_widths_make_the_error_of_a_difference() -> None:
    move = move_between(60.0, Interval(50.0, 70.0), 80.0, Interval(70.0, 90.0))
    assert move.interval.lo == agrees(20 - math.hypot(10, 10))


@given(st.floats(0, 100), st.floats(0, 40), st.floats(0, 100), st.floats(0, 40))
def test_a_change_and_the_change_back_are_equally_sure(one: float, wide: float, other: float, narrow: float) -> None:
    first, second = Interval(one - wide, one + wide / 2), Interval(other - narrow, other + narrow * 2)
    there, back = move_between(one, first, other, second), move_between(other, second, one, first)
    assert there.is_significant() is back.is_significant()
    assert there.difference == -back.difference


def test_exact_figures_change_for_sure_and_equal_ones_do_not() -> None:
    exact = Interval(40.0, 40.0)
    assert move_between(40.0, exact, 41.0, Interval(41.0, 41.0)).is_significant()
    assert not move_between(40.0, exact, 40.0, exact).is_significant()


@given(st.floats(0, 100), st.floats(0, 100), st.floats(0.1, 30))
def test_wider_intervals_never_make_a_change_more_sure(before: float, after: float, wide: float) -> None:
    narrow, wider = Interval(before - wide, before + wide), Interval(before - 2 * wide, before + 2 * wide)
    ends = Interval(after - wide, after + wide)
    assert move_between(before, wider, after, ends).chance >= move_between(before, narrow, after, ends).chance
