"""A rater group that dries up is named with the step since when, and chance is not taken for a fall."""

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.errors import ScoringError
from app.scoring.falling_response import Asked, Fall, falling_response
from tests.scoring.facts import agrees

steps = st.lists(
    st.integers(0, 30).flatmap(lambda asked: st.builds(Asked, st.just(asked), st.integers(0, asked))), max_size=8
)


def steady(n: int, asked: int = 40, answered: int = 20) -> list[Asked]:
    return [Asked(asked, answered)] * n


def test_the_group_that_fell_first_stands_first() -> None:
    found = falling_response(
        {
            "manager": steady(8, 5, 5),
            "customer": [*steady(5), *steady(3, answered=4)],
            "colleague": [*steady(2), *steady(6, answered=5)],
        }
    )
    assert [(fall.group, fall.since) for fall in found] == [("colleague", 2), ("customer", 5)]


def test_of_two_that_fell_together_the_larger_fall_stands_first() -> None:
    found = falling_response(
        {
            "customer": [*steady(3), *steady(3, answered=8)],
            "colleague": [*steady(3), *steady(3, answered=0)],
            "shopper": [*steady(3), *steady(3, answered=8)],
        }
    )
    assert [(fall.group, fall.after == 0) for fall in found] == [
        ("colleague", True),
        ("customer", False),
        ("shopper", False),
    ]


def test_the_chance_is_fishers_times_the_places_and_groups_looked_at() -> None:
    found = falling_response({"customer": [Asked(20, 15), Asked(20, 16), Asked(20, 3)], "manager": [Asked(1, 1)] * 3})
    few = sum(comb(20, k) * comb(40, 34 - k) for k in range(4)) / comb(60, 34)
    assert found == [Fall("customer", 2, agrees(31 / 40), agrees(3 / 20), agrees(few * 2 * 2))]


def test_a_fall_that_chance_explains_is_none() -> None:
    assert falling_response({"colleague": [Asked(5, 4), Asked(5, 3), Asked(5, 2)]}) == []


def test_a_fall_too_small_to_matter_is_none() -> None:
    small = {"customer": [Asked(9000, 4500), Asked(9000, 4000)]}
    assert falling_response(small) == []
    assert [fall.group for fall in falling_response(small, least=0.05)] == ["customer"]


def test_a_rise_is_no_fall() -> None:
    assert falling_response({"customer": [*steady(3, answered=4), *steady(3)]}) == []


@pytest.mark.parametrize("asked", [[], [Asked(40, 20)], [Asked(0, 0)] * 3, [Asked(0, 0), Asked(40, 20), Asked(0, 0)]])
def test_without_two_steps_to_compare_there_is_nothing_to_say(asked: list[Asked]) -> None:
    assert falling_response({"customer": asked}) == []


def test_steps_in_which_nobody_was_asked_are_skipped() -> None:
    found = falling_response({"customer": [Asked(40, 30), Asked(0, 0), Asked(40, 30), Asked(0, 0), Asked(40, 5)]})
    assert (found[0].since, found[0].before, found[0].after) == (4, 0.75, 0.125)


def test_everybody_answering_always_is_no_fall() -> None:
    assert falling_response({"manager": steady(6, 4, 4)}) == []


@given(steps, steps)
def test_a_fall_is_a_fall_and_its_chance_a_probability(one: list[Asked], other: list[Asked]) -> None:
    for fall in falling_response({"customer": one, "colleague": other}, level=1.0):
        assert 0 <= fall.after <= fall.before - 0.1 + 1e-9 <= 0.9 + 1e-9
        assert 0 <= fall.chance <= 1


@given(steps)
def test_looking_at_more_groups_makes_a_fall_less_sure(one: list[Asked]) -> None:
    alone = falling_response({"customer": one}, level=1.0)
    among = falling_response({"customer": one, "manager": [Asked(1, 1)] * 2}, level=1.0)
    assert [(fall.group, fall.since) for fall in among] == [(fall.group, fall.since) for fall in alone]
    assert all(
        fall.chance == agrees(min(1.0, 2 * before.chance))
        for before, fall in zip(alone, among, strict=True)
        if before.chance < 1
    )


@pytest.mark.parametrize("wrong", [Asked(3, 4), Asked(3, -1)])
def test_counts_must_be_possible(wrong: Asked) -> None:
    with pytest.raises(ScoringError, match="customer must have answers from 0 to those asked"):
        falling_response({"customer": [Asked(3, 3), wrong]})
