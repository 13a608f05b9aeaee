"""Where marks stand on a plot: positions in per cent of its width, as SVG attributes; drawing is the templates' part.

Scores and intervals are placed as printed (one decimal, whole points outward), so that a drawing never tells more
than the words beside it.
"""

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from app.deferred import dataclass
from app.infra.formats import outward

# Room beside the limits of an in-range KPI, as a share of their distance, so that a value outside still shows.
_MARGIN = 0.1


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the axis: where it starts, ends, and how wide it is."""

    start: str
    end: str
    width: str


@dataclass(frozen=True, slots=True)
class RangeAxis:
    """An in-range KPI on its own axis: the whole track, the best area, and the value when there is one."""

    track: Span
    best: Span
    value: str | None


@lru_cache(maxsize=4096)
def at(position: float) -> str:
    """A position 0-100 as an SVG length; beyond the axis it stands at the end."""
    cut = min(100.0, max(0.0, round(float(position), 9)))
    # With a fixed pattern and a point, whatever the language of the page.
    return f"{Decimal(repr(cut)).quantize(Decimal('0.1'), rounding=ROUND_HALF_UP)}%"


@lru_cache(maxsize=4096)
def between(lo: float, hi: float) -> Span:
    """The stretch of an interval of scores, in whole points outward."""
    low, high = outward(lo, hi)
    return _span(low, high)


def range_axis(
    floor_low: float, best_low: float, best_high: float, floor_high: float, value: float | None
) -> RangeAxis:
    """The places of an in-range KPI; the axis reaches a tenth beyond both limits."""
    room = (floor_high - floor_low) * _MARGIN
    whole = floor_high - floor_low + 2 * room

    def place(raw: float) -> float:
        return (raw - floor_low + room) / whole * 100

    return RangeAxis(
        track=_span(place(floor_low), place(floor_high)),
        best=_span(place(best_low), place(best_high)),
        value=None if value is None else at(place(value)),
    )


def _span(start: float, end: float) -> Span:
    return Span(start=at(start), end=at(end), width=at(end - start))
