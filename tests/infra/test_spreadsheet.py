"""A workbook holds what it was given: numbers, and text that no spreadsheet computes or follows."""

import io
import re
import zipfile
from datetime import UTC, datetime

import pytest
from python_calamine import CalamineWorkbook

from app.infra.spreadsheet import Sheet, SheetColumn, write_workbook

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOSTILE = [
    '=HYPERLINK("https://evil.example","Klikk")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "＝1+1",
    "  =1+1",
    "https://evil.example/",
    "00123",
]


def written(rows: list[list[object]]) -> bytes:
    columns = [SheetColumn("Navn", 20), SheetColumn("Tall", shown_as="0 %")]
    return write_workbook([Sheet("Ark", columns, rows)], title="Prøve", made_at=NOW)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_text_whatever_it_begins_with(text: str) -> None:
    made = written([[text, 0.25]])
    with CalamineWorkbook.from_filelike(io.BytesIO(made)) as book:
        assert book.get_sheet_by_index(0).to_python() == [["Navn", "Tall"], [text, 0.25]]
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        styles = parts.read("xl/styles.xml").decode()
        assert not any(
            "externalLink" in name or (name.endswith(".rels") and "sheet" in name) for name in parts.namelist()
        )
    assert re.findall(r"<f[\s>/]|hyperlink", sheet) == []
    (cell,) = re.findall(r'<c r="A2"[^>]*>', sheet)
    assert 't="s"' in cell
    # Saved as CSV and opened again it is text, too.
    is_guarded = 's="2"' in cell and "quotePrefix" in styles
    assert is_guarded is (text.strip()[0] in "=+-@＝")


def test_numbers_are_numbers_and_what_is_not_there_is_empty() -> None:
    made = written([["Poeng", 77.05882352941177], ["Antall", 12], ["Ingen", None], ["", 0]])
    with CalamineWorkbook.from_filelike(io.BytesIO(made)) as book:
        assert book.get_sheet_by_index(0).to_python()[1:] == [
            ["Poeng", 77.05882352941177],
            ["Antall", 12],
            ["Ingen", ""],
            ["", 0],
        ]


def test_the_same_rows_give_the_same_bytes() -> None:
    assert written([["a", 1]]) == written([["a", 1]])
