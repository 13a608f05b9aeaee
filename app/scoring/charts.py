"""Control charts: how far each new value brings a series towards its limits; states and alerts are made in `courses`.

==========  =================================================================
Name        Meaning
==========  =================================================================
Side        below or above the centre
Distance    how far a series is towards its limits, on either side
Smoothed    a smoothed value and its limits
Ewma        smoothed values against limits that widen to their full width
Cusum       sums of what exceeds half of the shift that matters
Single      each value by itself against three sigma
==========  =================================================================

A distance of 1 is the limit, whatever the chart; beyond it the chart signals.
"""

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from app.deferred import dataclass
from app.scoring.baselines import POINT_WIDTH, Baseline
from app.scoring.errors import ScoringError
from app.scoring.results import Interval

LEAST_SMOOTHING = 0.01
LARGEST_WIDTH = 10.0
LARGEST_DECISION = 50.0


class Side(StrEnum):
    """A side of the centre."""

    LOW = "low"
    HIGH = "high"


class Distance(NamedTuple):
    """How far a series is towards its lower and its upper limit: 0 or less on the other side, 1 at the limit."""

    low: float
    high: float

    def on(self, side: Side) -> float:
        """Towards the limit of a side.

        >>> Distance(-0.5, 0.5).on(Side.HIGH)
        0.5
        """
        return self.low if side is Side.LOW else self.high


class Smoothed(NamedTuple):
    """A smoothed value, the centre, and the distance from there to the limits, in the unit of the series."""

    value: float
    centre: float
    half: float

    @property
    def limits(self) -> Interval:
        """Lower and upper limit.

        >>> Smoothed(49.0, 50.0, 1.5).limits
        Interval(lo=48.5, hi=51.5)
        """
        return Interval(self.centre - self.half, self.centre + self.half)


@dataclass(frozen=True, slots=True)
class Ewma:
    """Exponentially weighted moving average: remembers, so that it sees small lasting shifts.

    smoothing : weight lambda of the newest value, 0.01..1; smaller ones remember longer
    width : limit L in standard deviations of the smoothed value, above 0 and at most 10

    Raises
    ------
    ScoringError : a setting is out of range
    """

    smoothing: float = 0.2
    width: float = 2.962

    def __post_init__(self) -> None:
        """Refuse settings that make no chart."""
        if not LEAST_SMOOTHING <= self.smoothing <= 1:
            msg = f"smoothing must be from {LEAST_SMOOTHING} to 1, got {self.smoothing}"
            raise ScoringError(msg)
        _check("width", self.width, LARGEST_WIDTH)

    def smoothed(self, baseline: Baseline, values: Sequence[float]) -> list[Smoothed]:
        """Smoothed values and their limits.

        Parameters
        ----------
        baseline : of the same series
        values : after the baseline, in order of time, missing ones left out

        Formula: E_0 = mu, E_t = lambda x_t + (1 - lambda) E_(t-1); limits
        mu -+ L sigma sqrt(lambda/(2 - lambda) (1 - (1 - lambda)^(2t))) f, f = `Baseline.widening`.
        Source: Roberts 1959; Lucas & Saccucci 1990; f: Schmid 1997.

        >>> steps = Ewma().smoothed(Baseline(24, 50.0, 2.0, 0.0, 0.0), [52, 47, 44, 43])
        >>> [round(step.value, 4) for step in steps]
        [50.4, 49.72, 48.576, 47.4608]
        >>> [round(step.half, 4) for step in steps]
        [1.1848, 1.5173, 1.6962, 1.8014]
        """
        spread = self.width * baseline.sigma * baseline.widening(self.smoothing)
        steps, value = [], baseline.mean
        for t, x in enumerate(values, 1):
            value += self.smoothing * (x - value)
            steps.append(Smoothed(value, baseline.mean, spread * self.share_of_sigma(t)))
        return steps

    def share_of_sigma(self, t: float) -> float:
        """Standard deviation of the smoothed value after t steps, as a share of sigma; t may be infinite.

        >>> round(Ewma().share_of_sigma(1), 6), round(Ewma().share_of_sigma(math.inf), 6)
        (0.2, 0.333333)
        """
        return math.sqrt(self.smoothing / (2 - self.smoothing) * (1 - (1 - self.smoothing) ** (2 * t)))

    def distances(self, baseline: Baseline, values: Sequence[float]) -> list[Distance]:
        """Towards the limits, as a share of their width at that step.

        >>> distances = Ewma().distances(Baseline(24, 50.0, 2.0, 0.0, 0.0), [52, 47, 44, 43])
        >>> [round(distance.low, 3) for distance in distances]
        [-0.338, 0.185, 0.84, 1.41]
        """
        shares = [(step.value - step.centre) / step.half for step in self.smoothed(baseline, values)]
        return [Distance(-share, share) for share in shares]


