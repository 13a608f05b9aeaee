"""Files for the import tests, line by line, and what came of them."""

from collections.abc import Callable, Mapping, Sequence

import pytest
from sqlalchemy import func, select

from app.accounts.rules import SERVICE
from app.accounts.values import Viewer
from app.infra.database import WriteSession
from app.organisation.tables import MembershipRow, PersonRow, SubjectRow
from app.reports import BulkReport, Row, RowsRefused

Import = Callable[..., BulkReport]


def rows(columns: str, *lines: str) -> list[Row]:
    names = columns.split(",")
    return [Row(number, dict(zip(names, line.split(","), strict=True))) for number, line in enumerate(lines, start=2)]


def units(*lines: str) -> list[Row]:
    return rows("external_id,kind,name,parent_external_id", *lines)


def people(*lines: str) -> list[Row]:
    return rows("external_id,name,email,locale,unit,leads", *lines)


def outcomes(report: BulkReport) -> list[tuple[int, str, tuple[str, ...]]]:
    return [(row.row, row.outcome.value, row.changes) for row in report.rows]


def refusals(
    bring: Import, command: Callable[..., BulkReport], lines: Sequence[Row], viewer: Viewer = SERVICE
) -> list[tuple[int, str, str, str]]:
    with pytest.raises(RowsRefused) as caught:
        bring(command, lines, viewer)
    return [(error.row, error.column, error.message, error.allowed) for error in caught.value.refused]


def stored(session: WriteSession) -> Mapping[str, int]:
    tables = (SubjectRow, MembershipRow, PersonRow)
    return {table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}
