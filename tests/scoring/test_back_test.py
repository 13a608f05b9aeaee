"""A back-test counts the alerts that a watch would have given, and what chance alone would give."""

from datetime import date, timedelta

import pytest

from app.scoring.back_test import back_test
from app.scoring.charts import Cusum, Ewma, Single
from app.scoring.courses import Watch, course
from app.scoring.directions import Better, Direction
from app.scoring.errors import ScoringError
from app.scoring.results import Interval
from app.scoring.run_lengths import Sides, run_length
from tests.scoring.facts import agrees
from tests.scoring.series import MONDAY, bank_calls, weeks

QUIET = [80.0, 82.0] * 20
FELL = [*QUIET, *[70.0] * 10, *QUIET, *[70.0] * 10]
FIRST, LAST = MONDAY + timedelta(weeks=30), MONDAY + timedelta(weeks=89)


def test_alerts_are_counted_in_the_time_asked_about_only() -> None:
    tested = back_test({"Nord": weeks(FELL), "Sør": weeks(QUIET * 2)}, Watch(), first=FIRST, last=LAST)
    assert {name: [alert.on for alert in alerts] for name, alerts in tested.alerts.items()} == {
        "Nord": [MONDAY + timedelta(weeks=40)]
    }
    assert (tested.count, tested.judged, tested.learning) == (1, 60 + 50, 0)
    whole = back_test({"Nord": weeks(FELL)}, Watch(), first=MONDAY, last=MONDAY + timedelta(weeks=99))
    assert (whole.count, whole.judged, whole.learning) == (2, 80, 20)


def test_alerts_are_those_of_the_course() -> None:
    watch = Watch(Single(), Better(Direction.IN_RANGE, Interval(0, 1e6)), baseline=40)
    first, last = date(2003, 8, 1), date(2003, 12, 31)
    tested = back_test({"calls": bank_calls()}, watch, first=first, last=last)
    alerts = [alert for alert in course(bank_calls(), watch).alerts if first <= alert.on <= last]
    assert list(tested.alerts["calls"]) == alerts != []


@pytest.mark.parametrize("chart", [Ewma(), Cusum(), Single()])
def test_chance_gives_one_alert_in_a_run_length_of_the_sides_that_warn(chart: Ewma | Cusum | Single) -> None:
    both = Better(Direction.IN_RANGE, Interval(0, 100))
    one_sided, two_sided = (
        back_test({"a": weeks(QUIET)}, Watch(chart, better), first=FIRST, last=LAST) for better in (Better(), both)
    )
    assert one_sided.by_chance == agrees(10 / run_length(chart, sides=Sides.ONE))
    assert two_sided.by_chance == agrees(10 / run_length(chart))


def test_an_accepted_shift_is_learnt_from_again() -> None:
    shift = MONDAY + timedelta(weeks=40)
    tested = back_test({"Nord": weeks(FELL)}, Watch(), first=FIRST, last=LAST, acknowledged={"Nord": [shift]})
    assert (tested.judged, tested.learning) == (10 + 30, 20)


def test_a_series_without_baseline_costs_nothing() -> None:
    tested = back_test({"new": weeks(QUIET[:9]), "empty": []}, Watch(), first=MONDAY, last=LAST)
    assert (dict(tested.alerts), tested.judged, tested.learning, tested.by_chance) == ({}, 0, 9, 0)


def test_steps_without_figure_are_neither_judged_nor_learnt_from() -> None:
    tested = back_test({"Nord": weeks([*QUIET, None, 81.0])}, Watch(), first=FIRST, last=LAST)
    assert (tested.judged, tested.learning) == (11, 0)


def test_the_first_day_comes_before_the_last() -> None:
    with pytest.raises(ScoringError, match="a back-test needs a first day before its last"):
        back_test({}, Watch(), first=LAST, last=FIRST)
