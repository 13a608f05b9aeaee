"""Tables as people send them: what is read, what is refused and where, and what a spreadsheet gets back."""

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import date

import pytest
import xlsxwriter

from app.errors import Invalid
from app.infra.tabular import FileRefused, FileTooLarge, read_table, write_csv
from app.infra.workbook import Refused, rows_of
from app.reports import Column, RowsRefused

COLUMNS = (Column("name"), Column("email"), Column("unit", is_required=False))


def cells(raw: bytes, filename: str = "people.csv") -> list[tuple[int, dict[str, str]]]:
    return [(row.number, dict(row.cells)) for row in read_table(raw, filename=filename, columns=COLUMNS)]


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    return written(lambda sheet, _book: [sheet.write_row(number, 0, row) for number, row in enumerate(rows)])


def written(write: Callable[..., object]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False})
    write(book.add_worksheet(), book)
    book.close()
    return out.getvalue()


def with_entry(raw: bytes, name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            if entry.filename != name:
                target.writestr(entry.filename, source.read(entry))
        target.writestr(name, content)
    return out.getvalue()


def entry_of(raw: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return archive.read(name)


def refusal(raw: bytes, filename: str = "people.csv") -> tuple[str, str]:
    with pytest.raises(Invalid) as caught:
        read_table(raw, filename=filename, columns=COLUMNS)
    if isinstance(caught.value, RowsRefused):
        return f"row {caught.value.refused[0].row}", caught.value.refused[0].message
    return caught.value.errors[0].message, caught.value.errors[0].allowed


KARI = {"name": "Kari", "email": "k@b.no"}


@pytest.mark.parametrize(
    "raw",
    [
        b"name,email\nKari,k@b.no\n",
        b"name;email\r\nKari;k@b.no\r\n",
        b"name\temail\rKari\tk@b.no",
        b"\xef\xbb\xbfname;email\nKari;k@b.no\n",
        b" Name ; E-mail \n".replace(b"E-mail", b"EMAIL") + b'"Kari";k@b.no\n',
        b"name;email;;\nKari;k@b.no;;\n",
        b"email;name\nk@b.no;Kari\n\n\n",
    ],
)
def test_delimiter_line_ends_and_mark_of_a_csv_file_do_not_matter(raw: bytes) -> None:
    assert cells(raw) == [(2, KARI)]


def test_the_header_alone_decides_the_delimiter() -> None:
    assert cells(b"name;email\nLunde, Kari, Team, Nord;k@b.no\n") == [
        (2, {"name": "Lunde, Kari, Team, Nord", "email": "k@b.no"})
    ]


def test_rows_keep_the_number_they_have_in_the_file() -> None:
    assert [number for number, _ in cells(b'name,email\n\n"Two\nlines",a@b.no\n,\nKari,k@b.no\n')] == [3, 5]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "The file is empty."),
        (b" \r\n", "The file is empty."),
        (b"name,email\n", "The file has a header and no rows."),
        (b"name,email\n,\n", "The file has a header and no rows."),
        (b"name,email,shoe_size\nKari,k@b.no,38\n", "The header names a column that does not belong here."),
        (b"name,name,email\nKari,Kari,k@b.no\n", "The header names a column twice."),
        (b"name,unit\nKari,Nord\n", "The header lacks a column."),
        (
            "name,email\nKåre,k@b.no\n".encode("latin-1"),
            "The file is not plain text in UTF-8. Save it as CSV UTF-8.",
        ),
        (
            "name,email\nKari,k@b.no\n".encode("utf-16"),
            "The file is not plain text in UTF-8. Save it as CSV UTF-8.",
        ),
        (b"name,email\nKa\0ri,k@b.no\n", "The file is not plain text in UTF-8. Save it as CSV UTF-8."),
    ],
)
def test_a_file_that_is_not_the_table_is_refused_in_a_sentence(raw: bytes, message: str) -> None:
    assert refusal(raw)[0] == message


@pytest.mark.parametrize(
    ("raw", "row"),
    [
        (b"name,email\nKari,k@b.no\nOla\n", "row 3"),
        (b"name,email\nKari,k@b.no,x\n", "row 2"),
        (b'name,email\nKari,k@b.no\n"Ola,o@b.no\nPer,p@b.no\n', "row 3"),
        (b"name,email\nKari," + b"x" * 131_073 + b"\n", "row 2"),
    ],
)
def test_a_row_that_does_not_fit_the_header_is_named(raw: bytes, row: str) -> None:
    assert refusal(raw)[0] == row


