"""Imports over HTTP: the organisation, its people, readings and past ratings from CSV, XLSX or JSON rows."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.accounts.rules import Action
from app.api.resource import CompanyId, company_of, posting, resource
from app.api.schemas.base import Flag
from app.api.schemas.bulk import UPLOAD, BulkReportOut, ImportedRatingsOut, report_out
from app.api.sent_rows import DryRun, table_of
from app.http.access import access
from app.http.doors import takes_table
from app.metrics.commands import record_readings
from app.metrics.intake import COLUMNS as READING_COLUMNS
from app.metrics.intake import parse_table
from app.metrics.values import Source
from app.organisation import bring_in
from app.organisation.intake import ORGANISATION_COLUMNS, PEOPLE_COLUMNS
from app.responses import past
from app.responses.ratings import RATING_COLUMNS

router = resource("Imports")

CreateUnknown = Annotated[Flag, Query(description="Make subjects and raters known that are not yet")]
DecimalComma = Annotated[Flag, Query(description="Numbers in the file are written 4,5 and not 4.5")]


@router.post("/imports/organisation", response_model=BulkReportOut, openapi_extra=UPLOAD)
@access(Action.ORGANISATION_WRITE)
@takes_table
def import_organisation(request: Request, company_id: CompanyId = None, *, dry_run: DryRun = False) -> Response:
    """Departments, teams and competitors by external id: columns external_id, kind, name, parent_external_id."""
    rows = table_of(request, ORGANISATION_COLUMNS)
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        report = bring_in.import_organisation(
            post.session, post.viewer, rows, company_id=company, dry_run=dry_run, now=post.now
        )
        return post.answer(report_out(report))


@router.post("/imports/people", response_model=BulkReportOut, openapi_extra=UPLOAD)
@access(Action.ORGANISATION_WRITE)
@takes_table
def import_people(request: Request, company_id: CompanyId = None, *, dry_run: DryRun = False) -> Response:
    """Employees by external id or address: columns name, email, unit; external_id, locale and leads if known."""
    rows = table_of(request, PEOPLE_COLUMNS)
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        report = bring_in.import_people(
            post.session, post.viewer, rows, company_id=company, dry_run=dry_run, now=post.now
        )
        return post.answer(report_out(report))


@router.post("/imports/readings", response_model=BulkReportOut, openapi_extra=UPLOAD)
@access(Action.READINGS_WRITE)
@takes_table
def import_readings(
    request: Request, company_id: CompanyId = None, *, dry_run: DryRun = False, decimal_comma: DecimalComma = False
) -> Response:
    """Hard readings: columns kpi, subject, and at or start and end, and value or numerator and denominator."""
    batch_rows = table_of(request, READING_COLUMNS)
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        batch = parse_table(batch_rows, zone=post.visit.settings.zone, decimal_comma=decimal_comma)
        report = record_readings(
            post.session, post.viewer, batch, company_id=company, source=Source.FILE, dry_run=dry_run, now=post.now
        )
        return post.answer(report_out(report))


@router.post("/imports/ratings", response_model=ImportedRatingsOut, openapi_extra=UPLOAD)
@access(Action.ROUNDS_WRITE)
@takes_table
def import_ratings(
    request: Request,
    round_id: Annotated[str, Query(json_schema_extra={"format": "uuid"})],
    *,
    dry_run: DryRun = False,
    create_unknown: CreateUnknown = True,
) -> Response:
    """Fill a draft round with past ratings, freeze it and close it: columns subject, rater, rater_group, item, value."""
    rows = table_of(request, RATING_COLUMNS)
    with posting(request) as post:
        imported = past.import_ratings(
            post.session,
            post.viewer,
            round_id,
            rows,
            create_unknown=create_unknown,
            dry_run=dry_run,
            now=post.now,
        )
        return post.answer(ImportedRatingsOut.of(imported))
