"""The readable rows of a release: every figure of every subject, or why it is withheld. Pure; arithmetic in `score`."""

import math
from collections.abc import Collection, Iterator

from app.kpis.values import KpiKind
from app.organisation.values import SubjectKind
from app.releases.lookup import GroupRow, Tables, minimum_of
from app.releases.values import Score, ScoreStatus, Withheld
from app.scoring.intervals import outward
from app.scoring.results import Composite, HardScore, Interval, NotScored, Reason

REASONS = {
    Reason.SUPPRESSED: Withheld.FEWER_THAN_K,
    Reason.INSUFFICIENT: Withheld.TOO_LITTLE_WEIGHT,
    Reason.REQUIRED_MISSING: Withheld.REQUIRED_MISSING,
    Reason.INCOMPLETE: Withheld.INCOMPLETE,
    Reason.NO_VALUE: Withheld.NO_VALUE,
}


def score_rows(tables: Tables, subject_ids: Collection[str] | None = None) -> Iterator[Score]:
    """Every row of every subject that has a page, or of some: rated ones, and units with a card or a figure below."""
    for place, subject in enumerate(tables.frozen.subjects):
        if subject_ids is not None and subject.id not in subject_ids:
            continue
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
        df=None if small else finite(composite.uncertainty.df),
        raters=sum(tables.kpis[place, part.kpi].n for part in composite.parts if (place, part.kpi) in tables.kpis),
        coverage=composite.coverage,
        details={
            **{kind.value: _subtotal(tables, place, kind) for kind in KpiKind},
            "unsure": [_hard_id(tables, number) for number in composite.unsure],
        },
    )


def is_small_composite(tables: Tables, place: int, composite: Composite) -> bool:
    """Whether a composite uses an atom under twice its minimum on any of its KPIs (R7)."""
    return any(tables.is_small_kpi(place, part.kpi) for part in composite.parts)


def _hard_id(tables: Tables, number: int) -> str:
    return next(kpi_id for kpi_id, place in tables.scored.hard_numbers.items() if place == number)


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
    small = tables.is_small_kpi(place, measure)
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
            found = tables.find_row(place, item, row)
            yield _group_row(tables, place, found) if found else _suppressed(tables, place, item, row.figure.groups)
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
        tables.names[row.figure.groups],
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
    minimum = minimum_of(tables.frozen, place, groups)
    return Score(
        tables.frozen.subjects[place].id,
        one.kpi.kpi_id,
        one.item.id if one.item is not None else None,
        tuple(tables.frozen.groups[group].rater_group.value for group in groups),
        ScoreStatus.SUPPRESSED,
        reason=tables.why_withheld(place, groups, measure),
        details={
            # A conditional item is told of where twice as many have answered the one before it.
            "minimum": 2 * minimum if one.item is not None and one.item.condition is not None else minimum,
            "weight": math.fsum(one.kpi.weights.get(tables.frozen.groups[group].rater_group, 0.0) for group in groups),
        },
    )


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
        df=finite(figure.df),
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


def finite(figure: float) -> float | None:
    """Degrees of freedom as they are kept, none where none are spent; or an index, none where there is no error."""
    return figure if math.isfinite(figure) else None
