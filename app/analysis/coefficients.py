"""How reliable the ratings of each rater group are. Pure; nothing is told of the spread inside a single atom (R7)."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from app.analysis.compose import Ratings
from app.analysis.rules import LEAST_SUBJECTS
from app.analysis.values import Estimate, GroupReliability, MeanAgreement, RatersNeeded
from app.kpis.values import RaterGroup, ScaleKind
from app.releases.score import group_weights
from app.rounds.values import FrozenKpi, FrozenScale
from app.scoring.agreement import SLIGHT_SKEW, Agreement, agreement, in_points, uniform_null
from app.scoring.coefficients import Coefficient, OneWay, one_way
from app.scoring.consistency import Alpha, alpha
from app.scoring.needed import raters_needed
from app.scoring.reliability import SOLID_FROM, Gap, NotDefined

Floats = npt.NDArray[np.float64]

_FIVE = 5
_POINTS = {ScaleKind.YES_PARTLY_NO: 3, ScaleKind.RECOMMEND: 11}
_TOO_FEW = NotDefined(Gap.TOO_FEW)


def group_lines(kpi: FrozenKpi, ratings: Ratings) -> tuple[GroupReliability, ...]:
    """The rater groups that weigh in the KPI and have ratings, in the usual order."""
    given, weighing = np.array(ratings.groups, np.str_), group_weights(kpi)
    return tuple(
        _group_line(kpi, ratings, group, np.flatnonzero(given == group.value))
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


def _group_line(kpi: FrozenKpi, ratings: Ratings, group: RaterGroup, rows: npt.NDArray[np.int64]) -> GroupReliability:
    subjects = np.array([ratings.subjects[row] for row in rows.tolist()], np.str_)
    points, given = ratings.points[rows], ratings.scores[rows]
    spread = one_way(subjects, given) if _are_enough(subjects) else _TOO_FEW
    whole = ~np.isnan(points).any(axis=1)
    items = alpha(points[whole]) if _are_enough(subjects[whole]) else _TOO_FEW
    chance = [chance_variance(item.scale) for item in kpi.items]
    is_five = all(item.scale.kind is ScaleKind.POINTS and item.scale.points == _FIVE for item in kpi.items)
    skewed = [in_points(SLIGHT_SKEW, _FIVE)] * len(kpi.items)
    return GroupReliability(
        rater_group=group,
        subjects=len(np.unique(subjects)),
        ratings=len(rows),
        typical=spread.k if isinstance(spread, OneWay) else None,
        of_one=_estimate(spread.single if isinstance(spread, OneWay) else spread),
        of_mean=_estimate(spread.average if isinstance(spread, OneWay) else spread),
        needed=_needed(spread),
        alpha=_estimate(items),
        uniform=_mean_agreement(subjects, points, chance),
        skewed=_mean_agreement(subjects, points, skewed) if is_five else None,
    )


def _are_enough(subjects: npt.NDArray[np.str_]) -> bool:
    return len(np.unique(subjects)) >= LEAST_SUBJECTS


def _estimate(found: Coefficient | Alpha | NotDefined) -> Estimate:
    return Estimate(reason=found.reason) if isinstance(found, NotDefined) else Estimate(found.value, *found.interval)


def _needed(spread: OneWay | NotDefined) -> RatersNeeded:
    one = spread.single if isinstance(spread, OneWay) else spread
    found = one if isinstance(one, NotDefined) else raters_needed(SOLID_FROM, one.value)
    return RatersNeeded(reason=found.reason) if isinstance(found, NotDefined) else RatersNeeded(found)


def _mean_agreement(subjects: npt.NDArray[np.str_], points: Floats, chance: Sequence[float]) -> MeanAgreement:
    """The mean over subjects; every item in units of its own answers at random, as items may differ in scale."""
    told = agreement(subjects, points / np.sqrt(chance), 1.0)
    found = [one for one in told.values() if isinstance(one, Agreement)]
    if len(found) < LEAST_SUBJECTS:
        return MeanAgreement(subjects=len(found), reason=Gap.TOO_FEW)
    mean = Agreement(math.fsum(one.value for one in found) / len(found), 0.0, 0)
    return MeanAgreement(mean.value, mean.strength, len(found))
