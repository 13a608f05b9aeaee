"""The examples of docs/scoring.md about early warning, computed: each gives the sentence of the page."""

import math
from datetime import date, timedelta

import numpy as np

from app.scoring.baselines import Baseline, baseline_of
from app.scoring.charts import Ewma
from app.scoring.courses import State, course
from app.scoring.falling_response import Asked, falling_response
from app.scoring.movers import Strand, movers
from app.scoring.moves import Move
from app.scoring.projection import Projection, project
from app.scoring.relevance import Relevance, relevance
from app.scoring.results import Interval
from app.scoring.round_signals import round_course
from app.scoring.seasons import Point, WeekdayEffect
from app.scoring.thresholds import Threshold, crossings
from tests.scoring.test_relevance import PACO2, PATIENTS, PH, by_unit

MONDAY = date(2026, 1, 5)


def weekly(values: list[float]) -> list[Point]:
    return [Point(MONDAY + timedelta(weeks=week), value) for week, value in enumerate(values)]


def a_course() -> str:
    values = [80.0, 82.0] * 10 + [81.0, 76.0, 74.0, 75.0]
    states = [step.state for step in course(weekly(values)).steps]
    assert states[20:] == [State.IN_CONTROL, State.IN_CONTROL, State.SIGNAL, State.SIGNAL]
    return (
        f"20 weeks around {np.mean(values[:20]):g} (80, 82, 80, …), then 81, 76, 74, 75: learning for "
        f"{states.count(State.LEARNING)} weeks, in control at 81 and 76, and a signal at 74, long before any red line."
    )


def a_baseline() -> str:
    found = baseline_of([52, 48, 50, 54])
    lo, hi = found.natural
    return (
        f"52, 48, 50, 54: mean {found.mean:g}, sd {found.sd:.3f}, mR {found.moving_range:.3f}, "
        f"natural limits {lo:.2f} and {hi:.2f}."
    )


def a_weekday() -> str:
    counted = WeekdayEffect({0: 20.0 - 10.0}).without(Point(MONDAY, 17.0))
    return f"Mondays have a median of 20, all days of 10: a Monday with 17 counts as {counted:g}."


def a_chart() -> str:
    baseline, values = Baseline(24, 50.0, 2.0, 0.0, 0.0), [52, 47, 44, 43]
    steps = Ewma().smoothed(baseline, values)
    beyond = [abs(step.value - 50) > step.half for step in steps]
    assert beyond == [False, False, False, True]
    smoothed = ", ".join(f"{round(step.value, 4):g}" for step in steps)
    limits = ", ".join(f"{step.half:.4f}" for step in steps)
    return (
        f"mean 50, sigma 2, no memory; 52, 47, 44, 43 give E = {smoothed} against limits {limits} from the centre: "
        "a signal at the fourth."
    )


def a_move() -> str:
    move = Move(12.5, 10.400665, 21.873028)
    lo, hi = move.interval
    said = "changed" if move.is_real() else "not changed"
    return f"d = 12.5, SE 10.401, 21.9 degrees of freedom: {lo:.2f} to {hi:.2f}, {said}."


def some_rounds() -> str:
    moves = [Move(-6.0, 2.5), Move(-1.0, 2.5), Move(-7.0, 2.5)]
    steps = round_course(moves)
    assert [move.is_real() for move in moves] == [True, False, True]
    assert [step.cause is not None for step in steps] == [False, False, True]
    return "-6, -1, -7 with SE 2.5: the first is real, the second is not, the third signals."


def what_moved() -> str:
    fall = 4.0 / 0.2
    fell = weekly([80.0 + 2 * (place % 2) - fall * (place == 22) for place in range(23)])
    stood = weekly([80.0 + 2 * (place % 2) for place in range(23)])
    kpi = [Point(a.on, 0.6 * (a.value or 0) + 0.4 * (b.value or 0)) for a, b in zip(fell, stood, strict=True)]
    found = course(kpi)
    moved = movers(
        [Strand("welcome", "customer", 0.6, fell), Strand("plan", "colleague", 0.4, stood)], found, found.alerts[0]
    )
    steady = movers(
        [Strand("welcome", "customer", 0.6, stood), Strand("plan", "colleague", 0.4, stood)], found, found.alerts[0]
    )
    part = moved.movers[0].part - steady.movers[0].part
    shift = moved.shift - (steady.shift - steady.rest)
    return (
        f'customers\' "welcome" weighs .6 and falls by 4 (smoothed), colleagues\' "plan" weighs .4 and stands: '
        f"part {part:.1f} of {shift:.1f}."
    )


def a_red_line() -> str:
    days = weekly([51.0, 49.0, 51.0, 49.0, 53.0])
    (one,) = crossings(days, Threshold(Interval(50, math.inf), 3))
    on, off = (next(day.value for day in days if day.on == moment) for moment in (one.since, one.until))
    return f"line 50, margin 3; 51, 49, 51, 49, 53: on at {on:g}, off at {off:g}, one alert instead of two."


def falling() -> str:
    (fall,) = falling_response({"customer": [Asked(40, 20)] * 3 + [Asked(40, 6)] * 2})
    place = {3: "fourth"}[fall.since]
    return (
        f"20 of 40 answered in each of three weeks, then 6 of 40 twice: since the {place} week, from {fall.before:.0%} to "
        f"{fall.after:.0%}."
    ).replace("%", " %")


def a_chance() -> str:
    found = project([10, 12, 9, 14, 11, 13, 12, 10], 12, Interval(235, math.inf))
    assert isinstance(found, Projection)
    return (
        f"10, 12, 9, 14, 11, 13, 12, 10 so far, 12 steps left, target 235: forecast {found.forecast:g}, SE {found.se:.3f}, "
        f"chance {100 * found.chance:.0f} %, shown as {found.shown} %."
    )


def a_link() -> str:
    acid, carbon = (by_unit(PATIENTS, np.array(values), every=2) for values in (PH, PACO2))
    found = relevance(acid, carbon, (0,))
    assert isinstance(found, Relevance)
    plain = float(np.corrcoef(PH, PACO2)[0, 1])
    lo, hi = found.link.interval
    shown = [f"{value:.3f}".replace("0.", ".") for value in (found.link.r, lo, hi)]
    return (
        f"pH and carbon dioxide of eight patients, {found.link.n} measurements (Bland & Altman): r = {shown[0]}, df {found.link.df:g}, "
        f"{shown[1]} to {shown[2]}, while the correlation over all of them without taking out levels is "
        f"{f'{plain:.2f}'.replace('0.', '.')}."
    )


WARNINGS = [
    a_course,
    a_baseline,
    a_weekday,
    a_chart,
    a_move,
    some_rounds,
    what_moved,
    a_red_line,
    falling,
    a_chance,
    a_link,
]
