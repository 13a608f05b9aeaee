"""A released round computed under another policy, and who moves because of it. Pure.

What is shown of the other policy is made of the readable rows of the release and of whole released atoms, nothing
else: means of atoms, which larger minimums may only join or withhold, and intervals of sums from the intervals that
are published (docs/anonymity.md, "What-ifs"). What the release withholds stays withheld.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from app.releases.lookup import GroupRow, Tables, tables_of
from app.releases.methods import Method
from app.releases.partition import JudgedRound, Laid, Measure, judged_of
from app.releases.recompute import hard_kept
from app.releases.rerun import Kept, asked_of, is_same, tables_again
from app.releases.rules import ReleaseAstray
from app.releases.score import hard_numbers
from app.releases.values import Score, ScoreStatus
from app.rounds.preview import atom_groups
from app.rounds.values import FrozenRound, FrozenSubject
from app.scoring.atoms import Pooling
from app.scoring.coarsening import coarsened, joined
from app.scoring.explain import change
from app.scoring.intervals import outward
from app.scoring.recovered import Known, distances, interval_within, thinned
from app.scoring.results import Composite, HardScore, Part
from app.scoring.standing import cells_of


class Way(StrEnum):
    """Which way a figure goes: up or down, or it is withheld, comes about, or is no longer on the card."""

    UP = "up"
    DOWN = "down"
    WITHHELD = "withheld"
    APPEARS = "appears"
    OFF_CARD = "off_card"


@dataclass(frozen=True, slots=True)
class MovePart:
    """What a KPI, or a rater group of a KPI, adds to a change: through its score, and through its weight."""

    kpi_id: str
    rater_groups: tuple[str, ...]
    by_score: float
    by_weight: float


@dataclass(frozen=True, slots=True)
class Move:
    """A figure that would be another one: the composite of a subject (no KPI), or a KPI.

    before, after : as released, and as it would be; none for a KPI that is not on the card
    parts : add up to the change; none where there is no score on one side, and for hard KPIs
    """

    subject: FrozenSubject
    kpi_id: str | None
    before: Score | None
    after: Score | None
    parts: tuple[MovePart, ...]

    @property
    def change(self) -> float | None:
        """Points after less points before."""
        if self.before is None or self.after is None or self.before.score is None or self.after.score is None:
            return None
        return self.after.score - self.before.score

    @property
    def way(self) -> Way:
        """Which way it goes."""
        if self.change is not None:
            return Way.UP if self.change > 0 else Way.DOWN
        if self.after is None:
            return Way.OFF_CARD
        return Way.APPEARS if self.after.score is not None else Way.WITHHELD


@dataclass(frozen=True, slots=True)
class Compared:
    """What a what-if would move: by size, what has no size first; and how many figures were compared."""

    moves: tuple[Move, ...]
    figures: int


def compared(kept: Kept, method: Method, changed: FrozenRound) -> Compared:
    """Who would move, had a released round been scored as `changed`.

    Raises
    ------
    ReleaseAstray : the release does not follow from what is kept of it, so nothing can be said
    """
    before = tables_again(kept, method)
    released = _figures_of(kept.scores)
    _check(released, before, method)
    after = _tables_after(kept, method, before, changed)
    sides = _Sides(before, after, released, _groups_of(kept.scores))
    places = {subject.id: place for place, subject in enumerate(kept.frozen.subjects)}
    computed = _figures_of(method.rows(after))
    moves = []
    for key in {**released, **computed}:
        subject_id, kpi_id = key
        move = sides.move(places[subject_id], kpi_id, computed.get(key))
        if move is not None:
            moves.append(move)
    moves.sort(
        key=lambda move: (-abs(move.change) if move.change is not None else -100.5, move.subject.name.casefold())
    )
    return Compared(tuple(moves), len(released))


Key = tuple[str, str | None]


def _figures_of(scores: Sequence[Score] | Iterator[Score]) -> dict[Key, Score]:
    """Composites and KPIs by subject and KPI."""
    return {(score.subject_id, score.kpi_id): score for score in scores if not score.rater_groups}


def _groups_of(scores: Sequence[Score]) -> dict[Key, list[Score]]:
    """The readable group scores of each KPI of each subject."""
    found: defaultdict[Key, list[Score]] = defaultdict(list)
    for score in scores:
        if score.rater_groups and score.item_id is None and score.score is not None:
            found[score.subject_id, score.kpi_id].append(score)
    return dict(found)


def _check(released: Mapping[Key, Score], before: Tables, method: Method) -> None:
    again = _figures_of(method.rows(before))
    if released.keys() != again.keys() or not all(
        is_same(one.score, again[key].score) for key, one in released.items()
    ):
        raise ReleaseAstray


# ------------------------------------------------------------ the other policy


def _tables_after(kept: Kept, method: Method, before: Tables, changed: FrozenRound) -> Tables:
    judged = before.scored.judged
    if [policy.k for policy in changed.groups] != [policy.k for policy in kept.frozen.groups]:
        judged = _raised(judged, kept.frozen, changed)
    kpis = {kpi.kpi_id: kpi for kpi in changed.kpis}
    # Only what KPIs weigh is another thing; what was asked, and may be read, is settled by the release.
    weighed = replace(judged, measures=tuple(Measure(kpis[one.kpi.kpi_id], one.item) for one in judged.measures))
    hard = hard_kept(changed, hard_numbers(changed, weighed), kept.scores)
    return tables_of(changed, method.score(changed, weighed, hard), asked_of(kept.marks))


def _raised(judged: JudgedRound, frozen: FrozenRound, changed: FrozenRound) -> JudgedRound:
    """The released atoms under larger minimums; a row needs a row of the release for each of its groups."""
    coarser = coarsened(judged.made, atom_groups(changed), Pooling(frozen.pooling))
    places = {cell.key: place for place, cell in enumerate(cells_of(judged.made))}
    order = np.array([places[cell.key] for cell in cells_of(coarser.made)], np.int64)
    nothing = np.zeros(0, np.int64)
    raised = judged_of(
        judged.measures,
        Laid(judged.cells, nothing, (nothing, nothing, np.zeros(0))),
        coarser.made,
        (judged.asked[order], judged.valid[order]),
        joined(judged.released, coarser.into, len(coarser.made.atoms)),
    )
    shown: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    for figure, measure in np.argwhere(judged.is_shown).tolist():
        shown[judged.figures[figure].subject, measure].update(judged.figures[figure].groups)
    is_shown = raised.is_shown.copy()
    for figure, measure in np.argwhere(raised.is_shown).tolist():
        one = raised.figures[figure]
        is_shown[figure, measure] = shown[one.subject, measure].issuperset(one.groups)
    return replace(raised, is_shown=is_shown)


# ------------------------------------------------------------ before beside after


@dataclass(frozen=True, slots=True)
class _Sides:
    """Both policies, and the readable figures of the release."""

    before: Tables
    after: Tables
    released: Mapping[Key, Score]
    groups: Mapping[Key, list[Score]]

    def move(self, place: int, kpi_id: str | None, computed: Score | None) -> Move | None:
        """How one figure of a subject moves; none if it does not."""
        subject = self.after.frozen.subjects[place]
        before = self.released.get((subject.id, kpi_id))
        if not _differ(before, computed):
            return None
        after = computed if computed is None or computed.score is None else self._with_ends(place, kpi_id, computed)
        parts = self._parts(place, kpi_id) if before is not None and before.score is not None else ()
        plain = replace(before, se=None, df=None) if before is not None else None
        return Move(subject, kpi_id, plain, after, parts if after is not None and after.score is not None else ())

    def _with_ends(self, place: int, kpi_id: str | None, score: Score) -> Score:
        """The score with an interval made of published ones, in whole points outward.

        It is as much wider than what its parts give as the released interval is, which knows more of the raters.
        """
        ends = distances(*self._terms(self.after, place, kpi_id))
        before = self.released.get((score.subject_id, kpi_id))
        if before is not None and before.score is not None:
            own = distances(*self._terms(self.before, place, kpi_id))
            known = _known_of(before)
            ends = _stretched(ends[0], known.below, own[0]), _stretched(ends[1], known.above, own[1])
        lo, hi = outward(interval_within(score.score or 0.0, *ends))
        return replace(score, lo=lo, hi=hi, se=None, df=None, details=None)

    def _terms(self, tables: Tables, place: int, kpi_id: str | None) -> tuple[list[float], list[Known]]:
        """Weights and scores that a figure is made of, down to rater groups and measured values."""
        if kpi_id is not None:
            return self._kpi_terms(tables, place, kpi_id, 1.0)
        weights: list[float] = []
        known: list[Known] = []
        for part in _parts_of(tables, place):
            more = self._kpi_terms(tables, place, _kpi_id(tables, part.kpi), part.weight)
            weights += more[0]
            known += more[1]
        return weights, known

    def _kpi_terms(self, tables: Tables, place: int, kpi_id: str, weight: float) -> tuple[list[float], list[Known]]:
        number = tables.scored.hard_numbers.get(kpi_id)
        figure = tables.scored.hard.get((place, number)) if number is not None else None
        if isinstance(figure, HardScore):
            ends = figure.interval
            return [weight], [Known(figure.score, figure.score - ends.lo, ends.hi - figure.score)]
        rows = _counting(tables, place, kpi_id)
        return [weight * row.share for row in rows], [self._known(place, kpi_id, row) for row in rows]

    def _known(self, place: int, kpi_id: str, row: GroupRow) -> Known:
        """A group mean with its published interval, or with one made of those of its groups, for its own size."""
        released = self.groups.get((self.after.frozen.subjects[place].id, kpi_id), [])
        names = _names(self.after, row)
        source = row.figure.groups[0]
        for one in released:
            if one.rater_groups == names and one.raters == row.n and is_same(one.score, row.mean):
                return _known_of(one)._replace(source=source)
        near = [one for one in released if set(one.rater_groups) & set(names)]
        below, above = thinned([_known_of(one) for one in near], [one.raters or 0 for one in near], row.n)
        return Known(row.mean, below, above, source)

    def _parts(self, place: int, kpi_id: str | None) -> tuple[MovePart, ...]:
        before, after = (_side(tables, place, kpi_id) for tables in (self.before, self.after))
        return _decomposed(before, after) if before and after else ()


Side = dict[tuple[str, tuple[str, ...]], tuple[float, float]]


def _side(tables: Tables, place: int, kpi_id: str | None) -> Side:
    """Share and score of what a figure is made of under one policy."""
    if kpi_id is None:
        return {(_kpi_id(tables, part.kpi), ()): (part.weight, part.score) for part in _parts_of(tables, place)}
    return {(kpi_id, _names(tables, row)): (row.share, row.mean) for row in _counting(tables, place, kpi_id)}


def _decomposed(before: Side, after: Side) -> tuple[MovePart, ...]:
    """What each part adds to the change; one that is on one side only has no weight on the other."""
    names = list({**before, **after})
    old = [before.get(name, (0.0, after.get(name, (0.0, 0.0))[1])) for name in names]
    new = [after.get(name, (0.0, before.get(name, (0.0, 0.0))[1])) for name in names]
    changes = change(*([one[0] for one in old], [one[1] for one in old]), *zip(*new, strict=True))
    return tuple(MovePart(*name, one.by_score, one.by_weight) for name, one in zip(names, changes, strict=True))


def _differ(before: Score | None, after: Score | None) -> bool:
    """Whether a figure is another one; a KPI that was and is withheld, or was never there, is not."""
    scores = [one.score if one is not None and one.status is ScoreStatus.OK else None for one in (before, after)]
    return not is_same(*scores)


def _known_of(score: Score) -> Known:
    total = score.score or 0.0
    lo, hi = (total if end is None else end for end in (score.lo, score.hi))
    return Known(total, total - lo, hi - total)


def _stretched(end: float, published: float, recovered: float) -> float:
    return end * published / recovered if recovered else end


def _parts_of(tables: Tables, place: int) -> tuple[Part, ...]:
    composite = tables.scored.composites.get(place)
    return composite.parts if isinstance(composite, Composite) else ()


def _counting(tables: Tables, place: int, kpi_id: str) -> list[GroupRow]:
    """The rows of a soft KPI that weigh in its score."""
    measures = enumerate(tables.scored.judged.measures)
    number = next((one for one, measure in measures if measure.item is None and measure.kpi.kpi_id == kpi_id), -1)
    return [row for row in tables.groups.get((place, number), ()) if row.share > 0]


def _names(tables: Tables, row: GroupRow) -> tuple[str, ...]:
    return tuple(tables.frozen.groups[group].rater_group.value for group in row.figure.groups)


def _kpi_id(tables: Tables, number: int) -> str:
    measures = tables.scored.judged.measures
    if number < len(measures):
        return measures[number].kpi.kpi_id
    return next(kpi_id for kpi_id, place in tables.scored.hard_numbers.items() if place == number)
