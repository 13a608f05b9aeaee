"""Parts that add up to a score, to a gap or to a change, and their digits for print; the scores come from elsewhere.

===================  ============================================================
Function             Parts of
===================  ============================================================
parts                a weighted mean
group_parts          one KPI of it, by rater group
against              a weighted mean less a reference
geometric_points     a geometric composite, by log-mean
geometric_parts      a geometric composite less a reference, by log-mean
change               a change of weights and scores together
geometric_change     the same of a geometric composite
printed              digits that add up to the printed total
===================  ============================================================

Every list of parts adds up to what it explains, within rounding of the last bits; use `math.fsum`.
"""

import math
from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from app.deferred import dataclass
from app.scoring.errors import ScoringError
from app.scoring.results import KpiScore
from app.scoring.weights import normalise

LEAST_FACTOR = 1.0


def parts(weights: Sequence[float], scores: Sequence[float]) -> list[float]:
    """What each score adds to the weighted mean.

    Parameters
    ----------
    weights : >= 0, any unit, sum above 0
    scores : 0..100

    Formula: w_k x_k, w rescaled to 1.

    >>> parts([50, 30, 20], [70, 80, 50])
    [35.0, 24.0, 10.0]
    """
    return [w * x for w, x in zip(normalise(weights), scores, strict=True)]


def group_parts(weight: float, score: KpiScore) -> list[float]:
    """What each rater group of a KPI adds to a composite.

    Parameters
    ----------
    weight : rescaled weight of the KPI, 0..1; 1 for the KPI alone
    score : of the KPI

    Returns
    -------
    Points per group, in the order of `score.groups`.

    Formula: w_k W'_g m_g.
    """
    return [weight * group.share * group.mean for group in score.groups]


def against(weights: Sequence[float], scores: Sequence[float], references: Sequence[float]) -> list[float]:
    """What each score adds to the gap between the weighted mean and that of a reference.

    Parameters
    ----------
    weights : >= 0, any unit, sum above 0
    scores, references : 0..100; a norm, a target, the last round

    Formula: w_k (x_k - ref_k).

    >>> [round(part, 9) for part in against([0.5, 0.3, 0.2], [70, 80, 50], [60, 60, 60])]
    [5.0, 6.0, -2.0]
    """
    return [w * (x - ref) for w, x, ref in zip(normalise(weights), scores, references, strict=True)]


def geometric_points(weights: Sequence[float], scores: Sequence[float]) -> list[float]:
    """What each score adds to a geometric composite.

    Parameters
    ----------
    weights : >= 0, any unit, sum above 0
    scores : 0..100; below 1 they count as 1, as in the composite

    Returns
    -------
    Points that add up to the composite: the 1 that every such composite has is shared by weight, the rest comes by
    log-mean from there.

    Formula: w_k (1 + L(C, 1) ln x_k).
    Source: log-mean Divisia decomposition, Ang 2004, against the least composite there is.

    >>> [round(part, 6) for part in geometric_points([0.5, 0.5], [25, 100])]
    [20.658996, 29.341004]
    """
    logs, shares = _logs(scores), normalise(weights)
    scale = log_mean(math.exp(_weighted(shares, logs)), 1.0)
    return [w * (1 + scale * x) for w, x in zip(shares, logs, strict=True)]


def geometric_parts(weights: Sequence[float], scores: Sequence[float], references: Sequence[float]) -> list[float]:
    """What each score adds to the gap between two geometric composites.

    Parameters
    ----------
    weights : >= 0, any unit, sum above 0
    scores, references : 0..100; below 1 they count as 1, as in the composite

    Formula: w_k L(C, C0) ln(x_k/ref_k), L(a, b) = (a - b)/ln(a/b), L(a, a) = a.
    Source: Ang 2004, log-mean Divisia decomposition; zeros: Wood & Lenzen 2006.

    >>> [round(part, 6) for part in geometric_parts([0.5, 0.3, 0.2], [70, 80, 50], [60, 60, 60])]
    [4.930802, 5.521234, -2.33276]
    """
    return [part.by_score for part in geometric_change(weights, references, weights, scores)]


def log_mean(a: float, b: float) -> float:
    """Logarithmic mean, between the geometric and the arithmetic one.

    Parameters
    ----------
    a, b : > 0

    Formula: (a - b)/ln(a/b); a if both are equal.

    >>> round(log_mean(68.11927498348749, 60), 6), log_mean(50.0, 50.0)
    (63.973789, 50.0)
    """
    distance = (a - b) / b
    return b * distance / math.log1p(distance) if distance else a


@dataclass(frozen=True, slots=True)
class ChangePart:
    """What one KPI adds to a change.

    by_score : through its score
    by_weight : through its weight
    """

    by_score: float
    by_weight: float


