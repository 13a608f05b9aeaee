"""The readable rows of a release: every figure of every subject, or why it is withheld. Pure; arithmetic in `score`."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.kpis.values import KpiKind
from app.organisation.values import SubjectKind
from app.releases.score import ScoredRound
from app.releases.values import Score, ScoreStatus, Withheld
from app.rounds.rules import is_asked
from app.rounds.values import FrozenRound
from app.scoring.disclosure import UNIT_RATERS
from app.scoring.intervals import outward
from app.scoring.readable import Figure
from app.scoring.results import Composite, HardScore, Interval, NotScored, Reason

REASONS = {
    Reason.SUPPRESSED: Withheld.FEWER_THAN_K,
    Reason.INSUFFICIENT: Withheld.TOO_LITTLE_WEIGHT,
    Reason.REQUIRED_MISSING: Withheld.REQUIRED_MISSING,
    Reason.INCOMPLETE: Withheld.INCOMPLETE,
    Reason.NO_VALUE: Withheld.NO_VALUE,
}


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A readable row: one rater group (or mixed groups) of a subject on one measure."""

    number: int
    figure: Figure
    measure: int
    n: int
    mean: float
    weight: float
    share: float
    se: float
    df: float
    lo: float
    hi: float


@dataclass(frozen=True, slots=True)
class KpiRow:
    """A soft KPI of a subject."""

    scored: bool
    coverage: float
    n: int
    score: float
    se: float
    df: float
    lo: float
    hi: float


@dataclass(frozen=True, slots=True)
class Tables:
    """The columns of a scored round, looked up by subject and measure; `asked` holds subject and group places."""

    frozen: FrozenRound
    scored: ScoredRound
    groups: Mapping[tuple[int, int], Sequence[GroupRow]]
    kpis: Mapping[tuple[int, int], KpiRow]
    asked: Mapping[int, frozenset[int]]
    items: Mapping[int, Sequence[int]]
    numbers: Mapping[tuple[int, tuple[int, ...]], int]

    def labels(self, figure: Figure) -> tuple[str, ...]:
        """The rater groups of a row."""
        return tuple(self.frozen.groups[group].rater_group.value for group in figure.groups)

    def is_small(self, row: GroupRow) -> bool:
        """Whether a row stands on an atom under twice its minimum (R7)."""
        return bool(self.scored.judged.is_small[row.number, row.measure])

    def why_withheld(self, subject: int, groups: tuple[int, ...], measure: int) -> Withheld:
        """Why a row that was asked for is not shown."""
        number = self.numbers.get((subject, groups))
        reason = None if number is None else self.scored.judged.table.reason(number, measure)
        return Withheld(reason or Withheld.FEWER_THAN_K)

    def why_unscored(self, subject: int, measure: int) -> Withheld:
        """Why a soft KPI of the card has no score."""
        return Withheld.TOO_LITTLE_WEIGHT if self.asked_groups(subject, measure) else Withheld.NOT_ASKED

    def soft_measures(self, subject: int) -> list[int]:
        """The soft KPIs of a subject's page: those of its card; of a unit without card, those with a row."""
        on_card = {line.kpi_id for line in self.frozen.subjects[subject].card}
        return [
            number
            for number, measure in enumerate(self.scored.judged.measures)
            if measure.item is None
            and (measure.kpi.kpi_id in on_card or (not on_card and (subject, number) in self.groups))
        ]

    def asked_groups(self, subject: int, measure: int) -> list[int]:
        """The rater groups that were asked about a KPI of a subject, or of somebody below."""
        kpi = self.scored.judged.measures[measure].kpi
        return [
            group
            for group in sorted(self.asked.get(subject, ()))
            if is_asked(kpi, self.frozen.groups[group].rater_group)
        ]


def tables_of(frozen: FrozenRound, scored: ScoredRound, asked: Collection[tuple[str, str]]) -> Tables:
    """The scored round by subject and measure; `asked` are the pairs of subject id and rater group with assignments."""
    groups: defaultdict[tuple[int, int], list[GroupRow]] = defaultdict(list)
    table = scored.soft.group_rows
    for group, subject, measure, *figures in zip(*(column.tolist() for column in table), strict=True):
        number = scored.figures[group]
        groups[subject, measure].append(GroupRow(number, scored.judged.figures[number], measure, *figures))
    kpis = {
        (subject, measure): KpiRow(is_scored, coverage, n, score, se, df, lo, hi)
        for subject, measure, is_scored, coverage, n, score, se, df, _, lo, hi in zip(
            *(column.tolist() for column in scored.soft.kpi_rows), strict=True
        )
    }
    for rows in groups.values():
        rows.sort(key=lambda row: row.figure.groups)
    items: defaultdict[int, list[int]] = defaultdict(list)
    numbers = {m.kpi.kpi_id: number for number, m in enumerate(scored.judged.measures) if m.item is None}
    for number, measure in enumerate(scored.judged.measures):
        if measure.item is not None:
            items[numbers[measure.kpi.kpi_id]].append(number)
    numbered = {(figure.subject, figure.groups): number for number, figure in enumerate(scored.judged.figures)}
    return Tables(frozen, scored, groups, kpis, _asked_by_subject(frozen, asked), items, numbered)


