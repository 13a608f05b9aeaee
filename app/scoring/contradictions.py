"""Figures that speak against each other, as findings with the first question to ask; the words are found elsewhere.

===============  ==========================================================
Name             Meaning
===============  ==========================================================
Kind             rated or measured
Question         key of the first question of the talk
KpiMove          the change of one KPI
OwnRating        somebody's own rating beside that of the others
Finding          two figures that speak against each other
contradictions   all of them, the strongest first
===============  ==========================================================
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from app.deferred import dataclass
from app.scoring.directions import Direction
from app.scoring.errors import ScoringError
from app.scoring.moves import LEAST_CHANGE, Move, real_moves
from app.scoring.results import Interval
from app.scoring.selfview import LEAST_GAP, View, view_of


class Kind(StrEnum):
    """Rated by people, or measured."""

    SOFT = "soft"
    HARD = "hard"


class Question(StrEnum):
    """Key of the first question of the talk; the set is closed, pages have one sentence for each.

    cost_of_result : the result is better and the behaviour worse: what did it cost?
    reach_of_behaviour : the behaviour is better and the result worse: does it reach the result, or did another thing
        change?
    more_at_less_yield : there is more of it, and less comes of each: is it the right work?
    less_at_more_yield : more comes of each, and there is less of it: are only the easy ones taken?
    blind_spot : somebody rates himself far above the others: what do they see?
    hidden_strength : far below the others: what holds it back?
    """

    COST_OF_RESULT = "cost_of_result"
    REACH_OF_BEHAVIOUR = "reach_of_behaviour"
    MORE_AT_LESS_YIELD = "more_at_less_yield"
    LESS_AT_MORE_YIELD = "less_at_more_yield"
    BLIND_SPOT = "blind_spot"
    HIDDEN_STRENGTH = "hidden_strength"


@dataclass(frozen=True, slots=True)
class KpiMove:
    """The change of one KPI between two rounds or periods, the same two for all KPIs.

    kpi : number
    kind : soft or hard
    move : later less earlier, in points or in the unit of the KPI
    direction : which way is better, higher for points
    least : smallest change that matters, > 0, in the unit of the change

    Raises
    ------
    ScoringError : a KPI is best in a range, so that its change has no direction: give it in points
    """

    kpi: int
    kind: Kind
    move: Move
    direction: Direction = Direction.HIGHER
    least: float = LEAST_CHANGE

    def __post_init__(self) -> None:
        """Refuse a change that has no good side, or any size."""
        if self.direction is Direction.IN_RANGE or not 0 < self.least < math.inf:
            msg = f"the change of kpi {self.kpi} needs a better side and a least change above 0"
            raise ScoringError(msg)

    @property
    def gain(self) -> float:
        """Change to the better, in least changes; negative if worse.

        >>> KpiMove(1, Kind.HARD, Move(-30.0, 4.0), Direction.LOWER, least=10.0).gain
        3.0
        """
        sign = 1 if self.direction is Direction.HIGHER else -1
        return sign * self.move.difference / self.least


class OwnRating(NamedTuple):
    """Somebody's own rating of a KPI beside the score of the others.

    kpi : number
    own : 0..100, taken as it is
    others : 0..100, without self
    interval : of the others, as readers see it
    """

    kpi: int
    own: float
    others: float
    interval: Interval


class Finding(NamedTuple):
    """Two figures that speak against each other.

    question : key of the first question
    kpis : soft before hard, amount before yield; one for an own rating
    strength : the smaller of the two changes in least changes, or the gap in least gaps
    """

    question: Question
    kpis: tuple[int, ...]
    strength: float


def contradictions(
    moves: Sequence[KpiMove],
    *,
    related: Sequence[tuple[int, int]] | None = None,
    amount_yield: Sequence[tuple[int, int]] = (),
    own: Sequence[OwnRating] = (),
) -> list[Finding]:
    """Figures that speak against each other.

    Parameters
    ----------
    moves : changes of soft and hard KPIs, each KPI once
    related : soft and hard KPI that belong together; every soft with every hard if none
    amount_yield : hard KPIs that belong together, how much and how much comes of each: sales and conversion
    own : own ratings, where the others may be shown

    Returns
    -------
    Findings, the strongest first; ties in the order of the pairs. A pair with a KPI that did not move is left out.

    Raises
    ------
    ScoringError : a KPI has two changes

    Formula: both changes real (`moves.real_moves`) and their gains of opposite sign; own rating: 10 points from the
    others and outside their interval.
    Source: docs/scoring.md, section "Contradictions".

    >>> answer_time = KpiMove(1, Kind.HARD, Move(-25.0, 3.0), Direction.LOWER, least=10.0)
    >>> first_impression = KpiMove(0, Kind.SOFT, Move(-9.0, 2.5))
    >>> found = contradictions([first_impression, answer_time], own=[OwnRating(0, 90, 71, Interval(60, 80))])
    >>> [(finding.question.value, finding.kpis, finding.strength) for finding in found]
    [('blind_spot', (0,), 1.9), ('cost_of_result', (0, 1), 1.8)]
    """
    if len({move.kpi for move in moves}) < len(moves):
        msg = "a kpi can have one change only"
        raise ScoringError(msg)
    real = real_moves([move.move for move in moves], [move.least for move in moves])
    gains = {move.kpi: move.gain for move, is_real in zip(moves, real, strict=True) if is_real}
    soft, hard = ([move.kpi for move in moves if move.kind is kind] for kind in (Kind.SOFT, Kind.HARD))
    pairs = itertools.product(soft, hard) if related is None else related
    found = [
        *_opposed(pairs, gains, Question.REACH_OF_BEHAVIOUR, Question.COST_OF_RESULT),
        *_opposed(amount_yield, gains, Question.MORE_AT_LESS_YIELD, Question.LESS_AT_MORE_YIELD),
        *_far_apart(own),
    ]
    return sorted(found, key=lambda finding: -finding.strength)


def _opposed(
    pairs: Iterable[tuple[int, int]], gains: Mapping[int, float], first_gains: Question, second_gains: Question
) -> Iterator[Finding]:
    for one, other in pairs:
        gain, against = gains.get(one, 0.0), gains.get(other, 0.0)
        if gain * against < 0:
            question = first_gains if gain > 0 else second_gains
            yield Finding(question, (one, other), min(abs(gain), abs(against)))


def _far_apart(own: Sequence[OwnRating]) -> Iterator[Finding]:
    for rating in own:
        question = _APART.get(view_of(rating.own, rating.others, rating.interval))
        if question is not None:
            yield Finding(question, (rating.kpi,), abs(rating.own - rating.others) / LEAST_GAP)


_APART = {View.BLIND_SPOT: Question.BLIND_SPOT, View.HIDDEN_STRENGTH: Question.HIDDEN_STRENGTH}
