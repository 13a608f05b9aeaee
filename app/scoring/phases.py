"""One stretch of a series under one baseline: what is learnt from its first points, what is left to judge.

==========  ==========================================================
Name        Meaning
==========  ==========================================================
Phase       days, values without season, and the baseline
phase_of    the same from points
==========  ==========================================================
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from app.deferred import dataclass
from app.scoring.baselines import Baseline, baseline_of
from app.scoring.seasons import Point, Season, WeekdayEffect, knows_its_weekdays, weekday_effect


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of a series under one baseline.

    points : in order, values without season; none where there is no figure or it cannot be compared
    baseline : none as long as too little is known
    learnt_until : last day of the baseline, none likewise
    """

    points: tuple[Point, ...]
    baseline: Baseline | None
    learnt_until: date | None

    @property
    def seen(self) -> int:
        """Points with a value."""
        return sum(point.value is not None for point in self.points)

    def is_judged(self, point: Point) -> bool:
        """Whether a point of the phase comes after the baseline and has a value."""
        return self.learnt_until is not None and point.on > self.learnt_until and point.value is not None

    def judged(self) -> list[float]:
        """Values after the baseline, in order, missing ones left out.

        >>> from datetime import timedelta
        >>> days = [Point(date(2026, 3, 2) + timedelta(day), float(day % 2)) for day in range(22)]
        >>> phase_of(days, Season.NONE, 20).judged(), phase_of(days, Season.NONE, 23).judged()
        ([0.0, 1.0], [])
        """
        return [point.value for point in self.points if self.is_judged(point) and point.value is not None]


def phase_of(points: Sequence[Point], season: Season, least: int, *, learnt_until: date | None = None) -> Phase:
    """What is learnt from the first points of a stretch.

    Parameters
    ----------
    points : in order of time; differences already, where the season is a year
    season : the weekday effect is taken out here, from the baseline alone
    least : points that a baseline needs, at least 2
    learnt_until : last day of the baseline where that is settled elsewhere; `least` still holds

    Returns
    -------
    The phase; without baseline if there are too few points, or too few of a regular weekday.

    >>> from datetime import timedelta
    >>> days = [Point(date(2026, 3, 2) + timedelta(day), float(day % 2)) for day in range(22)]
    >>> phase = phase_of(days, Season.NONE, 20)
    >>> phase.learnt_until.isoformat(), phase.baseline.mean
    ('2026-03-21', 0.5)
    """
    present = [point for point in points if point.value is not None]
    last = _settled(present, season, least) if learnt_until is None else learnt_until
    learnt = [] if last is None else [point for point in present if point.on <= last]
    effect = weekday_effect(learnt) if season is Season.WEEKDAY else None
    without = tuple(Point(point.on, _without(effect, point)) for point in points)
    values = [point.value for point in without if point.value is not None and last is not None and point.on <= last]
    if len(values) < least:
        return Phase(tuple(points), None, None)
    return Phase(without, baseline_of(values), last)


def _settled(present: Sequence[Point], season: Season, least: int) -> date | None:
    """Last day of the shortest beginning that is enough for a baseline; none if all of it is not."""
    counts: Counter[int] = Counter()
    for n, point in enumerate(present, 1):
        counts[point.on.weekday()] += 1
        if n >= least and (season is not Season.WEEKDAY or knows_its_weekdays(counts, least)):
            return point.on
    return None


def _without(effect: WeekdayEffect | None, point: Point) -> float | None:
    return point.value if effect is None else effect.without(point)
