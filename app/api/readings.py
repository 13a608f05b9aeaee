"""Hard readings over HTTP: pushed in bulk, listed, and what was corrected."""

from typing import Annotated

from fastapi import Depends, Request, Response

from app.accounts.rules import Action
from app.api.resource import CompanyId, Key, answer, company_of, posting, resource
from app.api.schemas.base import Instant, PageOut, page_out
from app.api.schemas.bulk import BulkReportOut, report_out
from app.api.schemas.readings import CorrectionOut, CorrectionsOut, ReadingOut, ReadingsIn
from app.api.sent_rows import DryRun, check_count
from app.http.access import access
from app.http.doors import bulk
from app.http.lists import Slice
from app.http.visit import reading
from app.metrics import queries
from app.metrics.commands import record_readings
from app.metrics.intake import parse_readings
from app.metrics.values import ReadingFilter, Source

router = resource("Readings")


async def _chosen(
    kpi_id: str | None = None,
    subject_id: str | None = None,
    start: Instant | None = None,
    end: Instant | None = None,
) -> ReadingFilter:
    return ReadingFilter(kpi_id, subject_id, start, end)


Chosen = Annotated[ReadingFilter, Depends(_chosen)]


@router.get("/readings", response_model=PageOut[ReadingOut])
@access(Action.READINGS_READ)
def list_readings(request: Request, part: Slice, chosen: Chosen, company_id: CompanyId = None) -> Response:
    """The readings of a company, the latest first."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        page = queries.list_readings(session, visit.viewer, company, part, on=visit.today, chosen=chosen)
    return answer(page_out(ReadingOut, page))


@router.post("/readings", response_model=BulkReportOut)
@access(Action.READINGS_WRITE)
@bulk
def record(request: Request, sent: ReadingsIn, company_id: CompanyId = None, *, dry_run: DryRun = False) -> Response:
    """Store readings, and correct those that are there already by KPI, subject and time; all rows or none."""
    check_count(sent.readings)
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        batch = parse_readings([one.given() for one in sent.readings], zone=post.visit.settings.zone)
        report = record_readings(
            post.session, post.viewer, batch, company_id=company, source=Source.API, dry_run=dry_run, now=post.now
        )
        return post.answer(report_out(report))


@router.get("/readings/{reading_id}", response_model=ReadingOut)
@access(Action.READINGS_READ)
def get_reading(request: Request, reading_id: Key) -> Response:
    """One reading."""
    with reading(request) as (session, visit):
        found = queries.get_reading(session, visit.viewer, reading_id, on=visit.today)
    return answer(ReadingOut.of(found), version=found.version)


@router.get("/readings/{reading_id}/corrections", response_model=CorrectionsOut)
@access(Action.READINGS_READ)
def list_corrections(request: Request, reading_id: Key) -> Response:
    """What a reading was before, the latest correction first."""
    with reading(request) as (session, visit):
        found = queries.list_corrections(session, visit.viewer, reading_id, on=visit.today)
    return answer(CorrectionsOut(items=[CorrectionOut.of(one) for one in found]))
