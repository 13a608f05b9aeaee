"""Entering readings by hand: one hard KPI and period, a row for each unit and person right below a unit."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

from fastapi import Request, Response

from app.accounts.rules import Action, roots
from app.deferred import dataclass
from app.errors import AppError, FieldError, Forbidden, Invalid
from app.fields import NO_CHOICE, NO_DAY
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.kpis.values import Kpi, KpiState
from app.metrics.commands import record_readings
from app.metrics.intake import parse_table
from app.metrics.queries import list_readings
from app.metrics.values import Reading, ReadingFilter, Source
from app.organisation.queries import list_subjects
from app.organisation.values import Subject, SubjectFilter, SubjectKind
from app.plain import parse_day
from app.reports import Row, RowError
from app.web.forms import REFUSED, Filled, figure
from app.web.lists import company_of, every
from app.web.places import list_units, options_of
from app.web.reading_fields import (
    COMMA,
    amount_columns,
    column_label,
    decimal_of,
    refused_cells,
    usual_decimal,
)
from app.web.readings import hard_kpis
from app.web.render import page, see_other
from app.words import in_locale

router = Pages()

MOST_ROWS = 400
NOTHING_TYPED = "Enter at least one value."
END_BEFORE_START = "The last day is the first day, or later."

_CHOOSING = ("kpi", "unit", "start", "end")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is entered: a KPI over a period, for a unit and what is right below it."""

    kpi: Kpi
    unit: Subject
    start: date
    end: date
    subjects: tuple[Subject, ...]
    columns: tuple[str, ...]


@router.get("/readings/enter")
@access(Action.READINGS_WRITE)
def show_grid(request: Request) -> Response:
    with reading(request) as (session, visit):
        sent = {name: visit.query.get(name, "") for name in _CHOOSING}
        if not all(sent.values()):
            return _choosing_page(session, visit, sent)
        try:
            sheet = _sheet(session, visit, sent)
        except Invalid as error:
            return _choosing_page(session, visit, sent, error)
        return _grid_page(session, visit, sheet, None)


@router.post("/readings/enter")
@access(Action.READINGS_WRITE)
def store(request: Request) -> Response:
    form = posted(request)
    try:
        with writing(request) as (session, visit):
            sheet = _sheet(session, visit, form_choice(form))
            comma = decimal_of(form) == COMMA
            rows = _rows(sheet, form, _present(session, visit, sheet))
            batch = parse_table(rows, zone=visit.settings.zone, decimal_comma=comma)
            company = sheet.unit.company_id
            record_readings(session, visit.viewer, batch, company_id=company, source=Source.PAGE, now=visit.now)
    except REFUSED as error:
        return _again(request, form, error)
    return see_other(f"/readings?kpi={sheet.kpi.id}", done="stored")


def form_choice(form: Form) -> dict[str, str]:
    """The KPI, unit and period that the hidden fields of the grid carry."""
    return {name: form.one(name) for name in _CHOOSING}


def _sheet(session: ReadSession, visit: Visit, sent: Mapping[str, str]) -> Sheet:
    """What was chosen; Invalid names what is wrong with it."""
    company = company_of(session, visit)
    kpi = next((one for one in _open_kpis(session, visit, company.id) if one.id == sent["kpi"]), None)
    units = list_units(session, visit, company.id, Action.READINGS_WRITE)
    unit = next((one for one in units if one.id == sent["unit"]), None)
    start, end = parse_day(sent["start"]), parse_day(sent["end"])
    wrong = [FieldError(name, NO_CHOICE) for name, found in (("kpi", kpi), ("unit", unit)) if found is None]
    wrong += [FieldError(name, NO_DAY, "2026-12-31") for name, day in (("start", start), ("end", end)) if day is None]
    if start and end and end < start:
        wrong.append(FieldError("end", END_BEFORE_START))
    if wrong or kpi is None or unit is None or start is None or end is None:
        raise Invalid(wrong)
    return Sheet(kpi, unit, start, end, _subjects(session, visit, unit), amount_columns(kpi.current.aggregation))


def _subjects(session: ReadSession, visit: Visit, unit: Subject) -> tuple[Subject, ...]:
    """The unit and what hangs right below it, units before people."""
    below = every(
        lambda part: list_subjects(
            session, visit.viewer, unit.company_id, part, on=visit.today, only=SubjectFilter(None, unit.id)
        )
    )
    own = [one for one in below if one.kind is not SubjectKind.COMPETITOR]
    return (unit, *sorted(own, key=lambda one: one.kind is SubjectKind.PERSON))[:MOST_ROWS]


def _open_kpis(session: ReadSession, visit: Visit, company_id: str) -> list[Kpi]:
    return [kpi for kpi in hard_kpis(session, visit, company_id) if kpi.state is not KpiState.RETIRED]


