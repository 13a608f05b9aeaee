"""Where competences are lacking: the published figures of a unit or person by competence, as a page and as a file."""

from collections.abc import Sequence

from fastapi import Request, Response

from app.http.access import SIGNED_IN, access
from app.http.downloads import download
from app.http.routes import Pages
from app.http.visit import Visit, reading
from app.infra.tabular import write_csv
from app.kpis.values import CompetenceId
from app.organisation.values import UNIT_KINDS
from app.papers.figures import Row
from app.papers.result_words import missing, reason
from app.releases.rules import OpensLater
from app.releases.values import ScoreLevel
from app.summaries.competences import CompetenceScore, GapLevel, GapRow, cells_of, competence_scores, gap_rows
from app.summaries.queries import get_summary, list_members
from app.summaries.values import Figure
from app.web.lists import every
from app.web.render import page, said, see_other
from app.web.summary import DIVISIONS, way_to
from app.words import in_locale

router = Pages()

_PAGE = "/results/{release_id}/subjects/{subject_id}/competences"
_HEADER = (
    "Figure",
    "Competence",
    "KPI",
    "Question",
    "Score",
    "Interval from",
    "Interval to",
    "Coverage",
    "Note",
)
_LEVELS = {GapLevel.COMPETENCE: "Competence", GapLevel.ITEM: "Question"}


@router.get(_PAGE)
@access(SIGNED_IN)
def show_competence_gaps(request: Request, release_id: str, subject_id: str) -> Response:
    with reading(request) as (session, visit):
        try:
            summary = get_summary(session, visit.viewer, release_id, subject_id, on=visit.today)
        except OpensLater as error:
            return see_other(f"/results/rounds/{error.round_id}/subjects/{subject_id}")
        divisions = (
            every(lambda part: list_members(session, visit.viewer, summary, part, kinds=DIVISIONS, on=visit.today))
            if summary.subject.kind in UNIT_KINDS
            else ()
        )
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
        divisions=divisions,
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
