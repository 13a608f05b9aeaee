"""Change of a soft KPI between two rounds, with its interval; which change of a list stands is told in `discoveries`.

==================  =============================================================
Name                Meaning
==================  =============================================================
Definition          what a KPI asked in a round, as far as figures hang on it
Measurement         definition and score of one round
Change              the change, group by group and together
NoTrend             why there is none
change_between      the change from one round to another
pooled_correlation  how alike the same raters answer in two rounds, for analysts
==================  =============================================================
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.scoring.columns import totals_by
from app.scoring.discoveries import two_sided_p
from app.scoring.errors import ScoringError
from app.scoring.intervals import LEVEL, t_quantile
from app.scoring.linear import combined
from app.scoring.pooling import LEAST_DF
from app.scoring.results import GroupScore, Interval, KpiScore, NotScored
from app.scoring.soft import LEAST_GROUP_WEIGHT
from app.scoring.weights import TOLERANCE, check_weights, normalise, reaches

READER_CORRELATION = 0.3
"""Correlation of one rater's errors in two rounds in readers' figures: under the .54 that was measured, so that a
change does not look surer than it is, and the same for everybody, so that it tells nothing about anybody."""

LARGEST_CORRELATION = 0.99
"""Counts at most, so that a change keeps an error even where the same raters moved alike in every way."""

LEAST_CHANGE = 5.0
RELIABLE = 1.96


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
    se, df : of the difference
    interval : of the difference, -100..100
    """

    groups: tuple[str, ...]
    before: float
    after: float
    share: float
    se: float
    df: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Change:
    """Change of a KPI over the rater groups that have a mean in both rounds, weighed as in the second.

    kpi : number of the KPI in the second round
    before, after : 0..100; not the published scores where other groups took part in one of the rounds
    difference : after less before
    se, df : of the difference; for analysts where an atom is small
    interval : 95 %, -100..100
    index : reliable change index, difference/se
    p : chance of a difference at least as large without any change, for lists
    is_changed : the interval leaves out 0, and the difference is 5 points or more
    is_reliable : the index is beyond 1.96 either way
    coverage : share of all weight that the groups in both rounds hold, 0.5..1
    groups : in the order of the second round
    """

    kpi: int
    before: float
    after: float
    difference: float
    se: float
    df: float
    interval: Interval
    index: float
    p: float
    is_changed: bool
    is_reliable: bool
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

    Formula: d_g = m2 - m1 per group, d = sum W'_g d_g with the second round's W' over the groups in both;
    Var = sum W'^2 (v1/n1 + v2/n2 - 2 c rho sqrt(v1 v2)/(n1 n2)), c at most n1 and n2;
    df = (sum A)^2/sum(A^2/df) over all W'^2 v1/n1 and W'^2 v2/n2; interval d -+ t SE; index d/SE.
    Source: variance of a difference of means of partly the same raters; Satterthwaite 1946; reliable change index
    of Jacobson & Truax 1991, limit 1.96; docs/scoring.md, section "Change between rounds".

    >>> from app.scoring.results import Uncertainty
    >>> def one_group(mean, n, v):
    ...     known, ends = Uncertainty(math.sqrt(v / n), 7 + n, n), Interval(0, 100)
    ...     group = GroupScore(("colleague",), mean, n, 1, 1, known, ends)
    ...     asked = Definition("1", "5 points", {"a": 1}, {"colleague": 1})
    ...     return Measurement(asked, KpiScore(0, mean, 1, n, known, ends, (group,)))
    >>> change = change_between(one_group(62.5, 4, 347.7273), one_group(75, 5, 300), {("colleague",): 4})
    >>> change.difference, round(change.se, 5), round(change.df, 5), round(change.index, 5), change.is_changed
    (12.5, 10.40067, 21.87303, 1.20185, False)
    >>> round(change.interval.lo, 4), round(change.interval.hi, 4)
    (-9.0769, 34.0769)
    """
    if not -1 <= correlation <= 1 or min(in_both.values(), default=0) < 0:
        msg = f"a correlation must be from -1 to 1 and people 0 or more, got {correlation} and {dict(in_both)}"
        raise ScoringError(msg)
    reason = _incomparable(before.definition, after.definition)
    if reason is not None:
        return NoTrend(reason)
    if isinstance(before.score, NotScored):
        return NoTrend(Untrended.NO_SCORE_BEFORE)
    if isinstance(after.score, NotScored):
        return NoTrend(Untrended.NO_SCORE_AFTER)
    return _change(before.score, after.score, in_both, correlation)


def pooled_correlation(cells: npt.ArrayLike, before: npt.ArrayLike, after: npt.ArrayLike) -> float | None:
    """Correlation of the rater scores of the same raters in two rounds, within subjects and rater groups.

    Parameters
    ----------
    cells : number of subject and rater group of each rater, >= 0; shape (raters,)
    before, after : rater scores 0..100 in the two rounds, NaN where there is none; shape (raters,)

    Returns
    -------
    -1..1; none below 20 degrees of freedom, or if nobody differs.

    Formula: sum d1 d2/sqrt(sum d1^2 sum d2^2), d = x - mean of the cell over the raters with both scores;
    df = sum over the cells of raters - 1.
    Source: pooled within-group correlation of the analysis of covariance; Bliese & Ployhart 2002 for such rounds.

    >>> round(pooled_correlation([0] * 21 + [1] * 2, [50, 75] * 11 + [10], [25, 75] * 11 + [0]), 6)
    0.970675
    """
    place, scores = np.asarray(cells, np.int64), np.stack([np.asarray(x, np.float64) for x in (before, after)])
    both = ~np.isnan(scores).any(axis=0)
    place, scores = place[both], scores[:, both]
    length = int(place.max(initial=-1)) + 1
    n = np.bincount(place, minlength=length)
    if len(place) - np.count_nonzero(n) < LEAST_DF:
        return None
    first, second = (x - (totals_by(place, x, length) / np.maximum(n, 1))[place] for x in scores)
    spread = math.sqrt(float(first @ first) * float(second @ second))
    return max(-1.0, min(1.0, float(first @ second) / spread)) if spread else None


def _incomparable(before: Definition, after: Definition) -> Untrended | None:
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
    m1, m2 = (math.fsum(pair.share * mean for pair, mean in zip(pairs, means, strict=True)) for means in _means(pairs))
    se, df = _error(pairs, correlation)
    ends = _ends(m2 - m1, se, df)
    return Change(
        kpi=after.kpi,
        before=m1,
        after=m2,
        difference=m2 - m1,
        se=se,
        df=df,
        interval=ends,
        index=(m2 - m1) / se,
        p=two_sided_p(m2 - m1, se, df),
        is_changed=not ends.lo <= 0 <= ends.hi and reaches(abs(m2 - m1), LEAST_CHANGE),
        is_reliable=abs(m2 - m1) > RELIABLE * se,
        coverage=min(1.0, coverage),
        groups=tuple(_group_change(pair, correlation) for pair in pairs),
    )


def _means(pairs: Sequence[_Pair]) -> tuple[list[float], list[float]]:
    return [pair.before.mean for pair in pairs], [pair.after.mean for pair in pairs]


def _group_change(pair: _Pair, correlation: float) -> GroupChange:
    se, df = _error([pair._replace(share=1.0)], correlation)
    ends = _ends(pair.after.mean - pair.before.mean, se, df)
    return GroupChange(pair.after.groups, pair.before.mean, pair.after.mean, pair.share, se, df, ends)


def _error(pairs: Sequence[_Pair], correlation: float) -> tuple[float, float]:
    square, spent, shared = 0.0, 0.0, 0.0
    for old, new, share, members in pairs:
        rounds = [((share * group.uncertainty.se) ** 2, group.uncertainty.df) for group in (old, new)]
        square += math.fsum(a for a, _ in rounds)
        spent += math.fsum(a * a / df for a, df in rounds)
        overlap = min(members, old.n, new.n) / math.sqrt(old.n * new.n)
        # With v = A n, c rho sqrt(v1 v2)/(n1 n2) is rho c/sqrt(n1 n2) sqrt(A1 A2).
        shared += 2 * min(correlation, LARGEST_CORRELATION) * overlap * math.sqrt(rounds[0][0] * rounds[1][0])
    _, df = combined(square, spent)
    return math.sqrt(square - shared), df


def _ends(difference: float, se: float, df: float) -> Interval:
    half = t_quantile(0.5 + LEVEL / 2, df) * se
    return Interval(max(-100.0, difference - half), min(100.0, difference + half))