def score_rows(tables: Tables) -> Iterator[Score]:
    """Every row of every subject that has a page: rated ones, and units with a card or a figure below them."""
    for place, subject in enumerate(tables.frozen.subjects):
        if place in tables.scored.composites:
            yield _composite_row(tables, place)
        for measure in tables.soft_measures(place):
            if subject.kind is not SubjectKind.COMPETITOR:
                yield _kpi_row(tables, place, measure)
            yield from _group_rows(tables, place, measure)
        yield from _hard_rows(tables, place)


def _composite_row(tables: Tables, place: int) -> Score:
    subject_id = tables.frozen.subjects[place].id
    composite = tables.scored.composites[place]
    if isinstance(composite, NotScored):
        return _withheld(subject_id, REASONS[composite.reason], coverage=composite.coverage)
    small = is_small_composite(tables, place, composite)
    lo, hi = score_ends(composite.interval, small=small)
    return Score(
        subject_id,
        None,
        None,
        (),
        ScoreStatus.OK,
        score=_inside(composite.score, lo, hi),
        lo=lo,
        hi=hi,
        se=None if small else composite.uncertainty.se,
        df=None if small else _finite(composite.uncertainty.df),
        raters=sum(tables.kpis[place, part.kpi].n for part in composite.parts if (place, part.kpi) in tables.kpis),
        coverage=composite.coverage,
        details={kind.value: _subtotal(tables, place, kind) for kind in KpiKind},
    )


def is_small_composite(tables: Tables, place: int, composite: Composite) -> bool:
    """Whether a composite uses an atom under twice its minimum on any of its KPIs (R7)."""
    return any(
        row.weight > 0 and tables.is_small(row)
        for part in composite.parts
        for row in tables.groups.get((place, part.kpi), ())
    )


def _subtotal(tables: Tables, place: int, kind: KpiKind) -> dict[str, float] | None:
    total = tables.scored.subtotals.get((place, kind))
    if total is None:
        return None
    lo, hi = score_ends(total.interval, small=is_small_composite(tables, place, total))
    return {"score": total.score, "lo": lo, "hi": hi}


def _kpi_row(tables: Tables, place: int, measure: int) -> Score:
    subject_id, kpi_id = tables.frozen.subjects[place].id, tables.scored.judged.measures[measure].kpi.kpi_id
    row = tables.kpis.get((place, measure))
    if row is None or not row.scored:
        coverage = 0.0 if row is None else row.coverage
        return _withheld(subject_id, tables.why_unscored(place, measure), kpi_id=kpi_id, coverage=coverage)
    small = any(one.weight > 0 and tables.is_small(one) for one in tables.groups[place, measure])
    lo, hi = score_ends(Interval(row.lo, row.hi), small=small)
    return Score(
        subject_id,
        kpi_id,
        None,
        (),
        ScoreStatus.OK,
        score=_inside(row.score, lo, hi),
        lo=lo,
        hi=hi,
        se=None if small else row.se,
        df=None if small else row.df,
        raters=row.n,
        coverage=row.coverage,
    )


def _group_rows(tables: Tables, place: int, measure: int) -> Iterator[Score]:
    """Rows of the groups on a KPI and its items; a group that was asked and has no row is suppressed."""
    rows = tables.groups.get((place, measure), ())
    for row in rows:
        yield _group_row(tables, place, row)
        for item in tables.items.get(measure, ()):
            found = [one for one in tables.groups.get((place, item), ()) if one.figure == row.figure]
            yield _group_row(tables, place, found[0]) if found else _suppressed(tables, place, item, row.figure.groups)
    shown = {group for row in rows for group in row.figure.groups}
    for group in tables.asked_groups(place, measure):
        if group not in shown:
            yield _suppressed(tables, place, measure, (group,))


def _group_row(tables: Tables, place: int, row: GroupRow) -> Score:
    measure = tables.scored.judged.measures[row.measure]
    small = tables.is_small(row)
    lo, hi = score_ends(Interval(row.lo, row.hi), small=small)
    return Score(
        tables.frozen.subjects[place].id,
        measure.kpi.kpi_id,
        measure.item.id if measure.item is not None else None,
        tables.labels(row.figure),
        ScoreStatus.OK,
        score=_inside(row.mean, lo, hi),
        lo=lo,
        hi=hi,
        se=None if small else row.se,
        df=None if small else row.df,
        raters=row.n,
        details={"weight": row.weight, "share": row.share},
    )