def change(
    weights_before: Sequence[float],
    scores_before: Sequence[float],
    weights_after: Sequence[float],
    scores_after: Sequence[float],
) -> list[ChangePart]:
    """What each KPI adds to the change of a weighted mean whose weights changed too.

    Parameters
    ----------
    weights_before, weights_after : >= 0, any unit, each with a sum above 0; 0 for a KPI that was not there
    scores_before, scores_after : 0..100; any value in that range for a KPI that was not there, best the other's

    Formula: (w0 + w1)/2 (x1 - x0) by score, (x0 + x1)/2 (w1 - w0) by weight; exact.

    >>> change([50, 50], [60, 80], [75, 25], [60, 90])
    [ChangePart(by_score=0.0, by_weight=15.0), ChangePart(by_score=3.75, by_weight=-21.25)]
    """
    before, after = normalise(weights_before), normalise(weights_after)
    rows = zip(before, scores_before, after, scores_after, strict=True)
    return [ChangePart((w0 + w1) / 2 * (x1 - x0), (x0 + x1) / 2 * (w1 - w0)) for w0, x0, w1, x1 in rows]


def geometric_change(
    weights_before: Sequence[float],
    scores_before: Sequence[float],
    weights_after: Sequence[float],
    scores_after: Sequence[float],
) -> list[ChangePart]:
    """What each KPI adds to the change of a geometric composite whose weights changed too.

    Parameters
    ----------
    weights_before, weights_after : >= 0, any unit, each with a sum above 0; 0 for a KPI that was not there
    scores_before, scores_after : 0..100; below 1 they count as 1; for a KPI that was not there best the other's

    Formula: L(C1, C0) times (w0 + w1)/2 (ln x1 - ln x0) by score, (ln x0 + ln x1)/2 (w1 - w0) by weight; exact.
    Source: as `change`, in logarithms, brought back to points by the log-mean of Ang 2004.

    >>> [part.by_score for part in geometric_change([1, 1], [25, 100], [3, 1], [25, 100])]
    [0.0, 0.0]
    >>> [round(part.by_weight, 6) for part in geometric_change([1, 1], [25, 100], [3, 1], [25, 100])]
    [34.00385, -48.648511]
    """
    before, after = normalise(weights_before), normalise(weights_after)
    old, new = _logs(scores_before), _logs(scores_after)
    scale = log_mean(math.exp(_weighted(after, new)), math.exp(_weighted(before, old)))
    return [
        ChangePart(scale * (w0 + w1) / 2 * (x1 - x0), scale * (x0 + x1) / 2 * (w1 - w0))
        for w0, x0, w1, x1 in zip(before, old, after, new, strict=True)
    ]


def printed(total: float, values: Sequence[float], *, decimals: int = 1) -> tuple[Decimal, list[Decimal]]:
    """Total and parts in the digits that are printed, so that the printed parts add up to the printed total.

    Parameters
    ----------
    total : finite; what the parts add up to
    values : the parts, in the order that decides ties
    decimals : digits after the point, 0..6

    Returns
    -------
    The rounded total and its parts.

    Raises
    ------
    ScoringError : the parts do not add up to the total

    Formula: round the total half up, as every figure is written; floor the parts, give the missing last digits to
    the largest remainders; ties go to the earlier part.

    >>> total, shown = printed(10.0, [10 / 3, 10 / 3, 10 / 3])
    >>> str(total), [str(part) for part in shown]
    ('10.0', ['3.4', '3.3', '3.3'])
    >>> str(printed(69.25, [41.0, 28.25])[0])
    '69.3'
    """
    if not math.isclose(math.fsum(values), total, rel_tol=0, abs_tol=min(1e-6, 0.1**decimals / 4)):
        msg = f"parts add up to {math.fsum(values)}, not to the total {total}"
        raise ScoringError(msg)
    step = Decimal(1).scaleb(-decimals)
    # Nine decimals first: 69.25 that arithmetic left as 69.24999999999999 is still 69.3.
    whole = Decimal(repr(round(float(total), 9))).quantize(step, ROUND_HALF_UP) + 0  # no minus before a zero
    exact = [Decimal(value).quantize(Decimal("1e-9")) for value in values]
    floors = [value.quantize(step, ROUND_FLOOR) for value in exact]
    missing = int((whole - sum(floors, Decimal(0))) / step)
    by_remainder = sorted(range(len(exact)), key=lambda place: (floors[place] - exact[place], place))
    chosen = set(by_remainder[:missing])
    return whole, [floor + (step if place in chosen else 0) for place, floor in enumerate(floors)]


def _logs(scores: Sequence[float]) -> list[float]:
    return [math.log(max(x, LEAST_FACTOR)) for x in scores]


def _weighted(shares: Sequence[float], values: Sequence[float]) -> float:
    return math.fsum(w * x for w, x in zip(shares, values, strict=True))
