"""A figure as it is released beside what it would be: does it move, why, and how sure is it. Pure.

Intervals of the other policy are made of the published ones alone, in whole points: else their ends under ever other
weights would tell the spread of a small group (docs/anonymity.md, "What-ifs").
"""

import math
from collections.abc import Mapping

from app.deferred import dataclass
from app.releases.lookup import GroupRow, Tables
from app.releases.moves import Move, MovePart
from app.releases.rerun import is_same
from app.releases.values import Score, ScoreStatus
from app.scoring.explain import change
from app.scoring.intervals import outward
from app.scoring.recovered import Known, distances, interval_within, thinned
from app.scoring.results import Composite, HardScore, Part

Key = tuple[str, str | None]
"""Subject and KPI; no KPI for the composite."""


@dataclass(frozen=True, slots=True)
class Sides:
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
        plain = before._replace(se=None, df=None) if before is not None else None
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
        return score._replace(lo=lo, hi=hi, se=None, df=None, details=None)

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
    middle = math.fsum(weight * score for weight, score in (*old, *new)) / 2
    return tuple(
        MovePart(*name, one.by_score, one.by_weight, one.by_weight - middle * (w1 - w0))
        for name, one, (w0, _), (w1, _) in zip(names, changes, old, new, strict=True)
    )


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
