"""Lists over many KPIs or subjects hold few chance finds."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.discoveries import adjusted_p, discoveries, two_sided_p
from app.scoring.errors import ScoringError
from tests.scoring.facts import agrees

p_values = st.lists(st.floats(0, 1), max_size=30)


def stepped_up(given: list[float], rate: float) -> list[bool]:
    """The rule as it is printed: the largest k with p_(k) <= rate k/m."""
    m = len(given)
    ordered = sorted(given)
    k = max((k for k in range(1, m + 1) if ordered[k - 1] <= rate * k / m * (1 + 1e-12)), default=0)
    return [k > 0 and p <= ordered[k - 1] for p in given]


@given(p_values, st.floats(0.01, 0.5))
def test_the_finds_are_those_of_the_printed_rule(given: list[float], rate: float) -> None:
    assert discoveries(given, rate=rate * (1 + 1e-12)) == stepped_up(given, rate)


@given(p_values, st.data())
def test_the_order_of_a_list_does_not_matter(given: list[float], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(given))))
    assert adjusted_p([given[place] for place in order]) == [adjusted_p(given)[place] for place in order]


@given(p_values)
def test_an_adjusted_p_value_is_never_below_the_plain_one_and_keeps_the_order(given: list[float]) -> None:
    found = adjusted_p(given)
    assert [q for p, q in zip(given, found, strict=True) if not p <= q <= 1] == []
    assert sorted(found) == [q for _, q in sorted(zip(given, found, strict=True))]


def test_one_finding_alone_needs_no_correction() -> None:
    assert (adjusted_p([0.07]), discoveries([0.07]), discoveries([0.11]), discoveries([])) == (
        [0.07],
        [True],
        [False],
        [],
    )


def test_what_stands_alone_falls_among_many() -> None:
    assert discoveries([0.04] + [0.5] * 9) == [False] * 10
    assert discoveries([0.009] + [0.5] * 9) == [True] + [False] * 9


def test_of_many_lists_without_any_change_one_in_ten_holds_a_find() -> None:
    draw = np.random.default_rng(4)
    holds = [any(discoveries(draw.uniform(size=12).tolist())) for _ in range(2000)]
    assert 0.08 < np.mean(holds) < 0.12


@pytest.mark.parametrize("wrong", [-0.01, 1.01, math.nan])
def test_a_p_value_is_a_probability(wrong: float) -> None:
    with pytest.raises(ScoringError, match="a p value must be from 0 to 1, got"):
        discoveries([0.5, wrong])


@pytest.mark.parametrize(("t", "df"), [(2.262157162740992, 9), (1.959963984540054, math.inf)])
def test_a_difference_at_the_end_of_its_interval_has_a_p_value_of_5_per_cent(t: float, df: float) -> None:
    assert [two_sided_p(sign * 4 * t, 4, df) for sign in (1, -1)] == agrees([0.05, 0.05])
