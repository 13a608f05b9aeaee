"""The nouns of benchmarks: figures by level, the lines of a file, keys, and files that were brought in."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple, NewType

from app.deferred import dataclass
from app.organisation.values import SubjectKind
from app.words import Words

BenchmarkId = NewType("BenchmarkId", str)

FORMAT = "soft-kpi-benchmark"
VERSION = 1
"""What the first two members of a file say; the version is raised whenever a reader of the older one would err."""

LEVELS = (SubjectKind.COMPANY, SubjectKind.DEPARTMENT, SubjectKind.TEAM)
"""The levels that a line can be about, in the order in which they are shown; nobody's own figures are among them."""


class UnitPlace(NamedTuple):
    """A unit in the tree of a release."""

    id: str
    parent_id: str | None
    kind: SubjectKind


class LevelFigure(NamedTuple):
    """What a rater group says on a KPI at a level: of the company itself, or on average over its units of a kind.

    score, lo, hi : 0-100, the interval holds 95 %
    units : how many units it is made of; 1 for the company
    raters : answers or visits behind it
    """

    kpi_id: str
    level: SubjectKind
    rater_groups: tuple[str, ...]
    score: float
    lo: float
    hi: float
    units: int
    raters: int


class Kept(StrEnum):
    """Why a figure does not go into a file."""

    FEW_RATERS = "few_raters"
    FEW_UNITS = "few_units"


class Line(NamedTuple):
    """A line of a file: a figure with all that it takes to read it by itself.

    kpi_id, kpi : how its source tells the KPI from others, and what it is called there
    source : whose figure it is
    released_on : the day on which it was sealed, by `method_version`
    """

    kpi_id: str
    kpi: Words
    level: SubjectKind
    rater_groups: tuple[str, ...]
    score: float
    lo: float
    hi: float
    units: int
    raters: int
    period_start: date
    period_end: date
    released_on: date
    method_version: str
    source: str


@dataclass(frozen=True, slots=True)
class BenchmarkFile:
    """A file: who made it and when, its lines, and the signature over all of that by the key named in it."""

    source: str
    made_on: date
    public_key: str
    lines: tuple[Line, ...]
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a release can put into a file, and what it keeps back."""

    release_id: str
    company_id: str
    lines: tuple[Line, ...]
    kept: tuple[tuple[LevelFigure, Words, Kept], ...]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The public half of a company's own key; the secret half is stored nowhere."""

    public_key: str
    fingerprint: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key of somebody else that was trusted on purpose; no longer once `ended_at` is set."""

    id: str
    company_id: str
    name: str
    public_key: str
    fingerprint: str
    trusted_at: datetime
    ended_at: datetime | None

    @property
    def is_trusted(self) -> bool:
        """Whether files signed with it count."""
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A file that was brought in.

    own_kpis : by the source's id of a KPI our own KPI that it is compared with
    withdrawn_at : since when it is compared with nothing; it stays on record
    """

    id: BenchmarkId
    company_id: str
    source: str
    made_on: date
    digest: str
    key: TrustedKey
    lines: tuple[Line, ...]
    own_kpis: Mapping[str, str]
    imported_at: datetime
    withdrawn_at: datetime | None
    version: int

    @property
    def is_shown(self) -> bool:
        """Whether its lines are compared with our figures."""
        return self.withdrawn_at is None and self.key.is_trusted


class Trust(StrEnum):
    """How we stand to the key of a file: trusted, never seen, or trusted once and not any more."""

    TRUSTED = "trusted"
    UNKNOWN = "unknown"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A KPI of a file, and which of our own it could be; none where no name fits."""

    kpi_id: str
    kpi: Words
    own_kpi_id: str | None


@dataclass(frozen=True, slots=True)
class Look:
    """What bringing a file in would do.

    known : the id of the benchmark where this very file was brought in before
    """

    file: BenchmarkFile
    digest: str
    fingerprint: str
    trust: Trust
    known: BenchmarkId | None
    proposals: tuple[Proposal, ...]


class Foreign(NamedTuple):
    """A line of a file that is compared with one of our KPIs."""

    benchmark_id: BenchmarkId
    own_kpi_id: str
    line: Line
