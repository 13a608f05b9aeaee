"""Hard figures to points on 0..100 by fixed goalposts; how the figure is made is in `metrics`.

===============  =====================================================
Name             Meaning
===============  =====================================================
Goalposts        floor, target and stretch; higher or lower is better
RangeGoalposts   best between two values
score_metric     a measured figure to a score with its interval
===============  =====================================================
"""

import itertools

from app.deferred import dataclass
from app.scoring.errors import ScoringError
from app.scoring.results import HardScore, Interval, Measured

DEFAULT_TARGET_SCORE = 75.0


@dataclass(frozen=True, slots=True)
class Goalposts:
    """Floor, target and stretch of a KPI where more is better, or less, as their order says.

    floor : value at and beyond which the score is 0
    target : value that gives `target_score`
    stretch : value at and beyond which the score is 100; none: the target gives 100
    target_score : points of the target if there is a stretch, between 0 and 100

    Raises
    ------
    ScoringError : the values are in no strict order or too far or too little apart for a slope, or target_score
        is out of range

    >>> Goalposts(50, 80, 70)
    Traceback (most recent call last):
    ...
    app.scoring.errors.ScoringError: floor, target and stretch must rise or fall strictly, got 50, 80, 70
    """

    floor: float
    target: float
    stretch: float | None = None
    target_score: float = DEFAULT_TARGET_SCORE

    def __post_init__(self) -> None:
        """Refuse goalposts that do not say which way is better."""
        posts = [self.floor, self.target] if self.stretch is None else [self.floor, self.target, self.stretch]
        if not (_rises(posts) or _rises(posts[::-1])):
            names = "floor and target" if self.stretch is None else "floor, target and stretch"
            msg = f"{names} must rise or fall strictly, got {', '.join(map(str, posts))}"
            raise ScoringError(msg)
        if not 0 < self.target_score < 100:
            msg = f"target_score must be between 0 and 100, got {self.target_score}"
            raise ScoringError(msg)

    def points(self, value: float) -> float:
        """Score of a value, 0..100.

        Formula: T (v - f)/(g - f) from floor to target, T + (100 - T)(v - g)/(u - g) from there to the stretch,
        capped outside; T = 100 without a stretch.
        Source: fixed goalposts as in the UNDP Human Development Report, technical notes.

        >>> higher = Goalposts(50, 80, 100)
        >>> [higher.points(v) for v in (72, 40, 95, 120)]
        [55.0, 0.0, 93.75, 100.0]
        >>> lower = Goalposts(20, 10, 5)
        >>> [lower.points(v) for v in (12, 7)]
        [60.0, 90.0]
        """
        return _along(self._corners(), value * self._sign())

    def slope(self, value: float) -> float:
        """Points per unit on the piece that holds the value, without sign; 0 where capped.

        >>> Goalposts(50, 80, 100).slope(72), Goalposts(50, 80, 100).slope(95), Goalposts(50, 80, 100).slope(120)
        (2.5, 1.25, 0.0)
        """
        return _steepness(self._corners(), value * self._sign())

    def map_interval(self, interval: Interval) -> Interval:
        """Interval of a figure as an interval of its score; exact, since the score only rises or only falls.

        >>> Goalposts(20, 10, 5).map_interval(Interval(7, 12))
        Interval(lo=60.0, hi=90.0)
        """
        ends = sorted((self.points(interval.lo), self.points(interval.hi)))
        return Interval(*ends)

    def attainment(self, value: float) -> float | None:
        """Value divided by target, uncapped; none if the target is 0.

        >>> Goalposts(50, 80).attainment(120)
        1.5
        """
        return value / self.target if self.target else None

    def _sign(self) -> int:
        return 1 if self.target > self.floor else -1

    def _corners(self) -> list[tuple[float, float]]:
        sign = self._sign()
        if self.stretch is None:
            return [(sign * self.floor, 0.0), (sign * self.target, 100.0)]
        return [
            (sign * self.floor, 0.0),
            (sign * self.target, self.target_score),
            (sign * self.stretch, 100.0),
        ]


