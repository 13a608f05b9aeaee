"""Feedback summaries over HTTP: the same figures as the page, also as the files that the page offers."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.accounts.rules import Action
from app.api.resource import Key, answer, resource
from app.api.schemas.steps import CompetenceScoreOut, CompetenceScoresOut, GapReportOut
from app.api.schemas.summaries import SummaryOut
from app.http.access import access
from app.http.downloads import download
from app.http.visit import reading
from app.infra.formats import local_day
from app.infra.tabular import write_csv
from app.papers.gap_table import CSV, gap_file_name, gap_table, gap_workbook
from app.papers.summary_files import PDF, WORKBOOK, name_of, open_paper, pdf_of, workbook_of
from app.summaries import competences, queries
from app.summaries.gaps import get_gap_report
from app.summaries.table import COLUMNS, ORIGIN, cells_of, figure_rows, origin_of

router = resource("Summaries")

_BYTES = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}


@router.get(
    "/releases/{release_id}/summaries/{subject_id}.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "A line per figure"}},
)
@access(Action.RESULTS_READ)
def get_figure_table(request: Request, release_id: Key, subject_id: Key) -> Response:
    """The figures of a summary as a table: CSV with semicolons, names in the language that is asked for."""
    with reading(request) as (session, visit):
        summary = queries.get_summary(session, visit.viewer, release_id, subject_id, on=visit.today)
    origin = [str(cell) for cell in origin_of(summary, on=local_day(summary.release.sealed_at))]
    rows = [(*cells_of(row, visit.locale), *origin) for row in figure_rows(summary)]
    raw = write_csv((*COLUMNS, *ORIGIN), rows)
    return Response(raw, media_type="text/csv; charset=utf-8")


@router.get(
    "/releases/{release_id}/summaries/{subject_id}.pdf",
    response_class=Response,
    responses={200: {"content": {PDF: _BYTES}, "description": "The paper that the page offers"}},
)
@access(Action.RESULTS_READ)
def get_summary_paper(
    request: Request,
    release_id: Key,
    subject_id: Key,
    full: Annotated[bool, Query(description="Comments and arithmetic after the first page")] = False,  # noqa: FBT002 - a query
) -> Response:
    """A summary on one A4 page as tagged PDF, in the language that is asked for; `full` adds all that is behind it."""
    with reading(request) as (session, visit):
        paper = open_paper(session, visit, release_id, subject_id, is_full=full)
    return download(pdf_of(visit, paper), name_of(paper, "pdf"), PDF)


@router.get(
    "/releases/{release_id}/summaries/{subject_id}.xlsx",
    response_class=Response,
    responses={200: {"content": {WORKBOOK: _BYTES}, "description": "The workbook that the page offers"}},
)
@access(Action.RESULTS_READ)
def get_summary_workbook(request: Request, release_id: Key, subject_id: Key) -> Response:
    """The figures of a summary as a workbook: composite, soft and hard KPIs, what is withheld and why."""
    with reading(request) as (session, visit):
        paper = open_paper(session, visit, release_id, subject_id)
    return download(workbook_of(visit, paper), name_of(paper, "xlsx"), WORKBOOK)


@router.get("/releases/{release_id}/summaries/{subject_id}", response_model=SummaryOut)
@access(Action.RESULTS_READ)
def get_summary(request: Request, release_id: Key, subject_id: Key) -> Response:
    """What is fed back about a subject: composite, KPIs by rater group, hard KPIs, comments, what is withheld."""
    with reading(request) as (session, visit):
        summary = queries.get_summary(session, visit.viewer, release_id, subject_id, on=visit.today)
    return answer(SummaryOut.of(summary), version=summary.release.sequence)


@router.get(
    "/releases/{release_id}/competences/{subject_id}.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "A line per figure"}},
)
@access(Action.RESULTS_READ)
def get_competence_table(request: Request, release_id: Key, subject_id: Key) -> Response:
    """The competences of a subject and their items as a table: CSV with semicolons, names in the language asked for."""
    with reading(request) as (session, visit):
        summary = queries.get_summary(session, visit.viewer, release_id, subject_id, on=visit.today)
    rows = competences.gap_rows(competences.competence_scores(summary))
    raw = write_csv(competences.COLUMNS, [competences.cells_of(row, visit.locale) for row in rows])
    return Response(raw, media_type="text/csv; charset=utf-8")


@router.get("/releases/{release_id}/competences/{subject_id}", response_model=CompetenceScoresOut)
@access(Action.RESULTS_READ)
def list_competence_scores(request: Request, release_id: Key, subject_id: Key) -> Response:
    """Which competences a subject lacks most: the published figures of the items that ask for each, the lowest first."""
    with reading(request) as (session, visit):
        summary = queries.get_summary(session, visit.viewer, release_id, subject_id, on=visit.today)
    found = [CompetenceScoreOut.of(one) for one in competences.competence_scores(summary)]
    return answer(CompetenceScoresOut(items=found), version=summary.release.sequence)


@router.get(
    "/releases/{release_id}/gaps/{unit_id}.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "A line per figure"}},
)
@access(Action.RESULTS_READ)
def download_gap_table(request: Request, release_id: Key, unit_id: Key) -> Response:
    """What is lacking at a unit and below it as a table, in the language that is asked for; figures are unrounded."""
    with reading(request) as (session, visit):
        found = get_gap_report(session, visit.viewer, release_id, unit_id, on=visit.today)
    return download(gap_table(visit, found), gap_file_name(found, "csv"), CSV)


@router.get(
    "/releases/{release_id}/gaps/{unit_id}.xlsx",
    response_class=Response,
    responses={200: {"content": {WORKBOOK: _BYTES}, "description": "The workbook that the page offers"}},
)
@access(Action.RESULTS_READ)
def download_gap_workbook(request: Request, release_id: Key, unit_id: Key) -> Response:
    """What is lacking at a unit and below it as a workbook, in the language that is asked for."""
    with reading(request) as (session, visit):
        found = get_gap_report(session, visit.viewer, release_id, unit_id, on=visit.today)
    return download(gap_workbook(visit, found), gap_file_name(found, "xlsx"), WORKBOOK)


@router.get("/releases/{release_id}/gaps/{unit_id}", response_model=GapReportOut)
@access(Action.RESULTS_READ)
def get_gaps(request: Request, release_id: Key, unit_id: Key) -> Response:
    """Who lacks what: by competence the unit as a whole, then everybody and every unit below it, the largest gap first."""
    with reading(request) as (session, visit):
        found = get_gap_report(session, visit.viewer, release_id, unit_id, on=visit.today)
    return answer(GapReportOut.told_of(found), version=found.summary.release.sequence)
