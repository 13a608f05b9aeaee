"""A table as it is sent: a CSV or XLSX file in a form, or JSON rows of texts."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import Query, Request

from app.api.schemas.base import Flag
from app.errors import FieldError, Invalid, TooLarge
from app.fields import NO_GROUP, NO_LIST, NO_TEXT, REQUIRED, UNKNOWN
from app.http.doors import sent_file, sent_json
from app.infra.tabular import read_table
from app.reports import Column, Row

MOST_ROWS = 10_000

DryRun = Annotated[Flag, Query(description="Give the same report and write nothing")]


class TooManyRows(TooLarge):
    """More rows than one request may carry."""

    code = "too_many_rows"
    message = "One request may carry {most} rows. Send the rest in another one, or as a file."


def table_of(request: Request, columns: Sequence[Column]) -> list[Row]:
    """The rows that were sent; what the cells mean is settled by the capability's intake."""
    file = sent_file(request)
    if file is not None:
        return read_table(file.raw, filename=file.filename, columns=columns)
    return rows_of(sent_json(request))


def rows_of(sent: object) -> list[Row]:
    """JSON rows in the shape of a file's; they count from 1."""
    if not isinstance(sent, Mapping):
        raise Invalid([FieldError("rows", NO_GROUP, "rows")])
    unknown = [FieldError(name[:60], UNKNOWN, "rows") for name in sent if name != "rows"]
    if unknown:
        raise Invalid(unknown)
    rows = sent.get("rows")
    if not isinstance(rows, list):
        raise Invalid([FieldError("rows", NO_LIST if "rows" in sent else REQUIRED)])
    check_count(rows)
    return [_row(number, row) for number, row in enumerate(rows, start=1)]


def check_count(rows: Sequence[object]) -> None:
    """Raise TooManyRows beyond what one request may carry."""
    if len(rows) > MOST_ROWS:
        raise TooManyRows(most=MOST_ROWS)


def _row(number: int, row: object) -> Row:
    if not isinstance(row, Mapping):
        raise Invalid([FieldError(f"rows.{number - 1}", NO_GROUP)])
    wrong = [name for name, cell in row.items() if cell is not None and not isinstance(cell, str)]
    if wrong:
        raise Invalid([FieldError(f"rows.{number - 1}.{name[:60]}", NO_TEXT) for name in wrong])
    return Row(number, {name: cell for name, cell in row.items() if cell is not None})
