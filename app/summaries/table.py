"""The figures of a summary as the rows of a table, for whoever works on with them in a spreadsheet. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum

from app.deferred import dataclass
from app.scoring.reliability import Firmness
from app.summaries.values import ChangeFigure, Figure, GroupFigure, HardKpi, SoftKpi, Subtotal, Summary
from app.words import Words, in_locale


class Level(StrEnum):
    """What a row is about."""

    COMPOSITE = "composite"
    SOFT = "soft"
    HARD = "hard"
    KPI = "kpi"
    GROUP = "group"
    ITEM = "item"


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure as it was computed, 0-100, unrounded.

    coverage : of a KPI the shown group weight, of a composite the present KPI weight, 0-1
    weight : nominal, of a KPI on the card or of a group in its KPI
    value : of a measured KPI, in `unit`
    firmness, change : of the composite and of KPIs; the change since the earlier release, none without one
    """

    level: Level
    kpi: Words | None = None
    item: Words | None = None
    rater_groups: Sequence[str] = ()
    figure: Figure | Subtotal | None = None
    raters: int | None = None
    weight: float | None = None
    value: float | None = None
    unit: Words | None = None
    firmness: Firmness | None = None
    change: ChangeFigure | None = None


def figure_rows(summary: Summary) -> Iterator[FigureRow]:
    """Every figure of a summary in the order of its page, withheld ones with their status and reason."""
    yield from composite_rows(summary)
    for soft in summary.soft:
        yield from soft_rows(soft)
    for hard in summary.hard:
        yield hard_row(hard)


def composite_rows(summary: Summary) -> Iterator[FigureRow]:
    """The composite and its two parts; nothing where there is no card."""
    if summary.composite is None:
        return
    whole = summary.composite
    yield FigureRow(Level.COMPOSITE, figure=whole.figure, firmness=whole.firmness, change=whole.change)
    for level, part in ((Level.SOFT, whole.soft), (Level.HARD, whole.hard)):
        if part is not None:
            yield FigureRow(level, figure=part)


def soft_rows(kpi: SoftKpi) -> Iterator[FigureRow]:
    """A rated KPI, its rater groups, and their items."""
    if kpi.figure is not None:
        yield FigureRow(
            Level.KPI, kpi.name, figure=kpi.figure, weight=kpi.weight, firmness=kpi.firmness, change=kpi.change
        )
    for group in kpi.groups:
        yield from _group_rows(kpi, group)


def _group_rows(kpi: SoftKpi, group: GroupFigure) -> Iterator[FigureRow]:
    whose = group.rater_groups
    yield FigureRow(Level.GROUP, kpi.name, None, whose, group.figure, group.raters, group.weight)
    for item in group.items:
        yield FigureRow(Level.ITEM, kpi.name, item.name, whose, item.figure, item.raters)


def hard_row(kpi: HardKpi) -> FigureRow:
    """A measured KPI."""
    return FigureRow(
        Level.KPI, kpi.name, figure=kpi.figure, weight=kpi.weight, value=kpi.value, unit=kpi.unit, change=kpi.change
    )


COLUMNS = (
    "level",
    "kpi",
    "item",
    "rater_groups",
    "status",
    "reason",
    "score",
    "lo",
    "hi",
    "raters",
    "coverage",
    "weight",
    "value",
    "unit",
    "firmness",
    "change",
    "change_lo",
    "change_hi",
    "change_is_real",
    "change_reason",
)
ORIGIN = ("source", "period_start", "period_end", "released_on")
"""The columns that say of every line who measured it, about which time, and when it was released."""


def cells_of(row: FigureRow, locale: str) -> tuple[object, ...]:
    """A row under COLUMNS: names in a language, groups joined by "+", numbers at full precision."""
    figure = row.figure if isinstance(row.figure, Figure) else None
    return (
        row.level.value,
        *(in_locale(words, locale) if words else "" for words in (row.kpi, row.item)),
        "+".join(row.rater_groups),
        figure.status.value if figure else "",
        figure.reason.value if figure and figure.reason else "",
        *((row.figure.score, row.figure.lo, row.figure.hi) if row.figure else (None, None, None)),
        row.raters,
        figure.coverage if figure else None,
        row.weight,
        row.value,
        in_locale(row.unit, locale) if row.unit else "",
        row.firmness.value if row.firmness else "",
        *_change_cells(row.change),
    )


def origin_of(summary: Summary, *, on: date) -> tuple[str, date, date, date]:
    """Under ORIGIN: the highest unit of the round that the reader may know of; released `on` a day."""
    source = (*summary.above, summary.subject)[0].name
    return source, summary.round.period_start, summary.round.period_end, on


def _change_cells(change: ChangeFigure | None) -> tuple[object, ...]:
    if change is None:
        return (None, None, None, "", "")
    if change.reason is not None:
        return (None, None, None, "", change.reason.value)
    return (change.points, change.lo, change.hi, str(change.is_real).lower(), "")
