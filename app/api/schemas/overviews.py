"""The overview of a unit or a person as it is answered, and its people or units beside each other."""

from datetime import date, datetime
from typing import Any, Self

from pydantic import Field

from app.api.schemas.base import DAY, ID, INSTANT, OTHER_ID, WORDS, Id, Out, Texts, example
from app.api.schemas.decisions import CASE, DecisionCaseOut
from app.api.schemas.findings import CHANGE, ChangeOut
from app.api.schemas.followup import SIGNAL, SignalOut
from app.api.schemas.plans import PLAN, ActionPlanOut
from app.api.schemas.relations import KPI, SUBJECT, KpiNameOut, WatchedPlaceOut
from app.api.schemas.releases import SCALE, ScaleOfScores
from app.api.schemas.summaries import FIGURE, FigureOut
from app.api.schemas.talks import DUE, DueTalkOut
from app.overview.values import Branch, HeatCell, HeatMap, HeatRow, Overview
from app.scoring.bands import Band

TOLD: dict[str, Any] = {
    "release_id": ID,
    "round_id": OTHER_ID,
    "name": WORDS,
    "period_start": DAY,
    "period_end": DAY,
    "sealed_at": INSTANT,
}
_STANDING: dict[str, Any] = {"place": SUBJECT, "told": TOLD, "figure": FIGURE}
_POINT: dict[str, Any] = {"told": TOLD, "figure": FIGURE, "change": CHANGE, "since_id": OTHER_ID}
_OFF: dict[str, Any] = {"signal": SIGNAL, "case_id": ID, "may_ask": True}
_SHORT: dict[str, Any] = {
    "place": SUBJECT,
    "kpi": KPI,
    "figure": FIGURE,
    "target": 75.0,
    "case_id": None,
    "may_ask": True,
}
_CELL: dict[str, Any] = {"figure": FIGURE, "band": "short", "value": 52.0, "target": 75.0}
_ROW: dict[str, Any] = {"place": SUBJECT, "whole": _CELL, "cells": [_CELL]}


class ToldRoundOut(Out):
    """The round that a figure comes from, and the release that made it."""

    model_config = example(**TOLD)

    release_id: Id
    round_id: Id
    name: Texts
    period_start: date
    period_end: date
    sealed_at: datetime


class StandingOut(Out):
    """Where a subject stands: its latest composite; null where no release says anything of it."""

    model_config = example(**_STANDING)

    place: WatchedPlaceOut
    told: ToldRoundOut | None
    figure: FigureOut | None


class BranchOut(Out):
    """Something directly under a unit, with the units under that."""

    model_config = example(**_STANDING, below=[_STANDING])

    place: WatchedPlaceOut
    told: ToldRoundOut | None
    figure: FigureOut | None
    below: list[StandingOut]

    @classmethod
    def told_of(cls, branch: Branch) -> Self:
        """As it is answered."""
        one = StandingOut.of(branch.standing)
        below = [StandingOut.of(under) for under in branch.below]
        return cls(place=one.place, told=one.told, figure=one.figure, below=below)


class CompositePointOut(Out):
    """The composite of one released round."""

    model_config = example(**_POINT)

    told: ToldRoundOut
    figure: FigureOut
    change: ChangeOut | None
    since_id: Id | None = Field(description="The release that the change is told from")


class OffCourseOut(Out):
    """A KPI that moves the wrong way by more than noise, or is beyond its red line."""

    model_config = example(**_OFF)

    signal: SignalOut
    case_id: Id | None = Field(description="The case that waits about it; null where nobody has asked yet")
    may_ask: bool = Field(description="Whether whoever asks may open a case about it")


class ShortOut(Out):
    """A KPI of which the whole interval lies under the target."""

    model_config = example(**_SHORT)

    place: WatchedPlaceOut
    kpi: KpiNameOut
    figure: FigureOut
    target: float = Field(description="What reaching the target is worth, 0-100")
    case_id: Id | None
    may_ask: bool


