"""Charts, run lengths and projections agree with another program, on real calls, flights and inspections."""

import json
import math
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.scoring.autocorrelation import autocorrelation
from app.scoring.baselines import Baseline
from app.scoring.charts import Cusum, Distance, Ewma, Single
from app.scoring.courses import Watch, course
from app.scoring.directions import Better, Direction
from app.scoring.phases import phase_of
from app.scoring.projection import Projection, Whole, project
from app.scoring.results import Interval
from app.scoring.run_lengths import Limits, Sides, decision_for, run_length, width_for
from app.scoring.seasons import Point, Season
from tests.scoring.series import bank_calls, flights_on_time, inspections, naive, weeks

BASELINE = 40
EITHER_WAY = Better(Direction.IN_RANGE, Interval(0, 1e6))
SEASONS = [Season.NONE, Season.WEEKDAY]
CARRIERS = ["9E", "AA", "AS", "B6", "DL", "EV", "F9", "FL", "HA", "MQ", "UA", "US", "VX", "WN", "YV"]


@cache
def charts_file() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(__file__).with_name("charts.json").read_text())
    return found


def agrees(expected: Any) -> Any:
    """To the tolerance of the reference."""
    return pytest.approx(expected, rel=1e-6, abs=1e-9)


def first_beyond(distances: list[Distance]) -> int | None:
    return next((step for step, distance in enumerate(distances, 1) if max(distance) > 1), None)


def bank_calls_under(season: Season) -> tuple[Baseline, list[float], dict[str, Any]]:
    """Baseline, values after it, and what both should be."""
    phase = phase_of(bank_calls(), season, BASELINE)
    assert phase.baseline is not None
    return (
        phase.baseline,
        phase.judged(),
        charts_file()["charts"]["raw" if season is Season.NONE else "weekday_adjusted"],
    )


@pytest.mark.parametrize("season", SEASONS)
def test_the_baseline_of_bank_calls_is_as_in_the_reference(season: Season) -> None:
    baseline, _, expected = bank_calls_under(season)
    found = {
        "baseline": baseline.n,
        "mean": baseline.mean,
        "mr_bar": baseline.moving_range,
        "sd": baseline.sd,
        "sigma": baseline.sigma,
        "r1": baseline.persistence,
        "f": baseline.widening(0.2),
        "npl": list(baseline.natural),
        "mr_upper": baseline.largest_range,
    }
    assert found == {name: agrees(expected[name]) for name in found}


@pytest.mark.parametrize("season", SEASONS)
def test_the_charts_of_bank_calls_are_as_in_the_reference(season: Season) -> None:
    baseline, values, expected = bank_calls_under(season)
    smoothed, sums = Ewma().smoothed(baseline, values), Cusum().sums(baseline, values)
    found = {
        "ewma_last": smoothed[-1].value,
        "ewma_first5": [step.value for step in smoothed[:5]],
        "limit_first5": [step.half for step in smoothed[:5]],
        "cusum_up_max": max(both.high for both in sums),
        "cusum_down_max": max(both.low for both in sums),
        "cusum_up_first5": [both.high for both in sums[:5]],
        "cusum_down_first5": [both.low for both in sums[:5]],
    }
    assert found == {name: agrees(expected[name]) for name in found}


@pytest.mark.parametrize("season", SEASONS)
def test_the_first_signals_of_bank_calls_are_as_in_the_reference(season: Season) -> None:
    baseline, values, expected = bank_calls_under(season)
    found = {
        "first_x_signal": first_beyond(Single().distances(baseline, values)),
        "first_ewma_signal": first_beyond(Ewma().distances(baseline, values)),
        "first_cusum_signal": first_beyond(Cusum().distances(baseline, values)),
    }
    assert found == {name: expected[name] for name in found}


@pytest.mark.parametrize(("season", "first"), [(Season.NONE, 87), (Season.WEEKDAY, 66)])
def test_the_course_of_bank_calls_signals_where_the_reference_does(season: Season, first: int) -> None:
    found = course(bank_calls(), Watch(Single(), EITHER_WAY, season, baseline=BASELINE))
    assert found.alerts[0].on == bank_calls()[BASELINE + first - 1].on


def test_bank_calls_without_their_weekdays_only_look_like_a_shift_because_they_remember() -> None:
    cusum, ewma = (
        course(bank_calls(), Watch(chart, EITHER_WAY, Season.WEEKDAY, baseline=BASELINE)) for chart in (Cusum(), Ewma())
    )
    assert (cusum.alerts[0].on, ewma.alerts) == (bank_calls()[BASELINE + 8].on, ())


@pytest.mark.slow
@pytest.mark.parametrize("carrier", CARRIERS)
def test_the_course_of_flights_on_time_is_that_of_the_formulas_written_out(carrier: str) -> None:
    points = flights_on_time()[carrier]
    compare_with_naive(points, 30)


def test_the_course_of_inspections_is_that_of_the_formulas_written_out() -> None:
    compare_with_naive(weeks(inspections(), first=date(2000, 1, 3)), 50)


