"""Change of a composite between two rounds, with its interval, over the KPIs and rater groups that both have.

==============  ===========================================================
Name            Meaning
==============  ===========================================================
CardRound       what one round scored about a subject
Line            one KPI of the card in both rounds
CardChange      the change, KPI by KPI and together
card_change     the change from one round to another
==============  ===========================================================

Single KPIs change in `trend`. What new weights and new scores add to a change is told in `explain`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from app.deferred import dataclass
from app.scoring.composite import LEAST_KPI_WEIGHT, HardScores, mean_of, slope_of
from app.scoring.explain import against, geometric_parts
from app.scoring.linear import Coefficients, error_terms
from app.scoring.repeated import READER_CORRELATION, Difference, ErrorPart, Repeated, difference_of
from app.scoring.results import Certainty, HardScore
from app.scoring.scorecards import Form
from app.scoring.soft import LEAST_GROUP_WEIGHT, SoftScores
from app.scoring.trend import NoTrend, Untrended
from app.scoring.weights import normalise, reaches

Groups = tuple[str, ...]
NOWHERE = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class CardRound:
    """What one round scored about a subject.

    subject : its number in that round
    soft, hard : scores of the round
    """

    subject: int
    soft: SoftScores
    hard: HardScores


class Line(NamedTuple):
    """One KPI of the card that is the same in both rounds, by definition, scale and weights.

    before, after : its number in each round
    weight : in the second round, >= 0 in any unit
    """

    before: int
    after: int
    weight: float


class LineChange(NamedTuple):
    """What one KPI adds to the change of a card.

    kpi : its number in the second round
    weight : among the KPIs with a figure in both rounds, 0..1
    before, after : 0..100, over the rater groups that both rounds have
    points : weight times (after - before), or its share by log-mean if the composite is geometric
    """

    kpi: int
    weight: float
    before: float
    after: float
    points: float


@dataclass(frozen=True, slots=True)
class CardChange:
    """Change of a composite over what both rounds have, weighed as in the second.

    before, after : 0..100; not the published composites where KPIs or groups are in one round only
    difference : after less before
    coverage : share of the weight of the lines that takes part, 0.6..1
    lines : the KPIs that take part, in the order given; their points add up to the difference
    unsure : hard KPIs whose own error nobody knows in one of the rounds; the interval leaves it out
    """

    before: float
    after: float
    difference: Difference
    coverage: float
    lines: tuple[LineChange, ...]
    unsure: tuple[int, ...]


def card_change(
    before: CardRound,
    after: CardRound,
    lines: Sequence[Line],
    in_both: Mapping[Groups, int],
    *,
    correlation: float = READER_CORRELATION,
    form: Form = Form.ARITHMETIC,
) -> CardChange | NoTrend:
    """Change of a composite from one round to another.

    Parameters
    ----------
    before, after : the earlier and the later round
    lines : the KPIs of the card; those that are not the same in both rounds (`trend.incomparable`) with weight, too,
        under numbers that have no score
    in_both, correlation : as `trend.change_between`
    form : of the composite in both rounds

    Returns
    -------
    The change; or `too_little_shared` if the KPIs with a figure in both rounds hold less than .6 of the weight. A soft
    KPI has one if the rater groups with a mean in both hold half of its weight.

    Formula: d = sum w_k d_k; d_k = sum W'_g (m2 - m1) over the groups in both, or x2 - x1 of a hard KPI. Error by
    `repeated.difference_of` from one part per rater group, with squares by `linear.error_terms` for a = w_k W'_gk in
    either round, and one per hard KPI, w_k SE_k. Geometric: d = C2 - C1, coefficients times C/x_k of the round.
    Source: docs/scoring.md, sections "Standard error" and "Change between rounds".

    >>> from app.scoring.goalposts import Goalposts, score_metric
    >>> from app.scoring.metrics import known
    >>> from app.scoring.released import Released
    >>> from app.scoring.soft import score_kpis
    >>> from app.scoring.totals import AtomTotals
    >>> nobody = score_kpis(Released.of(AtomTotals.from_scores([], [], [], [], n_atoms=0), []), [], {})
    >>> def measured(*values):
    ...     scores = {(0, k): score_metric(k, known(v), Goalposts(0, 100)) for k, v in enumerate(values)}
    ...     return CardRound(0, nobody, scores)
    >>> found = card_change(measured(70, 80), measured(76, 80), [Line(0, 0, 3), Line(1, 1, 1)], {})
    >>> found.before, found.after, found.difference.points, found.difference.is_changed
    (72.5, 77.0, 4.5, False)
    """
    found = [one for line in lines if line.weight > 0 and (one := _pair(before, after, line)) is not None]
    coverage = math.fsum(one.weight for one in found) / (math.fsum(line.weight for line in lines) or 1.0)
    if not found or not reaches(coverage, LEAST_KPI_WEIGHT):
        return NoTrend(Untrended.TOO_LITTLE_SHARED)
    pairs, (m1, m2) = _weighed(found, form)
    parts = _soft_parts(before.soft, after.soft, pairs, in_both) + _hard_parts(pairs)
    unsure = tuple(one.line.after for one in pairs if any(x.measured.certainty is Certainty.UNKNOWN for x in one.hard))
    moved = difference_of(m2 - m1, parts, correlation)
    return CardChange(m1, m2, moved, min(1.0, coverage), _changes(pairs, form), unsure)


class _Shared(NamedTuple):
    """One rater group with a mean on a KPI in both rounds: its numbers there, its means, its share in the second."""

    numbers: tuple[int, int]
    means: tuple[float, float]
    share: float


class _Pair(NamedTuple):
    """One KPI with a figure in both rounds; hard has two scores or none, groups are those of a soft one.

    ends : its score in each round; slopes : how much the composite moves with it there
    """

    line: Line
    weight: float
    ends: tuple[float, float]
    slopes: tuple[float, float]
    groups: Mapping[Groups, _Shared]
    hard: tuple[HardScore, ...]


def _weighed(found: Sequence[_Pair], form: Form) -> tuple[list[_Pair], tuple[float, float]]:
    """The KPIs with weights rescaled to 1 and their slopes, and the composite of each round."""
    weights = normalise([one.weight for one in found])
    m1, m2 = (mean_of(weights, [one.ends[which] for one in found], form) for which in (0, 1))
    pairs = [
        one._replace(weight=w, slopes=(slope_of(w, one.ends[0], m1, form), slope_of(w, one.ends[1], m2, form)))
        for one, w in zip(found, weights, strict=True)
    ]
    return pairs, (m1, m2)


def _changes(pairs: Sequence[_Pair], form: Form) -> tuple[LineChange, ...]:
    weights, before, after = ([one.weight for one in pairs], *([one.ends[which] for one in pairs] for which in (0, 1)))
    points = (against if form is Form.ARITHMETIC else geometric_parts)(weights, after, before)
    return tuple(
        LineChange(one.line.after, one.weight, *one.ends, part) for one, part in zip(pairs, points, strict=True)
    )


def _pair(before: CardRound, after: CardRound, line: Line) -> _Pair | None:
    old, new = before.hard.get((before.subject, line.before)), after.hard.get((after.subject, line.after))
    if isinstance(old, HardScore) and isinstance(new, HardScore):
        return _Pair(line, line.weight, (old.score, new.score), NOWHERE, {}, (old, new))
    earlier, later = _groups(before, line.before), _groups(after, line.after)
    shared = {
        name: _Shared((earlier[name][0], number), (earlier[name][1], mean), share)
        for name, (number, mean, share) in later.items()
        if name in earlier
    }
    present = math.fsum(one.share for one in shared.values())
    if not reaches(present * _coverage(after, line.after), LEAST_GROUP_WEIGHT):
        return None
    groups = {name: one._replace(share=one.share / present) for name, one in shared.items()}
    m1, m2 = (min(100.0, math.fsum(one.share * one.means[which] for one in groups.values())) for which in (0, 1))
    return _Pair(line, line.weight, (m1, m2), NOWHERE, groups, ())


def _groups(one: CardRound, kpi: int) -> dict[Groups, tuple[int, float, float]]:
    """Number, mean and share of each rater group with weight on a KPI that has a score."""
    if not _coverage(one, kpi):
        return {}
    table = one.soft.group_rows
    rows = np.flatnonzero((table.subject == one.subject) & (table.kpi == kpi) & (table.share > 0))
    columns = (column[rows].tolist() for column in (table.group, table.mean, table.share))
    return {
        one.soft.released.groups[number].groups: (number, mean, share)
        for number, mean, share in zip(*columns, strict=True)
    }


def _coverage(one: CardRound, kpi: int) -> float:
    """Coverage of a soft KPI; 0 without a score."""
    table = one.soft.kpi_rows
    rows = np.flatnonzero((table.subject == one.subject) & (table.kpi == kpi) & table.scored)
    return float(table.coverage[rows[0]]) if len(rows) else 0.0


def _soft_parts(
    before: SoftScores, after: SoftScores, pairs: Sequence[_Pair], in_both: Mapping[Groups, int]
) -> list[Repeated]:
    """One part per rater group, over all KPIs that it speaks on in both rounds."""
    names = list(dict.fromkeys(name for one in pairs for name in one.groups))
    rounds = [_squares(soft, pairs, names, which) for which, soft in enumerate((before, after))]
    return [
        Repeated(old, new, in_both.get(name, 0)) for name, old, new in zip(names, rounds[0], rounds[1], strict=True)
    ]


def _squares(soft: SoftScores, pairs: Sequence[_Pair], names: Sequence[Groups], which: int) -> list[ErrorPart]:
    rows = [
        (term, one.groups[name].numbers[which], one.line[which], one.slopes[which] * one.groups[name].share)
        for term, name in enumerate(names)
        for one in sorted(pairs, key=lambda one: one.line[which])
        if name in one.groups
    ]
    term, group, kpi = np.array([row[:3] for row in rows], np.int64).reshape(-1, 3).T
    a = np.array([row[3] for row in rows], np.float64)
    terms = error_terms(soft.released, Coefficients(term, group, kpi, a), soft.spread)
    columns = (column.tolist() for column in terms)
    return [ErrorPart(square, square**2 / spent, raters) for square, spent, raters in zip(*columns, strict=True)]


def _hard_parts(pairs: Sequence[_Pair]) -> list[Repeated]:
    errors = [
        [ErrorPart((slope * x.se) ** 2, x.df, 0) for slope, x in zip(one.slopes, one.hard, strict=True)]
        for one in pairs
        if one.hard
    ]
    return [Repeated(old, new, 0) for old, new in errors]
