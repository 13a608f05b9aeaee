"""The table of a run: what was measured beside its ceiling, the ratio, and whether the goal is met."""

from collections.abc import Sequence
from dataclasses import dataclass

TOLERANCE = 0.2


@dataclass(frozen=True)
class Line:
    """One measurement. `most` is for goals that a figure must stay under, `least` for those it must reach."""

    goal: str
    what: str
    ceiling: str
    figure: str
    ratio: float
    least: float | None = None
    most: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether the goal is met, within the tolerance of 20 %."""
        if self.least is not None:
            return self.ratio >= self.least * (1 - TOLERANCE)
        return self.most is None or self.ratio <= self.most * (1 + TOLERANCE)

    @property
    def wanted(self) -> str:
        """The goal in words."""
        if self.least is not None:
            return f"≥ {self.least:g}"
        return "" if self.most is None else f"≤ {self.most:g}"


def table(lines: Sequence[Line]) -> str:
    """The lines as a Markdown table."""
    head = "| goal | what | ceiling | measured | ratio | wanted | met |\n| --- | --- | --- | --- | --- | --- | --- |"
    rows = [
        f"| {one.goal} | {one.what} | {one.ceiling} | {one.figure} | {one.ratio:.3g} | {one.wanted} |"
        f" {'yes' if one.is_met else 'NO'} |"
        for one in lines
    ]
    return "\n".join([head, *rows])
