"""Subject scores of soft KPIs from released rater groups; who is released is decided by the caller.

===========  ===============================================================
Name         Meaning
===========  ===============================================================
RaterMix     what each rater group weighs on a KPI
GroupTable   means of the released groups, one row per group and KPI
KpiTable     subject scores, one row per subject and KPI
SoftScores   both, with values for single figures
score_kpis   scores, intervals and group means of a whole round
===========  ===============================================================
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.deferred import dataclass
from app.scoring.columns import Floats, Integers, by_code, totals_by
from app.scoring.errors import ScoringError
from app.scoring.intervals import moderated_wilson
from app.scoring.linear import Coefficients, Spread, Terms, error_terms
from app.scoring.released import Released
from app.scoring.results import GroupScore, Interval, KpiScore, NotScored, Reason, Uncertainty
from app.scoring.tally import KPI_BITS, LARGEST_KPI
from app.scoring.weights import TOLERANCE, check_weights

LEAST_GROUP_WEIGHT = 0.5
SELF = "self"


@dataclass(frozen=True, slots=True)
class RaterMix:
    """What each rater group weighs on one soft KPI.

    kpi : number of the KPI in the totals
    weights : by rater group, 0..1e9 in any unit; all groups that were asked, released or not

    Raises
    ------
    ScoringError : a weight is not usable, all are 0, or self has a weight

    >>> RaterMix(0, {"manager": 2, "self": 1})
    Traceback (most recent call last):
    ...
    app.scoring.errors.ScoringError: weight of rater group self must be 0, got 1
    """

    kpi: int
    weights: Mapping[str, float]

    def __post_init__(self) -> None:
        """Refuse weights that cannot be used."""
        check_weights(self.weights, "rater group")
        if self.weights.get(SELF):
            msg = f"weight of rater group {SELF} must be 0, got {self.weights[SELF]}"
            raise ScoringError(msg)

    def weight(self, groups: Sequence[str]) -> float:
        """Weight of rater groups together: the sum over those that a released group speaks for.

        >>> RaterMix(0, {"customer": 0.25, "supplier": 0.5}).weight(["customer", "supplier"])
        0.75
        """
        return sum(self.weights.get(name, 0.0) for name in groups)


class GroupTable(NamedTuple):
    """One row per released group and KPI, in the order of the groups, then of the KPIs.

    group : number in `Released`
    subject, kpi, n : numbers; n raters with a valid score
    mean : 0..100
    weight, share : W_g, and divided by the released weight; share 0 for a group that never counts
    se, df, lo, hi : of the mean alone
    """

    group: Integers
    subject: Integers
    kpi: Integers
    n: Integers
    mean: Floats
    weight: Floats
    share: Floats
    se: Floats
    df: Floats
    lo: Floats
    hi: Floats


class KpiTable(NamedTuple):
    """One row per subject and KPI on which a group was released, sorted by both.

    subject, kpi : numbers
    scored : whether the released weight is enough; elsewhere the figures below mean nothing
    coverage : released weight divided by all weight, 0..1
    n : raters over the groups with weight
    score, se, df, kish_n, lo, hi : the score, 0..100, its error and interval
    """

    subject: Integers
    kpi: Integers
    scored: npt.NDArray[np.bool_]
    coverage: Floats
    n: Integers
    score: Floats
    se: Floats
    df: Floats
    kish_n: Floats
    lo: Floats
    hi: Floats


@dataclass(frozen=True, slots=True, eq=False)
class SoftScores:
    """Scores of a round as columns, and as values where single figures are wanted.

    released : what they were made from
    spread : pooled covariance by rater group
    group_rows, kpi_rows : the columns
    """

    released: Released
    spread: Spread
    group_rows: GroupTable
    kpi_rows: KpiTable

    def values(self) -> dict[tuple[int, int], KpiScore | NotScored]:
        """Every score by subject and KPI; where no group was released there is none (`insufficient`, coverage 0)."""
        groups = self._group_scores()
        found: dict[tuple[int, int], KpiScore | NotScored] = {}
        for subject, kpi, scored, coverage, n, score, *error, lo, hi in _rows(self.kpi_rows):
            found[subject, kpi] = (
                KpiScore(
                    kpi,
                    score,
                    coverage,
                    n,
                    Uncertainty(*error),
                    Interval(lo, hi),
                    tuple(groups[subject, kpi]),
                )
                if scored
                else NotScored(Reason.INSUFFICIENT, coverage)
            )
        return found

    def _group_scores(self) -> dict[tuple[int, int], list[GroupScore]]:
        names = [group.groups for group in self.released.groups]
        found: dict[tuple[int, int], list[GroupScore]] = {}
        for group, subject, kpi, n, mean, weight, share, se, df, lo, hi in _rows(self.group_rows):
            score = GroupScore(names[group], mean, n, weight, share, Uncertainty(se, df, float(n)), Interval(lo, hi))
            found.setdefault((subject, kpi), []).append(score)
        return found


def score_kpis(released: Released, mixes: Sequence[RaterMix], spread: Spread) -> SoftScores:
    """Scores of all subjects on all soft KPIs.

    Parameters
    ----------
    released : the groups that may enter figures, of any number of subjects
    mixes : one per KPI; KPIs without one are left out
    spread : pooled covariance by rater group

    Returns
    -------
    Scores; those whose released weight is below half are `insufficient`.

    Formula: S = sum W'_g m_g, W'_g = W_g/sum of the released W, where W_g of a mixed group is the sum over its rater
    groups without a row of their own on the same subject and KPI; standard error by `linear.error_terms` with a = W'_g;
    Kish size 1/sum(W'_g^2/n_g); moderated Wilson interval.
    Source: docs/scoring.md, sections "Subject score" and "Standard error".

    >>> from app.scoring.pooling import PooledCovariance
    >>> from app.scoring.released import ReleasedGroup
    >>> from app.scoring.totals import AtomTotals
    >>> totals = AtomTotals.from_scores([0, 1, 1, 1, 1], range(5), [0] * 5, [75, 50, 75, 75, 50], n_atoms=2)
    >>> groups = [ReleasedGroup(0, ("manager",), (0,)), ReleasedGroup(0, ("colleague",), (1,))]
    >>> known = PooledCovariance(variances={0: 400.0})
    >>> mix = RaterMix(0, {"manager": 0.5, "colleague": 0.3, "customer": 0.2})
    >>> scores = score_kpis(Released.of(totals, groups), [mix], {"manager": known, "colleague": known})
    >>> score = scores.values()[0, 0]
    >>> score.score, score.coverage, round(score.uncertainty.se, 6), round(score.interval.hi, 6)
    (70.3125, 0.8, 12.979784, 89.037514)
    """
    rows, weight = _weighed(released, mixes)
    subject, kpi = released.subjects()[rows], released.kpi[rows]
    keys, place = np.unique(subject << KPI_BITS | kpi, return_inverse=True)
    present = totals_by(place, weight, len(keys))
    share = weight / np.where(present > 0, present, 1.0)[place]
    ones = Coefficients(np.arange(len(rows)), released.group[rows], kpi, np.ones(len(rows)))
    terms = error_terms(released, ones, spread)
    groups = _group_table(released, rows, weight, share, terms)
    whole = {mix.kpi: sum(mix.weights.values()) for mix in mixes}
    coverage = present / np.array([whole[code] for code in (keys & LARGEST_KPI).tolist()], np.float64)
    return SoftScores(released, spread, groups, _kpi_table(groups, terms, place, keys, np.minimum(coverage, 1.0)))


def _weighed(released: Released, mixes: Sequence[RaterMix]) -> tuple[Integers, Floats]:
    """Rows of the KPIs that have a mix, and the weight of each."""
    by_kpi = {mix.kpi: mix for mix in mixes}
    if len(by_kpi) < len(mixes):
        msg = "a kpi can have one rater mix only"
        raise ScoringError(msg)
    labels = sorted({group.groups for group in released.groups})
    places = {groups: place for place, groups in enumerate(labels)}
    label = np.array([places[group.groups] for group in released.groups], np.int64)
    rows = np.flatnonzero(np.isin(released.kpi, list(by_kpi)))

    def weight(code: int) -> float:
        return by_kpi[code & LARGEST_KPI].weight(labels[code >> KPI_BITS])

    weights = by_code(label[released.group[rows]] << KPI_BITS | released.kpi[rows], weight)
    for place, names in _of_mixed(released, rows):
        weights[place] = by_kpi[int(released.kpi[rows[place]])].weight(names)
    return rows, weights


def _of_mixed(released: Released, rows: Integers) -> Iterator[tuple[int, list[str]]]:
    """Places of the rows of mixed groups, and those of their rater groups that have no row of their own beside them."""
    names = [group.groups for group in released.groups]
    is_mixed = np.array([len(groups) > 1 for groups in names], np.bool_)[released.group[rows]]
    subjects = released.subjects()[rows]
    beside = np.isin(subjects, subjects[is_mixed])
    found = [
        (place, names[group], (subject, kpi))
        for place, group, subject, kpi in zip(
            np.flatnonzero(beside).tolist(),
            released.group[rows[beside]].tolist(),
            subjects[beside].tolist(),
            released.kpi[rows[beside]].tolist(),
            strict=True,
        )
    ]
    own = {(groups[0], about) for _, groups, about in found if len(groups) == 1}
    for place, groups, about in found:
        if len(groups) > 1:
            yield place, [name for name in groups if (name, about) not in own]


def _group_table(released: Released, rows: Integers, weight: Floats, share: Floats, terms: Terms) -> GroupTable:
    n, mean = released.n[rows], released.mean[rows]
    se, df = np.sqrt(terms.square), terms.square**2 / terms.spent
    lo, hi = moderated_wilson(mean, se, df, n)
    subject = released.subjects()[rows]
    return GroupTable(released.group[rows], subject, released.kpi[rows], n, mean, weight, share, se, df, lo, hi)


def _kpi_table(groups: GroupTable, terms: Terms, place: Integers, keys: Integers, coverage: Floats) -> KpiTable:
    def total(column: Floats) -> Floats:
        return totals_by(place, column, len(keys))

    scored = coverage >= LEAST_GROUP_WEIGHT - TOLERANCE
    score = np.minimum(total(groups.share * groups.mean), 100.0)
    square, spent = total(groups.share**2 * terms.square), total(groups.share**4 * terms.spent)
    square, spent = np.where(scored, square, 1.0), np.where(scored, spent, 1.0)
    se, df = np.sqrt(square), square**2 / spent
    kish = 1 / np.where(scored, total(groups.share**2 / groups.n), 1.0)
    lo, hi = moderated_wilson(score, se, df, kish)
    n = total(np.where(groups.share > 0, groups.n, 0.0)).astype(np.int64)
    subject, kpi = keys >> KPI_BITS, keys & LARGEST_KPI
    return KpiTable(subject, kpi, scored, coverage, n, score, se, df, kish, lo, hi)


def _rows(table: GroupTable | KpiTable) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.tolist() for column in table), strict=True)
