"""Readings become one figure that knows its error, or say why there is none."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.errors import ScoringError
from app.scoring.figures import mean
from app.scoring.metrics import Aggregation, Comparison, Method, Observation, Rule, known, measure
from app.scoring.results import Certainty, Interval, Measured, NotScored, Reason
from tests.scoring.facts import agrees, ends
from tests.scoring.readings import START, days, told

VALUES = [4.0, 8.0, 6.0, 2.0]
T_3 = 3.1824463052842638  # quantile .975 of t with 3 degrees of freedom
SETTINGS: dict[Method, dict[str, Any]] = {
    Method.PERCENTILE: {"percentile": 0.25},
    Method.SHARE: {"rule": Rule(Comparison.ABOVE, 4)},
}


def figure(method: Method, values: list[float], **settings: Any) -> Measured:
    return told(measure(Aggregation(method, **(SETTINGS.get(method, {}) | settings)), days(values)))


@pytest.mark.parametrize(
    ("method", "value"),
    [
        (Method.SUM, 20),
        (Method.MEAN, 5),
        (Method.MEDIAN, 5),
        (Method.PERCENTILE, 3.5),
        (Method.LAST, 2),
        (Method.MIN, 2),
        (Method.MAX, 8),
        (Method.COUNT, 4),
        (Method.SHARE, 0.5),
    ],
)
def test_each_method_gives_its_figure(method: Method, value: float) -> None:
    assert figure(method, VALUES).value == value


@pytest.mark.parametrize("method", [Method.SUM, Method.LAST, Method.MIN, Method.MAX, Method.COUNT])
def test_a_count_of_everything_is_exact(method: Method) -> None:
    found = figure(method, VALUES)
    assert (found.certainty, found.se, found.df) == (Certainty.EXACT, 0, math.inf)
    assert found.interval == Interval(found.value, found.value)


@pytest.mark.parametrize("method", [Method.MEAN, Method.MEDIAN, Method.PERCENTILE, Method.RATIO])
def test_a_single_observation_has_an_unknown_error(method: Method) -> None:
    found = figure(method, [7.0])
    assert (found.value, found.se, found.certainty, found.interval) == (7, 0, Certainty.UNKNOWN, Interval(7, 7))


def test_the_last_value_is_that_of_the_latest_event_then_of_the_latest_entry() -> None:
    readings = [Observation(START, 1, sequence=9), Observation(START, 3, sequence=10)]
    earlier = [replace(reading, at=START.replace(year=2025), sequence=99) for reading in readings]
    assert told(measure(Aggregation(Method.LAST), [readings[1], *earlier, readings[0]])).value == 3


@given(st.permutations(days([3, 1, 4, 1, 5, 9, 2, 6], [2, 7, 1, 8, 2, 8, 1, 8])), st.sampled_from(Method))
def test_the_order_in_which_readings_arrive_does_not_matter(readings: list[Observation], method: Method) -> None:
    how = Aggregation(method, **SETTINGS.get(method, {}))
    assert measure(how, readings) == measure(how, sorted(readings, key=lambda reading: reading.at))


def test_a_mean_of_independent_values_has_the_plain_error() -> None:
    found = figure(Method.MEAN, VALUES)
    assert (found.se, found.df) == (agrees(math.sqrt(20 / 3 / 4)), 3)
    assert ends(found.interval) == agrees({"lo": 5 - T_3 * found.se, "hi": 5 + T_3 * found.se})


@pytest.mark.parametrize("n", [3, 6, 10])
def test_what_never_changes_has_no_error(n: int) -> None:
    found = mean([0.7] * n)
    assert (found.value, found.se, found.interval) == (0.7, 0.0, Interval(0.7, 0.7))


def test_a_mean_of_values_that_follow_each_other_is_less_sure() -> None:
    values = [1.0, 2.0, 3.0, 4.0, 5.0]
    r = (2 + 0 + 0 + 2) / 10
    assert mean(values).se == agrees(math.sqrt(2.5 / 5 * (1 + r) / (1 - r)))


def test_autocorrelation_is_cut_at_0_8() -> None:
    steps = [0.0] * 50 + [1.0] * 50
    spread = np.var(steps, ddof=1)
    assert mean(steps).se == agrees(math.sqrt(spread / 100 * 1.8 / 0.2))


def test_values_that_never_vary_have_no_error() -> None:
    found = mean([3.0, 3.0, 3.0])
    assert (found.se, found.interval, found.certainty) == (0, Interval(3, 3), Certainty.ESTIMATED)


def test_a_percentile_has_the_interval_between_its_neighbours() -> None:
    values = [float(value) for value in range(1, 101)]
    found = figure(Method.PERCENTILE, values, percentile=0.9)
    d = 1.96 * math.sqrt(0.09 / 100)
    lo, hi = 1 + 99 * (0.9 - d), 1 + 99 * (0.9 + d)
    assert (found.value, found.se, ends(found.interval)) == (
        agrees(90.1),
        agrees((hi - lo) / 3.92),
        agrees({"lo": lo, "hi": hi}),
    )


def test_the_interval_of_a_percentile_stays_among_the_values() -> None:
    assert figure(Method.PERCENTILE, VALUES, percentile=0.95).interval.hi == 8
    assert figure(Method.MEDIAN, VALUES[:2]).interval == Interval(4, 8)


def test_a_ratio_is_that_of_the_sums() -> None:
    found = told(measure(Aggregation(Method.RATIO, per=100), days([9, 30], [10, 50])))
    assert (found.value, found.se, found.df) == (65, agrees(100 * math.sqrt(2 * (2.5 / 30) ** 2 / 2)), 1)


def test_a_rate_is_exact_poisson() -> None:
    found = told(measure(Aggregation(Method.RATE, per=1000), days([3, 4], [1.5, 2])))
    assert (found.value, found.df, found.certainty) == (2000, math.inf, Certainty.ESTIMATED)
    assert found.interval == agrees((804.1037290056758, 4120.764389057816))
    assert found.se == agrees((4120.764389057816 - 804.1037290056758) / 2 / 1.959963984540054)


def test_a_rate_without_events_is_still_unsure() -> None:
    found = told(measure(Aggregation(Method.RATE), days([0], [10])))
    assert (found.value, found.interval.lo, found.interval.hi) == (0, 0, agrees(0.3688879454113936))
    assert found.se > 0


@pytest.mark.parametrize(
    ("comparison", "met"),
    [(Comparison.AT_LEAST, 3), (Comparison.AT_MOST, 2), (Comparison.ABOVE, 2), (Comparison.BELOW, 1)],
)
def test_a_share_counts_the_readings_that_meet_its_rule(comparison: Comparison, met: int) -> None:
    found = figure(Method.SHARE, VALUES, rule=Rule(comparison, 4))
    assert found.value == met / 4


def test_a_share_has_a_wilson_interval() -> None:
    found = figure(Method.SHARE, [1.0] * 8 + [0.0] * 2, rule=Rule(Comparison.AT_LEAST, 1), per=100)
    assert found.interval == agrees((49.01624715, 94.33178485))


def test_a_share_without_a_rule_counts_parts_of_wholes() -> None:
    found = told(measure(Aggregation(Method.SHARE), days([3, 5], [4, 6])))
    assert found == replace(figure(Method.SHARE, [1.0] * 8 + [0.0] * 2, rule=Rule(Comparison.AT_LEAST, 1)), n=2)


@pytest.mark.parametrize("method", Method)
def test_no_reading_is_no_value(method: Method) -> None:
    assert measure(Aggregation(method, **SETTINGS.get(method, {})), []) == NotScored(Reason.NO_VALUE)


@pytest.mark.parametrize("method", [Method.RATIO, Method.RATE])
@pytest.mark.parametrize("base", [0, 5e-324, 1e-13])
def test_a_base_of_zero_is_no_value(method: Method, base: float) -> None:
    assert measure(Aggregation(method), days([3, 4], [0, base])) == NotScored(Reason.NO_VALUE, 1)


numbers = st.floats(-1e15, 1e15)


@given(
    st.lists(st.tuples(numbers, st.floats(0, 1e15)), min_size=1, max_size=12),
    st.sampled_from([Method.SUM, Method.MEAN, Method.MEDIAN, Method.RATIO, Method.LAST, Method.MIN, Method.MAX]),
)
def test_a_figure_is_a_number_inside_its_interval(rows: list[tuple[float, float]], method: Method) -> None:
    values, bases = (list(column) for column in zip(*rows, strict=True))
    found = measure(Aggregation(method), days(values, bases))
    if isinstance(found, Measured):
        assert -math.inf < found.interval.lo <= found.value <= found.interval.hi < math.inf
        assert 0 <= found.se < math.inf
    else:
        assert (found.reason, sum(bases) < 1e-12) == (Reason.NO_VALUE, True)


@given(st.lists(st.floats(0, 100), min_size=2, max_size=12), st.floats(0.1, 10), st.sampled_from(list(Method)))
def test_a_figure_moves_with_its_unit(values: list[float], unit: float, method: Method) -> None:
    """Readings in another unit give the figure, its error and its interval in that unit."""
    linear = {Method.SUM, Method.MEAN, Method.MEDIAN, Method.PERCENTILE, Method.LAST, Method.MIN, Method.MAX}
    if method in linear:
        one, other = (figure(method, [factor * value for value in values]) for factor in (1, unit))
        assert (other.value, other.se, *other.interval) == pytest.approx(
            (unit * one.value, unit * one.se, unit * one.interval.lo, unit * one.interval.hi), rel=1e-6, abs=1e-6
        )


def test_days_without_a_base_are_part_of_a_ratio() -> None:
    found = told(measure(Aggregation(Method.RATIO), days([3, 0], [4, 0])))
    assert (found.value, found.n) == (0.75, 2)


@pytest.mark.parametrize(("expected", "completeness"), [(5, 0.6), (4, 0.75), (3, 1), (2, 1)])
def test_enough_of_the_expected_steps_give_a_figure(expected: int, completeness: float) -> None:
    found = told(measure(Aggregation(Method.SUM), days([1, 2, 3]), expected=expected))
    assert (found.value, found.completeness, found.prorated) == (6, completeness, False)


def test_too_few_of_the_expected_steps_are_incomplete() -> None:
    assert measure(Aggregation(Method.SUM), days([1, 2, 3]), expected=6) == NotScored(Reason.INCOMPLETE, 0.5)


def test_many_readings_of_one_step_are_one_step() -> None:
    assert measure(Aggregation(Method.SUM), days([1, 2, 3]), expected=4, observed=1) == NotScored(
        Reason.INCOMPLETE, 0.25
    )


def test_a_sum_is_scaled_up_only_on_request_and_says_so() -> None:
    found = told(measure(Aggregation(Method.SUM, prorate=True), days([1, 2, 3]), expected=4))
    assert (found.value, found.prorated, found.certainty, found.se) == (8, True, Certainty.UNKNOWN, 0)
    whole = told(measure(Aggregation(Method.SUM, prorate=True), days([1, 2, 3]), expected=3))
    assert (whole.value, whole.prorated, whole.certainty) == (6, False, Certainty.EXACT)


def test_a_known_figure_is_one_exact_observation() -> None:
    assert known(52) == Measured(52, 0, math.inf, Interval(52, 52), Certainty.EXACT, 1, 1, prorated=False)


@pytest.mark.parametrize("value", [math.nan, math.inf, True, 1.1e15])
def test_a_known_figure_is_a_number(value: float) -> None:
    with pytest.raises(ScoringError, match="value must be a number from -1e15 to 1e15"):
        known(value)


@pytest.mark.parametrize(
    ("method", "reading", "message"),
    [
        (Method.SUM, (math.nan, 1), "value must be a number from -1e15 to 1e15, got nan"),
        (Method.SUM, (-math.inf, 1), "value must be a number from -1e15 to 1e15, got -inf"),
        (Method.MEAN, (1e300, 1), "value must be a number from -1e15 to 1e15, got 1e"),
        (Method.MEAN, (True, 1), "value must be a number from -1e15 to 1e15, got True"),
        (Method.RATIO, (1, math.nan), "denominator or exposure must be a number from -1e15 to 1e15, got nan"),
        (Method.RATIO, (1, -1), "denominator or exposure must be 0 or more, got -1"),
        (Method.RATE, (1.5, 1), "a count must be a whole number of 0 or more, got 1.5"),
        (Method.RATE, (-1, 1), "a count must be a whole number of 0 or more, got -1"),
    ],
)
def test_numbers_that_cannot_be_readings_are_refused(
    method: Method, reading: tuple[float, float], message: str
) -> None:
    with pytest.raises(ScoringError, match=message):
        measure(Aggregation(method), [Observation(START, *reading)])


@pytest.mark.parametrize("part", [-1, 5])
def test_a_part_lies_between_0_and_its_whole(part: float) -> None:
    with pytest.raises(ScoringError, match=f"a part must be from 0 to its whole 4, got {part}"):
        measure(Aggregation(Method.SHARE), [Observation(START, part, 4)])


@pytest.mark.parametrize(("expected", "observed"), [(0, 1), (3, -1)])
def test_a_period_expects_at_least_one_step(expected: int, observed: int) -> None:
    with pytest.raises(ScoringError, match=f"a period expects 1 step or more, got {observed} of {expected}"):
        measure(Aggregation(Method.SUM), days([1]), expected=expected, observed=observed)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": Method.PERCENTILE}, "percentile is needed for the method percentile, and for no other"),
        ({"method": Method.MEAN, "percentile": 0.5}, "percentile is needed for the method percentile"),
        ({"method": Method.PERCENTILE, "percentile": 1.5}, "percentile must be from 0 to 1, got 1.5"),
        ({"method": Method.MEAN, "rule": Rule(Comparison.ABOVE, 1)}, "a rule is for the method share only"),
        ({"method": Method.RATIO, "per": 0}, "per must be a number above 0, at most 1e15, got 0"),
        ({"method": Method.RATIO, "per": math.inf}, "per must be a number above 0, at most 1e15, got inf"),
        ({"method": Method.MEAN, "prorate": True}, "only a sum or a count can be prorated, not a mean"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ScoringError, match=message):
        Aggregation(**settings)


def test_a_rule_has_a_limit_to_compare_with() -> None:
    with pytest.raises(ScoringError, match="limit of a share must be a number from -1e15 to 1e15, got nan"):
        Rule(Comparison.ABOVE, math.nan)
