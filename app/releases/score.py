"""From atoms and readings to every figure of a round: groups, KPIs, items, hard KPIs, composites. Pure.

Numbers as in `partition`; hard KPIs are numbered after all measures. What is written down is decided in `rows`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from app.kpis.values import Cadence, KpiKind, RaterGroup
from app.metrics.values import Reading
from app.organisation.values import SubjectKind
from app.releases.partition import JudgedRound
from app.rounds.values import FrozenKpi, FrozenMeasure, FrozenRound, FrozenSubject, Goalposts
from app.scoring import aggregation, rollup
from app.scoring import goalposts as posts
from app.scoring.composite import score_composites
from app.scoring.goalposts import score_metric
from app.scoring.pooling import PooledCovariance, pooled_covariance
from app.scoring.readable import Figure, weighing_groups
from app.scoring.released import Released, ReleasedGroup
from app.scoring.results import Composite, HardScore, Measured, NotScored, Reason
from app.scoring.scorecards import CardEntry, Scorecard
from app.scoring.soft import RaterMix, SoftScores, score_kpis

ZONE = ZoneInfo("Europe/Oslo")
PERCENT = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class ScoredRound:
    """Every figure of a round.

    figures : by number of the released group in `soft`, the number of its figure
    soft : groups, KPIs and items of all subjects
    hard_numbers : the number of each hard KPI by id
    hard : by subject and number of the KPI
    composites : by subject, for those with a card that are not competitors
    subtotals : by subject and kind, over the KPIs of that kind that the composite holds
    """

    judged: JudgedRound
    figures: tuple[int, ...]
    soft: SoftScores
    hard_numbers: Mapping[str, int]
    hard: Mapping[tuple[int, int], HardScore | NotScored]
    composites: Mapping[int, Composite | NotScored]
    subtotals: Mapping[tuple[int, KpiKind], Composite]


def score_round(frozen: FrozenRound, judged: JudgedRound, readings: Sequence[Reading]) -> ScoredRound:
    """Score everything that may be read.

    Parameters
    ----------
    frozen : the round as launched
    judged : its atoms
    readings : of the hard KPIs on its cards, within its period
    """
    figures, released = _released(frozen, judged)
    soft = score_kpis(released, _mixes(judged), _spread(frozen, judged))
    numbers = hard_numbers(frozen, judged)
    hard = _hard_scores(frozen, numbers, readings)
    cards = _cards(frozen, judged, numbers)
    composites = score_composites(soft, cards, hard)
    subtotals = {
        (subject, kind): total
        for kind in KpiKind
        for subject, total in score_composites(soft, _parts_of(cards, composites, numbers, kind), hard).items()
        if isinstance(total, Composite)
    }
    return ScoredRound(judged, figures, soft, numbers, hard, composites, subtotals)


def _parts_of(
    cards: Mapping[int, Scorecard],
    composites: Mapping[int, Composite | NotScored],
    numbers: Mapping[str, int],
    kind: KpiKind,
) -> dict[int, Scorecard]:
    """The cards cut down to the KPIs of one kind that their composites hold."""
    hard = set(numbers.values())
    found = {}
    for subject, composite in composites.items():
        if isinstance(composite, Composite):
            present = {part.kpi for part in composite.parts if (part.kpi in hard) is (kind is KpiKind.HARD)}
            entries = tuple(replace(entry, required=False) for entry in cards[subject].entries if entry.kpi in present)
            if entries:
                found[subject] = Scorecard(entries)
    return found


def hard_numbers(frozen: FrozenRound, judged: JudgedRound) -> dict[str, int]:
    """The number of each hard KPI, after all measures."""
    hard = [kpi.kpi_id for kpi in frozen.kpis if kpi.kind is KpiKind.HARD]
    return {kpi_id: len(judged.measures) + place for place, kpi_id in enumerate(hard)}


# ------------------------------------------------------------ soft


def _released(frozen: FrozenRound, judged: JudgedRound) -> tuple[tuple[int, ...], Released]:
    """The readable rows as released groups; what is not shown on a measure is taken out there."""
    singles: defaultdict[int, set[tuple[int, ...]]] = defaultdict(set)
    for figure, extent in zip(judged.figures, judged.extents, strict=True):
        if extent:
            singles[figure.subject].add(figure.groups)
    kept, groups = [], []
    for number, (figure, extent) in enumerate(zip(judged.figures, judged.extents, strict=True)):
        weighing = weighing_groups(figure.groups, singles[figure.subject]) if extent else ()
        if weighing:
            kept.append(number)
            groups.append(_group(frozen, judged, figure, weighing, extent))
    whole = Released.of(judged.released, groups)
    is_shown = judged.is_shown[np.array(kept, np.int64)[whole.group], whole.kpi]
    columns = {name: getattr(whole, name)[is_shown] for name in ("group", "kpi", "n", "mean")}
    return tuple(kept), replace(whole, **columns)


def _group(
    frozen: FrozenRound, judged: JudgedRound, figure: Figure, weighing: tuple[int, ...], atoms: tuple[int, ...]
) -> ReleasedGroup:
    names = tuple(frozen.groups[group].rater_group.value for group in weighing)
    if len(names) == 1:
        return ReleasedGroup(figure.subject, names, atoms)
    cells = [cell for atom in atoms for cell in judged.made.atoms[atom].cells]
    heads = tuple(sum(cell.sheets for cell in cells if cell.group == group) for group in weighing)
    return ReleasedGroup(figure.subject, names, atoms, heads)


def _mixes(judged: JudgedRound) -> list[RaterMix]:
    """The weights of the rater groups on every measure; an item weighs its raters as its KPI does."""
    weights = [group_weights(measure.kpi) for measure in judged.measures]
    return [RaterMix(number, given) for number, given in enumerate(weights) if given]


def group_weights(kpi: FrozenKpi) -> dict[str, float]:
    """What each rater group weighs on a KPI, without self."""
    return {group.value: weight for group, weight in kpi.weights.items() if group is not RaterGroup.SELF and weight > 0}


def _spread(frozen: FrozenRound, judged: JudgedRound) -> dict[str, PooledCovariance]:
    """Pooled covariance by rater group, over the atoms that are one subject's own cell of this one group."""
    n_items = {
        number: len(measure.kpi.items) if measure.item is None else 1 for number, measure in enumerate(judged.measures)
    }
    own: defaultdict[int, list[int]] = defaultdict(list)
    for place, atom in enumerate(judged.made.atoms):
        is_own = len(atom.groups) == 1 and not atom.is_carried
        if is_own and frozen.subjects[atom.subject].kind is not SubjectKind.COMPETITOR:
            own[atom.groups[0]].append(place)
    return {
        policy.rater_group.value: pooled_covariance(judged.released, own[group], n_items)
        for group, policy in enumerate(frozen.groups)
    }


