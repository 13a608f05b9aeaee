"""Who is compared with whom, like for like: the figures that rankings stand on, by unit and kind of subject. Pure.

Kept as they are at the seal, for the places and the statements that are read off them. Where a figure stands on an atom
under twice its minimum its error is not kept either (R7): what is said of it follows from its ends as shown.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from app.deferred import dataclass
from app.organisation.values import UNIT_KINDS, SubjectKind
from app.releases.lookup import GroupRow, Tables
from app.releases.rows import score_ends
from app.releases.score import mixes_of
from app.releases.values import LeftOut, Uncompared
from app.rounds.values import FrozenSubject
from app.scoring.comparison import Compared, alike, like_for_like
from app.scoring.composite import LEAST_KPI_WEIGHT
from app.scoring.ranking import LEAST_SUBJECTS
from app.scoring.results import Certainty, Composite, HardScore, Interval
from app.scoring.scorecards import CardEntry, Form, Scorecard
from app.scoring.soft import RaterMix
from app.scoring.weights import reaches

Document = dict[str, Any]
RANKED_KINDS = (SubjectKind.PERSON, SubjectKind.TEAM, SubjectKind.DEPARTMENT)


class Comparison(NamedTuple):
    """What is compared below a unit, or with the competitors of one."""

    unit_id: str
    kind: SubjectKind
    document: Document


def comparisons(tables: Tables) -> Iterator[Comparison]:
    """Every unit with five subjects of a kind below it, and every one with competitors."""
    subjects, measures = tables.frozen.subjects, tables.scored.judged.measures
    mixes = [mix for mix in mixes_of(tables.scored.judged) if measures[mix.kpi].item is None]
    for (unit, kind), places in _below(subjects).items():
        if kind is SubjectKind.COMPETITOR:
            yield Comparison(subjects[unit].id, kind, _with_competitors(tables, unit, places))
        elif len(places) >= LEAST_SUBJECTS:
            made = _Maker(tables, mixes, places)
            commonest, *peers = made.composites()
            document = {"composite": commonest, "peers": peers, "kpis": dict(made.kpis())}
            yield Comparison(subjects[unit].id, kind, document)


def _below(subjects: Sequence[FrozenSubject]) -> dict[tuple[int, SubjectKind], list[int]]:
    """By unit and kind the subjects anywhere below; competitors only right below."""
    places = {subject.id: place for place, subject in enumerate(subjects)}
    found: defaultdict[tuple[int, SubjectKind], list[int]] = defaultdict(list)
    for place, subject in enumerate(subjects):
        above = places.get(subject.parent_id or "")
        while above is not None:
            if subjects[above].kind in UNIT_KINDS:
                found[above, subject.kind].append(place)
            above = None if subject.kind is SubjectKind.COMPETITOR else places.get(subjects[above].parent_id or "")
    return {key: of_kind for key, of_kind in found.items() if key[1] in (*RANKED_KINDS, SubjectKind.COMPETITOR)}


@dataclass(frozen=True, slots=True)
class _Maker:
    """The comparisons among some subjects of one kind."""

    tables: Tables
    mixes: Sequence[RaterMix]
    places: Sequence[int]

    def composites(self) -> list[Document]:
        """Over the commonest card, then over each other card that five or more have a composite on.

        Who has another card, or no composite, is left out of each.
        """
        scored = [place for place in self.places if isinstance(self.tables.scored.composites.get(place), Composite)]
        cards = {place: self._card(place) for place in scored}
        if not cards:
            return [self._refused(Uncompared.TOO_FEW_SUBJECTS, [], dict.fromkeys(self.places, LeftOut.NO_SCORE))]
        counted = Counter(cards.values())
        # Cards that are equally common come in the same order always.
        first, *others = sorted(counted, key=lambda one: (-counted[one], repr(one)))
        enough = [card for card in others if counted[card] >= LEAST_SUBJECTS]
        return [self._on_card(card, cards) for card in (first, *enough)]

    def _on_card(self, card: Scorecard, cards: Mapping[int, Scorecard]) -> Document:
        """Those who have one card among all."""
        chosen = [place for place, one in cards.items() if one == card]
        left_out = {
            place: LeftOut.OTHER_CARD if place in cards else LeftOut.NO_SCORE
            for place in self.places
            if place not in chosen
        }
        names = self._names()
        whole = math.fsum(entry.weight for entry in card.entries)
        lines = [[names[entry.kpi], entry.weight / whole] for entry in card.entries if entry.weight > 0]
        return {**self._compared(card, chosen, left_out, least=LEAST_KPI_WEIGHT), "card": lines}

    def kpis(self) -> Iterator[tuple[str, Document]]:
        """Each KPI by itself, among those who have it on their card."""
        for kpi_id, number in self._numbers().items():
            having = [place for place in self.places if self._is_on_card(place, kpi_id)]
            told = {place: self._lacking(place, number) for place in having}
            scored = [place for place, why in told.items() if why is None]
            left_out = {place: why for place, why in told.items() if why is not None}
            if len(having) >= LEAST_SUBJECTS:
                yield kpi_id, self._compared(Scorecard((CardEntry(number, 1.0),)), scored, left_out, least=1.0)

    def _numbers(self) -> dict[str, int]:
        measures = enumerate(self.tables.scored.judged.measures)
        soft = {one.kpi.kpi_id: number for number, one in measures if one.item is None}
        return {**soft, **self.tables.scored.hard_numbers}

    def _names(self) -> dict[int, str]:
        return {number: kpi_id for kpi_id, number in self._numbers().items()}

    def _card(self, place: int) -> Scorecard:
        subject, numbers = self.tables.frozen.subjects[place], self._numbers()
        entries = (CardEntry(numbers[line.kpi_id], line.weight) for line in subject.card if line.kpi_id in numbers)
        return Scorecard(tuple(sorted(entries, key=lambda one: one.kpi)), Form(subject.form))

    def _is_on_card(self, place: int, kpi_id: str) -> bool:
        return any(line.kpi_id == kpi_id for line in self.tables.frozen.subjects[place].card)

    def _lacking(self, place: int, number: int) -> LeftOut | None:
        """Why a KPI of a subject cannot be compared by itself."""
        figure = self.tables.scored.hard.get((place, number))
        if isinstance(figure, HardScore):
            return LeftOut.ERROR_UNKNOWN if figure.measured.certainty is Certainty.UNKNOWN else None
        is_rated = any(row.weight > 0 for row in self.tables.groups.get((place, number), ()))
        return None if is_rated else LeftOut.NO_SCORE

    def _compared(
        self, card: Scorecard, chosen: Sequence[int], left_out: Mapping[int, LeftOut], *, least: float
    ) -> Document:
        soft, hard = self.tables.scored.soft, self.tables.scored.hard
        kept = alike(soft, hard, card, self.mixes, chosen)
        kept = kept if len(kept) >= LEAST_SUBJECTS else tuple(chosen)
        left_out = {**left_out, **{place: LeftOut.OTHER_GROUPS for place in chosen if place not in kept}}
        if len(kept) < LEAST_SUBJECTS:
            return self._refused(Uncompared.TOO_FEW_SUBJECTS, kept, left_out)
        found = like_for_like(soft, hard, card, self.mixes, kept)
        if not isinstance(found, Compared) or not reaches(found.coverage, least):
            return self._refused(Uncompared.TOO_LITTLE_SHARED, kept, left_out)
        return {
            "reason": None,
            "coverage": found.coverage,
            "basis": list(self._basis(card, found)),
            "unsure": sorted({self._names()[kpi] for place in kept for kpi in found.composites[place].unsure}),
            "entries": [self._entry(place, found) for place in kept],
            "left_out": self._named(left_out),
        }

    def _refused(self, reason: Uncompared, kept: Iterable[int], left_out: Mapping[int, LeftOut]) -> Document:
        everybody = {**left_out, **dict.fromkeys(kept, None)}
        return {
            "reason": reason.value,
            "coverage": None,
            "basis": [],
            "unsure": [],
            "entries": [],
            "left_out": self._named({place: why for place, why in everybody.items() if why is not None}),
        }

    def _named(self, left_out: Mapping[int, LeftOut]) -> list[list[str]]:
        return [[self.tables.frozen.subjects[place].id, why.value] for place, why in sorted(left_out.items())]

    def _basis(self, card: Scorecard, found: Compared) -> Iterator[Document]:
        """The KPIs that take part, with the rater groups that all have and their share of the weight that takes part."""
        names = self._names()
        weights = {entry.kpi: entry.weight for entry in card.entries if entry.kpi in found.kpis}
        for number in found.kpis:
            groups = found.groups.get(number, ())
            yield {
                "kpi_id": names[number],
                "share": weights[number] / sum(weights.values()),
                "rater_groups": [list(group) for group in groups],
            }

    def _entry(self, place: int, found: Compared) -> Document:
        composite = found.composites[place]
        small = any(
            self.tables.is_small(row)
            for number in found.kpis
            for row in self.tables.groups.get((place, number), ())
            if self.tables.names[row.figure.groups] in found.groups.get(number, ())
        )
        lo, hi = score_ends(composite.interval, small=small)
        subject_id = self.tables.frozen.subjects[place].id
        return _figure(subject_id, composite.score, (lo, hi), composite.uncertainty.se, small=small)


def _figure(subject_id: str, score: float, ends: tuple[float, float], se: float, *, small: bool) -> Document:
    lo, hi = ends
    return {
        "subject_id": subject_id,
        "score": min(max(score, lo), hi),
        "lo": lo,
        "hi": hi,
        "se": None if small else se,
    }


def _with_competitors(tables: Tables, unit: int, competitors: Sequence[int]) -> Document:
    """Each KPI and rater group on which the unit and a competitor have a figure, the unit first."""
    shared: defaultdict[tuple[int, tuple[str, ...]], list[tuple[int, GroupRow]]] = defaultdict(list)
    for place in (unit, *competitors):
        for measure, one in enumerate(tables.scored.judged.measures):
            for row in tables.groups.get((place, measure), ()) if one.item is None else ():
                shared[measure, tables.names[row.figure.groups]].append((place, row))
    return {
        "kpis": [
            {
                "kpi_id": tables.scored.judged.measures[measure].kpi.kpi_id,
                "rater_groups": list(names),
                "entries": [_group_figure(tables, place, row) for place, row in rows],
            }
            for (measure, names), rows in shared.items()
            if len(rows) > 1 and rows[0][0] == unit
        ]
    }


def _group_figure(tables: Tables, place: int, row: GroupRow) -> Document:
    small = tables.is_small(row)
    ends = score_ends(Interval(row.lo, row.hi), small=small)
    figure = _figure(tables.frozen.subjects[place].id, row.mean, ends, row.se, small=small)
    return figure | {"raters": row.n}
