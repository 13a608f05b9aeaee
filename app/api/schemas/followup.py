"""Courses and signals as they are answered, and new levels as they are accepted."""

import math
from datetime import date, datetime
from typing import Any

from pydantic import Field

from app.api.schemas.base import DAY, ID, INSTANT, OTHER_ID, WORDS, GivenDay, Id, In, Out, Texts, example
from app.api.schemas.relations import KPI, PROMPT, SUBJECT, KpiNameOut, PromptOut, WatchedPlaceOut
from app.api.schemas.watches import LAST_YEAR, LastYearOut
from app.followup.queries import length_name
from app.followup.values import (
    Charted,
    Compared,
    KpiCourse,
    Red,
    Signal,
)
from app.releases.values import Withheld
from app.scoring.charts import Side
from app.scoring.courses import State, Step
from app.scoring.projection import Projection, Whole
from app.scoring.round_signals import Cause

_FINDING: dict[str, Any] = {
    "state": "signal",
    "seen": 27,
    "needed": 20,
    "side": "low",
    "began": DAY,
    "on": DAY,
    "is_gain": False,
    "cause": None,
    "item_id": OTHER_ID,
    "rater_group": "customer",
}
_POINT: dict[str, Any] = {
    "first": DAY,
    "last": DAY,
    "value": 75.0,
    "lo": 66.0,
    "hi": 83.0,
    "reason": None,
    "release_id": ID,
    "state": "signal",
    "smoothed": 78.04,
    "centre": 81.125,
    "lower_limit": 78.47,
    "upper_limit": 83.78,
    "difference": None,
    "cause": None,
}
_MOVER = {
    "item_id": OTHER_ID,
    "item_name": WORDS,
    "rater_group": "customer",
    "shift": -6.16,
    "part": -3.08,
    "is_beyond": True,
}
_SHIFT = {"id": ID, "starts_on": DAY, "reason": "Ny vaktplan", "actor": f"account:{ID}", "made_at": INSTANT}
_CHANCE = {
    "first": DAY,
    "last": DAY,
    "whole": "average",
    "goal_low": 4.0,
    "goal_high": 7.0,
    "seen": 9,
    "forecast": 6.2,
    "chance": 0.83,
    "shown": 85,
}
_RED_LINE = {"low": 50.0, "high": None, "margin": 5.0, "since": None}


class FindingOut(Out):
    """What a course says now."""

    model_config = example(**_FINDING)

    state: State
    seen: int = Field(description="Figures so far, since the level that was accepted last")
    needed: int = Field(description="Figures to learn from")
    side: Side | None = Field(description="Where it went; none unless it signals or has gained")
    began: date | None = Field(description="Likely beginning of the shift")
    on: date | None = Field(description="First day of the step that crossed the limit")
    is_gain: bool = Field(description="It went to the good side; nobody is warned")
    cause: Cause | None = Field(description="Why rounds signal")
    item_id: Id | None = Field(description="The item that moved most")
    rater_group: str | None


class CoursePointOut(Out):
    """One step of a course, values in points or in the unit of the KPI."""

    model_config = example(**_POINT)

    first: date
    last: date
    value: float | None
    lo: float | None
    hi: float | None
    reason: Withheld | None
    release_id: Id | None
    state: State
    smoothed: float | None
    centre: float | None
    lower_limit: float | None
    upper_limit: float | None
    difference: float | None = Field(description="To the round before that asked for the same")
    cause: Cause | None


class RedLineOut(Out):
    """The red line of a KPI at a subject, in points or in the unit of the KPI."""

    model_config = example(**_RED_LINE)

    low: float | None = Field(description="Lowest value that is still good")
    high: float | None = Field(description="Highest value that is still good")
    margin: float = Field(description="How far inside the figures must be before it is over")
    since: date | None = Field(description="First day of the step that crossed it; none while the figures are good")

    @classmethod
    def told(cls, red: Red) -> "RedLineOut":
        """A red line as it is answered."""
        return cls(low=_finite(red.limits.lo), high=_finite(red.limits.hi), margin=red.margin, since=red.since)


class MoverOut(Out):
    """What an item as one rater group answered it adds to a shift, in points."""

    model_config = example(**_MOVER)

    item_id: Id
    item_name: Texts
    rater_group: str = Field(description="Several together are joined by +")
    shift: float = Field(description="Of its own smoothed figures")
    part: float = Field(description="Of the shift of the KPI")
    is_beyond: bool = Field(description="It is beyond its own limits, so that it moved by itself")


class ShiftOut(Out):
    """A new level that was accepted from a day on."""

    model_config = example(**_SHIFT)

    id: Id
    starts_on: date
    reason: str
    actor: str
    made_at: datetime


class ChanceOut(Out):
    """The chance that a total or an average reaches its target; no forecast while too few steps are known."""

    model_config = example(**_CHANCE)

    first: date
    last: date
    whole: Whole
    goal_low: float | None
    goal_high: float | None
    seen: int | None = Field(description="Steps so far where they are too few, else none")
    forecast: float | None
    chance: float | None = Field(description="0-1")
    shown: int | None = Field(description="Per cent as pages show it, in steps of 5")


