"""What another company has shared: a signed file of its figures of the quarter, under a key that is trusted here."""

from dataclasses import replace
from datetime import datetime, timedelta

from app.accounts.rules import SERVICE
from app.benchmarks.commands import import_benchmark
from app.benchmarks.rules import fingerprint_of, signed_bytes
from app.benchmarks.values import BenchmarkFile, Line
from app.demo.calendar import Quarter
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.signing import public_key_of, sign
from app.organisation.values import SubjectKind
from app.releases.values import Release
from app.words import Words

NEIGHBOUR = "Nordlys Varme AS"
# Whoever it is that has this key: it signs the demo and nothing else.
_SECRET = b"Nordlys Varme AS, a demo key onl"
_MADE_AFTER = timedelta(days=2)
_WELCOME: Words = {"nb": "Førsteinntrykk", "en": "First impression"}
_OWNERSHIP: Words = {"nb": "Eierskap til saken", "en": "Case ownership"}
# Nothing by mystery shoppers: among more that are compared at once, less can be told apart from the competitors.
_FIGURES: tuple[tuple[str, Words, SubjectKind, str, tuple[float, float, float], int, int], ...] = (
    ("welcome", _WELCOME, SubjectKind.COMPANY, "customer", (69.4, 65.1, 73.6), 1, 188),
    ("welcome", _WELCOME, SubjectKind.TEAM, "customer", (69.9, 64.7, 75.1), 6, 188),
    ("ownership", _OWNERSHIP, SubjectKind.COMPANY, "customer", (76.8, 72.9, 80.6), 1, 171),
    ("ownership", _OWNERSHIP, SubjectKind.TEAM, "customer", (77.3, 72.4, 82.1), 6, 171),
)
"""KPI as the neighbour calls it, level, rater group, score with its ends, units, answers."""


def bring_in_neighbour(session: WriteSession, release: Release, quarter: Quarter, *, now: datetime) -> None:
    """Store the file of the neighbour, whose KPIs are known by their names, and trust its key."""
    file = _file(release, quarter, now=now)
    confirmed = fingerprint_of(file.public_key)
    import_benchmark(session, SERVICE, release.company_id, file, confirmed=confirmed, now=now)


def _file(release: Release, quarter: Quarter, *, now: datetime) -> BenchmarkFile:
    """The neighbour closes its quarter with us, computes as we do, and makes its file two days later, or today."""
    sealed_on = local_day(release.sealed_at)
    made_on = min(sealed_on + _MADE_AFTER, local_day(now))
    method = release.method_version
    lines = tuple(
        Line(
            kpi_id,
            name,
            level,
            (group,),
            *ends,
            units,
            raters,
            quarter.first,
            quarter.last,
            sealed_on,
            method,
            NEIGHBOUR,
        )
        for kpi_id, name, level, group, ends, units, raters in _FIGURES
    )
    unsigned = BenchmarkFile(NEIGHBOUR, made_on, public_key_of(_SECRET), lines)
    return replace(unsigned, signature=sign(_SECRET, signed_bytes(unsigned)))