def test_at_most_a_hundred_rows_are_complained_about() -> None:
    with pytest.raises(RowsRefused) as caught:
        cells(b"name,email\n" + b"Kari\n" * 150)
    assert len(caught.value.refused) == 100


def test_the_old_windows_alphabet_is_read_when_asked_for() -> None:
    raw = "name;email\nKåre;k@b.no\n".encode("cp1252")
    (row,) = read_table(raw, filename="x.csv", columns=COLUMNS, encoding="cp1252")
    assert row.cells["name"] == "Kåre"


def test_an_absent_optional_column_is_absent_in_the_row_and_an_empty_one_is_empty() -> None:
    assert cells(b"name,email,unit\nKari,k@b.no,\n") == [(2, {**KARI, "unit": ""})]


def test_too_many_rows_or_bytes_are_refused_before_they_are_read() -> None:
    with pytest.raises(FileTooLarge):
        cells(b"name,email\n" + b"K,k@b.no\n" * 250_001)
    with pytest.raises(FileTooLarge):
        cells(b"x" * (20 * 1024 * 1024 + 1))


def test_a_workbook_gives_the_same_rows_as_text() -> None:
    rows: list[list[object]] = [
        ["name", "email", "unit"],
        ["Kari", "k@b.no", 12],
        [],
        ["=1+1", "o@b.no", 4.5],
        ["Per", "p@b.no", True],
    ]
    assert cells(workbook(rows), "people.xlsx") == [
        (2, {**KARI, "unit": "12"}),
        (4, {"name": "=1+1", "email": "o@b.no", "unit": "4.5"}),
        (5, {"name": "Per", "email": "p@b.no", "unit": "true"}),
    ]


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda sheet, _: sheet.write_formula(1, 1, "=A1&B1"), "The cell holds a formula. Paste its value instead."),
        (
            lambda sheet, book: sheet.write_datetime(1, 1, date(2026, 1, 2), book.add_format({"num_format": "d.m.yy"})),
            "The cell holds an Excel date. Write it as text, such as 2026-11-27.",
        ),
        (
            lambda sheet, _: sheet.write_number(1, 1, 12345678901234567),
            "Excel keeps 15 digits of a number. Write this one as text.",
        ),
    ],
)
def test_a_cell_that_a_spreadsheet_may_show_otherwise_is_named(write: Callable[..., object], message: str) -> None:
    def table(sheet: xlsxwriter.worksheet.Worksheet, book: xlsxwriter.Workbook) -> None:
        sheet.write_row(0, 0, ["name", "email"])
        sheet.write(1, 0, "Kari")
        write(sheet, book)

    assert refusal(written(table)) == (message, "B2")


def test_an_error_in_a_cell_is_named() -> None:
    raw = workbook([["name", "email"], ["Kari", "7"]])
    sheet = entry_of(raw, "xl/worksheets/sheet1.xml").replace(b'<c r="B2" t="s"><v>3', b'<c r="B2" t="e"><v>#REF!')
    assert refusal(with_entry(raw, "xl/worksheets/sheet1.xml", sheet)) == (
        "The cell holds an error such as #REF!. Write the value.",
        "B2",
    )


def test_the_size_that_a_workbook_declares_is_not_believed() -> None:
    raw = workbook([["name", "email"], ["Kari", "k@b.no"]])
    sheet = entry_of(raw, "xl/worksheets/sheet1.xml").replace(b'<dimension ref="A1:B2"/>', b'<dimension ref="A1"/>')
    assert cells(with_entry(raw, "xl/worksheets/sheet1.xml", sheet), "x.xlsx") == [(2, KARI)]


