"""Read one XLSX workbook from standard input, in a process of its own with bounded memory and time.

A hostile workbook may unpack to more than the machine holds, so the service runs this file as a script (see
`tabular`) and reads its answer, one JSON line: the rows as text, or why there are none. It imports nothing of ours.
"""

import io
import json
import re
import resource
import sys
import zipfile
from datetime import date, time, timedelta
from typing import Any

import python_calamine

MAX_ROWS = 50_000
MAX_ENTRIES = 50
MAX_UNPACKED = 50 * 1024 * 1024
MAX_RATIO = 100
MAX_MEMORY = 1024 * 1024 * 1024
MAX_SECONDS = 20
# Beyond 15 digits a spreadsheet has already lost the end of a number.
MAX_WHOLE = 10**15

_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_ERROR = re.compile(rb'<(?:\w+:)?c\s[^>]*\bt="e"')
_CELL = re.compile(rb'\br="([A-Z]{1,3}[0-9]{1,7})"')


class Refused(Exception):
    """Why there are no rows: a stable word, and the cell if it is about one."""

    def __init__(self, reason: str, cell: str = "") -> None:
        self.reason = reason
        self.cell = cell
        super().__init__(reason)


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    try:
        answer: dict[str, Any] = {"rows": rows_of(sys.stdin.buffer.read())}
    except Refused as refused:
        answer = {"refused": refused.reason, "cell": refused.cell}
    except (zipfile.BadZipFile, python_calamine.CalamineError, ValueError, OSError, MemoryError, NotImplementedError):
        answer = {"refused": "unreadable", "cell": ""}
    sys.stdout.write(json.dumps(answer))


def rows_of(raw: bytes) -> list[list[str]]:
    """The cells of the first sheet as text; raises Refused."""
    _inspect(raw)
    with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(raw)) as workbook:
        if not workbook.sheet_names:
            raise Refused("unreadable")
        sheet = workbook.get_sheet_by_index(0)
        if sheet.end is not None and sheet.end[0] > MAX_ROWS:
            raise Refused("rows")
        return [
            [_text(value, row, column) for column, value in enumerate(cells)]
            for row, cells in enumerate(sheet.to_python(skip_empty_area=False), start=1)
        ]


def _inspect(raw: bytes) -> None:
    """Refuse what is no plain workbook before anything of it is interpreted; sizes are counted, not believed."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        entries = archive.infolist()
        if len(entries) > MAX_ENTRIES:
            raise Refused("bomb")
        if any(entry.flag_bits & 1 for entry in entries):
            raise Refused("locked")
        if any(entry.filename.lower().endswith(".bin") and "vba" in entry.filename.lower() for entry in entries):
            raise Refused("macros")
        left = min(MAX_UNPACKED, MAX_RATIO * len(raw))
        for entry in entries:
            content = _unpacked(archive, entry, left)
            left -= len(content)
            _inspect_entry(entry.filename, content)


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    with archive.open(entry) as opened:
        content = opened.read(most + 1)
    if len(content) > most:
        raise Refused("bomb")
    return content


def _inspect_entry(name: str, content: bytes) -> None:
    if b"<!DOCTYPE" in content.upper() and name.lower().endswith((".xml", ".rels")):
        raise Refused("doctype")
    if not _SHEET.fullmatch(name):
        return
    for pattern, reason in ((_FORMULA, "formula"), (_ERROR, "error")):
        if found := pattern.search(content):
            cells = _CELL.findall(content[max(0, found.start() - 500) : found.end()])
            raise Refused(reason, cells[-1].decode() if cells else "")


def _text(value: Any, row: int, column: int) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) and abs(value) < MAX_WHOLE:
        return str(int(value)) if value == int(value) else repr(value)
    cell = f"{_letters(column)}{row}"
    if isinstance(value, int | float):
        raise Refused("long_number", cell)
    if isinstance(value, date | time | timedelta):
        raise Refused("date", cell)
    raise Refused("unreadable", cell)


def _letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


if __name__ == "__main__":
    main()
