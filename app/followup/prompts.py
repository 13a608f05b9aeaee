"""From released figures of a subject to what speaks against each other. Pure; the questions are worded by the pages."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from app.deferred import dataclass
from app.followup.rules import MOST_POINTS, are_related, definition_of, is_amount_with_yield
from app.followup.series import are_alike
from app.followup.values import Basis, KpiName, Prompt
from app.kpis.values import Aggregation, Direction, Kpi, KpiKind
from app.releases.values import Score, ScoreStatus
from app.rounds.values import FrozenKpi, Goalposts
from app.scoring.contradictions import Finding, Kind, KpiMove, OwnRating, contradictions
from app.scoring.goalposts import DEFAULT_TARGET_SCORE
from app.scoring.moves import Move, move_between
from app.scoring.results import Certainty, Interval

SELF = ("self",)


@dataclass(frozen=True, slots=True)
class Standing:
    """What one release says of a subject.

    scores : its rows
    kpis : as they were frozen, by id
    targets : goalposts that applied, by KPI
    """

    release_id: str
    scores: Sequence[Score]
    kpis: Mapping[str, FrozenKpi]
    targets: Mapping[str, Goalposts]

    def sure(self) -> dict[str, Score]:
        """The KPIs with a score whose error is known."""
        return {score.kpi_id: score for score in self.scores if score.kpi_id is not None and _is_sure(score)}

    def target_of(self, kpi_id: str) -> float:
        """What the target of a KPI is worth; of a soft one, "agree, 4 of 5"."""
        posts = self.targets.get(kpi_id)
        is_most = posts is not None and (posts.target is None or posts.stretch is None)
        return MOST_POINTS if is_most else DEFAULT_TARGET_SCORE

    def asks_as(self, other: "Standing", kpi_id: str) -> bool:
        """Whether a KPI was asked, or measured against goalposts, as in another release."""
        one, before = self.kpis[kpi_id], other.kpis[kpi_id]
        if one.kind is KpiKind.SOFT:
            return are_alike(definition_of(one), definition_of(before))
        return one.measure == before.measure and self.targets.get(kpi_id) == other.targets.get(kpi_id)


@dataclass(frozen=True, slots=True)
class Together:
    """Which KPIs belong together, and what they are called.

    kpis : by id, in the version of today
    goals : the goal above each
    """

    kpis: Mapping[str, Kpi]
    names: Mapping[str, KpiName]
    goals: Mapping[str, str | None]

    def related(self, kpi_ids: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Soft and hard KPI on one way to a goal, by their places."""
        for (one, soft), (other, hard) in itertools.product(enumerate(kpi_ids), repeat=2):
            is_pair = self.kpis[soft].kind is KpiKind.SOFT and self.kpis[hard].kind is KpiKind.HARD
            if is_pair and self._are_related(soft, hard):
                yield one, other

    def amounts(self, kpi_ids: Sequence[str]) -> Iterator[tuple[int, int]]:
        """How much there is and how much comes of each, by their places."""
        for (one, amount), (other, each) in itertools.permutations(enumerate(kpi_ids), 2):
            if is_amount_with_yield(self._measure(amount), self._measure(each)) and self._are_related(amount, each):
                yield one, other

    def _measure(self, kpi_id: str) -> tuple[Aggregation | None, Direction | None]:
        version = self.kpis[kpi_id].current
        return version.aggregation, version.direction

    def _are_related(self, one: str, other: str) -> bool:
        return are_related(self.kpis[one].goal_id, self.kpis[other].goal_id, self.goals)


def prompts_of(now: Standing, before: Standing | None, together: Together) -> tuple[Prompt, ...]:
    """What speaks against each other: in what a release says, and in what has changed since the one before."""
    sure = {kpi_id: score for kpi_id, score in now.sure().items() if kpi_id in together.kpis}
    levels = {kpi_id: _from_target(score, now.target_of(kpi_id)) for kpi_id, score in sure.items()}
    changes = {} if before is None else dict(_changes(now, before, sure))
    found = [
        *_prompts(levels, together, Basis.LEVEL, list(_own(now, sure))),
        *_prompts(changes, together, Basis.CHANGE, []),
    ]
    return tuple(sorted(found, key=lambda prompt: -prompt.strength))


def _prompts(
    moves: Mapping[str, Move], together: Together, basis: Basis, own: Sequence[tuple[str, float, float, Interval]]
) -> Iterator[Prompt]:
    ids = list(dict.fromkeys([*moves, *(kpi_id for kpi_id, *_ in own)]))
    kinds = {KpiKind.SOFT: Kind.SOFT, KpiKind.HARD: Kind.HARD}
    found = contradictions(
        [KpiMove(ids.index(kpi_id), kinds[together.kpis[kpi_id].kind], move) for kpi_id, move in moves.items()],
        related=list(together.related(ids)),
        amount_yield=list(together.amounts(ids)),
        own=[OwnRating(ids.index(kpi_id), score, others, ends) for kpi_id, score, others, ends in own],
    )
    gaps = {kpi_id: score - others for kpi_id, score, others, _ in own}
    for finding in found:
        yield _prompt(finding, ids, moves, gaps, together, basis)


def _prompt(
    finding: Finding,
    ids: Sequence[str],
    moves: Mapping[str, Move],
    gaps: Mapping[str, float],
    together: Together,
    basis: Basis,
) -> Prompt:
    kpi_ids = [ids[place] for place in finding.kpis]
    is_own = len(kpi_ids) == 1
    return Prompt(
        question=finding.question,
        basis=basis,
        kpis=tuple(together.names[kpi_id] for kpi_id in kpi_ids),
        differences=tuple(gaps[kpi_id] if is_own else moves[kpi_id].difference for kpi_id in kpi_ids),
        strength=finding.strength,
    )


def _changes(now: Standing, before: Standing, sure: Mapping[str, Score]) -> Iterator[tuple[str, Move]]:
    earlier = before.sure()
    for kpi_id, score in sure.items():
        if kpi_id in earlier and now.asks_as(before, kpi_id):
            old = earlier[kpi_id]
            yield kpi_id, move_between(_value(old), _ends(old), _value(score), _ends(score))


def _from_target(score: Score, target: float) -> Move:
    return move_between(target, Interval(target, target), _value(score), _ends(score))


def _own(now: Standing, sure: Mapping[str, Score]) -> Iterable[tuple[str, float, float, Interval]]:
    for score in now.scores:
        if score.rater_groups == SELF and score.item_id is None and score.score is not None:
            others = sure.get(score.kpi_id or "")
            if others is not None and others.kpi_id is not None:
                yield others.kpi_id, score.score, _value(others), _ends(others)


def _is_sure(score: Score) -> bool:
    is_whole = score.item_id is None and not score.rater_groups and score.status is ScoreStatus.OK
    return is_whole and (score.details or {}).get("certainty") != Certainty.UNKNOWN


def _value(score: Score) -> float:
    return 0.0 if score.score is None else score.score


def _ends(score: Score) -> Interval:
    return Interval(_value(score) if score.lo is None else score.lo, _value(score) if score.hi is None else score.hi)