def compare_with_naive(points: Sequence[Point], baseline: int) -> None:
    expected = naive([point.value for point in points if point.value is not None], baseline)
    found = course(points, Watch(baseline=baseline))
    learnt = found.phases[0].baseline
    assert learnt is not None
    assert (learnt.mean, learnt.sigma, learnt.persistence) == agrees(expected[:3])
    judged = {step.on: step.smoothed for step in found.steps if step.smoothed is not None}
    assert [smoothed.value for smoothed in judged.values()] == agrees(expected.smoothed.tolist())
    assert [smoothed.half for smoothed in judged.values()] == agrees(expected.limits.tolist())
    sums = Cusum().sums(learnt, found.phases[0].judged())
    assert [both.high for both in sums] == agrees(expected.up.tolist())
    assert [both.low for both in sums] == agrees(expected.down.tolist())
    below = np.flatnonzero(expected.smoothed < expected.mean - expected.limits)
    assert [alert.on for alert in found.alerts[:1]] == [list(judged)[place] for place in below[:1]]


@pytest.mark.slow
def test_daily_figures_remember_so_the_wider_limits_are_not_optional() -> None:
    rates = [[point.value for point in flights_on_time()[carrier] if point.value is not None] for carrier in CARRIERS]
    memories = sorted(autocorrelation(values) for values in rates)
    assert (memories[0] > 0.05, memories[len(memories) // 2] > 0.25, memories[-1] < 0.4) == (True, True, True)


def cases(name: str) -> list[tuple[float, float, float, float]]:
    """Two settings, shift and run length."""
    return [
        (*(float(part.lstrip("kh")) for part in settings.split("/")), float(shift), length)
        for settings, lengths in charts_file()["arl"][name].items()
        for shift, length in lengths.items()
    ]


@pytest.mark.parametrize(("smoothing", "width", "shift", "length"), cases("ewma_two_sided_fixed"))
def test_run_lengths_of_an_ewma_with_full_limits(smoothing: float, width: float, shift: float, length: float) -> None:
    assert run_length(Ewma(smoothing, width), shift, limits=Limits.FULL) == agrees(length)


@pytest.mark.parametrize(("smoothing", "width", "shift", "length"), cases("ewma_exact_limits"))
def test_run_lengths_of_an_ewma_with_exact_limits(smoothing: float, width: float, shift: float, length: float) -> None:
    assert run_length(Ewma(smoothing, width), shift) == agrees(length)


@pytest.mark.parametrize(("reference", "decision", "shift", "length"), cases("cusum_two_sided"))
def test_run_lengths_of_a_cusum(reference: float, decision: float, shift: float, length: float) -> None:
    assert run_length(Cusum(reference, decision), shift) == agrees(length)


@pytest.mark.parametrize(("reference", "decision", "shift", "length"), cases("cusum_one_sided"))
def test_run_lengths_of_a_cusum_on_one_side(reference: float, decision: float, shift: float, length: float) -> None:
    assert run_length(Cusum(reference, decision), shift, sides=Sides.ONE) == agrees(length)


def test_limits_for_a_wanted_run_length_are_as_in_the_reference() -> None:
    assert {
        "ewma_L_l0.2_arl370.398": width_for(370.398, 0.2, limits=Limits.FULL),
        "ewma_L_l0.2_arl500": width_for(500, 0.2, limits=Limits.FULL),
        "cusum_h_k0.5_arl370.398": decision_for(370.398, 0.5),
    } == {name: agrees(value) for name, value in charts_file()["arl"]["crit"].items()}


@pytest.mark.parametrize("of", Whole)
def test_the_projection_of_bank_calls_is_as_in_the_reference(of: Whole) -> None:
    expected = charts_file()["projection"][0]
    check_projection([point.value or 0.0 for point in bank_calls()[: expected["k"]]], expected, of)


@pytest.mark.parametrize("of", Whole)
def test_the_projection_of_the_worked_example_is_as_in_the_reference(of: Whole) -> None:
    check_projection([10, 12, 9, 14, 11, 13, 12, 10], charts_file()["projection"][1], of)


def check_projection(values: list[float], expected: dict[str, float], of: Whole) -> None:
    steps = 1 if of is Whole.TOTAL else expected["k"] + expected["h"]
    found = project(values, int(expected["h"]), Interval(expected["target"] / steps, math.inf), of=of)
    assert isinstance(found, Projection)
    assert {
        "sum_so_far": sum(values),
        "forecast": found.forecast * steps,
        "se": found.se * steps,
        "df": found.df,
        "r": found.persistence,
        "prob": found.chance,
    } == {name: agrees(expected[name]) for name in ("sum_so_far", "forecast", "se", "df", "r", "prob")}


@pytest.mark.slow
def test_chances_of_on_time_targets_come_true_about_as_often_as_said() -> None:
    chances, kept = [], []
    for months in flights_on_time().values():
        for month in range(1, 7):
            rates = [point.value for point in months if point.on.month == month and point.value is not None]
            for seen in (8, 12, 16, 20):
                for target in np.linspace(0.5, 0.95, 10) if len(rates) >= 28 else ():
                    goal = Interval(float(target), math.inf)
                    found = project(rates[:seen], len(rates) - seen, goal, of=Whole.AVERAGE)
                    assert isinstance(found, Projection)
                    chances.append(found.chance)
                    kept.append(np.mean(rates) >= target)
    edges = [0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95]
    groups = np.digitize(chances, edges[1:])
    shares = [float(np.mean(np.array(kept)[groups == group])) for group in range(len(edges))]
    assert shares == sorted(shares)
    assert (shares[0] < 0.02, 0.35 < shares[3] < 0.65, shares[5] > 0.8, shares[6] > 0.95) == (True,) * 4, shares
