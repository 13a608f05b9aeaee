"""A scored round looked up by subject and measure: what rows and explanations are read off. Pure."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from app.deferred import dataclass
from app.organisation.values import SubjectKind
from app.releases.score import ScoredRound
from app.releases.values import Withheld
from app.rounds.rules import is_asked
from app.rounds.values import FrozenRound
from app.scoring.disclosure import UNIT_RATERS
from app.scoring.readable import Figure
from app.scoring.results import GroupScore, Interval, KpiScore, NotScored, Reason, Uncertainty


class GroupRow(NamedTuple):
    """A readable row: one rater group (or mixed groups) of a subject on one measure; `number` is that of the figure."""

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


class KpiRow(NamedTuple):
    """A soft KPI of a subject."""

    scored: bool
    coverage: float
    n: int
    score: float
    se: float
    df: float
    kish_n: float
    lo: float
    hi: float


@dataclass(frozen=True, slots=True)
class Tables:
    """The columns of a scored round, looked up by subject and measure.

    groups, kpis : the rows by subject and measure
    asked : by subject, the places of the groups that were asked about it or below it
    items : by KPI the measures that are its items
    numbers : of the figures, by subject and groups
    names : of the groups of a figure
    """

    frozen: FrozenRound
    scored: ScoredRound
    groups: Mapping[tuple[int, int], Sequence[GroupRow]]
    kpis: Mapping[tuple[int, int], KpiRow]
    asked: Mapping[int, frozenset[int]]
    items: Mapping[int, Sequence[int]]
    numbers: Mapping[tuple[int, tuple[int, ...]], int]
    names: Mapping[tuple[int, ...], tuple[str, ...]]

    def find_row(self, subject: int, measure: int, like: GroupRow) -> GroupRow | None:
        """The row of the same figure on another measure."""
        return next((row for row in self.groups.get((subject, measure), ()) if row.number == like.number), None)

    def is_small(self, row: GroupRow) -> bool:
        """Whether a row stands on an atom under twice its minimum (R7)."""
        return bool(self.scored.judged.is_small[row.number, row.measure])

    def is_small_kpi(self, subject: int, measure: int) -> bool:
        """Whether a soft KPI of a subject uses an atom under twice its minimum (R7)."""
        return any(row.weight > 0 and self.is_small(row) for row in self.groups.get((subject, measure), ()))

    def is_asked(self, subject: int, measure: int, rater_group: str) -> bool:
        """Whether a rater group was asked about a KPI of a subject, or of somebody below."""
        return any(
            self.frozen.groups[group].rater_group == rater_group for group in self.asked_groups(subject, measure)
        )

    def why_withheld(self, subject: int, groups: tuple[int, ...], measure: int) -> Withheld:
        """Why a row that was asked for is not shown."""
        place = self.frozen.subjects[subject].id, tuple(self.frozen.groups[group].rater_group for group in groups)
        if place in self.frozen.overlapping:
            return Withheld.OVERLAP
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

    def kpi_score(self, subject: int, measure: int) -> KpiScore | NotScored:
        """A soft KPI of a subject as scoring has it, with its groups."""
        row = self.kpis.get((subject, measure))
        if row is None or not row.scored:
            return NotScored(Reason.INSUFFICIENT, 0.0 if row is None else row.coverage)
        groups = tuple(
            GroupScore(
                self.names[one.figure.groups],
                one.mean,
                one.n,
                one.weight,
                one.share,
                Uncertainty(one.se, one.df, float(one.n)),
                Interval(one.lo, one.hi),
            )
            for one in self.groups[subject, measure]
        )
        error = Uncertainty(row.se, row.df, row.kish_n)
        return KpiScore(measure, row.score, row.coverage, row.n, error, Interval(row.lo, row.hi), groups)

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
        (subject, measure): KpiRow(*figures)
        for subject, measure, *figures in zip(*(column.tolist() for column in scored.soft.kpi_rows), strict=True)
    }
    for rows in groups.values():
        rows.sort(key=lambda row: row.figure.groups)
    items: defaultdict[int, list[int]] = defaultdict(list)
    numbers = {m.kpi.kpi_id: number for number, m in enumerate(scored.judged.measures) if m.item is None}
    for number, measure in enumerate(scored.judged.measures):
        if measure.item is not None:
            items[numbers[measure.kpi.kpi_id]].append(number)
    numbered = {(figure.subject, figure.groups): number for number, figure in enumerate(scored.judged.figures)}
    names = {
        figure.groups: tuple(frozen.groups[group].rater_group.value for group in figure.groups)
        for figure in scored.judged.figures
    }
    return Tables(frozen, scored, groups, kpis, _asked_by_subject(frozen, asked), items, numbered, names)


def minimum_of(frozen: FrozenRound, place: int, groups: Sequence[int]) -> int:
    """The least number of people that a row of these groups needs; what "fewer than" says."""
    k = max(frozen.groups[group].k for group in groups)
    return k if frozen.subjects[place].kind is SubjectKind.PERSON else max(UNIT_RATERS, k)


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
