"""How reliable the ratings of each rater group are. Pure; nothing is told of the spread inside a single atom (R7)."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from app.analysis.compose import Ratings
from app.analysis.reliable import (
    Estimate,
    GroupReliability,
    ItemAlpha,
    MeanAgreement,
    RatersNeeded,
    SameRaters,
    Study,
    Unstudied,
)
from app.analysis.rules import LEAST_SUBJECTS
from app.kpis.values import RaterGroup, ScaleKind
from app.releases.score import group_weights
from app.rounds.values import FrozenItem, FrozenKpi, FrozenScale
from app.scoring.agreement import SLIGHT_SKEW, Agreement, agreement, in_points, uniform_null
from app.scoring.coefficients import Coefficient, OneWay, SubjectTable, one_way, subject_table
from app.scoring.consistency import Alpha, alpha
from app.scoring.full_table import full_table
from app.scoring.generalizability import d_study, g_study, raters_for
from app.scoring.needed import raters_needed
from app.scoring.reliability import Gap, NotDefined

Floats = npt.NDArray[np.float64]

_FIVE = 5
_LEAST_ITEMS, _LEAST_RATERS = 2, 2
_POINTS = {ScaleKind.YES_PARTLY_NO: 3, ScaleKind.RECOMMEND: 11}
_TOO_FEW = NotDefined(Gap.TOO_FEW)


def group_lines(kpi: FrozenKpi, ratings: Ratings, wished: float) -> tuple[GroupReliability, ...]:
    """The rater groups that weigh in the KPI and have ratings, in the usual order.

    Parameters
    ----------
    kpi : as frozen
    ratings : of the round
    wished : reliability for which raters are counted, above 0 and below 1
    """
    given, weighing = np.array(ratings.groups, np.str_), group_weights(kpi)
    return tuple(
        _group_line(kpi, ratings, group, np.flatnonzero(given == group.value), wished)
        for group in RaterGroup
        if group.value in weighing and group.value in ratings.groups
    )


def chance_variance(scale: FrozenScale) -> float:
    """Variance, in points of 0-100, of answers that fall on everything a scale offers alike.

    >>> chance_variance(FrozenScale(ScaleKind.POINTS, 5, None, None, None))
    1250.0
    """
    if scale.kind is ScaleKind.SLIDER:
        return 100.0**2 / 12
    if scale.kind is ScaleKind.BARS:
        return float(np.var(list((scale.levels or {}).values())))
    points = _POINTS.get(scale.kind, scale.points or 0)
    return in_points(uniform_null(points), points)


def _group_line(
    kpi: FrozenKpi, ratings: Ratings, group: RaterGroup, rows: npt.NDArray[np.int64], wished: float
) -> GroupReliability:
    subjects = np.array([ratings.subjects[row] for row in rows.tolist()], np.str_)
    points, given = ratings.points[rows], ratings.scores[rows]
    whole = ~np.isnan(points).any(axis=1)
    spread = one_way(subjects, given) if _are_enough(subjects) else _TOO_FEW
    consistent = alpha(points[whole]) if _are_enough(subjects[whole]) else _TOO_FEW
    raters = np.array(["/".join(ratings.voices[row]) for row in rows.tolist()], np.str_)
    return GroupReliability(
        rater_group=group,
        subjects=len(np.unique(subjects)),
        ratings=len(rows),
        typical=spread.k if isinstance(spread, OneWay) else None,
        of_one=_estimate(spread.single if isinstance(spread, OneWay) else spread),
        of_mean=_estimate(spread.average if isinstance(spread, OneWay) else spread),
        same=same_raters(subjects, raters, given),
        needed=_needed(spread, wished),
        alpha=_estimate(consistent),
        without=_without(kpi.scored_items, consistent),
        uniform=_mean_agreement(subjects, points, [chance_variance(item.scale) for item in kpi.scored_items]),
        skewed=_skewed(kpi, subjects, points),
        study=study_of(subjects[whole], raters[whole], points[whole], wished),
    )


def _are_enough(subjects: npt.NDArray[np.str_]) -> bool:
    return len(np.unique(subjects)) >= LEAST_SUBJECTS


def _estimate(found: Coefficient | Alpha | NotDefined) -> Estimate:
    return Estimate(reason=found.reason) if isinstance(found, NotDefined) else Estimate(found.value, *found.interval)


def _without(items: Sequence[FrozenItem], found: Alpha | NotDefined) -> tuple[ItemAlpha, ...]:
    """Nothing where there is no alpha, or only one item would be left."""
    if isinstance(found, NotDefined) or len(items) == _LEAST_ITEMS:
        return ()
    return tuple(
        ItemAlpha(item.id, item.name, reason=value.reason)
        if isinstance(value, NotDefined)
        else ItemAlpha(item.id, item.name, value)
        for item, value in zip(items, found.without, strict=True)
    )


def _needed(spread: OneWay | NotDefined, wished: float) -> RatersNeeded:
    one = spread.single if isinstance(spread, OneWay) else spread
    if isinstance(one, NotDefined):
        return RatersNeeded(reason=one.reason)
    value, (lo, hi) = one.value, one.interval
    found, fewest, most = (raters_needed(wished, min(1.0, each)) for each in (value, hi, lo))
    if isinstance(found, NotDefined):
        return RatersNeeded(fewest=_told(fewest), reason=found.reason)
    return RatersNeeded(found, _told(fewest), _told(most))


def _told(number: int | NotDefined) -> int | None:
    return None if isinstance(number, NotDefined) else number


def _skewed(kpi: FrozenKpi, subjects: npt.NDArray[np.str_], points: Floats) -> MeanAgreement | None:
    if any(item.scale.kind is not ScaleKind.POINTS or item.scale.points != _FIVE for item in kpi.scored_items):
        return None
    return _mean_agreement(subjects, points, [in_points(SLIGHT_SKEW, _FIVE)] * len(kpi.scored_items))


def _mean_agreement(subjects: npt.NDArray[np.str_], points: Floats, chance: Sequence[float]) -> MeanAgreement:
    """The mean over subjects; every item in units of its own answers at random, as items may differ in scale."""
    told = agreement(subjects, points / np.sqrt(chance), 1.0)
    found = [one for one in told.values() if isinstance(one, Agreement)]
    if len(found) < LEAST_SUBJECTS:
        return MeanAgreement(subjects=len(found), reason=Gap.TOO_FEW)
    mean = Agreement(math.fsum(one.value for one in found) / len(found), 0.0, 0)
    return MeanAgreement(mean.value, mean.strength, _spread(subjects, points), len(found))


def _spread(subjects: npt.NDArray[np.str_], points: Floats) -> float:
    """Over the same subjects, in points; beside a share of chance, it says what that share is a share of."""
    told = agreement(subjects, points, 1.0)
    found = [one.sd**2 for one in told.values() if isinstance(one, Agreement)]
    return math.sqrt(math.fsum(found) / len(found))


# ------------------------------------------------------------ raters who rated the same subjects


def same_raters(subjects: npt.NDArray[np.str_], raters: npt.NDArray[np.str_], given: Floats) -> SameRaters:
    """ICC(2) and ICC(3), from the raters who rated the same subjects.

    Parameters
    ----------
    subjects, raters : labels, one per rating
    given : rater scores 0-100
    """
    table = full_table(subjects, raters)
    if len(table.subjects) < LEAST_SUBJECTS or len(table.raters) < _LEAST_RATERS:
        return SameRaters(0, 0, *[_estimate(_TOO_FEW)] * 4)
    found = subject_table(given[table.rows])
    forms = _forms(found) if isinstance(found, SubjectTable) else (found,) * 4
    return SameRaters(len(table.subjects), len(table.raters), *map(_estimate, forms))


def _forms(found: SubjectTable) -> tuple[Coefficient | NotDefined, ...]:
    """Of one and of the mean, first of raters drawn from many, then of these very ones."""
    (_, drawn_one, fixed_one), (_, drawn_mean, fixed_mean) = found
    return drawn_one, drawn_mean, fixed_one, fixed_mean


# ------------------------------------------------------------ items and raters


def study_of(subjects: npt.NDArray[np.str_], raters: npt.NDArray[np.str_], points: Floats, wished: float) -> Study:
    """Variances by subject, item and rater, from the raters who rated the same subjects.

    Parameters
    ----------
    subjects, raters : labels, one per rating
    points : [rating, item] 0-100, without a gap
    wished : generalizability for which raters are counted, above 0 and below 1
    """
    items = points.shape[1]
    if items < _LEAST_ITEMS:
        return Study(reason=Unstudied.ONE_ITEM)
    table = full_table(subjects, raters)
    if len(table.subjects) < LEAST_SUBJECTS or len(table.raters) < _LEAST_RATERS:
        return Study(reason=Unstudied.NOT_CROSSED)
    found = g_study(points[table.rows].transpose(0, 2, 1))
    means = NotDefined(Gap.TOO_FEW) if isinstance(found, NotDefined) else d_study(found.raw, items, len(table.raters))
    if isinstance(found, NotDefined) or isinstance(means, NotDefined):
        return Study(reason=Unstudied.NO_SPREAD)
    return Study(
        subjects=len(table.subjects),
        items=items,
        raters=len(table.raters),
        variances=found.raw.truncated(),
        g=means.g,
        phi=means.phi,
        needed=_told(raters_for(wished, found.raw, items)),
    )
