"""Where the marks of a line chart stand: across in per cent of its width, down in pixels; drawing is the templates' part.

Values are placed as printed, so that a drawing never tells more than the words beside it. The right end is left free
for what the lines are called.
"""

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from app.deferred import dataclass

Kind = Literal["raw", "smooth", "centre", "limit", "natural", "unusual", "signal", "score", "link"]

PART = 0.82
"""So much of the width is for the lines."""

EDGE = 10
"""Pixels above the highest and below the lowest mark."""

TEXT = 17
"""Pixels from one line of text to the next."""

_WIDE = 1000


@dataclass(frozen=True, slots=True)
class Dot:
    """One mark."""

    x: str
    y: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Line:
    """One line through points, in units of the drawing that stretches: 1000 across, pixels down."""

    points: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Bar:
    """The interval of one round."""

    x: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Label:
    """What is said at the right end."""

    y: str
    text: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Tick:
    """What is said under the lines."""

    x: str
    anchor: Literal["start", "middle", "end"]
    text: str


@dataclass(frozen=True, slots=True)
class LineChart:
    """A line chart, ready to be drawn; `title` is what it says to who cannot see it."""

    title: str
    height: int
    lines: tuple[Line, ...]
    dots: tuple[Dot, ...]
    bars: tuple[Bar, ...] = ()
    labels: tuple[Label, ...] = ()
    ticks: tuple[Tick, ...] = ()
    grid: tuple[str, ...] = ()

    @property
    def part(self) -> str:
        """The width of the drawing that stretches."""
        return f"{round(100 * PART)}%"

    @property
    def whole(self) -> int:
        """Its height with the line of text under it."""
        return self.height + (TEXT + 3 if self.ticks else 0)


@dataclass(frozen=True, slots=True)
class Frame:
    """The axes of a line chart.

    count : steps across, at least 1
    low, high : what stands at the bottom and on top
    height : in pixels
    decimals : as values are printed
    """

    count: int
    low: float
    high: float
    height: int
    decimals: int = 1

    @classmethod
    def around(cls, count: int, values: Iterable[float], height: int, decimals: int = 1) -> "Frame":
        """The axes that hold these values and nothing else: what matters is the distance to the limit."""
        found = list(values)
        low, high = min(found), max(found)
        room = (high - low or 1.0) * 0.04
        return cls(count, low - room, high + room, height, decimals)

    def x(self, place: int) -> str:
        """The middle of a step.

        >>> Frame(2, 0, 100, 120).x(1)
        '61.5%'
        """
        return f"{_short(100 * PART * self._across(place))}%"

    def y(self, value: float) -> str:
        """A value, as pixels from the top.

        >>> Frame(2, 0, 100, 120).y(50)
        '60'
        """
        printed = float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP))
        share = (printed - self.low) / (self.high - self.low)
        return _short(self.height - EDGE - share * (self.height - 2 * EDGE))

    def line(self, values: Sequence[tuple[int, float]], kind: Kind) -> Line:
        """A line through values at steps."""
        points = (f"{_short(_WIDE * self._across(place))},{self.y(value)}" for place, value in values)
        return Line(" ".join(points), kind)

    def dot(self, place: int, value: float, kind: Kind) -> Dot:
        """A mark at a step."""
        return Dot(self.x(place), self.y(value), kind)

    def bar(self, place: int, low: float, high: float) -> Bar:
        """An interval at a step."""
        return Bar(self.x(place), self.y(high), _short(float(self.y(low)) - float(self.y(high))))

    def labels(self, wanted: Iterable[tuple[float, str, Kind]]) -> tuple[Label, ...]:
        """What is said at the right end, each beside its value and none over another.

        >>> [label.y for label in Frame(2, 0, 100, 120).labels([(50, "a", "centre"), (51, "b", "limit")])]
        ['51', '68']
        """
        asked = sorted(wanted, key=lambda one: -one[0])
        tops: list[float] = []
        for value, _, _ in asked:
            tops.append(max(float(self.y(value)), tops[-1] + TEXT if tops else 0.0))
        middle = sum(top - float(self.y(value)) for top, (value, _, _) in zip(tops, asked, strict=True))
        up = min(middle / len(tops) if tops else 0.0, tops[0] - EDGE / 2 if tops else 0.0)
        return tuple(Label(_short(top - up), text, kind) for top, (_, text, kind) in zip(tops, asked, strict=True))

    def _across(self, place: int) -> float:
        return (place + 0.5) / self.count


def _short(value: float) -> str:
    """At most one decimal, with a point whatever the language of the page."""
    rounded = Decimal(repr(float(value))).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{rounded:f}".removesuffix(".0")
