"""What every bulk write and import is given and answers: rows, and a report row by row."""

from typing import Any

from app.api.schemas.base import ID, Id, Out, example
from app.reports import BulkReport, Outcome

_ROW = {"row": 2, "outcome": "created", "id": ID, "external_id": "T-7", "changes": []}

UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary", "description": "CSV or XLSX"}},
                }
            },
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["rows"],
                    "additionalProperties": False,
                    "properties": {
                        "rows": {
                            "type": "array",
                            "maxItems": 10000,
                            "items": {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
                        }
                    },
                }
            },
        },
    }
}
"""The documentation of a route that takes a table as a file or as rows of texts."""


class RowReportOut(Out):
    """What became of a row."""

    model_config = example(**_ROW)

    row: int
    outcome: Outcome
    id: Id | None
    external_id: str | None
    changes: list[str]


class BulkReportOut(Out):
    """What a bulk write did; in a dry run the same report, and nothing written."""

    model_config = example(dry_run=False, created=1, changed=0, unchanged=0, warnings=[], rows=[_ROW])

    dry_run: bool
    created: int
    changed: int
    unchanged: int
    warnings: list[str]
    rows: list[RowReportOut]


class ImportedRatingsOut(Out):
    """What an import of past ratings brought in."""

    model_config = example(
        round_id=ID,
        rows=73421,
        subjects=1128,
        subjects_created=1128,
        raters=2972,
        raters_created=2972,
        sheets=73421,
        answers=73421,
        comments=0,
        dry_run=False,
    )

    round_id: Id
    rows: int
    subjects: int
    subjects_created: int
    raters: int
    raters_created: int
    sheets: int
    answers: int
    comments: int
    dry_run: bool


def report_out(report: BulkReport) -> BulkReportOut:
    """A report as it is answered."""
    return BulkReportOut(
        dry_run=report.dry_run,
        created=report.count(Outcome.CREATED),
        changed=report.count(Outcome.CHANGED),
        unchanged=report.count(Outcome.UNCHANGED),
        warnings=list(report.warnings),
        rows=[RowReportOut.of(row) for row in report.rows],
    )
