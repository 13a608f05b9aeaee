"""Readings on consecutive days, for tests of hard figures."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from app.scoring.metrics import Observation
from app.scoring.results import Measured, NotScored

START = datetime(2026, 1, 1, tzinfo=UTC)


def days(values: Sequence[float], bases: Sequence[float] | None = None) -> list[Observation]:
    """One reading a day."""
    given = [1.0] * len(values) if bases is None else bases
    return [
        Observation(START + timedelta(day), value, base)
        for day, (value, base) in enumerate(zip(values, given, strict=True))
    ]


def told(figure: Measured | NotScored) -> Measured:
    assert isinstance(figure, Measured)
    return figure
