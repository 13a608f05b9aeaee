"""Tables from and for people: CSV and XLSX files read strictly into rows of text, and CSV written safely."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from app.errors import FieldError, Invalid, TooLarge
from app.infra import workbook
from app.reports import MAX_MESSAGES, Column, Row, RowError, RowsRefused

__all__ = ["Column", "Encoding", "FileRefused", "FileTooLarge", "Row", "is_formula", "read_table", "write_csv"]

Encoding = Literal["utf-8", "cp1252"]

MAX_BYTES = 20 * 1024 * 1024
MAX_CSV_ROWS = 250_000
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
# A spreadsheet takes a cell that begins so for a formula; the last four are the full-width twins.
_FORMULA_STARTS = frozenset("=+-@\t\r\0＝＋－＠")
_NOT_A_WORKBOOK = "This is not an Excel workbook that can be read. Save it as .xlsx or as CSV."
_WORKBOOK_REFUSALS = {
    "bomb": "The workbook unpacks to more than can be right. Save the table alone in a new workbook.",
    "locked": "The workbook is locked with a password. Save it without one.",
    "macros": "The workbook has macros. Save it as .xlsx.",
    "doctype": _NOT_A_WORKBOOK,
    "unreadable": _NOT_A_WORKBOOK,
    "formula": "The cell holds a formula. Paste its value instead.",
    "error": "The cell holds an error such as #REF!. Write the value.",
    "date": "The cell holds an Excel date. Write it as text, such as 2026-11-27.",
    "long_number": "Excel keeps 15 digits of a number. Write this one as text.",
}


class FileRefused(Invalid):
    """A file that is not the table it should be."""

    code = "file_refused"
    message = "The file could not be read as a table."

    def __init__(self, message: str, allowed: str = "") -> None:
        super().__init__([FieldError("file", message, allowed)])


class FileTooLarge(TooLarge):
    """More than the limit for a file."""

    code = "file_too_large"
    message = "A file may hold 20 MB; a CSV file 250,000 rows, a workbook 50,000."


def read_table(raw: bytes, *, filename: str, columns: Sequence[Column], encoding: Encoding = "utf-8") -> list[Row]:
    """Every row of a CSV or XLSX file as text by column; blank rows are left out, numbers count from the header, 1.

    Refuses the whole file, saying where: FileTooLarge, FileRefused (file or header), RowsRefused (rows).
    """
    if len(raw) > MAX_BYTES:
        raise FileTooLarge
    if not raw.strip():
        raise FileRefused("The file is empty.")
    if raw.startswith((_ZIP, _OLE)) or filename.lower().endswith((".xlsx", ".xlsm", ".xls")):
        return _rows(iter(_workbook_records(raw)), columns)
    text = _decoded(raw, encoding)
    return _rows(_csv_records(text, _delimiter(text, columns)), columns)


def write_csv(header: Sequence[str], rows: Iterable[Sequence[object]], *, decimal: str = ".") -> bytes:
    """A CSV file with BOM and semicolons, as Norwegian Excel opens it; text that would be a formula gets a '.

    Numbers are written at full precision with the decimal sign that is asked for.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_written(cell, decimal) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _written(cell: object, decimal: str) -> object:
    if isinstance(cell, float):
        return repr(cell).replace(".", decimal)
    return f"'{cell}" if isinstance(cell, str) and is_formula(cell) else cell


def _as_written(cell: str) -> str:
    """What `write_csv` was given: the ' before a formula is ours."""
    return cell[1:] if cell.startswith("'") and is_formula(cell[1:]) else cell


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would compute a text, should it come to one as a bare cell."""
    return cell[:1] in _FORMULA_STARTS or cell.strip()[:1] in _FORMULA_STARTS


def _decoded(raw: bytes, encoding: Encoding) -> str:
    if b"\0" in raw:
        raise FileRefused("The file is not plain text in UTF-8. Save it as CSV UTF-8.")
    try:
        return raw.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError:
        raise FileRefused("The file is not plain text in UTF-8. Save it as CSV UTF-8.") from None


def _delimiter(text: str, columns: Sequence[Column]) -> str:
    """The delimiter that finds most of our columns in the first line; later lines have no say."""
    first = next(iter(text.splitlines()), "")
    known = {column.name for column in columns}

    def found(delimiter: str) -> int:
        try:
            cells = next(csv.reader([first], delimiter=delimiter), [])
        except csv.Error:
            return 0
        return len(known & {_key(cell) for cell in cells})

    return max(";\t,", key=found)


def _csv_records(text: str, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for record in reader:
            number += 1
            if number > MAX_CSV_ROWS + 1:
                raise FileTooLarge
            yield record
    except csv.Error:
        raise RowsRefused(
            [RowError(number + 1, "", "A quotation mark is not closed, or a cell is longer than allowed.", "131072")]
        ) from None


def _workbook_records(raw: bytes) -> list[list[str]]:
    if not raw.startswith(_ZIP):
        raise FileRefused(_WORKBOOK_REFUSALS["locked" if raw.startswith(_OLE) else "unreadable"])
    # A process of its own: what is hostile in a workbook ends with it.
    finished = subprocess.run(  # noqa: S603 - our own file, no shell, the upload goes to its standard input
        [sys.executable, "-I", str(Path(workbook.__file__))], input=raw, capture_output=True, timeout=60, check=False
    )
    try:
        answer = json.loads(finished.stdout)
    except ValueError:
        answer = {"refused": "bomb", "cell": ""}
    if "rows" in answer:
        records: list[list[str]] = answer["rows"]
        return records
    if answer["refused"] == "rows":
        raise FileTooLarge
    raise FileRefused(_WORKBOOK_REFUSALS[answer["refused"]], answer["cell"])


def _rows(records: Iterator[list[str]], columns: Sequence[Column]) -> list[Row]:
    header = _header(next(records, []), columns)
    width = len(header)
    rows: list[Row] = []
    refused: list[RowError] = []
    for number, record in enumerate(records, start=2):
        if not any(record):
            continue
        if len(record) < width or any(record[width:]):
            refused.append(RowError(number, "", "The row has more or fewer cells than the header.", str(width)))
        elif any("\0" in cell for cell in record):
            refused.append(RowError(number, "", "The row has a character that is not text."))
        if len(refused) == MAX_MESSAGES:
            break
        rows.append(Row(number, dict(zip(header, map(_as_written, record), strict=False))))
    if refused:
        raise RowsRefused(refused)
    if not rows:
        raise FileRefused("The file has a header and no rows.")
    return rows


def _header(record: Sequence[str], columns: Sequence[Column]) -> list[str]:
    names = [_key(cell) for cell in record]
    while names and not names[-1]:
        names.pop()
    known = [column.name for column in columns]
    listed = ", ".join(known)
    if set(names) - set(known):
        raise FileRefused("The header names a column that does not belong here.", listed)
    if len(names) != len(set(names)):
        raise FileRefused("The header names a column twice.", listed)
    missing = [column.name for column in columns if column.is_required and column.name not in names]
    if missing:
        raise FileRefused("The header lacks a column.", ", ".join(missing))
    return names


def _key(cell: str) -> str:
    return cell.strip().casefold()
