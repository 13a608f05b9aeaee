"""The pages that bring units and people in from a file: what it would do first, then the whole file or nothing."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from fastapi import Request, Response

from app.accounts.rules import Action, roots
from app.deferred import dataclass
from app.errors import AppError, FieldError, Forbidden, Invalid
from app.fields import NO_CHOICE, REQUIRED, UNKNOWN
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import WriteSession
from app.infra.tabular import read_table, write_csv
from app.organisation.bring_in import import_organisation, import_people
from app.organisation.intake import ORGANISATION_COLUMNS, PEOPLE_COLUMNS
from app.reports import BulkReport, Column, Outcome, Row, RowReport
from app.web.forms import REFUSED, Filled, fresh
from app.web.lists import company_of
from app.web.render import download, page, said, see_other
from app.web.uploads import FILE, Upload, refused_file

router = Pages()

LONGEST_KEPT = 100_000
"""A file whose rows take no more signs than this travels in the page; a larger one is chosen again."""
MOST_SHOWN = 300
OTHER_FILE = "This is another file than the one that was checked. Here is what this one would do."


class Kind(StrEnum):
    """What a file brings in."""

    UNITS = "units"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class DiffLine:
    """What would become of one row: what it is about, and what changes, in the reader's words."""

    row: int
    outcome: Outcome
    name: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Diff:
    """What a file would do. `content` carries its rows to the next page; without it the file is chosen again."""

    kind: Kind
    created: int
    changed: int
    unchanged: int
    lines: tuple[DiffLine, ...]
    unshown: int
    warnings: tuple[str, ...]
    content: str
    digest: str
    note: str = ""


_COLUMNS: Mapping[Kind, Sequence[Column]] = {Kind.UNITS: ORGANISATION_COLUMNS, Kind.PEOPLE: PEOPLE_COLUMNS}
_SAMPLES: Mapping[Kind, Sequence[Sequence[str]]] = {
    Kind.UNITS: (
        ("service", "department", "Customer service", ""),
        ("north", "team", "Team North", "service"),
        ("rival", "competitor", "Rival Ltd", ""),
    ),
    Kind.PEOPLE: (
        ("e100", "Ida Lund", "ida.lund@example.org", "nb", "north", "north"),
        ("e101", "Sam Hill", "sam.hill@example.org", "en", "north", ""),
    ),
}
_FIELDS: Mapping[str, str] = {
    "email": "E-mail address",
    "external_id": "External id",
    "kind": "Kind",
    "leads": "Leads",
    "locale": "Language",
    "name": "Name",
    "parent": "Under",
    "unit": "Unit",
}


@router.get("/organisation/import")
@access(Action.ORGANISATION_WRITE)
def show_import(request: Request) -> Response:
    with reading(request) as (_session, visit):
        return _upload_page(visit, Upload(fresh({"kind": visit.query.get("kind", Kind.UNITS)})))


@router.get("/organisation/import/{kind}.csv")
@access(Action.ORGANISATION_WRITE)
def download_sample(request: Request, kind: str) -> Response:
    with reading(request) as (_session, visit):
        _require_somewhere(visit)
    chosen = _kind(kind)
    rows = [[said(visit, cell) if cell[:1].isupper() else cell for cell in row] for row in _SAMPLES[chosen]]
    raw = write_csv([column.name for column in _COLUMNS[chosen]], rows)
    return download(raw, f"{chosen}.csv", "text/csv; charset=utf-8")


@router.post("/organisation/import")
@access(Action.ORGANISATION_WRITE)
def check_file(request: Request) -> Response:
    form = posted(request)
    try:
        kind, rows, digest = _read(form)
        with writing(request) as (session, visit):
            report = _run(session, visit, kind, rows, dry_run=True)
    except REFUSED as error:
        return _refused(request, form, error)
    return page(visit, "pages/imports/diff.html", diff=_diff(visit, kind, rows, report, digest), may_write=True)


