"""Workbooks for people, written: numbers as numbers of sixteen digits, text as text whatever it begins with."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from app.deferred import dataclass
from app.infra.later import later
from app.infra.tabular import is_formula

xlsxwriter = later("xlsxwriter")

# Nothing in a cell is taken for more than it is: no formula, no link, no number out of digits.
_PLAIN = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column: its heading, how wide it is in letters, and how its numbers are shown; they are kept as they are."""

    heading: str
    width: int = 12
    shown_as: str = "0.0"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: a table with a heading on each column."""

    name: str
    columns: Sequence[SheetColumn]
    rows: Sequence[Sequence[object]]


def write_workbook(sheets: Sequence[Sheet], *, title: str, made_at: datetime) -> bytes:
    """An XLSX file with these sheets; the same sheets give the same bytes."""
    out = io.BytesIO()
    # A workbook keeps its moment without a zone, in UTC.
    with xlsxwriter.Workbook(out, _PLAIN) as book:
        book.set_properties({"title": title, "created": made_at.astimezone(UTC).replace(tzinfo=None)})
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        # The ' of a spreadsheet: the cell stays text also when the file is saved as CSV and opened again.
        guarded = book.add_format({"quote_prefix": True})
        for sheet in sheets:
            _write(book, sheet, head, guarded)
    return out.getvalue()


def _write(book: Any, sheet: Sheet, head: Any, guarded: Any) -> None:
    page = book.add_worksheet(sheet.name)
    page.freeze_panes(1, 0)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    for place, column in enumerate(sheet.columns):
        page.set_column(place, place, column.width)
        page.write_string(0, place, column.heading, head)
    formats = [book.add_format({"num_format": column.shown_as}) for column in sheet.columns]
    for line, row in enumerate(sheet.rows, start=1):
        for place, cell in enumerate(row):
            if isinstance(cell, int | float):
                page.write_number(line, place, cell, formats[place])
            elif cell:
                page.write_string(line, place, str(cell), guarded if is_formula(str(cell)) else None)
