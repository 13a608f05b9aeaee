"""What a watch would have cost: the alerts it would have given in a time that is past.

===========  =========================================================
Name         Meaning
===========  =========================================================
BackTest     alerts, judged steps, and what chance alone would give
back_test    the same over any number of series
===========  =========================================================
"""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache

from app.deferred import dataclass
from app.scoring.charts import Chart
from app.scoring.courses import Alert, Course, Watch, course
from app.scoring.errors import ScoringError
from app.scoring.run_lengths import Sides, alarms_expected, run_length
from app.scoring.seasons import Point


@dataclass(frozen=True, slots=True)
class BackTest:
    """What a watch would have done with the past.

    alerts : by series, in order of time; series without alerts are absent
    judged : steps that were judged, over all series
    learning : steps that were not, because a baseline was still being learnt
    by_chance : alerts that chance alone would give among the judged steps if the limits were known exactly; limits
        learnt from 20 points give about twice as many (docs/scoring.md, section "How often a false alarm is expected")
    """

    alerts: Mapping[str, tuple[Alert, ...]]
    judged: int
    learning: int
    by_chance: float

    @property
    def count(self) -> int:
        """Alerts over all series."""
        return sum(len(alerts) for alerts in self.alerts.values())


def back_test(
    series: Mapping[str, Sequence[Point]],
    watch: Watch,
    *,
    first: date,
    last: date,
    acknowledged: Mapping[str, Sequence[date]] | None = None,
) -> BackTest:
    """Alerts that a watch would have given between two days, both included.

    Parameters
    ----------
    series : points by name; earlier points than `first` are learnt from
    watch : as it would be set
    first, last : the time asked about, say the year before today
    acknowledged : first days of new baselines by name; a shift that nobody accepted stays one alert

    Returns
    -------
    Alerts that began in that time, and how many of them chance alone would explain.

    Raises
    ------
    ScoringError : the days are not in order, or as in `courses.course`

    Formula: by chance = sum over series of judged steps/run length of the chart on its bad sides.
    Source: docs/scoring.md, section "What a warning costs".

    >>> from datetime import timedelta
    >>> weeks = [date(2025, 1, 6) + timedelta(weeks=week) for week in range(60)]
    >>> fell = [Point(week, 80 + 2 * (place % 2) - 9 * (place > 50)) for place, week in enumerate(weeks)]
    >>> tested = back_test({"Nord": fell}, Watch(), first=date(2025, 3, 1), last=date(2026, 2, 28))
    >>> tested.count, tested.judged, tested.learning, round(tested.by_chance, 3)
    (1, 40, 12, 0.04)
    """
    if first > last:
        msg = f"a back-test needs a first day before its last, got {first} and {last}"
        raise ScoringError(msg)
    marks = acknowledged or {}
    courses = {name: course(points, watch, acknowledged=marks.get(name, ())) for name, points in series.items()}
    alerts = {
        name: tuple(alert for alert in found.alerts if first <= alert.on <= last) for name, found in courses.items()
    }
    counts = [_counted(found, watch, first, last) for found in courses.values()]
    return BackTest(
        {name: found for name, found in alerts.items() if found},
        sum(judged for judged, _, _ in counts),
        sum(learning for _, learning, _ in counts),
        math.fsum(chance for _, _, chance in counts),
    )


def _counted(found: Course, watch: Watch, first: date, last: date) -> tuple[int, int, float]:
    """Judged steps, learning steps, and alerts by chance of one series in that time."""
    judged, learning, chance = 0, 0, 0.0
    for phase in found.phases:
        within = [point for point in phase.points if first <= point.on <= last and point.value is not None]
        here = sum(phase.is_judged(point) for point in within)
        judged, learning = judged + here, learning + len(within) - here
        if phase.baseline is not None:
            chance += alarms_expected(here, _length(watch.chart, len(watch.better.bad_sides(phase.baseline.mean))))
    return judged, learning, chance


@cache
def _length(chart: Chart, sides: int) -> float:
    return run_length(chart, sides=Sides.ONE if sides == 1 else Sides.BOTH)