@router.post("/organisation/import/store")
@access(Action.ORGANISATION_WRITE)
def store_file(request: Request) -> Response:
    form = posted(request)
    try:
        kind, rows, digest = _read(form)
        is_other = bool(form.one("digest")) and digest != form.one("digest")
        with writing(request) as (session, visit):
            report = _run(session, visit, kind, rows, dry_run=is_other)
    except REFUSED as error:
        return _refused(request, form, error)
    if is_other:
        diff = _diff(visit, kind, rows, report, digest, note=said(visit, OTHER_FILE))
        return page(visit, "pages/imports/diff.html", status=409, diff=diff, may_write=True)
    return see_other("/organisation" if kind is Kind.UNITS else "/people", done="imported")


def _read(form: Form) -> tuple[Kind, list[Row], str]:
    """What the file is, its rows, and by what it is known again; from the upload or from the page before."""
    unknown = [name for name in form if name not in {"kind", "content", "digest"}]
    if unknown:
        raise Invalid([FieldError(name, UNKNOWN) for name in unknown])
    kind = _kind(form.one("kind"))
    file = form.file(FILE)
    if file is None and not form.one("content"):
        raise Invalid([FieldError(FILE, REQUIRED, "CSV, XLSX")])
    raw, name = (file.raw, file.filename) if file is not None else (form.one("content").encode(), "rows.csv")
    digest = hashlib.sha256(raw).hexdigest() if file is not None else ""
    return kind, read_table(raw, filename=name, columns=_COLUMNS[kind]), digest


def _kind(text: str) -> Kind:
    if text not in set(Kind):
        raise Invalid([FieldError("kind", NO_CHOICE)])
    return Kind(text)


def _run(session: WriteSession, visit: Visit, kind: Kind, rows: Sequence[Row], *, dry_run: bool) -> BulkReport:
    run: Callable[..., BulkReport] = import_organisation if kind is Kind.UNITS else import_people
    company_id = company_of(session, visit).id
    return run(session, visit.viewer, rows, company_id=company_id, dry_run=dry_run, now=visit.now)


def _diff(visit: Visit, kind: Kind, rows: Sequence[Row], report: BulkReport, digest: str, *, note: str = "") -> Diff:
    names = {row.number: row.cells.get("name", "") for row in rows}
    # What changes stands first; the rest of a long file is only counted.
    told = sorted(report.rows, key=lambda one: (one.outcome is Outcome.UNCHANGED, one.row))
    columns = [column.name for column in _COLUMNS[kind] if column.name in rows[0].cells]
    content = write_csv(columns, ([row.cells.get(name, "") for name in columns] for row in rows)).decode("utf-8-sig")
    is_short = len(content.encode()) <= LONGEST_KEPT
    return Diff(
        kind,
        report.count(Outcome.CREATED),
        report.count(Outcome.CHANGED),
        report.count(Outcome.UNCHANGED),
        tuple(_line(visit, one, names) for one in told[:MOST_SHOWN]),
        max(0, len(told) - MOST_SHOWN),
        tuple(said(visit, warning) for warning in report.warnings),
        content if is_short else "",
        "" if is_short else digest,
        note,
    )


def _line(visit: Visit, report: RowReport, names: Mapping[int, str]) -> DiffLine:
    changes = tuple(_change(visit, change) for change in report.changes)
    return DiffLine(report.row, report.outcome, names.get(report.row, "") or report.external_id or "", changes)


def _change(visit: Visit, change: str) -> str:
    field, _, values = change.partition(": ")
    if field == "kind":
        values = " ".join(said(visit, one.capitalize()) for one in values.split(" "))
    return f"{said(visit, _FIELDS[field])}: {values}" if field in _FIELDS else change


def _refused(request: Request, form: Form, error: AppError) -> Response:
    with reading(request) as (_session, visit):
        return _upload_page(visit, refused_file(visit, form, error))


def _upload_page(visit: Visit, upload: Upload) -> Response:
    _require_somewhere(visit)
    columns = {kind.value: [column.name for column in _COLUMNS[kind]] for kind in Kind}
    form: Filled = upload.form
    return page(
        visit,
        "pages/imports/upload.html",
        status=form.status,
        upload=upload,
        form=form,
        columns=columns,
        may_write=True,
    )


def _require_somewhere(visit: Visit) -> None:
    """A file may name any unit, so the right somewhere opens the page; the command looks at every row."""
    if not roots(visit.viewer, Action.ORGANISATION_WRITE):
        raise Forbidden
