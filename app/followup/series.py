"""From released figures and readings to the series of a KPI at a subject. Pure; what they mean is told in `compose`."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from app.followup.rules import definition_of
from app.followup.values import Series, Told
from app.metrics.values import Reading
from app.organisation.values import Stays, SubjectId
from app.releases.measured import aggregation_of, day_of, observations_of
from app.releases.values import Withheld
from app.rounds.values import FrozenKpi, FrozenMeasure
from app.scoring.movers import Strand
from app.scoring.results import NotScored
from app.scoring.rollup import Readings, RollUp, unit_figure
from app.scoring.seasons import Point
from app.scoring.steps import Length, start_of, step_after, steps_between
from app.scoring.trend import Definition, incomparable
from app.scoring.weights import normalise

_ORDER = {length: place for place, length in enumerate(Length)}


class ReleasedRound(NamedTuple):
    """A round with its release, the days it asked about, and the step that these are."""

    round_id: str
    release_id: str
    first: date
    last: date
    sealed_at: datetime
    length: Length | None


class Released(NamedTuple):
    """What a release says about a soft KPI at a subject: as a whole, of an item, of rater groups joined by a plus."""

    round: ReleasedRound
    subject_id: str
    kpi_id: str | None
    item_id: str | None
    rater_groups: str
    reason: Withheld | None
    value: float | None
    lo: float | None
    hi: float | None

    @property
    def is_whole(self) -> bool:
        """Whether it is of the KPI as a whole."""
        return self.item_id is None and not self.rater_groups


# ------------------------------------------------------------ soft


def definitions_of(kpis: Mapping[str, FrozenKpi]) -> dict[str, Definition]:
    """What a soft KPI asked, by round; rounds with one frozen KPI have one definition."""
    made = {id(kpi): definition_of(kpi) for kpi in {id(kpi): kpi for kpi in kpis.values()}.values()}
    return {round_id: made[id(kpi)] for round_id, kpi in kpis.items()}


def rated_series(
    rows: Iterable[Released], kpis: Mapping[str, FrozenKpi], definitions: Mapping[str, Definition]
) -> tuple[Series, ...]:
    """The series of one soft KPI at one subject, the one with most figures first; rows where nobody was asked are none.

    Parameters
    ----------
    rows : of the KPI, its groups and items
    kpis : the KPI as it was frozen, by round
    definitions : of those, by round
    """
    by_length: defaultdict[Length | None, dict[date, list[Released]]] = defaultdict(dict)
    for of_round in _by_round(rows, kpis):
        one = of_round[0].round
        # What was asked twice about the same days counts as it was asked last.
        by_length[one.length][one.first] = of_round
    found = [_rated(length, list(rounds.values()), kpis, definitions) for length, rounds in by_length.items()]
    return tuple(sorted(found, key=_most_figures))


def comparable(told: Sequence[Told]) -> list[Told]:
    """Those figures that were asked for as the latest one was; readings all are."""
    latest = next((one.definition for one in reversed(told) if one.definition is not None), None)
    return [one for one in told if are_alike(one.definition, latest)]


def are_alike(one: Definition | None, other: Definition | None) -> bool:
    """Whether figures of two definitions can be compared; readings have none."""
    return one is other or (one is not None and other is not None and incomparable(one, other) is None)


def points_of(told: Iterable[Told]) -> list[Point]:
    """Figures as a series of points."""
    return [Point(one.first, one.value) for one in told]


def _by_round(rows: Iterable[Released], asked: Container[str]) -> list[list[Released]]:
    """The rows of each round that tells or withholds the KPI as a whole, in the order in which they were sealed."""
    found: dict[str, list[Released]] = {}
    for row in rows:
        of_round = found.setdefault(row.round.round_id, [])
        # The row of the KPI as a whole stands first; most often it is the only one.
        of_round.insert(0 if row.is_whole else len(of_round), row)
    whole = [of_round for round_id, of_round in found.items() if round_id in asked and of_round[0].is_whole]
    return sorted(whole, key=_sealed)


def _sealed(of_round: Sequence[Released]) -> tuple[datetime, str]:
    return of_round[0].round.sealed_at, of_round[0].round.release_id


def _first(of_round: Sequence[Released]) -> date:
    return of_round[0].round.first


def _rated(
    length: Length | None,
    rounds: Sequence[list[Released]],
    kpis: Mapping[str, FrozenKpi],
    definitions: Mapping[str, Definition],
) -> Series:
    in_order = sorted(rounds, key=_first)
    told = tuple(_told(of_round, definitions) for of_round in in_order)
    latest = in_order[-1][0].round.round_id
    definition = definitions[latest]
    alike = [of_round for of_round, one in zip(in_order, told, strict=True) if are_alike(one.definition, definition)]
    return Series(
        length=length,
        told=told,
        strands=tuple(_strands(alike, definition)),
        item_names={item.id: item.name for item in kpis[latest].items},
        rater_groups=tuple(definition.group_weights),
    )


def _told(of_round: Sequence[Released], definitions: Mapping[str, Definition]) -> Told:
    row, round_ = of_round[0], of_round[0].round
    definition = definitions[round_.round_id]
    return Told(round_.first, round_.last, row.value, row.lo, row.hi, row.reason, round_.release_id, definition)


def _strands(rounds: Sequence[list[Released]], definition: Definition) -> Iterator[Strand]:
    """Every item as every rater group answered it, with its share in the KPI."""
    if not any(len(of_round) > 1 for of_round in rounds):
        return
    items = dict(zip(definition.item_weights, normalise(list(definition.item_weights.values())), strict=True))
    whole = sum(definition.group_weights.values())
    points: defaultdict[tuple[str, str], list[Point]] = defaultdict(list)
    for row in (row for of_round in rounds for row in of_round if row.item_id in items):
        points[row.item_id or "", row.rater_groups].append(Point(row.round.first, row.value))
    for (item, groups), found in sorted(points.items()):
        weight = sum(definition.group_weights.get(group, 0.0) for group in groups.split("+")) / whole
        if weight:
            yield Strand(item, groups, weight * items[item], found)


def _most_figures(series: Series) -> tuple[int, int]:
    figures = sum(one.value is not None for one in series.told)
    return -figures, len(_ORDER) if series.length is None else _ORDER[series.length]


# ------------------------------------------------------------ hard


class Steps:
    """The readings of a hard KPI, step by step, and the series of a subject from them."""

    def __init__(
        self, measure: FrozenMeasure, length: Length, readings: Iterable[Reading], stays: Stays, *, today: date
    ) -> None:
        self._rule, self._aggregation = RollUp(measure.rollup), aggregation_of(measure)
        self._length = length
        self._stays = stays
        # A person's readings count for every unit above, and are brought into order once.
        self._brought: dict[tuple[str, date], Readings] = {}
        self._of: defaultdict[str, defaultdict[date, list[Reading]]] = defaultdict(lambda: defaultdict(list))
        for reading in readings:
            start = start_of(length, day_of(reading.starts_at))
            # What is not over yet would look like a fall.
            if step_after(length, start) <= today:
                self._of[reading.subject_id][start].append(reading)
        self._spans = {subject_id: (min(steps), max(steps)) for subject_id, steps in self._of.items()}

    def series(self, subject_id: str) -> Series:
        """The figures of a subject from its own readings, or from those below it, from the first to the last one."""
        if not self._spans:
            return Series(self._length, ())
        first, last = min(start for start, _ in self._spans.values()), max(end for _, end in self._spans.values())
        told = [self._told(subject_id, start) for start in steps_between(self._length, first, last)]
        known = [place for place, one in enumerate(told) if one.value is not None]
        return Series(self._length, tuple(told[known[0] : known[-1] + 1]) if known else ())

    def _told(self, subject_id: str, start: date) -> Told:
        own = self._readings(subject_id, start)
        # Who has readings of its own needs none of those below.
        below = () if own.observations else self._stays.people_below(SubjectId(subject_id), on=start)
        expected = [one for one in sorted(below) if one in self._spans and self._reports(one, start)]
        figure = unit_figure(self._rule, self._aggregation, own, [self._readings(one, start) for one in expected])
        last = step_after(self._length, start) - timedelta(1)
        return Told(start, last, None if isinstance(figure, NotScored) else figure.value)

    def _reports(self, subject_id: str, start: date) -> bool:
        """Whether a reading is to be expected: the step lies between the first and the last one of the subject."""
        first, last = self._spans[subject_id]
        return first <= start <= last

    def _readings(self, subject_id: str, start: date) -> Readings:
        brought = self._brought.get((subject_id, start))
        if brought is None:
            found = self._of[subject_id].get(start, ()) if subject_id in self._of else ()
            brought = Readings(observations_of(found), expected=1, observed=min(1, len(found)))
            self._brought[subject_id, start] = brought
        return brought


def spans_of(readings: Iterable[Reading]) -> Iterator[tuple[date, date]]:
    """First and last day of each reading, as many days as it is long in whole ones, at least one."""
    for reading in readings:
        first = day_of(reading.starts_at)
        days = round((reading.ends_at - reading.starts_at) / timedelta(days=1))
        yield first, first + timedelta(days=max(1, days) - 1)