def _present(session: ReadSession, visit: Visit, sheet: Sheet) -> dict[str, Reading]:
    """What is stored for exactly this period, as far as the viewer may read it; a subject with several has none here."""
    if not roots(visit.viewer, Action.READINGS_READ):
        return {}
    zone = visit.settings.zone
    start = datetime.combine(sheet.start, time(), zone)
    end = datetime.combine(sheet.end + timedelta(days=1), time(), zone)
    wanted = ReadingFilter(sheet.kpi.id, None, start, end)
    stored = every(
        lambda part: list_readings(session, visit.viewer, sheet.unit.company_id, part, on=visit.today, chosen=wanted)
    )
    exact = [one for one in stored if (one.starts_at, one.ends_at) == (start, end)]
    subjects = [one.subject_id for one in exact]
    return {one.subject_id: one for one in exact if subjects.count(one.subject_id) == 1}


def _rows(sheet: Sheet, form: Form, present: Mapping[str, Reading]) -> list[Row]:
    """The rows in which something was typed; their numbers are their places on the page."""
    rows = []
    for number, subject in enumerate(sheet.subjects, start=1):
        typed = {column: form.one(f"rows.{subject.id}.{column}") for column in sheet.columns}
        if any(text.strip() for text in typed.values()):
            known = present.get(subject.id)
            cells = {
                "kpi": sheet.kpi.id,
                "subject": subject.id,
                "start": sheet.start.isoformat(),
                "end": sheet.end.isoformat(),
                "external_id": (known.external_id if known else None) or "",
                "reason": form.one("reason"),
                **typed,
            }
            rows.append(Row(number, cells))
    if not rows:
        raise Invalid([FieldError(f"rows.{sheet.subjects[0].id}.{sheet.columns[0]}", NOTHING_TYPED)])
    return rows


def _again(request: Request, form: Form, error: AppError) -> Response:
    with reading(request) as (session, visit):
        try:
            sheet = _sheet(session, visit, form_choice(form))
        except Invalid as wrong:
            return _choosing_page(session, visit, form_choice(form), wrong)

        def place_of(cell: RowError) -> str:
            return (
                f"rows.{sheet.subjects[cell.row - 1].id}.{cell.column}" if cell.column in sheet.columns else cell.column
            )

        labels = [(column, column_label(visit, column)) for column in sheet.columns]
        names = [
            (f"rows.{one.id}.{column}", f"{one.name}, {label}") for one in sheet.subjects for column, label in labels
        ]
        return _grid_page(session, visit, sheet, refused_cells(visit, form, error, place_of=place_of, names=names))


def _grid_page(session: ReadSession, visit: Visit, sheet: Sheet, sent: Filled | None) -> Response:
    form = sent or Filled(_texts(visit, sheet, _present(session, visit, sheet)))
    return page(
        visit,
        "pages/readings/grid.html",
        status=form.status,
        form=form,
        sheet=sheet,
        name=in_locale(sheet.kpi.current.name, visit.locale),
        unit_of_measure=in_locale(sheet.kpi.current.unit, visit.locale),
        labels=[(column, column_label(visit, column)) for column in sheet.columns],
    )


def _texts(visit: Visit, sheet: Sheet, present: Mapping[str, Reading]) -> dict[str, Sequence[str]]:
    texts: dict[str, Sequence[str]] = {"decimal": (usual_decimal(visit),)}
    for subject_id, one in present.items():
        amounts = [one.amount.value] if len(sheet.columns) == 1 else [one.amount.numerator, one.amount.denominator]
        for column, amount in zip(sheet.columns, amounts, strict=True):
            texts[f"rows.{subject_id}.{column}"] = (figure(visit, amount) or "",)
    return texts


def _choosing_page(
    session: ReadSession, visit: Visit, sent: Mapping[str, str], error: Invalid | None = None
) -> Response:
    company = company_of(session, visit)
    units = list_units(session, visit, company.id, Action.READINGS_WRITE)
    if not units:
        raise Forbidden
    form = Form({name: (text,) for name, text in sent.items() if text})
    filled = refused_cells(visit, form, error, place_of=lambda cell: cell.column) if error else Filled(form)
    kpis = _open_kpis(session, visit, company.id)
    return page(
        visit,
        "pages/readings/choose.html",
        status=filled.status,
        form=filled,
        kpis=[(kpi.id, in_locale(kpi.current.name, visit.locale)) for kpi in kpis],
        units=options_of(units),
        month=_last_month(visit.today),
    )


def _last_month(today: date) -> tuple[str, str]:
    """The first and last day of the month before."""
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1).isoformat(), last.isoformat()
