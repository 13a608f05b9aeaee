"""From readings to the figures of hard KPIs, for everybody with one on the card. Pure; soft KPIs are in `score`."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.metrics.values import Reading
from app.organisation.values import SubjectKind
from app.rounds.values import FrozenKpi, FrozenMeasure, FrozenRound, FrozenSubject, Goalposts
from app.scoring import aggregation, rollup
from app.scoring import goalposts as posts
from app.scoring.goalposts import score_metric
from app.scoring.results import HardScore, Measured, NotScored, Reason
from app.scoring.steps import Length, start_of, steps_between

ZONE = ZoneInfo("Europe/Oslo")
PERCENT = 100.0


def hard_scores(
    frozen: FrozenRound, numbers: Mapping[str, int], readings: Sequence[Reading]
) -> dict[tuple[int, int], HardScore | NotScored]:
    found: dict[tuple[int, int], HardScore | NotScored] = {}
    by_kpi: defaultdict[str, defaultdict[str, list[Reading]]] = defaultdict(lambda: defaultdict(list))
    for reading in readings:
        by_kpi[reading.kpi_id][reading.subject_id].append(reading)
    below = persons_below(frozen.subjects)
    for place, subject in enumerate(frozen.subjects):
        for line in subject.card:
            if line.kpi_id in numbers:
                kpi = frozen.kpi(line.kpi_id)
                measured = _measured(frozen, kpi, subject, below[place], by_kpi[line.kpi_id])
                found[place, numbers[line.kpi_id]] = _hard_score(
                    numbers[line.kpi_id], measured, subject.targets.get(line.kpi_id)
                )
    return found


def persons_below(subjects: Sequence[FrozenSubject]) -> list[list[FrozenSubject]]:
    """For each subject the persons in its subtree; a person has none below."""
    places = {subject.id: place for place, subject in enumerate(subjects)}
    found: list[list[FrozenSubject]] = [[] for _ in subjects]
    for subject in subjects:
        if subject.kind is SubjectKind.PERSON:
            above = places.get(subject.parent_id or "")
            while above is not None:
                found[above].append(subject)
                above = places.get(subjects[above].parent_id or "")
    return found


def _measured(
    frozen: FrozenRound,
    kpi: FrozenKpi,
    subject: FrozenSubject,
    below: Iterable[FrozenSubject],
    readings: Mapping[str, list[Reading]],
) -> Measured | NotScored:
    measure = kpi.measure
    if measure is None:
        return NotScored(Reason.NO_VALUE)
    expected = [one for one in below if any(line.kpi_id == kpi.kpi_id for line in one.card) or one.id in readings]
    own = _readings(frozen, measure, readings.get(subject.id, ()))
    others = [_readings(frozen, measure, readings.get(one.id, ())) for one in expected]
    return rollup.unit_figure(rollup.RollUp(measure.rollup), aggregation_of(measure), own, others)


def _hard_score(number: int, measured: Measured | NotScored, target: Goalposts | None) -> HardScore | NotScored:
    if isinstance(measured, NotScored) or target is None:
        return measured if isinstance(measured, NotScored) else NotScored(Reason.NO_VALUE)
    return score_metric(number, measured, goalposts_of(target))


def goalposts_of(target: Goalposts) -> posts.Goalposts | posts.RangeGoalposts:
    """Goalposts as scoring knows them."""
    if target.floor is not None and target.target is not None:
        return posts.Goalposts(target.floor, target.target, target.stretch)
    ends = (target.low, target.best_low, target.best_high, target.high)
    low, best_low, best_high, high = (0.0 if end is None else end for end in ends)
    return posts.RangeGoalposts(low, best_low, best_high, high)


def aggregation_of(measure: FrozenMeasure) -> aggregation.Aggregation:
    """How readings become a figure, as scoring knows it."""
    rule = measure.share_rule
    return aggregation.Aggregation(
        aggregation.Method(measure.aggregation),
        percentile=None if measure.percentile is None else measure.percentile / PERCENT,
        per=measure.per,
        rule=None if rule is None else aggregation.Rule(aggregation.Comparison(rule.comparison), rule.limit),
        prorate=measure.prorate,
    )


def _readings(frozen: FrozenRound, measure: FrozenMeasure, readings: Sequence[Reading]) -> rollup.Readings:
    observations = observations_of(readings)
    if measure.cadence is None:
        return rollup.Readings(observations)
    length = Length(measure.cadence)
    steps = {start_of(length, day_of(reading.starts_at)) for reading in readings}
    return rollup.Readings(
        observations,
        expected=len(steps_between(length, frozen.period_start, frozen.period_end)),
        observed=len(steps),
    )


def observations_of(readings: Iterable[Reading]) -> tuple[aggregation.Observation, ...]:
    """Readings as scoring takes them, in the order of event time and entry."""
    ordered = sorted(readings, key=lambda one: (one.ends_at, one.recorded_at, one.id))
    return tuple(_observation(reading, place) for place, reading in enumerate(ordered))


def _observation(reading: Reading, sequence: int) -> aggregation.Observation:
    amount = reading.amount
    if amount.value is not None:
        return aggregation.Observation(reading.ends_at, amount.value, sequence=sequence)
    return aggregation.Observation(reading.ends_at, amount.numerator or 0.0, amount.denominator or 0.0, sequence)


def day_of(moment: datetime) -> date:
    """The day on which a moment falls for the people here."""
    return moment.astimezone(ZONE).date()
