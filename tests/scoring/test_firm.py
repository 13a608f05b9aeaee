"""A word beside a score says how much of what sets it apart is chance, and follows from what readers see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.errors import ScoringError
from app.scoring.firm import LEAST_SUBJECTS, Told, firmness_of_all
from app.scoring.reliability import Firmness
from app.scoring.results import Interval
from tests.scoring.facts import agrees

P, M, S = Firmness.PRELIMINARY, Firmness.MODERATE, Firmness.SOLID
LINE = [40.0 + 5 * place for place in range(10)]
"""Ten scores whose variance is 25 * 55/6 = 229.1667."""

told = st.builds(Told, st.floats(0, 100), st.floats(0, 50))


def words(errors: list[float]) -> list[Firmness] | None:
    return firmness_of_all([Told(score, error) for score, error in zip(LINE, errors, strict=True)])


def test_the_words_turn_at_half_and_at_seven_tenths() -> None:
    """With SE^2 the same for all, R = (229.1667 - SE^2)/229.1667: .7 at 68.75 and .5 at 114.58."""
    found = [words([square**0.5] * 10) for square in (68.7, 68.8, 114.5, 114.7, 230)]
    assert found == [[S] * 10, [M] * 10, [M] * 10, [P] * 10, [P] * 10]


def test_each_score_is_judged_by_its_own_error() -> None:
    found = words([6.0] * 8 + [10, 20])
    assert found == [S] * 8 + [M] + [P]


def test_below_ten_subjects_nothing_is_said() -> None:
    nine = [Told(score, 6) for score in LINE[:9]]
    assert LEAST_SUBJECTS == 10
    assert firmness_of_all(nine) is None
    assert firmness_of_all([]) is None
    assert firmness_of_all([*nine, Told(85, 6)]) is not None


def test_where_nobody_differs_nothing_is_firm() -> None:
    assert firmness_of_all([Told(50, 0.1)] * 12) == [P] * 12


def test_an_error_below_0_is_refused() -> None:
    with pytest.raises(ScoringError, match="must be 0 or more, got -1"):
        firmness_of_all([Told(50, -1)])


@given(st.lists(told, min_size=10, max_size=30), st.data())
def test_less_error_is_never_less_firm(table: list[Told], drawn: st.DataObject) -> None:
    """For two subjects of one round; what the whole round makes of it is the same for both."""
    found = firmness_of_all(table)
    assert found is not None
    one, other = (drawn.draw(st.sampled_from(range(len(table)))) for _ in range(2))
    order = [P, M, S]
    if table[one].se < table[other].se:
        assert order.index(found[one]) >= order.index(found[other])


@pytest.mark.parametrize(
    ("score", "ends", "se"),
    [
        (50, Interval(30.4, 69.6), 10),
        (90, Interval(70.4, 100), 10),
        (5, Interval(0, 24.6), 10),
        (60, Interval(60, 60), 0),
    ],
)
def test_an_error_told_by_an_interval_is_that_of_its_longer_side(score: float, ends: Interval, se: float) -> None:
    assert Told.from_ends(score, ends) == Told(score, agrees(se))


@given(st.floats(0, 100), st.floats(0.01, 30), st.floats(1.96, 13))
def test_an_interval_never_tells_an_error_that_is_too_small(score: float, se: float, quantile: float) -> None:
    """Whatever quantile made it, and with its ends in whole points outward, unless both ends are those of the scale."""
    lo, hi = score - quantile * se, score + quantile * se
    shown = Interval(float(max(0, lo // 1)), float(min(100, -(-hi // 1))))
    if lo >= 0 or hi <= 100:
        assert Told.from_ends(score, shown).se >= se - 1e-9
