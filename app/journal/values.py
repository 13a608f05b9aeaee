"""The noun of the journal: one thing that happened."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from app.deferred import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened, when, by whom, to what; `sequence` grows with every entry and is never reused."""

    sequence: int
    at: datetime
    company_id: str | None
    actor: str
    action: str
    object_kind: str
    object_id: str
    details: Mapping[str, Any] = field(default_factory=dict)
