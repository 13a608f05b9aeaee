"""Readings from a CSV or XLSX file: looked at first, then stored as a whole or not at all."""

from fastapi import Request, Response

from app.accounts.rules import Action, roots
from app.errors import Forbidden
from app.http.access import access
from app.http.doors import posted
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.metrics.commands import record_readings
from app.metrics.intake import COLUMNS, parse_table
from app.metrics.values import Source
from app.web.forms import REFUSED, fresh
from app.web.lists import company_of
from app.web.reading_fields import COMMA, decimal_of, usual_decimal
from app.web.render import page, see_other
from app.web.uploads import Upload, checked, is_check, refused_file, table_of

router = Pages()


@router.get("/readings/import")
@access(Action.READINGS_WRITE)
def show_import(request: Request) -> Response:
    with reading(request) as (session, visit):
        return _import_page(session, visit, Upload(fresh({"decimal": usual_decimal(visit)})))


@router.post("/readings/import")
@access(Action.READINGS_WRITE)
def take_file(request: Request) -> Response:
    form = posted(request)
    dry_run = is_check(form)
    try:
        comma = decimal_of(form) == COMMA
        table = table_of(form, COLUMNS)
        with writing(request) as (session, visit):
            company = company_of(session, visit)
            batch = parse_table(table, zone=visit.settings.zone, decimal_comma=comma)
            report = record_readings(
                session,
                visit.viewer,
                batch,
                company_id=company.id,
                source=Source.FILE,
                dry_run=dry_run,
                now=visit.now,
            )
    except REFUSED as error:
        with reading(request) as (session, visit):
            return _import_page(session, visit, refused_file(visit, form, error))
    if dry_run:
        with reading(request) as (session, visit):
            return _import_page(session, visit, checked(visit, form, table, report))
    return see_other("/readings", done="stored")


def _import_page(session: ReadSession, visit: Visit, upload: Upload) -> Response:
    company_of(session, visit)
    if not roots(visit.viewer, Action.READINGS_WRITE):
        raise Forbidden
    return page(visit, "pages/readings/import.html", status=upload.form.status, upload=upload)
