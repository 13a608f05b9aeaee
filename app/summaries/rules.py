"""Pure decisions of summaries: self against others, the nearest wording, whether a target is reached."""

from collections.abc import Iterable

from app.releases.partition import scale_of
from app.responses.rules import answer_levels
from app.rounds.values import FrozenItem, Goalposts
from app.summaries.values import Verdict

GAP = 10.0
"""Points from which a gap between self and others matters (docs/scoring.md, section "Self and others")."""

_ORDER = ("customer", "mystery_shopper", "manager", "colleague", "direct_report")
_SELF = "self"


def verdict(own: float, others: float, lo: float, hi: float) -> Verdict:
    """How somebody's own rating stands to that of the others.

    Parameters
    ----------
    own : own rating, 0-100; taken as it is, without an interval
    others : score without self, 0-100
    lo, hi : its 95 % interval as readers see it

    Returns
    -------
    Blind spot from 10 points above others and beyond the interval, hidden strength from 10 below and beyond it,
    else in line.

    Source: half a standard deviation of the gap (Atwater & Yammarino 1992) lies inside the noise at five raters,
    hence both conditions.

    >>> [verdict(own, 58, 44, 71).value for own in (80, 70, 44, 40)]
    ['blind_spot', 'in_line', 'in_line', 'hidden_strength']
    """
    gap = own - others
    if gap >= GAP and own > hi:
        return Verdict.BLIND_SPOT
    if gap <= -GAP and own < lo:
        return Verdict.HIDDEN_STRENGTH
    return Verdict.IN_LINE


def closest_point(item: FrozenItem, mean: float) -> str | None:
    """The worded point of an item's scale that is worth nearest to a mean.

    Parameters
    ----------
    item : as frozen; `anchors` words some of its points
    mean : 0-100, of answers to this item

    Returns
    -------
    The key of the anchor; None if no point is worded. Halfway between two, the lower one: nothing is flattered.
    """
    scale = scale_of(item.scale)
    known = dict(answer_levels(item.scale)) or {point: float(point) for point in item.anchors}
    worth = {
        point: scale.points(known[point], is_reversed=item.is_reversed) for point in item.anchors if point in known
    }
    return min(worth, key=lambda point: (abs(worth[point] - mean), worth[point]), default=None)


def is_reached(value: float, posts: Goalposts) -> bool:
    """Whether a value is at or beyond the target, or inside the best range; equal counts as reached.

    >>> is_reached(45, Goalposts(floor=180, target=45, stretch=20)), is_reached(52, Goalposts(floor=180, target=45))
    (True, False)
    """
    return distance_left(value, posts) == 0


def distance_left(value: float, posts: Goalposts) -> float:
    """Distance from a value to the target, or to the nearer end of the best range; 0 when reached.

    Parameters
    ----------
    value : in the unit of the KPI
    posts : floor and target, or the four ends of a range

    >>> distance_left(52, Goalposts(floor=180, target=45, stretch=20))
    7
    >>> distance_left(79, Goalposts(floor=55, target=75)), distance_left(9, Goalposts(None, None, None, 2, 4, 7, 12))
    (0.0, 2)
    """
    if posts.floor is not None and posts.target is not None:
        sign = 1 if posts.target > posts.floor else -1
        return max(0.0, sign * (posts.target - value))
    low = value if posts.best_low is None else posts.best_low
    high = value if posts.best_high is None else posts.best_high
    return max(0.0, low - value, value - high)


def group_rank(rater_groups: Iterable[str]) -> tuple[int, int]:
    """Where a row of rater groups stands under its KPI: single groups, then mixed ones, self last.

    >>> rows = [("self",), ("colleague", "customer"), ("manager",), ("customer",)]
    >>> sorted(rows, key=group_rank)
    [('customer',), ('manager',), ('colleague', 'customer'), ('self',)]
    """
    groups = tuple(rater_groups)
    if _SELF in groups:
        return 2, 0
    return (0 if len(groups) == 1 else 1), min(_ORDER.index(group) for group in groups)
