"""Change of a soft KPI between two rounds, with its interval; which change of a list stands is told in `discoveries`.

==================  =============================================================
Name                Meaning
==================  =============================================================
Definition          what a KPI asked in a round, as far as figures hang on it
Measurement         definition and score of one round
Change              the change, group by group and together
NoTrend             why there is none
incomparable        why two definitions cannot be compared, if so
change_between      the change from one round to another
==================  =============================================================

The error of a difference is that of `repeated`; cards change in `card_trend`.
"""

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from app.deferred import dataclass
from app.scoring.repeated import READER_CORRELATION, Difference, ErrorPart, Repeated, difference_of
from app.scoring.results import GroupScore, KpiScore, NotScored
from app.scoring.soft import LEAST_GROUP_WEIGHT
from app.scoring.weights import TOLERANCE, check_weights, normalise, reaches


@dataclass(frozen=True, slots=True)
class Definition:
    """What a KPI asked in a round, as far as figures hang on it.

    content : whatever names the words that were rated, say the number of the KPI's version
    scale : whatever names the answers that could be given
    item_weights : by item, > 0 in any unit
    group_weights : by rater group, >= 0 in any unit

    Raises
    ------
    ScoringError : weights that cannot be used

    >>> Definition("1", "5 points", {}, {"colleague": 1})
    Traceback (most recent call last):
    ...
    app.scoring.errors.ScoringError: at least one item needs a weight above 0
    """

    content: str
    scale: str
    item_weights: Mapping[str, float]
    group_weights: Mapping[str, float]

    def __post_init__(self) -> None:
        """Refuse weights that cannot be used."""
        check_weights(self.item_weights, "item")
        check_weights(self.group_weights, "rater group")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One KPI of one subject in one round."""

    definition: Definition
    score: KpiScore | NotScored


class Untrended(StrEnum):
    """Why two rounds cannot be compared; the set is closed.

    other_definition : the KPI or its items are not the same
    other_scale : the answers are not the same
    other_weights : items or rater groups do not weigh the same
    no_score_before, no_score_after : that round has no score
    too_little_shared : the rater groups with a mean in both rounds hold less than half of the weight
    """

    OTHER_DEFINITION = "other_definition"
    OTHER_SCALE = "other_scale"
    OTHER_WEIGHTS = "other_weights"
    NO_SCORE_BEFORE = "no_score_before"
    NO_SCORE_AFTER = "no_score_after"
    TOO_LITTLE_SHARED = "too_little_shared"


@dataclass(frozen=True, slots=True)
class NoTrend:
    """Two rounds that cannot be compared."""

    reason: Untrended


class GroupChange(NamedTuple):
    """Change of one rater group.

    groups : the rater groups it holds
    before, after : mean, 0..100
    share : its weight among the groups with a mean in both rounds, in the second round
    difference : after less before
    """

    groups: tuple[str, ...]
    before: float
    after: float
    share: float
    difference: Difference


@dataclass(frozen=True, slots=True)
class Change:
    """Change of a KPI over the rater groups that have a mean in both rounds, weighed as in the second.

    kpi : number of the KPI in the second round
    before, after : 0..100; not the published scores where other groups took part in one of the rounds
    difference : after less before
    coverage : share of all weight that the groups in both rounds hold, 0.5..1
    groups : in the order of the second round
    """

    kpi: int
    before: float
    after: float
    difference: Difference
    coverage: float
    groups: tuple[GroupChange, ...]


def change_between(
    before: Measurement,
    after: Measurement,
    in_both: Mapping[tuple[str, ...], int],
    *,
    correlation: float = READER_CORRELATION,
) -> Change | NoTrend:
    """Change of a KPI from one round to another.

    Parameters
    ----------
    before, after : the earlier and the later round
    in_both : by the rater groups of a released group, how many people were members of it in both rounds, whatever
        they answered; a group that is not listed has none
    correlation : of one rater's errors in the two rounds, -1..1; .3 for readers, `pooled_correlation` for analysts

    Returns
    -------
    The change, or why there is none.

    Raises
    ------
    ScoringError : a correlation outside -1..1, or a negative number of people

    Formula: d_g = m2 - m1 per group, d = sum W'_g d_g with the second round's W' over the groups in both; its error
    by `repeated.difference_of` from those of the group means, times W'.
    Source: docs/scoring.md, section "Change between rounds".

    >>> from app.scoring.results import Interval, Uncertainty
    >>> def one_group(mean, n, v):
    ...     known, ends = Uncertainty(math.sqrt(v / n), 7 + n, n), Interval(0, 100)
    ...     group = GroupScore(("colleague",), mean, n, 1, 1, known, ends)
    ...     asked = Definition("1", "5 points", {"a": 1}, {"colleague": 1})
    ...     return Measurement(asked, KpiScore(0, mean, 1, n, known, ends, (group,)))
    >>> change = change_between(one_group(62.5, 4, 347.7273), one_group(75, 5, 300), {("colleague",): 4})
    >>> change.before, change.after, change.difference.points, round(change.difference.se, 5)
    (62.5, 75.0, 12.5, 10.40067)
    """
    reason = incomparable(before.definition, after.definition)
    if reason is not None:
        return NoTrend(reason)
    if isinstance(before.score, NotScored):
        return NoTrend(Untrended.NO_SCORE_BEFORE)
    if isinstance(after.score, NotScored):
        return NoTrend(Untrended.NO_SCORE_AFTER)
    return _change(before.score, after.score, in_both, correlation)


def incomparable(before: Definition, after: Definition) -> Untrended | None:
    """Why two definitions cannot be compared; none if they can.

    >>> one = Definition("1", "5 points", {"a": 1, "b": 1}, {"colleague": 1})
    >>> incomparable(one, Definition("1", "5 points", {"a": 2, "b": 2}, {"colleague": 30}))
    >>> incomparable(one, Definition("1", "7 points", {"a": 1, "b": 1}, {"colleague": 1}))
    <Untrended.OTHER_SCALE: 'other_scale'>
    """
    if before.content != after.content or before.item_weights.keys() != after.item_weights.keys():
        return Untrended.OTHER_DEFINITION
    if before.scale != after.scale:
        return Untrended.OTHER_SCALE
    same_items = _weigh_the_same(before.item_weights, after.item_weights)
    if not (same_items and _weigh_the_same(before.group_weights, after.group_weights)):
        return Untrended.OTHER_WEIGHTS
    return None


def _weigh_the_same(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """Whether weights are the same but for their unit; what is not listed weighs 0."""
    names = sorted(one.keys() | other.keys())
    before, after = (normalise([weights.get(name, 0.0) for name in names]) for weights in (one, other))
    return all(math.isclose(a, b, rel_tol=0, abs_tol=TOLERANCE) for a, b in zip(before, after, strict=True))


class _Pair(NamedTuple):
    """One rater group in both rounds, with its weight in the second and the people who are in both."""

    before: GroupScore
    after: GroupScore
    share: float
    members: int


def _change(
    before: KpiScore, after: KpiScore, in_both: Mapping[tuple[str, ...], int], correlation: float
) -> Change | NoTrend:
    earlier = {group.groups: group for group in before.groups}
    found = [(earlier[group.groups], group) for group in after.groups if group.share and group.groups in earlier]
    present = math.fsum(group.share for _, group in found)
    coverage = present * after.coverage
    if not reaches(coverage, LEAST_GROUP_WEIGHT):
        return NoTrend(Untrended.TOO_LITTLE_SHARED)
    pairs = [_Pair(old, new, new.share / present, in_both.get(new.groups, 0)) for old, new in found]
    m1 = min(100.0, math.fsum(pair.share * pair.before.mean for pair in pairs))
    m2 = min(100.0, math.fsum(pair.share * pair.after.mean for pair in pairs))
    moved = difference_of(m2 - m1, _repeated(pairs), correlation)
    groups = tuple(_group_change(pair, correlation) for pair in pairs)
    return Change(after.kpi, m1, m2, moved, min(1.0, coverage), groups)


def _group_change(pair: _Pair, correlation: float) -> GroupChange:
    old, new, share, _ = pair
    moved = difference_of(new.mean - old.mean, _repeated([pair._replace(share=1.0)]), correlation)
    return GroupChange(new.groups, old.mean, new.mean, share, moved)


def _repeated(pairs: Sequence[_Pair]) -> list[Repeated]:
    return [Repeated(_part(one.before, one.share), _part(one.after, one.share), one.members) for one in pairs]


def _part(group: GroupScore, share: float) -> ErrorPart:
    return ErrorPart((share * group.uncertainty.se) ** 2, group.uncertainty.df, group.n)
