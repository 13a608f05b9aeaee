"""The published figures of a summary by the competence that their items ask for, the lowest first. Pure."""

from collections.abc import Iterator, Sequence
from enum import StrEnum

from app.deferred import dataclass
from app.kpis.values import CompetenceId, NamedCompetence
from app.scoring.across import Published
from app.summaries.rules import combined_figure
from app.summaries.values import Figure, ItemScore, SoftKpi, Summary
from app.words import Words, in_locale


@dataclass(frozen=True, slots=True)
class AskedItem:
    """An item that asks for a competence, and the KPI that it is of."""

    kpi_id: str
    kpi: Words
    item: ItemScore


@dataclass(frozen=True, slots=True)
class CompetenceScore:
    """How a subject does on what asks for one competence: the mean of the published items, and the items."""

    competence: NamedCompetence
    figure: Figure
    items: tuple[AskedItem, ...]


def competence_scores(summary: Summary) -> tuple[CompetenceScore, ...]:
    """The competences that items of a summary ask for, the lowest score first, those without one last.

    A figure uses nothing but published items, all of which count alike; with less than half of them there is none.
    Nobody was asked about items whose figure is missing, so they say nothing of a competence.
    """
    found: dict[CompetenceId, list[AskedItem]] = {}
    names: dict[CompetenceId, NamedCompetence] = {}
    for kpi, item in _asked(summary.soft):
        competence = item.practice.competence
        if competence is not None and not item.figure.is_missing:
            names[competence.id] = competence
            found.setdefault(competence.id, []).append(AskedItem(kpi.kpi_id, kpi.name, item))
    scores = (CompetenceScore(names[one], _figure(items), tuple(items)) for one, items in found.items())
    return tuple(sorted(scores, key=lambda one: (one.figure.score is None, one.figure.score or 0.0)))


def _asked(soft: Sequence[SoftKpi]) -> Iterator[tuple[SoftKpi, ItemScore]]:
    for kpi in soft:
        for item in kpi.items:
            yield kpi, item


def _figure(items: Sequence[AskedItem]) -> Figure:
    parts = [
        Published(figure.score, figure.lo, figure.hi, 1.0)
        for figure in (one.item.figure for one in items)
        if figure.score is not None
    ]
    figures = [one.item.figure for one in items]
    # Items that are withheld alike say why better than their mean does.
    return figures[0] if not parts and figures == figures[:1] * len(figures) else combined_figure(parts, len(items))


class GapLevel(StrEnum):
    """What a line of the table is about."""

    COMPETENCE = "competence"
    ITEM = "item"


COLUMNS = ("level", "competence", "kpi", "item", "status", "reason", "score", "lo", "hi", "coverage")


@dataclass(frozen=True, slots=True)
class GapRow:
    """A line of the table: a competence, or an item that asks for it."""

    level: GapLevel
    competence: Words
    figure: Figure
    kpi: Words | None = None
    item: Words | None = None


def gap_rows(scores: Sequence[CompetenceScore]) -> Iterator[GapRow]:
    """Each competence, then the items that ask for it."""
    for one in scores:
        yield GapRow(GapLevel.COMPETENCE, one.competence.name, one.figure)
        for asked in one.items:
            name, item = one.competence.name, asked.item
            yield GapRow(GapLevel.ITEM, name, item.figure, asked.kpi, item.name)


def cells_of(row: GapRow, locale: str) -> tuple[object, ...]:
    """A row under COLUMNS: names in a language, numbers at full precision."""
    figure = row.figure
    return (
        row.level.value,
        *(in_locale(words, locale) if words else "" for words in (row.competence, row.kpi, row.item)),
        figure.status.value,
        figure.reason.value if figure.reason else "",
        figure.score,
        figure.lo,
        figure.hi,
        figure.coverage,
    )
