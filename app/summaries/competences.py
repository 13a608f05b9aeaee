"""The published figures of a summary by the competence that their items ask for, the lowest first. Pure.

What is lacking below a unit is here, too: the same figures of everybody there beside that of the unit.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

from app.deferred import dataclass
from app.kpis.values import CompetenceId, NamedCompetence
from app.scoring.across import Published
from app.scoring.goalposts import DEFAULT_TARGET_SCORE
from app.summaries.rules import combined_figure
from app.summaries.values import Figure, ItemScore, Place, SoftKpi, Summary
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


@dataclass(frozen=True, slots=True)
class Lack:
    """What somebody, or a unit, lacks of one competence."""

    place: Place
    figure: Figure

    @property
    def gap(self) -> float | None:
        """Points missing up to the target, below 0 beyond it; none where no figure is published."""
        return None if self.figure.score is None else DEFAULT_TARGET_SCORE - self.figure.score


@dataclass(frozen=True, slots=True)
class CompetenceGaps:
    """A competence at a unit: what the unit lacks as a whole, if it was asked, and everybody and every unit below it."""

    competence: NamedCompetence
    whole: Lack | None
    below: tuple[Lack, ...]

    @property
    def told(self) -> int:
        """How many below the unit have a published figure."""
        return sum(one.gap is not None for one in self.below)

    @property
    def lacking(self) -> int:
        """How many of these are below the target."""
        return sum(one.gap is not None and one.gap > 0 for one in self.below)


def gaps_below(
    unit: Place, scores: Sequence[CompetenceScore], below: Mapping[Place, Sequence[CompetenceScore]]
) -> tuple[CompetenceGaps, ...]:
    """What is lacking at a unit, by competence and then by subject, the largest gap first, those without one last by name.

    Every figure is one that stands in the summary of its subject; how many lack something follows from these alone.
    """
    wholes = {one.competence.id: Lack(unit, one.figure) for one in scores}
    names = {one.competence.id: one.competence for found in (*below.values(), scores) for one in found}
    lacks: dict[CompetenceId, list[Lack]] = {id_: [] for id_ in names}
    for place, found in below.items():
        for one in found:
            lacks[one.competence.id].append(Lack(place, one.figure))
    gaps = (CompetenceGaps(names[id_], wholes.get(id_), tuple(sorted(lacks[id_], key=_largest))) for id_ in names)
    return tuple(sorted(gaps, key=_largest_of))


def _largest(one: Lack) -> tuple[bool, float, str, str]:
    return one.gap is None, -(one.gap or 0.0), one.place.name.casefold(), one.place.id


def _largest_of(one: CompetenceGaps) -> tuple[bool, float, str]:
    gap = one.whole.gap if one.whole else None
    return gap is None, -(gap or 0.0), str(sorted(one.competence.name.items()))


def competence_scores(summary: Summary) -> tuple[CompetenceScore, ...]:
    """The competences that items of a summary ask for, the lowest score first, those without one last."""
    return by_competence(_asked(summary.soft))


def by_competence(asked: Iterable[AskedItem]) -> tuple[CompetenceScore, ...]:
    """Items of one subject by the competence that they ask for, the lowest score first, those without one last.

    A figure uses nothing but published items, all of which count alike; with less than half of them there is none.
    Nobody was asked about items whose figure is missing, so they say nothing of a competence.
    """
    found: dict[CompetenceId, list[AskedItem]] = {}
    names: dict[CompetenceId, NamedCompetence] = {}
    for one in asked:
        competence = one.item.practice.competence
        if competence is not None and not one.item.figure.is_missing:
            names[competence.id] = competence
            found.setdefault(competence.id, []).append(one)
    scores = (CompetenceScore(names[one], _figure(items), tuple(items)) for one, items in found.items())
    return tuple(sorted(scores, key=lambda one: (one.figure.score is None, one.figure.score or 0.0)))


def _asked(soft: Sequence[SoftKpi]) -> Iterator[AskedItem]:
    for kpi in soft:
        for item in kpi.items:
            yield AskedItem(kpi.kpi_id, kpi.name, item)


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
