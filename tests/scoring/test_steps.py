"""Equal steps of time follow each other without a gap, whatever the calendar does."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.steps import Length, length_of, number_of, start_of, step_after, steps_between

days = st.dates(date(1990, 1, 1), date(2090, 12, 31))
lengths = st.sampled_from(Length)


@given(lengths, days)
def test_every_day_lies_in_one_step_which_ends_where_the_next_begins(length: Length, day: date) -> None:
    start = start_of(length, day)
    following = step_after(length, start)
    assert start <= day < following
    assert start_of(length, following) == following
    assert number_of(length, following) == number_of(length, start) + 1
    assert number_of(length, following - timedelta(1)) == number_of(length, start)


@given(lengths, days)
def test_a_whole_step_is_known_by_its_days(length: Length, day: date) -> None:
    start = start_of(length, day)
    assert length_of(start, step_after(length, start) - timedelta(1)) is length


@pytest.mark.parametrize(
    ("first", "last", "length"),
    [
        (date(2026, 11, 23), date(2026, 11, 23), Length.DAY),
        (date(2026, 11, 25), date(2026, 12, 1), Length.WEEK),
        (date(2028, 2, 1), date(2028, 2, 29), Length.MONTH),
        (date(2026, 10, 1), date(2026, 12, 31), Length.QUARTER),
        (date(2026, 1, 1), date(2026, 12, 31), Length.YEAR),
        (date(2026, 11, 1), date(2027, 1, 31), None),
        (date(2026, 11, 2), date(2026, 12, 1), None),
        (date(2026, 11, 1), date(2026, 11, 14), None),
    ],
)
def test_a_span_is_a_step_only_if_it_is_exactly_one(first: date, last: date, length: Length | None) -> None:
    assert length_of(first, last) is length


@given(lengths, days, st.integers(0, 500))
def test_the_steps_of_a_span_hold_both_its_ends(length: Length, first: date, more: int) -> None:
    last = first + timedelta(more)
    starts = steps_between(length, first, last)
    assert starts[0] <= first
    assert starts[-1] <= last < step_after(length, starts[-1])
    assert [number_of(length, start) for start in starts] == list(
        range(number_of(length, first), number_of(length, last) + 1)
    )


def test_a_span_that_ends_before_it_begins_has_no_steps() -> None:
    assert steps_between(Length.WEEK, date(2026, 11, 24), date(2026, 11, 23)) == []
