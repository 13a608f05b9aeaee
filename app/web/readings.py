"""Hard readings: the list, one of them with what it was before, and its correction."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from fastapi import Request, Response

from app.accounts.rules import Action, may, roots
from app.deferred import dataclass
from app.errors import AppError
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.infra.formats import local_day, measure, number
from app.infra.ids import is_id
from app.infra.paging import Page
from app.kpis.queries import list_kpis, load_kpis
from app.kpis.values import Kpi, KpiFilter, KpiKind
from app.metrics.commands import record_readings
from app.metrics.intake import parse_table
from app.metrics.queries import get_reading, list_corrections, list_readings
from app.metrics.values import Amount, Reading, ReadingCorrection, ReadingFilter, Source
from app.organisation.paths import load_subjects
from app.organisation.values import Subject, SubjectId
from app.reports import Row
from app.web.forms import REFUSED, Filled, figure, fresh
from app.web.lists import company_of, every, next_href, slice_of
from app.web.reading_fields import COMMA, amount_columns, column_label, decimal_of, refused_cells, usual_decimal
from app.web.render import Flash, flash_for, page, see_other
from app.words import in_locale

router = Pages()

DONE = {
    "stored": Flash("good", "The readings are stored."),
    "corrected": Flash("good", "The correction is stored.", "What was there before is kept below."),
}
NOTHING: Page[Reading] = Page(())
_HARD = KpiFilter(kind=KpiKind.HARD)


@dataclass(frozen=True, slots=True)
class ReadingLine:
    """A reading with its names, its days where the people are, and its amount in words."""

    reading: Reading
    kpi: str
    subject: str
    amount: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class CorrectionLine:
    """A correction: what the amount was, and what it became."""

    correction: ReadingCorrection
    old: str
    new: str


@router.get("/readings")
@access(Action.READINGS_READ)
def show_readings(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        chosen = visit.query.get("kpi", "")
        can_read = bool(roots(visit.viewer, Action.READINGS_READ)) or not roots(visit.viewer, Action.READINGS_WRITE)
        found = _found(session, visit, company.id, chosen) if can_read else NOTHING
        kpis = hard_kpis(session, visit, company.id)
        lines = _lines(session, visit, found.items, {str(kpi.id): kpi for kpi in kpis})
    return page(
        visit,
        "pages/readings/list.html",
        flash=flash_for(visit, DONE),
        lines=lines,
        kpis=[(kpi.id, in_locale(kpi.current.name, visit.locale)) for kpi in kpis],
        chosen=chosen,
        older=next_href(visit, found),
        can_read=can_read,
        may_write=bool(roots(visit.viewer, Action.READINGS_WRITE)),
    )


@router.get("/readings/{reading_id}")
@access(Action.READINGS_READ)
def show_reading(request: Request, reading_id: str) -> Response:
    with reading(request) as (session, visit):
        return _reading_page(session, visit, reading_id, None)


@router.post("/readings/{reading_id}")
@access(Action.READINGS_WRITE)
def correct(request: Request, reading_id: str) -> Response:
    form = posted(request)
    try:
        with writing(request) as (session, visit):
            known = get_reading(session, visit.viewer, reading_id, on=visit.today)
            comma = decimal_of(form) == COMMA
            batch = parse_table([_row(known, form)], zone=visit.settings.zone, decimal_comma=comma)
            record_readings(
                session, visit.viewer, batch, company_id=known.company_id, source=Source.PAGE, now=visit.now
            )
    except REFUSED as error:
        return _again(request, reading_id, form, error)
    return see_other(f"/readings/{reading_id}", done="corrected")


def hard_kpis(session: ReadSession, visit: Visit, company_id: str) -> tuple[Kpi, ...]:
    """The hard KPIs of a company that the viewer may read, by name."""
    found = every(lambda part: list_kpis(session, visit.viewer, company_id, part, on=visit.today, chosen=_HARD))
    return tuple(sorted(found, key=lambda kpi: in_locale(kpi.current.name, visit.locale).casefold()))


def amount_words(visit: Visit, kpi: Kpi | None, amount: Amount) -> str:
    """An amount with its unit, or as a part of a whole."""
    if amount.value is None:
        top, base = number(amount.numerator, visit.locale), number(amount.denominator, visit.locale)
        return f"{top} / {base}"
    return measure(amount.value, visit.locale, in_locale(kpi.current.unit, visit.locale) if kpi else "")


def _found(session: ReadSession, visit: Visit, company_id: str, kpi_id: str) -> Page[Reading]:
    wanted = ReadingFilter(kpi_id=kpi_id if is_id(kpi_id) else None)
    return list_readings(session, visit.viewer, company_id, slice_of(visit), on=visit.today, chosen=wanted)


def _lines(session: ReadSession, visit: Visit, found: Sequence[Reading], kpis: Mapping[str, Kpi]) -> list[ReadingLine]:
    subjects = load_subjects(session, {one.subject_id for one in found}, on=visit.today)
    return [_line(visit, one, kpis.get(one.kpi_id), subjects) for one in found]


def _line(visit: Visit, one: Reading, kpi: Kpi | None, subjects: Mapping[SubjectId, Subject]) -> ReadingLine:
    name = in_locale(kpi.current.name, visit.locale) if kpi else ""
    zone = visit.settings.zone
    # The end of a period is not in it, so its last day is the one of the moment before.
    first, last = local_day(one.starts_at, zone=zone), local_day(one.ends_at - timedelta(microseconds=1), zone=zone)
    return ReadingLine(one, name, subjects[one.subject_id].name, amount_words(visit, kpi, one.amount), first, last)


def _row(known: Reading, form: Form) -> Row:
    """The correction as the row of a table: the same reading with the amount that was typed."""
    is_moment = known.starts_at == known.ends_at
    times = {"at": known.starts_at} if is_moment else {"start": known.starts_at, "end": known.ends_at}
    cells = {
        "kpi": known.kpi_id,
        "subject": known.subject_id,
        "external_id": known.external_id or "",
        **{name: moment.isoformat() for name, moment in times.items()},
        **{name: form.one(name) for name in form if name != "decimal"},
    }
    return Row(1, cells)


def _again(request: Request, reading_id: str, form: Form, error: AppError) -> Response:
    with reading(request) as (session, visit):
        filled = refused_cells(visit, form, error, place_of=lambda cell: cell.column)
        return _reading_page(session, visit, reading_id, filled)


def _reading_page(session: ReadSession, visit: Visit, reading_id: str, sent: Filled | None) -> Response:
    known = get_reading(session, visit.viewer, reading_id, on=visit.today)
    kpi = load_kpis(session, [known.kpi_id], on=visit.today)[known.kpi_id]
    subject = load_subjects(session, [known.subject_id], on=visit.today)[known.subject_id]
    columns = amount_columns(kpi.current.aggregation)
    form = sent or fresh({**_texts(visit, known, columns), "decimal": usual_decimal(visit)})
    corrections = list_corrections(session, visit.viewer, reading_id, on=visit.today)
    return page(
        visit,
        "pages/readings/reading.html",
        status=form.status,
        flash=flash_for(visit, DONE),
        line=_line(visit, known, kpi, {subject.id: subject}),
        form=form,
        columns=[(column, column_label(visit, column)) for column in columns],
        corrections=[_correction(visit, kpi, known, one) for one in corrections],
        may_write=may(visit.viewer, Action.READINGS_WRITE, subject.path),
    )


def _texts(visit: Visit, known: Reading, columns: Sequence[str]) -> dict[str, str | None]:
    amounts = [known.amount.value] if len(columns) == 1 else [known.amount.numerator, known.amount.denominator]
    return {column: figure(visit, amount) for column, amount in zip(columns, amounts, strict=True)}


def _correction(visit: Visit, kpi: Kpi, known: Reading, one: ReadingCorrection) -> CorrectionLine:
    return CorrectionLine(one, *(amount_words(visit, kpi, _changed(known.amount, side)) for side in (one.old, one.new)))


def _changed(amount: Amount, side: Mapping[str, object]) -> Amount:
    """The amount with what a side of a correction says of it; the rest is as it is now."""
    parts = {name: side.get(name, getattr(amount, name)) for name in ("value", "numerator", "denominator")}
    return Amount(**{name: float(part) if isinstance(part, int | float) else None for name, part in parts.items()})