class OverviewOut(Out):
    """A unit or a person with everything that waits there, as far as whoever asks may read it."""

    model_config = example(
        scale=SCALE,
        place=SUBJECT,
        company_id=OTHER_ID,
        above=[SUBJECT],
        standing=_STANDING,
        branches=[{**_STANDING, "below": [_STANDING]}],
        course=[_POINT],
        off_course=[_OFF],
        short=[_SHORT],
        cases=[CASE],
        plans=[PLAN],
        talks=[DUE],
    )

    scale: ScaleOfScores = ScaleOfScores()
    place: WatchedPlaceOut
    company_id: Id
    above: list[WatchedPlaceOut] = Field(description="From the company down")
    standing: StandingOut
    branches: list[BranchOut] = Field(description="What hangs directly there, in the order of the organisation")
    course: list[CompositePointOut] = Field(description="The latest twelve released rounds, the earliest first")
    off_course: list[OffCourseOut] = Field(description="There and below, the latest first")
    short: list[ShortOut] = Field(description="Of what hangs directly there, the furthest from its target first")
    cases: list[DecisionCaseOut] = Field(description="Open ones there and below, the first due first")
    plans: list[ActionPlanOut] = Field(description="Open ones there and below, the first to be looked at first")
    talks: list[DueTalkOut] = Field(description="Those that wait for whoever asks")

    @classmethod
    def told(cls, one: Overview) -> Self:
        """As it is answered."""
        return cls(
            place=WatchedPlaceOut.of(one.place),
            company_id=one.company_id,
            above=[WatchedPlaceOut.of(place) for place in one.above],
            standing=StandingOut.of(one.standing),
            branches=[BranchOut.told_of(branch) for branch in one.branches],
            course=[CompositePointOut.of(point) for point in one.course],
            off_course=[
                OffCourseOut(signal=SignalOut.told(off.signal), case_id=off.case_id, may_ask=off.may_ask)
                for off in one.off_course
            ],
            short=[ShortOut.of(short) for short in one.short],
            cases=[DecisionCaseOut.of(case) for case in one.cases],
            plans=[ActionPlanOut.of(plan) for plan in one.plans],
            talks=[DueTalkOut.of(talk) for talk in one.talks],
        )


# ------------------------------------------------------------ beside each other


class HeatCellOut(Out):
    """One figure of the map with its band between floor, target and stretch; null where there is no score."""

    model_config = example(**_CELL)

    figure: FigureOut
    band: Band | None
    value: float | None = Field(description="What was measured, of a hard KPI, in its unit")
    target: float = Field(description="What reaching the target is worth, 0-100")

    @classmethod
    def told(cls, cell: HeatCell | None) -> Self | None:
        """As it is answered."""
        return None if cell is None else cls.of(cell)


class HeatRowOut(Out):
    """A subject with its figures in the order of the columns; null where a KPI was not asked or measured there."""

    model_config = example(**_ROW)

    place: WatchedPlaceOut
    whole: HeatCellOut | None = Field(description="The composite")
    cells: list[HeatCellOut | None]

    @classmethod
    def told(cls, row: HeatRow) -> Self:
        """As it is answered."""
        return cls(
            place=WatchedPlaceOut.of(row.place),
            whole=HeatCellOut.told(row.whole),
            cells=[HeatCellOut.told(cell) for cell in row.cells],
        )


class HeatMapOut(Out):
    """A unit and what hung directly under it, beside each other on the KPIs of one released round."""

    model_config = example(
        scale=SCALE,
        place=SUBJECT,
        company_id=OTHER_ID,
        told=TOLD,
        columns=[KPI],
        unit=_ROW,
        rows=[_ROW],
        rounds=[TOLD],
        sort="",
    )

    scale: ScaleOfScores = ScaleOfScores()
    place: WatchedPlaceOut
    company_id: Id
    told: ToldRoundOut | None = Field(description="Null where nothing is released that may be read")
    columns: list[KpiNameOut]
    unit: HeatRowOut | None = Field(description="The unit's own figures")
    rows: list[HeatRowOut]
    rounds: list[ToldRoundOut] = Field(description="Those that can be chosen, the latest first")
    sort: str

    @classmethod
    def told_of(cls, one: HeatMap) -> Self:
        """As it is answered."""
        return cls(
            place=WatchedPlaceOut.of(one.place),
            company_id=one.company_id,
            told=None if one.told is None else ToldRoundOut.of(one.told),
            columns=[KpiNameOut.of(kpi) for kpi in one.columns],
            unit=None if one.unit is None else HeatRowOut.told(one.unit),
            rows=[HeatRowOut.told(row) for row in one.rows],
            rounds=[ToldRoundOut.of(told) for told in one.rounds],
            sort=one.sort,
        )