@dataclass(frozen=True, slots=True)
class RangeGoalposts:
    """Best between two values, 0 at and beyond two outer ones, linear on both flanks.

    low_floor, low_best, high_best, high_floor : a < b <= c < d

    Raises
    ------
    ScoringError : the values are not in that order, or too far or too little apart for a slope

    >>> RangeGoalposts(2, 7, 4, 12)
    Traceback (most recent call last):
    ...
    app.scoring.errors.ScoringError: a range needs low floor < low best <= high best < high floor, got 2, 7, 4, 12
    """

    low_floor: float
    low_best: float
    high_best: float
    high_floor: float

    def __post_init__(self) -> None:
        """Refuse a range that is not one."""
        a, b, c, d = self.low_floor, self.low_best, self.high_best, self.high_floor
        if not (_rises([a, b]) and b <= c and _rises([c, d])):
            msg = f"a range needs low floor < low best <= high best < high floor, got {a}, {b}, {c}, {d}"
            raise ScoringError(msg)

    def points(self, value: float) -> float:
        """Score of a value, 0..100.

        >>> handling_time = RangeGoalposts(2, 4, 7, 12)
        >>> [handling_time.points(v) for v in (1, 3, 4, 6.2, 7, 9.5, 12)]
        [0.0, 50.0, 100.0, 100.0, 100.0, 50.0, 0.0]
        """
        return _along(self._flank(value), self._inward(value))

    def slope(self, value: float) -> float:
        """Points per unit on the piece that holds the value, without sign; 0 outside and inside the best range.

        >>> RangeGoalposts(2, 4, 7, 12).slope(3), RangeGoalposts(2, 4, 7, 12).slope(8)
        (50.0, 20.0)
        """
        return _steepness(self._flank(value), self._inward(value))

    def map_interval(self, interval: Interval) -> Interval:
        """Lowest and highest score over an interval of values.

        >>> (
        ...     RangeGoalposts(2, 4, 7, 12).map_interval(Interval(3, 9.5)),
        ...     RangeGoalposts(2, 4, 7, 12).map_interval(Interval(8, 9)),
        ... )
        (Interval(lo=50.0, hi=100.0), Interval(lo=60.0, hi=80.0))
        """
        ends = [self.points(interval.lo), self.points(interval.hi)]
        meets_best = interval.lo <= self.high_best and interval.hi >= self.low_best
        return Interval(min(ends), 100.0 if meets_best else max(ends))

    def attainment(self, value: float) -> None:  # noqa: ARG002 -- one shape for both kinds of goalposts
        """None: a range has no single target to divide by."""
        return

    def _falls(self, value: float) -> bool:
        return value > self.high_best

    def _flank(self, value: float) -> list[tuple[float, float]]:
        if self._falls(value):
            return [(-self.high_floor, 0.0), (-self.high_best, 100.0)]
        return [(self.low_floor, 0.0), (self.low_best, 100.0)]

    def _inward(self, value: float) -> float:
        return -value if self._falls(value) else value


def score_metric(kpi: int, measured: Measured, goalposts: Goalposts | RangeGoalposts) -> HardScore:
    """Score of a hard figure.

    Parameters
    ----------
    kpi : number of the KPI
    measured : the figure with its error
    goalposts : of the KPI and subject

    Returns
    -------
    Score 0..100; standard error = that of the figure times the slope of the piece that holds the value;
    interval = the interval of the figure mapped through the goalposts.

    >>> from app.scoring.metrics import known
    >>> score = score_metric(1, known(52), Goalposts(180, 45, 20))
    >>> round(score.score, 1), round(score.attainment, 3), score.se
    (71.1, 1.156, 0.0)
    """
    return HardScore(
        kpi,
        goalposts.points(measured.value),
        measured.se * goalposts.slope(measured.value),
        measured.df,
        goalposts.map_interval(measured.interval),
        goalposts.attainment(measured.value),
        measured,
    )


def _rises(values: list[float]) -> bool:
    """Whether values rise strictly, by steps on which a line has a slope that is neither infinite nor 0."""
    return all(1e-300 < b - a < 1e300 for a, b in itertools.pairwise(values))


def _along(corners: list[tuple[float, float]], value: float) -> float:
    """Height at a value on the line through corners that rise to the right, flat outside."""
    if value <= corners[0][0]:
        return corners[0][1]
    for (x0, y0), (x1, y1) in itertools.pairwise(corners):
        if value < x1:
            return min(y0 + (y1 - y0) * (value - x0) / (x1 - x0), y1)
        if value == x1:
            return y1  # a target that is reached gives its points to the last bit
    return corners[-1][1]


def _steepness(corners: list[tuple[float, float]], value: float) -> float:
    """Slope of the piece that holds the value; a corner belongs to the piece on its left, the first to its right."""
    inside = corners[0][0] <= value <= corners[-1][0]
    pieces = itertools.pairwise(corners) if inside else ()
    return next(((y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in pieces if value <= x1), 0.0)
