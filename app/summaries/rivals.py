"""A company beside its competitors and the benchmarks of others, KPI by KPI as the same raters see all of them. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from app.benchmarks.values import LEVELS, BenchmarkId, Foreign, LevelFigure
from app.deferred import dataclass
from app.organisation.values import SubjectKind
from app.releases.values import Release, Score
from app.scoring.ranking import are_apart
from app.summaries.ranked import Told, entry_of
from app.summaries.rules import group_rank
from app.summaries.values import Place, SummarisedRound
from app.words import Words, in_locale

Document = Mapping[str, Any]


class Against(StrEnum):
    """How a unit stands to a competitor; by another arithmetic there is nothing to say."""

    AHEAD = "ahead"
    BEHIND = "behind"
    NOT_APART = "not_apart"
    OTHER_METHOD = "other_method"


class Origin(StrEnum):
    """Where a line comes from: a round of our own, or a file of somebody else."""

    ROUND = "round"
    BENCHMARK = "benchmark"


@dataclass(frozen=True, slots=True)
class Source:
    """Where and when a line was measured.

    name : of the company that measured
    released_on : the day on which it was sealed, by `method_version`
    benchmark_id : of the file that it came in, if it did
    """

    kind: Origin
    name: str
    period_start: date
    period_end: date
    released_on: date
    method_version: str
    benchmark_id: BenchmarkId | None = None


@dataclass(frozen=True, slots=True)
class Rival:
    """A line beside ours; `points` is our score less its own. A company that is no subject of ours has no place here."""

    name: str
    place: Place | None
    score: float
    lo: float
    hi: float
    units: int
    raters: int
    source: Source
    against: Against
    points: float


@dataclass(frozen=True, slots=True)
class Contest:
    """Us and others on one KPI, as one rater group sees all of us; of departments and teams the mean over them."""

    kpi_id: str
    name: Words
    level: SubjectKind
    rater_groups: tuple[str, ...]
    score: float
    lo: float
    hi: float
    units: int
    raters: int
    source: Source
    rivals: tuple[Rival, ...]


@dataclass(frozen=True, slots=True)
class Competition:
    """A company against others, on every KPI, level and rater group that both have.

    unmatched : lines of benchmarks beside which we have nothing from the same raters
    """

    release: Release
    round: SummarisedRound
    unit: Place
    contests: tuple[Contest, ...]
    unmatched: tuple[Foreign, ...]


class Field(NamedTuple):
    """What contests are made of.

    document : the unit and its competitors, as the release kept them
    figures : our own, by level
    foreign : lines of benchmarks about our KPIs
    own : where and when our own were measured
    """

    document: Document
    figures: Sequence[LevelFigure]
    foreign: Sequence[Foreign]
    own: Source


COLUMNS = (
    *("kpi", "level", "rater_groups", "company", "score", "lo", "hi", "units", "raters"),
    *("source_kind", "source", "period_start", "period_end", "released_on", "method_version", "against", "points"),
)
"""The columns of the lines of a competition as a table."""

_SELF = "self"
_Key = tuple[str, SubjectKind, frozenset[str]]


def contests_of(field: Field, unit_id: str, told: Told) -> tuple[Contest, ...]:
    """Every KPI, level and rater group on which we and somebody else that may be read have a figure."""
    ours, lines = _ours(field, unit_id), _theirs(field, unit_id)
    order = list(told.names)
    found = (_contest(key, ours[key], lines[key], field, told) for key in lines if key in ours)
    shown = (one for one in found if one.rivals)
    return tuple(
        sorted(shown, key=lambda one: (LEVELS.index(one.level), order.index(one.kpi_id), group_rank(one.rater_groups)))
    )


def group_figures(scores: Iterable[Score], level: SubjectKind) -> tuple[LevelFigure, ...]:
    """The published figures of a unit by rater group, as they stand beside lines of its level; no own ratings."""
    return tuple(
        LevelFigure(one.kpi_id or "", level, one.rater_groups, one.score, one.lo, one.hi, 1, one.raters or 0)
        for one in scores
        if one.item_id is None and one.rater_groups and _SELF not in one.rater_groups
        if one.score is not None and one.lo is not None and one.hi is not None
    )


def of_benchmarks(contests: Iterable[Contest]) -> tuple[Contest, ...]:
    """The same contests with the lines of files alone, as far as they have any."""
    kept = (replace(one, rivals=tuple(line for line in one.rivals if line.source.benchmark_id)) for one in contests)
    return tuple(one for one in kept if one.rivals)


def competitor_rows(found: Competition, locale: str) -> Iterator[tuple[object, ...]]:
    """Every line under COLUMNS, ours first in each contest: names in a language, numbers at full precision."""
    for one in found.contests:
        about = in_locale(one.name, locale), one.level.value, "+".join(one.rater_groups)
        yield (*about, found.unit.name, *_cells(one), None, None)
        for rival in one.rivals:
            yield (*about, rival.name, *_cells(rival), rival.against.value, rival.points)


def _cells(line: Contest | Rival) -> tuple[object, ...]:
    source = line.source
    days = (source.period_start, source.period_end, source.released_on)
    return (
        *(line.score, line.lo, line.hi, line.units, line.raters),
        *(source.kind.value, source.name, *(day.isoformat() for day in days), source.method_version),
    )


def unmatched_of(field: Field, unit_id: str) -> tuple[Foreign, ...]:
    """Lines of benchmarks beside which we have nothing from the same raters at the same level."""
    ours = _ours(field, unit_id)
    return tuple(one for one in field.foreign if _key_of(one) not in ours)


def _ours(field: Field, unit_id: str) -> Mapping[_Key, Document]:
    """Our figures as entries; that of the company with its error where the release kept it."""
    found: dict[_Key, Document] = {
        (one.kpi_id, one.level, frozenset(one.rater_groups)): one._asdict() | {"subject_id": unit_id, "se": None}
        for one in field.figures
    }
    for one in field.document["kpis"]:
        own = next(entry for entry in one["entries"] if entry["subject_id"] == unit_id)
        key = (one["kpi_id"], SubjectKind.COMPANY, frozenset(one["rater_groups"]))
        found[key] = {**own, "units": 1, "rater_groups": tuple(one["rater_groups"])}
    return found


def _theirs(field: Field, unit_id: str) -> Mapping[_Key, list[tuple[Document, Source]]]:
    """By what they are about, the lines of competitors and of benchmarks, with their sources."""
    lines: defaultdict[_Key, list[tuple[Document, Source]]] = defaultdict(list)
    for one in field.document["kpis"]:
        key = (one["kpi_id"], SubjectKind.COMPANY, frozenset(one["rater_groups"]))
        for entry in one["entries"]:
            if entry["subject_id"] != unit_id:
                lines[key].append(({**entry, "units": 1}, field.own))
    for foreign in field.foreign:
        line = foreign.line
        entry = line._asdict() | {"subject_id": f"{foreign.benchmark_id}/{line.source}", "se": None}
        days = line.period_start, line.period_end, line.released_on
        source = Source(Origin.BENCHMARK, line.source, *days, line.method_version, foreign.benchmark_id)
        lines[_key_of(foreign)].append((entry, source))
    return lines


def _key_of(foreign: Foreign) -> _Key:
    return foreign.own_kpi_id, foreign.line.level, frozenset(foreign.line.rater_groups)


def _contest(key: _Key, own: Document, lines: Sequence[tuple[Document, Source]], field: Field, told: Told) -> Contest:
    rivals = _rivals(own, lines, field.own, told)
    return Contest(
        kpi_id=key[0],
        name=told.names[key[0]],
        level=key[1],
        rater_groups=own["rater_groups"],
        **{name: own[name] for name in ("score", "lo", "hi", "units", "raters")},
        source=field.own,
        rivals=tuple(sorted(rivals, key=lambda rival: (rival.name.casefold(), rival.source.name, rival.score))),
    )


def _rivals(own: Document, lines: Sequence[tuple[Document, Source]], ours: Source, told: Told) -> Iterator[Rival]:
    """Those that may be read; the others count among whom we are compared with all the same."""
    for line, source in lines:
        place = told.places.get(line["subject_id"])
        if place is None and source.kind is Origin.ROUND:
            continue
        yield Rival(
            name=source.name if place is None else place.name,
            place=place,
            **{name: line[name] for name in ("score", "lo", "hi", "units", "raters")},
            source=source,
            against=_against(own, line, among=len(lines) + 1, is_alike=source.method_version == ours.method_version),
            points=own["score"] - line["score"],
        )


def _against(own: Document, line: Document, *, among: int, is_alike: bool) -> Against:
    """By the joint intervals of all that stand together."""
    if not is_alike:
        return Against.OTHER_METHOD
    if not are_apart(entry_of(own), entry_of(line), among=among):
        return Against.NOT_APART
    return Against.AHEAD if own["score"] > line["score"] else Against.BEHIND