@dataclass(frozen=True, slots=True)
class Cusum:
    """Cumulative sums: quickest for the one shift it is made for, twice its reference value.

    reference : k in sigma, 0..10; half of the shift that matters
    decision : h in sigma, above 0 and at most 50

    Raises
    ------
    ScoringError : a setting is out of range
    """

    reference: float = 0.5
    decision: float = 5.0

    def __post_init__(self) -> None:
        """Refuse settings that make no chart."""
        if not 0 <= self.reference <= LARGEST_WIDTH:
            msg = f"reference must be from 0 to {LARGEST_WIDTH:g}, got {self.reference}"
            raise ScoringError(msg)
        _check("decision", self.decision, LARGEST_DECISION)

    def sums(self, baseline: Baseline, values: Sequence[float]) -> list[Distance]:
        """Sums below and above the centre, in sigma, >= 0.

        Parameters
        ----------
        baseline : of the same series
        values : after the baseline, in order of time, missing ones left out

        Formula: C+ = max(0, C+ + z - k), C- = max(0, C- - z - k), z = (x - mu)/sigma.
        Source: Page 1954; Montgomery, Introduction to Statistical Quality Control, section 9.1.

        >>> Cusum().sums(Baseline(24, 50.0, 2.0, 0.0, 0.0), [52, 47, 44, 43])[-1]
        Distance(low=6.5, high=0.0)
        """
        steps, low, high = [], 0.0, 0.0
        for x in values:
            z = (x - baseline.mean) / baseline.sigma
            low, high = max(0.0, low - z - self.reference), max(0.0, high + z - self.reference)
            steps.append(Distance(low, high))
        return steps

    def distances(self, baseline: Baseline, values: Sequence[float]) -> list[Distance]:
        """Towards the limits, as a share of h.

        >>> Cusum().distances(Baseline(24, 50.0, 2.0, 0.0, 0.0), [52, 47, 44, 43])[-1]
        Distance(low=1.3, high=0.0)
        """
        return [Distance(low / self.decision, high / self.decision) for low, high in self.sums(baseline, values)]


@dataclass(frozen=True, slots=True)
class Single:
    """Each value by itself: sees large shifts at once and small ones hardly ever.

    width : limit in sigma, above 0 and at most 10

    Raises
    ------
    ScoringError : the width is out of range
    """

    width: float = POINT_WIDTH

    def __post_init__(self) -> None:
        """Refuse settings that make no chart."""
        _check("width", self.width, LARGEST_WIDTH)

    def distances(self, baseline: Baseline, values: Sequence[float]) -> list[Distance]:
        """Towards the limits, as a share of their width.

        Formula: (x - mu)/(w sigma), w = 3.
        Source: Shewhart 1931.

        >>> Single().distances(Baseline(24, 50.0, 2.0, 0.0, 0.0), [53, 43])
        [Distance(low=-0.5, high=0.5), Distance(low=1.1666666666666667, high=-1.1666666666666667)]
        """
        shares = [(x - baseline.mean) / (self.width * baseline.sigma) for x in values]
        return [Distance(-share, share) for share in shares]


Chart = Ewma | Cusum | Single


def _check(name: str, setting: float, most: float) -> None:
    if not 0 < setting <= most:
        msg = f"{name} must be above 0 and at most {most:g}, got {setting}"
        raise ScoringError(msg)
