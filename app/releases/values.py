"""The nouns of releases: a release, its scores and what stands behind them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

ReleaseId = NewType("ReleaseId", str)


class ScoreStatus(StrEnum):
    """Whether there is a figure: too few people is `suppressed`, too little weight `insufficient`."""

    OK = "ok"
    INSUFFICIENT = "insufficient"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Release:
    """What was sealed, when, and by which method."""

    id: ReleaseId
    round_id: str
    company_id: str
    sequence: int
    method_version: str
    sealed_at: datetime
    scrubbed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Score:
    """A readable figure, 0-100: composite (no KPI), KPI, group of a KPI, or item of a group."""

    subject_id: str
    kpi_id: str | None
    item_id: str | None
    rater_groups: tuple[str, ...]
    status: ScoreStatus
    reason: str | None
    score: float | None
    lo: float | None
    hi: float | None
    raters: int | None
    coverage: float | None
    details: Mapping[str, Any] | None = None
