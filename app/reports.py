"""What a bulk write is given and what it did, row by row; alike for every import and every bulk endpoint."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from app.deferred import dataclass
from app.errors import Invalid

MAX_MESSAGES = 100


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a table may have; a required one must stand in the header."""

    name: str
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it came: its number (the header is row 1) and its cells; columns that were not given are absent."""

    number: int
    cells: Mapping[str, str]


class Outcome(StrEnum):
    """What became of a row."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class RowReport:
    """One row: its number in the file (the header is row 1) or list, what became of it, and what differs."""

    row: int
    outcome: Outcome
    id: str | None = None
    external_id: str | None = None
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BulkReport:
    """The whole write. In a dry run the same report, and nothing written."""

    rows: tuple[RowReport, ...]
    dry_run: bool
    warnings: tuple[str, ...] = ()

    def count(self, outcome: Outcome) -> int:
        """How many rows had this outcome."""
        return sum(row.outcome is outcome for row in self.rows)


@dataclass(frozen=True, slots=True)
class RowError:
    """A refused cell: row and column, what is wrong, and what is allowed."""

    row: int
    column: str
    message: str
    allowed: str = ""


class RowsRefused(Invalid):
    """At least one row cannot be taken, so none is; the first hundred reasons are listed."""

    code = "rows_refused"
    message = "Nothing was stored: some rows need mending first."

    def __init__(self, refused: Sequence[RowError]) -> None:
        self.refused = tuple(refused[:MAX_MESSAGES])
        self.total = len(refused)
        super().__init__()