# ------------------------------------------------------------ hard


def _hard_scores(
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
    ordered = sorted(readings, key=lambda one: (one.ends_at, one.recorded_at, one.id))
    observations = tuple(_observation(reading, place) for place, reading in enumerate(ordered))
    if measure.cadence is None:
        return rollup.Readings(observations)
    steps = {step_of(measure.cadence, _day(reading.starts_at)) for reading in ordered}
    return rollup.Readings(
        observations,
        expected=count_steps(measure.cadence, frozen.period_start, frozen.period_end),
        observed=len(steps),
    )


def _observation(reading: Reading, sequence: int) -> aggregation.Observation:
    amount = reading.amount
    if amount.value is not None:
        return aggregation.Observation(reading.ends_at, amount.value, sequence=sequence)
    return aggregation.Observation(reading.ends_at, amount.numerator or 0.0, amount.denominator or 0.0, sequence)


def _day(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()


def step_of(cadence: Cadence, day: date) -> date:
    """The first day of the step that holds a day: the day itself, its Monday, or the first of its month.

    >>> step_of(Cadence.WEEK, date(2026, 11, 25)).isoformat()
    '2026-11-23'
    """
    if cadence is Cadence.DAY:
        return day
    return day - timedelta(days=day.weekday()) if cadence is Cadence.WEEK else day.replace(day=1)


def count_steps(cadence: Cadence, first: date, last: date) -> int:
    """Steps that a period touches, at least 1.

    >>> count_steps(Cadence.MONTH, date(2026, 7, 1), date(2026, 9, 30))
    3
    """
    days = (first + timedelta(days=place) for place in range((last - first).days + 1))
    return len({step_of(cadence, day) for day in days})


# ------------------------------------------------------------ composites


def _cards(frozen: FrozenRound, judged: JudgedRound, numbers: Mapping[str, int]) -> dict[int, Scorecard]:
    """The card of each subject; a KPI that can have no figure in this round stays on it and counts as missing."""
    soft = {measure.kpi.kpi_id: number for number, measure in enumerate(judged.measures) if measure.item is None}
    known = {**soft, **numbers}
    cards = {}
    for place, subject in enumerate(frozen.subjects):
        entries = tuple(
            CardEntry(known[line.kpi_id], line.weight, line.is_required)
            for line in subject.card
            if line.kpi_id in known
        )
        if entries and subject.kind is not SubjectKind.COMPETITOR:
            cards[place] = Scorecard(entries)
    return cards