def _suppressed(tables: Tables, place: int, measure: int, groups: tuple[int, ...]) -> Score:
    one = tables.scored.judged.measures[measure]
    return Score(
        tables.frozen.subjects[place].id,
        one.kpi.kpi_id,
        one.item.id if one.item is not None else None,
        tuple(tables.frozen.groups[group].rater_group.value for group in groups),
        ScoreStatus.SUPPRESSED,
        reason=tables.why_withheld(place, groups, measure),
        details={
            "minimum": minimum_of(tables.frozen, place, groups),
            "weight": math.fsum(one.kpi.weights.get(tables.frozen.groups[group].rater_group, 0.0) for group in groups),
        },
    )


def minimum_of(frozen: FrozenRound, place: int, groups: Sequence[int]) -> int:
    """The least number of people that a row of these groups needs; what "fewer than" says."""
    k = max(frozen.groups[group].k for group in groups)
    return k if frozen.subjects[place].kind is SubjectKind.PERSON else max(UNIT_RATERS, k)


def _hard_rows(tables: Tables, place: int) -> Iterator[Score]:
    subject = tables.frozen.subjects[place]
    for line in subject.card:
        number = tables.scored.hard_numbers.get(line.kpi_id)
        if number is None:
            continue
        figure = tables.scored.hard[place, number]
        if isinstance(figure, NotScored):
            yield _withheld(subject.id, REASONS[figure.reason], kpi_id=line.kpi_id, coverage=figure.coverage)
        else:
            yield _hard_row(subject.id, line.kpi_id, figure)


def _hard_row(subject_id: str, kpi_id: str, figure: HardScore) -> Score:
    measured = figure.measured
    return Score(
        subject_id,
        kpi_id,
        None,
        (),
        ScoreStatus.OK,
        score=figure.score,
        lo=min(figure.interval.lo, figure.score),
        hi=max(figure.interval.hi, figure.score),
        se=figure.se,
        df=_finite(figure.df),
        coverage=measured.completeness,
        details={
            "value": measured.value,
            "lo": measured.interval.lo,
            "hi": measured.interval.hi,
            "certainty": measured.certainty.value,
            "readings": measured.n,
            "prorated": measured.prorated,
            "attainment": figure.attainment,
        },
    )


def _withheld(subject_id: str, reason: Withheld, *, kpi_id: str | None = None, coverage: float) -> Score:
    return Score(subject_id, kpi_id, None, (), ScoreStatus.INSUFFICIENT, reason=reason, coverage=coverage)


def score_ends(interval: Interval, *, small: bool) -> tuple[float, float]:
    shown = outward(interval) if small else interval
    return shown.lo, shown.hi


def _inside(score: float, lo: float, hi: float) -> float:
    """The score itself: rounding in the last bit must not put it outside its own interval."""
    return min(max(score, lo), hi)


def _finite(df: float) -> float | None:
    return df if math.isfinite(df) else None


def _asked_by_subject(frozen: FrozenRound, asked: Collection[tuple[str, str]]) -> dict[int, frozenset[int]]:
    """Rater groups with assignments about a subject or, for a unit, about anybody below it."""
    places = {subject.id: place for place, subject in enumerate(frozen.subjects)}
    groups = {policy.rater_group.value: place for place, policy in enumerate(frozen.groups)}
    found: defaultdict[int, set[int]] = defaultdict(set)
    for subject_id, group in asked:
        place: int | None = places[subject_id]
        is_competitor = frozen.subjects[places[subject_id]].kind is SubjectKind.COMPETITOR
        while place is not None:
            found[place].add(groups[group])
            place = None if is_competitor else places.get(frozen.subjects[place].parent_id or "")
    return {place: frozenset(of_place) for place, of_place in found.items()}


def as_columns(score: Score) -> dict[str, Any]:
    """A row as the table takes it, without its ids."""
    return {
        "subject_id": score.subject_id,
        "place": score.place,
        "kpi_id": score.kpi_id,
        "item_id": score.item_id,
        "rater_groups": "+".join(score.rater_groups),
        "status": score.status.value,
        "reason": score.reason.value if score.reason is not None else None,
        "score": score.score,
        "lo": score.lo,
        "hi": score.hi,
        "se": score.se,
        "df": score.df,
        "raters": score.raters,
        "coverage": score.coverage,
        "details": score.details,
    }
