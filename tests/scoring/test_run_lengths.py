"""Run lengths say what a warning costs: they agree with simulated charts and with what must be so."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.scoring.charts import Chart, Cusum, Ewma, Single
from app.scoring.columns import Floats
from app.scoring.errors import ScoringError
from app.scoring.run_lengths import Limits, Sides, alarms_expected, decision_for, run_length, width_for
from tests.scoring.facts import agrees

quick = settings(max_examples=20)
ewmas = st.builds(Ewma, st.floats(0.05, 1), st.floats(0.5, 3.5))
cusums = st.builds(Cusum, st.floats(0, 2), st.floats(0.5, 6))
singles = st.builds(Single, st.floats(0.5, 4))
charts: st.SearchStrategy[Chart] = st.one_of(ewmas, cusums, singles)
shifts = st.floats(-4, 4)


def simulated(chart: Ewma | Cusum, shift: float, sides: Sides, *, runs: int, steps: int) -> Floats:
    """Run lengths of many charts on normal values, cut at `steps`."""
    draws = np.random.default_rng(7).standard_normal((steps, runs)) + shift
    high, low, ended = np.zeros(runs), np.zeros(runs), np.full(runs, float(steps))
    for step, x in enumerate(draws, 1):
        if isinstance(chart, Ewma):
            high = chart.smoothing * x + (1 - chart.smoothing) * high
            limit, low = chart.width * chart.share_of_sigma(step), -high
        else:
            high, low = np.maximum(0, high + x - chart.reference), np.maximum(0, low - x - chart.reference)
            limit = chart.decision
        beyond = (high > limit) | ((low > limit) & (sides is Sides.BOTH))
        ended = np.where(beyond & (ended == steps), step, ended)
    return ended


@pytest.mark.parametrize("chart", [Ewma(0.2, 2.0), Ewma(0.4, 2.2), Cusum(0.5, 2.0), Cusum(0.25, 3.0)])
@pytest.mark.parametrize("sides", Sides)
@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_run_lengths_are_those_of_simulated_charts(chart: Ewma | Cusum, sides: Sides, shift: float) -> None:
    lengths = simulated(chart, shift, sides, runs=4000, steps=600)
    error = float(lengths.std()) / math.sqrt(len(lengths))
    assert abs(run_length(chart, shift, sides=sides) - float(lengths.mean())) < 4 * error


def test_exact_limits_alarm_a_little_sooner_than_full_ones() -> None:
    lengths = [run_length(Ewma(), shift, limits=limits) for shift in (0, 1, 2) for limits in Limits]
    assert [exact < full for exact, full in zip(lengths[::2], lengths[1::2], strict=True)] == [True] * 3
    assert (lengths[0], lengths[2]) == pytest.approx((494.386, 9.554), abs=1e-3)


def test_watching_one_side_halves_the_false_alarms() -> None:
    both, one = (run_length(Ewma(), sides=sides) for sides in (Sides.BOTH, Sides.ONE))
    assert (both, one) == pytest.approx((494.386, 1002.358), abs=1e-3)


def test_a_shift_to_the_good_side_is_never_taken_for_a_bad_one() -> None:
    assert run_length(Ewma(0.2, 2.0), -3.0, sides=Sides.ONE) == math.inf
    assert run_length(Ewma(0.2, 2.0), -0.5, sides=Sides.ONE) > 10 * run_length(Ewma(0.2, 2.0), sides=Sides.ONE)


@pytest.mark.parametrize("width", [1.0, 3.0])
def test_an_ewma_of_full_weight_runs_as_long_as_single_values(width: float) -> None:
    p = math.erfc(width / math.sqrt(2))
    assert [run_length(chart) for chart in (Ewma(1.0, width), Single(width))] == [agrees(1 / p)] * 2
    assert [run_length(chart, sides=Sides.ONE) for chart in (Ewma(1.0, width), Single(width))] == [agrees(2 / p)] * 2


@quick
@given(charts, shifts, st.sampled_from(Limits))
def test_both_sides_do_not_care_where_a_shift_goes(chart: Chart, shift: float, limits: Limits) -> None:
    assert run_length(chart, shift, limits=limits) == pytest.approx(run_length(chart, -shift, limits=limits), rel=1e-5)


@quick
@given(charts, shifts)
def test_one_side_never_signals_sooner_than_both(chart: Chart, shift: float) -> None:
    one, both = (run_length(chart, shift, sides=sides) for sides in (Sides.ONE, Sides.BOTH))
    assert 1 - 1e-6 <= both <= one * (1 + 1e-6)


@quick
@given(charts, st.floats(0, 3), st.floats(0, 1))
def test_a_larger_shift_is_never_seen_later(chart: Chart, shift: float, more: float) -> None:
    near, far = (run_length(chart, size, sides=Sides.ONE) for size in (shift, shift + more))
    assert far <= near * (1 + 1e-6)


@pytest.mark.parametrize("chart", [Ewma(0.2, 10.0), Cusum(0.5, 50.0), Cusum(10.0, 0.001), Single(9.0)])
def test_what_practically_never_happens_is_never(chart: Chart) -> None:
    assert run_length(chart) == math.inf


@pytest.mark.parametrize("chart", [Ewma(0.2, 1e-6), Cusum(0.0, 1e-6), Single(1e-6)])
def test_a_limit_of_nothing_signals_at_once(chart: Chart) -> None:
    assert run_length(chart) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("shift", [-10.5, math.nan])
def test_shifts_beyond_ten_sigma_are_refused(shift: float) -> None:
    with pytest.raises(ScoringError, match="shift must be from -10 to 10 sigma"):
        run_length(Ewma(), shift)


@pytest.mark.parametrize("sides", Sides)
@pytest.mark.parametrize("length", [50.0, 740.0])
def test_a_limit_found_for_a_run_length_has_it(length: float, sides: Sides) -> None:
    assert run_length(Ewma(0.3, width_for(length, 0.3, sides=sides)), sides=sides) == pytest.approx(length, rel=1e-6)
    assert run_length(Cusum(0.4, decision_for(length, 0.4, sides=sides)), sides=sides) == pytest.approx(
        length, rel=1e-6
    )


@pytest.mark.parametrize("length", [1.0, 1e9, math.nan])
def test_run_lengths_that_cannot_be_had_are_refused(length: float) -> None:
    with pytest.raises(ScoringError, match="a run length must be from 2 to 1e\\+08 steps"):
        width_for(length, 0.2)


def test_false_alarms_are_expected_once_in_a_run_length() -> None:
    assert (alarms_expected(1000, 500.0), alarms_expected(0, 500.0), alarms_expected(9, math.inf)) == (2, 0, 0)
