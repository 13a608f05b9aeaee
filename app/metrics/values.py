"""The nouns of hard readings: what was measured, its corrections, and a reading as it is handed in."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NewType

from app.deferred import dataclass
from app.kpis.values import KpiId
from app.organisation.values import SubjectId
from app.reports import RowError

ReadingId = NewType("ReadingId", str)


class Source(StrEnum):
    """The door a reading came through."""

    API = "api"
    FILE = "file"
    PAGE = "page"
    DEMO = "demo"
    VISIT = "visit"


class Shape(StrEnum):
    """What a reading consists of."""

    VALUE = "value"
    PARTS = "numerator and denominator"
    COUNT = "count and exposure"


@dataclass(frozen=True, slots=True)
class Amount:
    """What was measured: a value, or two parts (numerator and denominator; count and exposure alike)."""

    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A measured value of a hard KPI at a moment (both times equal) or over a period; the end is not in it."""

    id: ReadingId
    company_id: str
    kpi_id: KpiId
    subject_id: SubjectId
    external_id: str | None
    starts_at: datetime
    ends_at: datetime
    amount: Amount
    source: str
    recorded_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class ReadingCorrection:
    """What a reading was before and after, by whom and why."""

    id: str
    reading_id: ReadingId
    at: datetime
    actor: str
    reason: str
    old: Mapping[str, object]
    new: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ReadingDraft:
    """A reading as it was handed in; `kpi` and `subject` are external ids or ids, `row` its number for the report."""

    row: int
    kpi: str
    subject: str
    external_id: str | None
    starts_at: datetime
    ends_at: datetime
    shape: Shape
    amount: Amount
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReadingBatch:
    """Readings that were understood, and the rows that were not."""

    drafts: tuple[ReadingDraft, ...]
    refused: tuple[RowError, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadingFilter:
    """Which readings are wanted: of a KPI, of a subject, wholly within two moments; None stands for any."""

    kpi_id: str | None = None
    subject_id: str | None = None
    start: datetime | None = None
    end: datetime | None = None