class CourseOut(Out):
    """The course of a KPI at a subject."""

    model_config = example(
        kpi=KPI,
        subject=SUBJECT,
        series="week",
        other_series=["quarter"],
        rater_groups=["customer"],
        finding=_FINDING,
        points=[_POINT],
        alerts=[DAY],
        moved=[_MOVER],
        run_length=1002.36,
        last_year=LAST_YEAR,
        red_line=_RED_LINE,
        chance=None,
        prompts=[PROMPT],
        shifts=[_SHIFT],
    )

    kpi: KpiNameOut
    subject: WatchedPlaceOut
    series: str = Field(description="day, week, month, quarter, year, or round for periods of different lengths")
    other_series: list[str] = Field(description="Ask for one of them with `series`")
    rater_groups: list[str]
    finding: FindingOut
    points: list[CoursePointOut]
    alerts: list[date] = Field(description="The steps that gave an alert, by a chart")
    moved: list[MoverOut] = Field(description="What is behind a signal of a soft KPI, the largest part first")
    run_length: float | None = Field(description="Mean number of steps until a false alarm")
    last_year: LastYearOut | None
    red_line: RedLineOut | None = Field(description="Of a hard KPI the floor of its goalposts")
    chance: ChanceOut | None
    prompts: list[PromptOut]
    shifts: list[ShiftOut]

    @classmethod
    def told(cls, course: KpiCourse) -> "CourseOut":
        """A course as it is answered."""
        judged = course.judged
        charted = judged if isinstance(judged, Charted) else None
        return cls(
            kpi=KpiNameOut.of(course.kpi),
            subject=WatchedPlaceOut.of(course.subject),
            series=length_name(course.series.length),
            other_series=[length_name(one) for one in course.lengths if one is not course.series.length],
            rater_groups=list(course.series.rater_groups),
            finding=FindingOut.of(course.finding),
            points=_points(course),
            alerts=[alert.on for alert in charted.course.alerts] if charted else [],
            moved=_moved(course),
            run_length=charted.run_length if charted else None,
            last_year=LastYearOut.told(charted.last_year) if charted else None,
            red_line=None if course.red is None else RedLineOut.told(course.red),
            chance=_chance(course),
            prompts=[PromptOut.told(prompt) for prompt in course.prompts],
            shifts=[ShiftOut.of(shift) for shift in course.shifts],
        )


SIGNAL: dict[str, Any] = {
    "kpi": KPI,
    "subject": SUBJECT,
    "series": "week",
    "finding": _FINDING,
    "red_line": _RED_LINE,
    "item_name": WORDS,
    "value": 75.0,
    "usual": 81.125,
}


class SignalOut(Out):
    """Something that moved at a unit by more than noise, or is beyond its red line."""

    model_config = example(**SIGNAL)

    kpi: KpiNameOut
    subject: WatchedPlaceOut
    series: str
    finding: FindingOut
    red_line: RedLineOut | None
    item_name: Texts | None
    value: float | None
    usual: float | None

    @classmethod
    def told(cls, signal: Signal) -> "SignalOut":
        """A signal as it is answered."""
        return cls(
            kpi=KpiNameOut.of(signal.kpi),
            subject=WatchedPlaceOut.of(signal.subject),
            series=length_name(signal.length),
            finding=FindingOut.of(signal.finding),
            red_line=None if signal.red is None else RedLineOut.told(signal.red),
            item_name=dict(signal.item_name) if signal.item_name else None,
            value=signal.value,
            usual=signal.usual,
        )


class ShiftIn(In):
    """A new level that is accepted: from which day, and why."""

    model_config = example(starts_on=DAY, reason="Ny vaktplan")

    starts_on: GivenDay
    reason: str


# ------------------------------------------------------------ pieces


def _points(course: KpiCourse) -> list[CoursePointOut]:
    judged = course.judged
    if isinstance(judged, Charted):
        told = {one.first: one for one in course.series.told}
        return [
            CoursePointOut.model_validate({**_of_told(told[step.on]), **_of_step(step)}) for step in judged.course.steps
        ]
    return [] if judged is None else [_round(judged, place) for place in range(len(judged.told))]


def _of_told(told: object) -> dict[str, Any]:
    return {name: getattr(told, name) for name in ("first", "last", "value", "lo", "hi", "reason", "release_id")}


def _of_step(step: Step) -> dict[str, Any]:
    smoothed = step.smoothed
    return {
        "state": step.state,
        "smoothed": None if smoothed is None else smoothed.value,
        "centre": None if step.baseline is None else step.baseline.mean,
        "lower_limit": None if smoothed is None else smoothed.limits.lo,
        "upper_limit": None if smoothed is None else smoothed.limits.hi,
        "difference": None,
        "cause": None,
    }


def _round(judged: Compared, place: int) -> CoursePointOut:
    step = judged.steps[place - 1] if place else None
    return CoursePointOut(
        **_of_told(judged.told[place]),
        state=State.LEARNING if step is None else step.state,
        smoothed=None,
        centre=None,
        lower_limit=None,
        upper_limit=None,
        difference=None if step is None or step.move is None else step.move.difference,
        cause=None if step is None else step.cause,
    )


def _moved(course: KpiCourse) -> list[MoverOut]:
    judged, names = course.judged, course.series.item_names or {}
    if not isinstance(judged, Charted) or judged.moved is None:
        return []
    return [
        MoverOut(
            item_id=one.item,
            item_name=dict(names[one.item]),
            rater_group=one.group,
            shift=one.shift,
            part=one.part,
            is_beyond=one.is_beyond,
        )
        for one in judged.moved.movers
    ]


def _chance(course: KpiCourse) -> ChanceOut | None:
    chance = course.chance
    if chance is None:
        return None
    projection = chance.projection if isinstance(chance.projection, Projection) else None
    return ChanceOut(
        first=chance.first,
        last=chance.last,
        whole=chance.whole,
        goal_low=_finite(chance.goal.lo),
        goal_high=_finite(chance.goal.hi),
        seen=None if isinstance(chance.projection, Projection) else chance.projection.seen,
        forecast=None if projection is None else projection.forecast,
        chance=None if projection is None else projection.chance,
        shown=None if projection is None else projection.shown,
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
