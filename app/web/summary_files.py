"""The files of a summary: one page to print, the full version, a workbook, and the figures alone as CSV."""

from fastapi import Request, Response

from app.http.access import SIGNED_IN, access
from app.http.downloads import download
from app.http.routes import Pages
from app.http.visit import reading
from app.papers.figure_table import figure_table
from app.papers.summary_files import PDF, WORKBOOK, name_of, open_paper, pdf_of, workbook_of
from app.summaries.queries import get_summary

router = Pages()


@router.get("/results/{release_id}/subjects/{subject_id}/figures.csv")
@access(SIGNED_IN)
def download_figures(request: Request, release_id: str, subject_id: str) -> Response:
    with reading(request) as (session, visit):
        summary = get_summary(session, visit.viewer, release_id, subject_id, on=visit.today)
    name = f"{summary.round.period_end}-{summary.release.sequence}.csv"
    return download(figure_table(visit, summary), name, "text/csv; charset=utf-8")


@router.get("/results/{release_id}/subjects/{subject_id}/summary.pdf")
@access(SIGNED_IN)
def download_paper(request: Request, release_id: str, subject_id: str) -> Response:
    """One page; with `full=1` everything."""
    with reading(request) as (session, visit):
        is_full = bool(visit.query.get("full"))
        paper = open_paper(session, visit, release_id, subject_id, is_full=is_full)
    return download(pdf_of(visit, paper), name_of(paper, "pdf"), PDF)


@router.get("/results/{release_id}/subjects/{subject_id}/summary.xlsx")
@access(SIGNED_IN)
def download_workbook(request: Request, release_id: str, subject_id: str) -> Response:
    with reading(request) as (session, visit):
        paper = open_paper(session, visit, release_id, subject_id)
    return download(workbook_of(visit, paper), name_of(paper, "xlsx"), WORKBOOK)
