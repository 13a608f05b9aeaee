"""From a summary to the rows that the charts draw; nothing is computed or rounded here."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.http.visit import Visit, said
from app.organisation.values import SubjectKind
from app.papers.found_text import firm_word
from app.papers.result_words import SELF, group_key, group_name, missing, reason
from app.releases.values import ScoreLevel
from app.rounds.values import Goalposts
from app.summaries.entries import Member
from app.summaries.rules import decimals_to_show
from app.summaries.values import Figure, GroupFigure, HardKpi, SoftKpi, Summary
from app.words import in_locale

Row = Mapping[str, Any]
_PERCENT = "%"


def soft_rows(visit: Visit, summary: Summary) -> list[Row]:
    """The soft KPIs as `charts.interval_rows` takes them; an own rating that nobody gave takes no row."""
    return [{**_soft_row(visit, kpi, person_of(summary)), "href": _course(summary, kpi)} for kpi in summary.soft]


def hard_rows(visit: Visit, summary: Summary, *, with_courses: bool) -> list[Row]:
    """The hard KPIs as `charts.bullet_rows` takes them; with courses, each leads to that of its readings."""
    return [{**_hard_row(visit, kpi), "href": _course(summary, kpi) if with_courses else ""} for kpi in summary.hard]


def member_rows(visit: Visit, release_id: str, members: Sequence[Member]) -> list[Row]:
    """People or units with their composites, as rows of one chart."""
    return [
        {
            "name": member.place.name,
            "href": f"/results/{release_id}/subjects/{member.place.id}",
            "reason": reason(visit, member.composite, level=ScoreLevel.COMPOSITE) if member.composite else "",
            "basis": "" if member.composite else said(visit, "Not rated or measured"),
            **_figure(member.composite),
        }
        for member in members
    ]


def person_of(summary: Summary) -> str:
    """The name of whom a summary is about; empty for what is no person."""
    return summary.subject.name if summary.subject.kind is SubjectKind.PERSON else ""


def distance_of(visit: Visit, kpi: HardKpi) -> tuple[str, int]:
    """Unit and decimals of the distance to a target; a share is off by percentage points."""
    unit = in_locale(kpi.unit, visit.locale)
    if kpi.value is None or kpi.left is None or kpi.posts is None:
        return unit, kpi.decimals
    decimals = decimals_to_show(kpi.value, kpi.left, kpi.posts, kpi.decimals)
    return said(visit, "percentage points") if unit == _PERCENT else unit, decimals


def _course(summary: Summary, kpi: SoftKpi | HardKpi) -> str:
    """Where the course of a KPI stands; nowhere for what has no combined score, such as that of a competitor."""
    return "" if kpi.figure is None else f"/kpis/{kpi.kpi_id}/course/{summary.subject.id}"


def _figure(figure: Figure | None) -> Row:
    return {
        "score": figure.score if figure else None,
        "lo": figure.lo if figure else None,
        "hi": figure.hi if figure else None,
        "coverage": figure.coverage if figure else None,
    }


def _soft_row(visit: Visit, kpi: SoftKpi, person: str) -> Row:
    return {
        "name": in_locale(kpi.name, visit.locale),
        "weight": kpi.card_share,
        "reason": reason(visit, kpi.figure, level=ScoreLevel.KPI) if kpi.figure else "",
        "basis": missing(visit, kpi.figure),
        "groups": [
            _group_row(visit, group, person)
            for group in kpi.groups
            if group.figure.score is not None or SELF not in group.rater_groups
        ],
        "firmness": firm_word(visit, kpi.firmness),
        **_figure(kpi.figure),
    }


def _group_row(visit: Visit, group: GroupFigure, person: str) -> Row:
    figure = group.figure
    # A group that says who has rated needs one answer only: none came.
    is_silent = group.is_named and figure.score is None
    why = reason(visit, figure, level=ScoreLevel.GROUP, rater_groups=group.rater_groups)
    return {
        "group": group_key(group.rater_groups),
        "name": group_name(visit, group.rater_groups, person=person),
        "score": figure.score,
        "lo": None if group.is_named else figure.lo,
        "hi": None if group.is_named else figure.hi,
        "n": group.raters,
        "asked": group.asked,
        "voice": group.voice,
        "basis": said(visit, "No answer") if is_silent else "",
        "reason": "" if is_silent else why,
        "weight": group.share,
        "view": group.view.value if group.view else "",
    }


def _hard_row(visit: Visit, kpi: HardKpi) -> Row:
    is_estimated = kpi.certainty == "estimated"
    left_unit, decimals = distance_of(visit, kpi)
    return {
        "name": in_locale(kpi.name, visit.locale),
        "score": kpi.figure.score,
        "lo": kpi.figure.lo if is_estimated else None,
        "hi": kpi.figure.hi if is_estimated else None,
        "value": kpi.value,
        "unit": in_locale(kpi.unit, visit.locale),
        "decimals": decimals,
        "reached": bool(kpi.is_reached),
        "left": kpi.left,
        "left_unit": left_unit,
        "reason": "",
        "withheld": reason(visit, kpi.figure, level=ScoreLevel.ITEM),
        **_posts(kpi.posts),
    }


def _posts(posts: Goalposts | None) -> Row:
    if posts is None or posts.target is not None:
        return {name: getattr(posts, name, None) for name in ("floor", "target", "stretch")}
    return {
        "floor_low": posts.low,
        "best_low": posts.best_low,
        "best_high": posts.best_high,
        "floor_high": posts.high,
    }
