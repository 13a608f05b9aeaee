"""Where competences are lacking: the published figures of a unit or person by competence, as a page and as files.

At a unit everybody and every unit below it stand in one table, the largest gap first.
"""

from collections.abc import Sequence

from fastapi import Request, Response

from app.deferred import dataclass
from app.http.access import SIGNED_IN, access
from app.http.downloads import download
from app.http.routes import Pages
from app.http.visit import Visit, reading
from app.infra.formats import number
from app.infra.tabular import write_csv
from app.kpis.values import CompetenceId
from app.organisation.values import UNIT_KINDS
from app.papers.figures import Row
from app.papers.gap_table import CSV, KINDS, WORKBOOK, cut_words, gap_file_name, gap_table, gap_workbook, lack_reason
from app.papers.result_words import missing, reason
from app.releases.rules import OpensLater
from app.releases.values import ScoreLevel
from app.summaries.competences import (
    CompetenceGaps,
    CompetenceScore,
    GapLevel,
    GapRow,
    Lack,
    cells_of,
    competence_scores,
    gap_rows,
)
from app.summaries.gaps import GapReport, get_gap_report
from app.summaries.queries import get_summary
from app.summaries.values import Figure
from app.web.render import page, said, see_other
from app.web.summary import way_to
from app.words import in_locale

router = Pages()

_PAGE = "/results/{release_id}/subjects/{subject_id}/competences"
MOST_SHOWN = 10
"""So many subjects of a competence stand on the page; the files hold all."""

_HEADER = (
    "Figure",
    "Competence",
    "KPI",
    "Item",
    "Score",
    "Interval from",
    "Interval to",
    "Coverage",
    "Note",
)
_LEVELS = {GapLevel.COMPETENCE: "Competence", GapLevel.ITEM: "Item"}


@dataclass(frozen=True, slots=True)
class LackText:
    """A line of the table of gaps; `reason` says why there is no figure."""

    name: str
    href: str
    note: str
    figure: Figure
    gap: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class GapText:
    """A competence in that table: the unit as a whole, those below it, and how many more the files hold."""

    name: str
    whole: LackText | None
    below: tuple[LackText, ...]
    more: int


@router.get(_PAGE)
@access(SIGNED_IN)
def show_competence_gaps(request: Request, release_id: str, subject_id: str) -> Response:
    with reading(request) as (session, visit):
        try:
            summary = get_summary(session, visit.viewer, release_id, subject_id, on=visit.today)
        except OpensLater as error:
            return see_other(f"/results/rounds/{error.round_id}/subjects/{subject_id}")
        is_unit = summary.subject.kind in UNIT_KINDS
        report = get_gap_report(session, visit.viewer, release_id, subject_id, on=visit.today) if is_unit else None
    scores = competence_scores(summary)
    base = f"/results/{release_id}/subjects/"
    return page(
        visit,
        "pages/summary/competences.html",
        summary=summary,
        way=[*way_to(summary.above, base), (summary.subject.name, f"{base}{subject_id}")],
        rows=[_row(visit, one) for one in scores],
        scores=scores,
        reasons=_reasons(visit, scores),
        base=base,
        gaps=() if report is None else [_gap_text(visit, one, base) for one in report.gaps],
        left_out="" if report is None else cut_words(visit, report),
    )


@router.get(f"{_PAGE}.csv")
@access(SIGNED_IN)
def download_competence_gaps(request: Request, release_id: str, subject_id: str) -> Response:
    with reading(request) as (session, visit):
        summary = get_summary(session, visit.viewer, release_id, subject_id, on=visit.today)
    header = [said(visit, name) for name in _HEADER]
    rows = [_cells(visit, row) for row in gap_rows(competence_scores(summary))]
    raw = write_csv(header, rows, decimal="," if visit.locale == "nb" else ".")
    return download(raw, f"competences-{summary.round.period_end}.csv", "text/csv; charset=utf-8")


@router.get("/results/{release_id}/subjects/{unit_id}/gaps.csv")
@access(SIGNED_IN)
def download_gap_table(request: Request, release_id: str, unit_id: str) -> Response:
    visit, found = _report(request, release_id, unit_id)
    return download(gap_table(visit, found), gap_file_name(found, "csv"), CSV)


@router.get("/results/{release_id}/subjects/{unit_id}/gaps.xlsx")
@access(SIGNED_IN)
def download_gap_workbook(request: Request, release_id: str, unit_id: str) -> Response:
    visit, found = _report(request, release_id, unit_id)
    return download(gap_workbook(visit, found), gap_file_name(found, "xlsx"), WORKBOOK)


def _report(request: Request, release_id: str, unit_id: str) -> tuple[Visit, GapReport]:
    with reading(request) as (session, visit):
        return visit, get_gap_report(session, visit.viewer, release_id, unit_id, on=visit.today)


def _gap_text(visit: Visit, one: CompetenceGaps, base: str) -> GapText:
    below = one.below[:MOST_SHOWN]
    return GapText(
        name=in_locale(one.competence.name, visit.locale),
        whole=_whole_text(visit, one, one.whole) if one.whole else None,
        below=tuple(_lack_text(visit, lack, base) for lack in below),
        more=len(one.below) - len(below),
    )


def _whole_text(visit: Visit, one: CompetenceGaps, whole: Lack) -> LackText:
    facts = {
        "count": number(one.lacking, visit.locale),
        "all": number(one.told, visit.locale),
        "name": whole.place.name,
    }
    note = said(visit, "Target missed by {count} of {all} people and units", **facts)
    name = in_locale(one.competence.name, visit.locale)
    return LackText(name, "", note, whole.figure, whole.gap, lack_reason(visit, whole))


def _lack_text(visit: Visit, lack: Lack, base: str) -> LackText:
    note = said(visit, KINDS[lack.place.kind]) if lack.place.kind in UNIT_KINDS else ""
    href = f"{base}{lack.place.id}/competences"
    return LackText(lack.place.name, href, note, lack.figure, lack.gap, lack_reason(visit, lack))


def _row(visit: Visit, one: CompetenceScore) -> Row:
    """A competence as a row of the chart; the items that ask for it stand in a table under it."""
    figure = one.figure
    return {
        "name": in_locale(one.competence.name, visit.locale),
        "score": figure.score,
        "lo": figure.lo,
        "hi": figure.hi,
        "reason": _reason(visit, figure),
        "coverage": figure.coverage,
    }


def _reason(visit: Visit, figure: Figure) -> str:
    return reason(visit, figure, level=ScoreLevel.KPI)


def _reasons(visit: Visit, scores: Sequence[CompetenceScore]) -> dict[tuple[CompetenceId, str], str]:
    """Why an item has no figure, by competence and item; nothing for one that has."""
    return {
        (one.competence.id, asked.item.item_id): _reason(visit, asked.item.figure)
        for one in scores
        for asked in one.items
    }


def _cells(visit: Visit, row: GapRow) -> Sequence[object]:
    """The cells of the table in the reader's words."""
    _, competence, kpi, item, _, _, *figures = cells_of(row, visit.locale)
    note = _reason(visit, row.figure) or missing(visit, row.figure)
    return (said(visit, _LEVELS[row.level]), competence, kpi, item, *figures, note)
