"""Pure decisions of summaries: the nearest wording, whether a target is reached, the order of rows."""

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from app.deferred import dataclass
from app.releases.values import ScoreStatus, Withheld
from app.responses.rules import answer_levels
from app.rounds.recipe import scale_of
from app.rounds.values import FrozenItem, Goalposts
from app.scoring.across import Published, across
from app.scoring.goalposts import DEFAULT_TARGET_SCORE
from app.scoring.results import NotScored
from app.summaries.values import Figure, NextStep, SoftKpi, Standouts

_MOST_DECIMALS = 3
_TINY = 1e-9
_TARGET = DEFAULT_TARGET_SCORE
_ORDER = ("customer", "mystery_shopper", "manager", "colleague", "direct_report")
_SELF = "self"


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


def decimals_to_show(value: float, left: float, posts: Goalposts, least: int) -> int:
    """Decimals with which value and distance, both rounded half up, still lead to the target as it is written.

    Parameters
    ----------
    value : in the unit of the KPI
    left : distance to the target or the best range, above 0
    posts : what was to be reached
    least : decimals that the KPI asks for, 0 or more

    Returns
    -------
    `least` or more, at most 3.

    >>> decimals_to_show(52, 7, Goalposts(floor=180, target=45), 0)
    0
    >>> decimals_to_show(69.5, 5.5, Goalposts(floor=55, target=75), 0)
    1
    """
    ends = [end for end in (posts.target, posts.best_low, posts.best_high) if end is not None]
    for decimals in range(least, _MOST_DECIMALS):
        shown, way = _half_up(value, decimals), _half_up(left, decimals)
        if way and any(abs(float(found) - end) < _TINY for found in (shown + way, shown - way) for end in ends):
            return decimals
    return max(least, _MOST_DECIMALS)


@dataclass(frozen=True, slots=True)
class Piece:
    """The straight line between two goalposts that a value lies on: start + gain (far - near)/(whole).

    start : score at the nearer goalpost, 0-100
    gain : points from there to the next one; below 0 on the falling side of a range
    way : how far the value is from the nearer goalpost, as a difference of two numbers
    whole : the distance of both goalposts, as a difference of two numbers
    """

    start: float
    gain: float
    way: tuple[float, float]
    whole: tuple[float, float]

    @property
    def points(self) -> float:
        """The score of the value, 0-100."""
        return self.start + self.gain * (self.way[0] - self.way[1]) / (self.whole[0] - self.whole[1])


def piece_of(value: float, posts: Goalposts) -> Piece | None:
    """The line between goalposts that gives the score of a value; None where the score is capped or full.

    Parameters
    ----------
    value : in the unit of the KPI
    posts : floor, target and perhaps stretch, or the four ends of a range

    Source: docs/scoring.md, section "Goalposts".

    >>> piece = piece_of(52, Goalposts(floor=180, target=45, stretch=20))
    >>> piece.start, piece.gain, piece.way, piece.whole, round(piece.points, 1)
    (0.0, 75.0, (180, 52), (180, 45), 71.1)
    >>> round(piece_of(79, Goalposts(floor=55, target=75, stretch=88)).points, 1)
    82.7
    """
    corners = _corners(posts)
    for (left, low), (right, high) in pairwise(corners):
        if min(left, right) <= value <= max(left, right) and low != high:
            rises = right > left
            way, whole = (value, left), (right, left)
            return Piece(low, high - low, way if rises else way[::-1], whole if rises else whole[::-1])
    return None


def combined_figure(parts: Sequence[Published], whole: float) -> Figure:
    """Published figures as one, or the reason why too little of them is published.

    Parameters
    ----------
    parts : the published figures, 0-100
    whole : the weight of all of them, published or not; above 0

    >>> combined_figure([Published(60, 50, 70, 1)], 3).reason
    <Withheld.TOO_LITTLE_WEIGHT: 'too_little_weight'>
    """
    found = across(parts, whole)
    if isinstance(found, NotScored):
        return Figure(ScoreStatus.INSUFFICIENT, Withheld.TOO_LITTLE_WEIGHT, coverage=found.coverage)
    return Figure(ScoreStatus.OK, None, found.score, found.lo, found.hi, found.coverage)


def next_step(soft: Iterable[SoftKpi], standouts: Standouts) -> NextStep | None:
    """The item to work on next: of the items of the development areas that are published, the lowest.

    All soft items are measured against one target on the common scale, so the lowest score is the furthest below it.

    Parameters
    ----------
    soft : the rated KPIs, in the order of the card, which decides ties
    standouts : of the same subject

    Returns
    -------
    None where no item of a development area is published.

    >>> next_step([], Standouts(None, (), ())) is None
    True
    """
    areas = {one.kpi_id for one in standouts.development_areas}
    found = [
        (item.figure.score, kpi, item)
        for kpi in soft
        if kpi.kpi_id in areas
        for item in kpi.items
        if item.figure.score is not None
    ]
    if not found:
        return None
    _, kpi, item = min(found, key=lambda one: one[0])
    return NextStep(kpi.kpi_id, kpi.name, item, _TARGET)


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


def _corners(posts: Goalposts) -> list[tuple[float, float]]:
    """Goalposts with the score at each, from the floor on."""
    if posts.floor is not None and posts.target is not None:
        if posts.stretch is None:
            return [(posts.floor, 0.0), (posts.target, 100.0)]
        return [(posts.floor, 0.0), (posts.target, _TARGET), (posts.stretch, 100.0)]
    ends = (posts.low, posts.best_low, posts.best_high, posts.high)
    return [(end, score) for end, score in zip(ends, (0.0, 100.0, 100.0, 0.0), strict=True) if end is not None]


def _half_up(figure: float, decimals: int) -> Decimal:
    return Decimal(repr(round(float(figure), 9))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
