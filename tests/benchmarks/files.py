"""Benchmark files of another company, signed with a key of its own."""

from dataclasses import replace
from datetime import date
from typing import Any

from app.benchmarks.rules import document_of, fingerprint_of, signed_bytes
from app.benchmarks.values import BenchmarkFile, Line
from app.infra.signing import public_key_of, sign
from app.organisation.values import SubjectKind

SECRET, OTHER_SECRET = bytes(range(32)), bytes(range(1, 33))
FINGERPRINT = fingerprint_of(public_key_of(SECRET))
LINE = Line(
    kpi_id="their-welcome",
    kpi={"nb": "Velkomst", "en": "Welcome"},
    level=SubjectKind.COMPANY,
    rater_groups=("customer",),
    score=81.25,
    lo=76.5,
    hi=86.0,
    units=1,
    raters=240,
    period_start=date(2026, 1, 1),
    period_end=date(2026, 3, 31),
    released_on=date(2026, 4, 9),
    method_version="1",
    source="Nordvarme",
)


def signed(*lines: Line, secret: bytes = SECRET, made_on: date = date(2026, 4, 10)) -> BenchmarkFile:
    """A file as another company makes it."""
    file = BenchmarkFile("Nordvarme", made_on, public_key_of(secret), lines or (LINE,))
    return replace(file, signature=sign(secret, signed_bytes(file)))


def sent(*lines: Line, **named: Any) -> dict[str, Any]:
    """The same as JSON."""
    return document_of(signed(*lines, **named))
