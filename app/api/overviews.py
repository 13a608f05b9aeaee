"""Overviews over HTTP: a unit with everything that waits there, and its people or units beside each other."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.accounts.rules import Action
from app.api.resource import Key, answer, resource
from app.api.schemas.overviews import HeatMapOut, OverviewOut
from app.http.access import access
from app.http.downloads import download
from app.http.visit import reading
from app.overview import queries
from app.papers.heat_table import CSV, WORKBOOK, heat_file_name, heat_table, heat_workbook

router = resource("Summaries")

OfRelease = Annotated[
    str | None,
    Query(description="A release about the unit; unless named, the latest", json_schema_extra={"format": "uuid"}),
]
Sort = Annotated[
    str,
    Query(
        max_length=60,
        description="`name`, `composite` or the id of a KPI, with a minus before it for the highest first; "
        "empty for the order of the organisation",
    ),
]
_BYTES = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}


@router.get(
    "/overview/{unit_id}/heat-map.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "A line per subject"}},
)
@access(Action.RESULTS_READ)
def get_heat_table(request: Request, unit_id: Key, release_id: OfRelease = None, sort: Sort = "") -> Response:
    """The map of a unit as a table, in the language that is asked for: scores unrounded, or why there are none."""
    with reading(request) as (session, visit):
        found = queries.get_heat_map(session, visit.viewer, unit_id, release_id=release_id, sort=sort, on=visit.today)
    return download(heat_table(visit, found), heat_file_name(found, "csv"), CSV)


@router.get(
    "/overview/{unit_id}/heat-map.xlsx",
    response_class=Response,
    responses={200: {"content": {WORKBOOK: _BYTES}, "description": "The workbook that the page offers"}},
)
@access(Action.RESULTS_READ)
def get_heat_workbook(request: Request, unit_id: Key, release_id: OfRelease = None, sort: Sort = "") -> Response:
    """The map of a unit as a workbook, in the language that is asked for."""
    with reading(request) as (session, visit):
        found = queries.get_heat_map(session, visit.viewer, unit_id, release_id=release_id, sort=sort, on=visit.today)
    return download(heat_workbook(visit, found), heat_file_name(found, "xlsx"), WORKBOOK)


@router.get("/overview/{unit_id}/heat-map", response_model=HeatMapOut)
@access(Action.RESULTS_READ)
def get_heat_map(request: Request, unit_id: Key, release_id: OfRelease = None, sort: Sort = "") -> Response:
    """The people or units directly under a unit beside each other, KPI by KPI, each with its band and interval."""
    with reading(request) as (session, visit):
        found = queries.get_heat_map(session, visit.viewer, unit_id, release_id=release_id, sort=sort, on=visit.today)
    return answer(HeatMapOut.told_of(found))


@router.get("/overview/{subject_id}", response_model=OverviewOut)
@access(Action.RESULTS_READ)
def get_overview(request: Request, subject_id: Key) -> Response:
    """A unit or a person: where it stands, how it got there, what is off course, and what waits to be decided."""
    with reading(request) as (session, visit):
        found = queries.get_overview(session, visit.viewer, subject_id, on=visit.today)
    return answer(OverviewOut.told(found))