SHEET = workbook([["name", "email"], ["Kari", "k@b.no"]])


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (with_entry(SHEET, "xl/media/zeros.bin", b"\0" * 10_000_000), "unpacks"),
        (with_entry(SHEET, "xl/vbaProject.bin", b"macro"), "macros"),
        (with_entry(SHEET, "docProps/core.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'), "not an Excel"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "password"),
        (b"PK\x03\x04 but nothing more", "not an Excel"),
        (SHEET[: len(SHEET) // 2], "not an Excel"),
        (b"name;email\nKari;k@b.no\n", "not an Excel"),
        (with_entry(b"PK\x05\x06" + b"\0" * 18, "letter.txt", b"x"), "not an Excel"),
    ],
)
def test_a_workbook_that_is_none_or_a_bomb_is_refused(raw: bytes, word: str) -> None:
    assert word in refusal(raw, "people.xlsx")[0]


def test_a_workbook_of_two_far_cells_takes_neither_memory_nor_the_service_with_it() -> None:
    sheet = (
        entry_of(SHEET, "xl/worksheets/sheet1.xml")
        .replace(b'r="B2"', b'r="XFD1048576"')
        .replace(b'<row r="2"', b'<row r="1048576"')
    )
    with pytest.raises((FileRefused, FileTooLarge)):
        cells(with_entry(SHEET, "xl/worksheets/sheet1.xml", sheet), "people.xlsx")


def test_a_character_that_is_not_text_is_refused_at_its_row() -> None:
    strings = entry_of(SHEET, "xl/sharedStrings.xml").replace(b"Kari", b"Ka_x0000_ri")
    assert refusal(with_entry(SHEET, "xl/sharedStrings.xml", strings)) == (
        "row 2",
        "The row has a character that is not text.",
    )


def test_a_header_that_cannot_be_read_is_refused() -> None:
    assert refusal(b"x" * 131_073 + b"\nKari,k@b.no\n") == (
        "row 1",
        "A quotation mark is not closed, or a cell is longer than allowed.",
    )


LOCKED = bytearray(SHEET)
LOCKED[SHEET.index(b"PK\x01\x02") + 8] |= 1


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (with_entry(SHEET, "xl/media/zeros.bin", b"\0" * 10_000_000), "bomb"),
        (bytes(LOCKED), "locked"),
        (with_entry(SHEET, "xl/vbaProject.bin", b"macro"), "macros"),
        (with_entry(SHEET, "docProps/core.xml", b"<!doctype x><x/>"), "doctype"),
        (with_entry(SHEET, "xl/worksheets/sheet2.xml", b'<c r="C7"><f>A1</f></c>'), "formula"),
        (with_entry(SHEET, "xl/worksheets/sheet2.xml", b"<x:f>A1</x:f>"), "formula"),
    ],
)
def test_the_reader_says_why_it_refuses(raw: bytes, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        rows_of(raw)
    assert caught.value.reason == reason


def test_the_reader_gives_text_and_names_cells_as_a_spreadsheet_does() -> None:
    wide = [[None] * 27 + ["AB"]]
    assert rows_of(workbook([["a", 1, 2.5, True], []]))[0] == ["a", "1", "2.5", "true"]
    assert rows_of(workbook(wide))[0][27] == "AB"
    with pytest.raises(Refused) as caught:
        rows_of(workbook([[None] * 27 + [10**15]]))
    assert (caught.value.reason, caught.value.cell) == ("long_number", "AB1")


def test_more_than_fifty_entries_are_refused() -> None:
    raw = SHEET
    for number in range(50):
        raw = with_entry(raw, f"xl/media/{number}.png", b"x")
    with pytest.raises(Refused) as caught:
        rows_of(raw)
    assert caught.value.reason == "bomb"


def test_more_rows_than_a_workbook_may_have_are_refused() -> None:
    def table(sheet: xlsxwriter.worksheet.Worksheet, _book: xlsxwriter.Workbook) -> None:
        sheet.write_row(0, 0, ["name", "email"])
        sheet.write_row(50_001, 0, ["Kari", "k@b.no"])

    with pytest.raises(FileTooLarge):
        cells(written(table), "people.xlsx")


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\N{NO-BREAK SPACE}=1", "＝1", "＋1", "－1", "＠x"]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_that_we_write_starts_a_formula_and_reading_it_gives_it_back(text: str) -> None:
    raw = write_csv(["name", "email"], [[text, "k@b.no"]])
    assert f"'{text}" in raw.decode("utf-8-sig")
    assert cells(raw) == [(2, {"name": text, "email": "k@b.no"})]


def test_a_csv_file_has_a_mark_semicolons_and_bare_numbers() -> None:
    raw = write_csv(["name", "score"], [['Say "hi"; bye', -4.5], ["'quoted", None]])
    assert raw == '\ufeffname;score\r\n"Say ""hi""; bye";-4.5\r\n\'quoted;\r\n'.encode()
