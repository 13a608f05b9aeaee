"""Hard readings and their corrections as they are sent and answered."""

from datetime import datetime
from typing import Any

from pydantic import Field

from app.api.schemas.base import ID, INSTANT, OTHER_ID, Id, In, Out, example

_READING = {"kpi": "answer-time", "subject": "T-7", "start": "2026-10-01", "end": "2026-10-31", "value": 52}
_AMOUNT = {"value": 52.0, "numerator": None, "denominator": None}


class ReadingIn(In):
    """A reading: at a moment or over a period, a value, or a numerator with denominator, or a count with exposure."""

    model_config = example(**_READING)

    kpi: str = Field(description="External id or id of the KPI")
    subject: str = Field(description="External id or id of the subject")
    at: str | None = Field(None, description="A moment with its offset, or a day")
    start: str | None = Field(None, description="The first day, or a moment with its offset")
    end: str | None = Field(None, description="The last day, or a moment with its offset (not included)")
    external_id: str | None = None
    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    count: float | None = None
    exposure: float | None = None
    reason: str | None = Field(None, description="Why a stored reading is corrected")


class ReadingsIn(In):
    """Readings to be stored, or corrected where they are stored already."""

    model_config = example(readings=[_READING])

    readings: list[ReadingIn]


class AmountOut(Out):
    """What was measured."""

    model_config = example(**_AMOUNT)

    value: float | None
    numerator: float | None
    denominator: float | None


class ReadingOut(Out):
    """A stored reading; the end is not in it."""

    model_config = example(
        id=ID,
        company_id=OTHER_ID,
        kpi_id=ID,
        subject_id=OTHER_ID,
        external_id=None,
        starts_at="2026-09-30T22:00:00Z",
        ends_at="2026-10-31T23:00:00Z",
        amount=_AMOUNT,
        source="api",
        recorded_at=INSTANT,
        version=1,
    )

    id: Id
    company_id: Id
    kpi_id: Id
    subject_id: Id
    external_id: str | None
    starts_at: datetime
    ends_at: datetime
    amount: AmountOut
    source: str
    recorded_at: datetime
    version: int


class CorrectionOut(Out):
    """What a reading was before and after, by whom and why."""

    model_config = example(
        id=OTHER_ID, at=INSTANT, actor=f"key:{ID}", reason="Typing mistake", old={"value": 25}, new={"value": 52}
    )

    id: Id
    at: datetime
    actor: str
    reason: str
    old: dict[str, Any]
    new: dict[str, Any]


class CorrectionsOut(Out):
    """The corrections of a reading, the latest first."""

    model_config = example(items=[])

    items: list[CorrectionOut]
