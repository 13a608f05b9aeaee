"""Figures of rounds and weeks as short lists of numbers."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from app.followup.series import Released, ReleasedRound
from app.followup.values import Series, Told
from app.kpis.values import KpiKind, RaterGroup, ScaleKind
from app.releases.values import Withheld
from app.rounds.values import FrozenItem, FrozenKpi, FrozenScale
from app.scoring.steps import Length, length_of, step_after
from app.scoring.trend import Definition

MONDAY = date(2026, 1, 5)
ASKED = Definition("1", "five", {"a": 1.0}, {"customer": 1.0})
OTHERWISE = Definition("2", "five", {"a": 1.0}, {"customer": 1.0})


def told(
    values: Sequence[float | None],
    *,
    length: Length = Length.WEEK,
    first: date = MONDAY,
    half: float = 5.0,
    asked: Sequence[Definition | None] = (),
) -> list[Told]:
    """One figure after the other, each with an interval of that half width."""
    found = []
    for place, value in enumerate(values):
        following = step_after(length, first)
        found.append(
            Told(
                first,
                following - timedelta(1),
                value,
                None if value is None else value - half,
                None if value is None else value + half,
                release_id=f"release-{place}",
                definition=asked[place] if asked else ASKED,
            )
        )
        first = following
    return found


def readings(values: Sequence[float | None], *, length: Length = Length.WEEK, first: date = MONDAY) -> list[Told]:
    """The same without intervals and definitions, as readings are."""
    return [Told(one.first, one.last, one.value) for one in told(values, length=length, first=first)]


def series(found: Sequence[Told], length: Length | None = Length.WEEK) -> Series:
    return Series(length, tuple(found))


def frozen(
    version: str = "1", *, weights: Mapping[RaterGroup, float] | None = None, items: Mapping[str, float] | None = None
) -> FrozenKpi:
    """A soft KPI as a round froze it."""
    scale = FrozenScale(ScaleKind.POINTS, 5, None, None, None)
    return FrozenKpi(
        kpi_id="kpi",
        version_id=version,
        kind=KpiKind.SOFT,
        name={"en": "First impression"},
        criterion={},
        weights=weights or {RaterGroup.CUSTOMER: 3.0, RaterGroup.MANAGER: 1.0, RaterGroup.SELF: 0.0},
        items=tuple(
            FrozenItem(name, name, {"en": name.title()}, {}, scale, weight, is_reversed=False, anchors={})
            for name, weight in (items or {"welcome": 1.0, "tone": 3.0}).items()
        ),
        measure=None,
    )


def row(
    round_id: str,
    first: date,
    last: date,
    score: float | None,
    *,
    item: str | None = None,
    groups: str = "",
    sealed: int = 0,
) -> Released:
    """A row of a release; without a score it is withheld."""
    sealed_at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=sealed)
    return Released(
        ReleasedRound(round_id, f"release-of-{round_id}", first, last, sealed_at, length_of(first, last)),
        "team",
        "kpi",
        item,
        groups,
        reason=Withheld.TOO_LITTLE_WEIGHT if score is None else None,
        value=score,
        lo=None if score is None else score - 5,
        hi=None if score is None else score + 5,
    )
