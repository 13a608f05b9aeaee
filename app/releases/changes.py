"""What has changed about a subject since the round before, as a release keeps it. Pure; which round that is, is told in `earlier`.

Where an atom of either round is under twice its minimum, the ends are in whole points, outward, and the error is left
out (R7).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from app.deferred import dataclass
from app.releases.lookup import Tables
from app.releases.rows import finite, is_small_composite
from app.rounds.values import FrozenKpi
from app.scoring.card_trend import CardChange, CardRound, Line, card_change
from app.scoring.discoveries import discoveries
from app.scoring.intervals import outward
from app.scoring.repeated import LEAST_CHANGE, READER_CORRELATION, Difference
from app.scoring.results import Composite, HardScore
from app.scoring.scorecards import Form
from app.scoring.trend import Definition, Measurement, NoTrend, Untrended, change_between, incomparable
from app.scoring.weights import reaches

Document = dict[str, Any]
GONE = -1
"""The number of a KPI that has no score."""


@dataclass(frozen=True, slots=True, eq=False)
class Earlier:
    """The figures of a subject in an earlier release.

    release_id, round_id : what it is
    tables, place : its figures, and the place of the subject there
    members : by rater group, the people who were asked about the subject, or about anybody below it, in both rounds
    is_whole : it tells who answered which KPIs together, as the error of a card needs
    """

    release_id: str
    round_id: str
    tables: Tables
    place: int
    members: Mapping[str, frozenset[str]]
    is_whole: bool

    def in_both(self) -> dict[tuple[str, ...], int]:
        """How many people are in both rounds, by the groups of each of its rows."""
        return {
            names: len(frozenset[str]().union(*(self.members.get(name, frozenset()) for name in names)))
            for names in self.tables.names.values()
        }


def definition_of(kpi: FrozenKpi) -> Definition:
    """What a soft KPI asked, as far as figures hang on it: new words or other answers make it another KPI."""
    items = kpi.scored_items
    words = [[item.code, item.question, item.anchors, item.is_reversed] for item in items]
    scales = [[item.code, item.scale.kind, item.scale.points, item.scale.low, item.scale.high] for item in items]
    levels = [item.scale.levels for item in items]
    return Definition(
        json.dumps(words, sort_keys=True),
        json.dumps([scales, levels], sort_keys=True),
        {item.code: item.weight for item in items},
        {group.value: weight for group, weight in kpi.weights.items() if group.value != "self"},
    )


def is_measured_alike(before: FrozenKpi, after: FrozenKpi) -> bool:
    """Whether a hard KPI was measured in the same way; its words and the days it is due may differ."""
    one, other = before.measure, after.measure
    names = ("unit", "direction", "aggregation", "percentile", "per", "rollup", "prorate", "share_rule")
    return one is not None and other is not None and all(getattr(one, n) == getattr(other, n) for n in names)


def change_document(tables: Tables, place: int, earlier: Earlier) -> Document:
    """The change of a subject: the composite, and every KPI of its page that has a score now."""
    frozen = earlier.tables.frozen
    changes = dict(_kpi_changes(tables, place, earlier))
    told = {kpi_id: one for kpi_id, one in changes.items() if isinstance(one, Told)}
    stands = dict(zip(told, discoveries([one.difference.p for one in told.values()]), strict=True))
    composite = _composite(tables, place, earlier)
    return {
        "release_id": earlier.release_id,
        "round_id": earlier.round_id,
        "name": dict(frozen.name),
        "period_start": frozen.period_start.isoformat(),
        "period_end": frozen.period_end.isoformat(),
        "composite": None if composite is None else told_document(composite, stands=True),
        "kpis": [
            {"kpi_id": kpi_id, **told_document(one, stands=stands.get(kpi_id, False))}
            for kpi_id, one in changes.items()
        ],
    }


@dataclass(frozen=True, slots=True)
class Told:
    """A change that can be told.

    is_unsure : a hard KPI takes part whose own error nobody knows
    parts : of a card, its KPIs: id, weight, before, after, what it adds
    """

    before: float
    after: float
    difference: Difference
    coverage: float
    is_small: bool
    is_unsure: bool
    parts: tuple[tuple[str, float, float, float, float], ...] = ()


def told_document(change: "Told | Untrended", *, stands: bool) -> Document:
    """A change as it is told. `is_real`: beyond chance, also as one of many, and five points or more; ends as readers see them.

    A card is called changed although the error of one of its hard KPIs is not known, which is said beside it; such a
    KPI by itself is not.
    """
    if isinstance(change, Untrended):
        return {"reason": change.value}
    moved = change.difference
    lo, hi = outward(moved.interval, least=-100.0, most=100.0) if change.is_small else moved.interval
    is_changed = not lo <= 0 <= hi and reaches(abs(moved.points), LEAST_CHANGE)
    told: Document = {
        "reason": None,
        "before": change.before,
        "after": change.after,
        "points": moved.points,
        "lo": lo,
        "hi": hi,
        "coverage": change.coverage,
        "is_real": is_changed and stands and (bool(change.parts) or not change.is_unsure),
        "is_unsure": change.is_unsure,
    }
    if change.parts:
        names = ("kpi_id", "weight", "before", "after", "points")
        told["parts"] = [dict(zip(names, part, strict=True)) for part in change.parts]
    if change.is_small:
        return told
    return told | {"se": moved.se, "df": finite(moved.df), "index": finite(moved.index)}


# ------------------------------------------------------------ KPI by KPI


def _kpi_changes(tables: Tables, place: int, earlier: Earlier) -> Iterator[tuple[str, "Told | Untrended"]]:
    numbers = {one.kpi.kpi_id: number for number, one in _kpis(earlier.tables)}
    for measure in tables.soft_measures(place):
        kpi = tables.scored.judged.measures[measure].kpi
        row = tables.kpis.get((place, measure))
        if row is not None and row.scored:
            yield kpi.kpi_id, _soft_change(tables, (place, measure), earlier, numbers.get(kpi.kpi_id, GONE))
    for line in tables.frozen.subjects[place].card:
        number = tables.scored.hard_numbers.get(line.kpi_id)
        if number is not None and isinstance(tables.scored.hard[place, number], HardScore):
            yield line.kpi_id, _hard_change(tables, (place, number), earlier, line.kpi_id)


def soft_changes(
    tables: Tables, kpi_id: str, earlier: Mapping[str, Earlier], correlations: Mapping[str, float]
) -> Iterator[tuple[str, "Told | Untrended"]]:
    """The change of one soft KPI by subject, where it has a score now, as an analyst may have it computed.

    Parameters
    ----------
    tables : the scored round
    kpi_id : of a soft KPI
    earlier : by subject id what it is compared with
    correlations : of one rater's errors in the two rounds, by earlier release
    """
    [measure] = (number for number, one in _kpis(tables) if one.kpi.kpi_id == kpi_id)
    for place, subject in enumerate(tables.frozen.subjects):
        row, since = tables.kpis.get((place, measure)), earlier.get(subject.id)
        if row is not None and row.scored and since is not None:
            there = next((number for number, one in _kpis(since.tables) if one.kpi.kpi_id == kpi_id), GONE)
            rho = correlations.get(since.release_id, READER_CORRELATION)
            yield subject.id, _soft_change(tables, (place, measure), since, there, rho)


def _kpis(tables: Tables) -> Iterator[tuple[int, Any]]:
    return ((number, one) for number, one in enumerate(tables.scored.judged.measures) if one.item is None)


def _soft_change(
    tables: Tables, key: tuple[int, int], earlier: Earlier, number: int, correlation: float = READER_CORRELATION
) -> "Told | Untrended":
    if number == GONE or not _is_asked(earlier.tables, number):
        return Untrended.NO_SCORE_BEFORE
    there = (earlier.place, number)
    before, after = (
        Measurement(definition_of(one.scored.judged.measures[where[1]].kpi), one.kpi_score(*where))
        for one, where in ((earlier.tables, there), (tables, key))
    )
    change = change_between(before, after, earlier.in_both(), correlation=correlation)
    if isinstance(change, NoTrend):
        return change.reason
    used = {group.groups for group in change.groups}
    small = any(_is_small(one, where, used) for one, where in ((earlier.tables, there), (tables, key)))
    return Told(change.before, change.after, change.difference, change.coverage, small, is_unsure=False)


def _is_small(tables: Tables, key: tuple[int, int], used: set[tuple[str, ...]]) -> bool:
    return any(tables.is_small(row) for row in tables.groups.get(key, ()) if tables.names[row.figure.groups] in used)


def _hard_change(tables: Tables, key: tuple[int, int], earlier: Earlier, kpi_id: str) -> "Told | Untrended":
    line, why = _hard_line(tables, key, earlier, kpi_id, weight=1.0)
    if why is not None:
        return why
    found = card_change(_round_of(earlier.tables, earlier.place), _round_of(tables, key[0]), [line], {})
    if isinstance(found, NoTrend):
        return Untrended.NO_SCORE_BEFORE
    return Told(
        found.before, found.after, found.difference, found.coverage, is_small=False, is_unsure=bool(found.unsure)
    )


# ------------------------------------------------------------ the card


def _composite(tables: Tables, place: int, earlier: Earlier) -> "Told | Untrended | None":
    """None where there is no composite now."""
    after = tables.scored.composites.get(place)
    before = earlier.tables.scored.composites.get(earlier.place)
    if not isinstance(after, Composite):
        return None
    if not isinstance(before, Composite) or not earlier.is_whole:
        return Untrended.NO_SCORE_BEFORE
    rounds = _round_of(earlier.tables, earlier.place), _round_of(tables, place)
    form = Form(tables.frozen.subjects[place].form)
    found = card_change(*rounds, _lines(tables, place, earlier), earlier.in_both(), form=form)
    if isinstance(found, NoTrend):
        return found.reason
    small = is_small_composite(earlier.tables, earlier.place, before) or is_small_composite(tables, place, after)
    return Told(
        found.before,
        found.after,
        found.difference,
        found.coverage,
        small,
        is_unsure=bool(found.unsure),
        parts=tuple(_parts(tables, found)),
    )


def _parts(tables: Tables, found: CardChange) -> Iterator[tuple[str, float, float, float, float]]:
    names = {number: one.kpi.kpi_id for number, one in _kpis(tables)}
    names |= {number: kpi_id for kpi_id, number in tables.scored.hard_numbers.items()}
    return ((names[line.kpi], line.weight, line.before, line.after, line.points) for line in found.lines)


def _lines(tables: Tables, place: int, earlier: Earlier) -> list[Line]:
    """The card of now; a KPI that is not the same in both rounds stands under a number without a score."""
    measures = {one.kpi.kpi_id: number for number, one in _kpis(tables)}
    before = {one.kpi.kpi_id: number for number, one in _kpis(earlier.tables)}
    found = []
    for line in tables.frozen.subjects[place].card:
        number = tables.scored.hard_numbers.get(line.kpi_id)
        if number is not None:
            found.append(_hard_line(tables, (place, number), earlier, line.kpi_id, weight=line.weight)[0])
        elif line.kpi_id in measures:
            there = before.get(line.kpi_id, GONE)
            same = there != GONE and _is_same((earlier.tables, there), (tables, measures[line.kpi_id]))
            found.append(Line(there if same else GONE, measures[line.kpi_id], line.weight))
    return found


def _is_same(*both: tuple[Tables, int]) -> bool:
    """Whether a KPI was asked in both rounds, and means the same there."""
    if not all(_is_asked(*one) for one in both):
        return False
    before, after = (definition_of(tables.scored.judged.measures[number].kpi) for tables, number in both)
    return not incomparable(before, after)


def _is_asked(tables: Tables, number: int) -> bool:
    """Whether anybody was asked: a KPI that only stands on the card weighs nothing, and has no definition to compare."""
    return any(tables.scored.judged.measures[number].kpi.weights.values())


def _hard_line(
    tables: Tables, key: tuple[int, int], earlier: Earlier, kpi_id: str, *, weight: float
) -> tuple[Line, Untrended | None]:
    """A hard KPI in both rounds; with the reason where the two cannot be compared."""
    place, number = key
    there = earlier.tables.scored.hard_numbers.get(kpi_id, GONE)
    gone = Line(GONE, number, weight)
    if there == GONE:
        return gone, Untrended.NO_SCORE_BEFORE
    if not is_measured_alike(earlier.tables.frozen.kpi(kpi_id), tables.frozen.kpi(kpi_id)):
        return gone, Untrended.OTHER_DEFINITION
    posts = [one.frozen.subjects[where].targets.get(kpi_id) for one, where in _both(tables, place, earlier)]
    if posts[0] != posts[1]:
        return gone, Untrended.OTHER_SCALE
    return Line(there, number, weight), None


def _both(tables: Tables, place: int, earlier: Earlier) -> tuple[tuple[Tables, int], tuple[Tables, int]]:
    return (earlier.tables, earlier.place), (tables, place)


def _round_of(tables: Tables, place: int) -> CardRound:
    return CardRound(place, tables.scored.soft, tables.scored.hard)
