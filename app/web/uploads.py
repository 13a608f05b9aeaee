"""Files as pages take them: a table in, row by row what became of it or what is wrong with it; nothing is stored here."""

from collections.abc import Sequence
from dataclasses import field

from app.deferred import dataclass
from app.errors import AppError, FieldError, Invalid
from app.fields import REQUIRED
from app.http.forms import Form
from app.http.kinds import status_of
from app.http.visit import Visit
from app.infra.tabular import read_table, write_csv
from app.reports import BulkReport, Column, Outcome, Row, RowError, RowsRefused
from app.web.forms import Filled, refused
from app.web.render import said

FILE, CONTENT, CHECK = "file", "content", "check"

LONGEST_KEPT = 100_000
"""A table whose rows take no more signs than this travels in the page; a larger file is chosen again."""


@dataclass(frozen=True, slots=True)
class WrongCell:
    """A refused cell, in the reader's language."""

    row: int
    column: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a file would do, after a run that stored nothing; `content` carries its rows to the next page if it can."""

    counts: tuple[tuple[str, int], ...]
    content: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Upload:
    """A page that takes a file: the form, the cells that are wrong, or what the file would do."""

    form: Filled = field(default_factory=Filled)
    cells: tuple[WrongCell, ...] = ()
    untold: int = 0
    checked: Checked | None = None


def table_of(form: Form, columns: Sequence[Column]) -> list[Row]:
    """The rows of the file that was chosen, or those that the page carries; Invalid without either."""
    file = form.file(FILE)
    if file is not None:
        return read_table(file.raw, filename=file.filename, columns=columns)
    if not form.one(CONTENT):
        raise Invalid([FieldError(FILE, REQUIRED, "CSV, XLSX")])
    return read_table(form.one(CONTENT).encode(), filename="rows.csv", columns=columns)


def is_check(form: Form) -> bool:
    """Whether the file is only to be looked at."""
    return form.one("act") == CHECK


def checked(visit: Visit, form: Form, rows: Sequence[Row], report: BulkReport) -> Upload:
    """The page after a run that stored nothing."""
    made, changed, same = (report.count(one) for one in (Outcome.CREATED, Outcome.CHANGED, Outcome.UNCHANGED))
    counts = ((said(visit, "New"), made), (said(visit, "Changed"), changed), (said(visit, "As before"), same))
    warnings = tuple(said(visit, one) for one in report.warnings)
    return Upload(Filled(form), checked=Checked(counts, content_of(rows), warnings))


def content_of(rows: Sequence[Row]) -> str:
    """The rows as text for a field of the page; empty when they are too many."""
    columns = list(dict.fromkeys(name for row in rows for name in row.cells))
    raw = write_csv(columns, ([row.cells.get(name, "") for name in columns] for row in rows))
    return raw.decode("utf-8-sig") if len(raw) <= LONGEST_KEPT else ""


def refused_file(visit: Visit, form: Form, error: AppError) -> Upload:
    """The page after a refusal, with every cell that is wrong as far as they are listed."""
    if not isinstance(error, RowsRefused):
        return Upload(refused(visit, form, error))
    sentence = said(visit, error.message, **error.values)
    cells = tuple(wrong_cell(visit, one) for one in error.refused)
    return Upload(Filled(form, problem=sentence, status=status_of(error)), cells, error.total - len(cells))


def wrong_cell(visit: Visit, error: RowError) -> WrongCell:
    """A refusal as a sentence with what would be allowed."""
    sentence = said(visit, error.message)
    if error.allowed:
        listed = ", ".join(said(visit, one) for one in error.allowed.split(", "))
        sentence += " " + said(visit, "Allowed: {allowed}.", allowed=listed)
    return WrongCell(error.row, error.column, sentence)
