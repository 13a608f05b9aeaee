"""What a series does when nothing is wrong: its baseline and the limits that follow from it; signals come later.

==============  ============================================================
Name            Meaning
==============  ============================================================
Baseline        centre, spread and memory of a series
baseline_of     the same from values
LEAST_BASELINE  values below which a series is still being learnt
==============  ============================================================
"""

import itertools
import math
from collections.abc import Sequence

from app.deferred import dataclass
from app.scoring.autocorrelation import autocorrelation, persistence
from app.scoring.errors import ScoringError
from app.scoring.results import Interval

LEAST_BASELINE = 20
"""With fewer values the limits are so uncertain that they cry wolf (docs/scoring.md, section "Baseline")."""

NATURAL = 2.66
LARGEST_RANGE = 3.267
POINT_WIDTH = 3.0
RANGE_TO_SIGMA = 2 / math.sqrt(math.pi)  # 1.128379, the mean range of two normal values of sd 1
ROUNDING = 1e-12  # a spread below this part of the level is what floating point left over
SMALLEST = 1e-150  # so that a series of zeros can be divided by, too


@dataclass(frozen=True, slots=True)
class Baseline:
    """Centre, spread and memory of a series while nothing was wrong, in the unit of the KPI.

    n : values
    mean : centre
    sd : standard deviation, divisor n - 1
    moving_range : mean distance between neighbours
    persistence : lag-1 autocorrelation, cut to 0..0.8
    """

    n: int
    mean: float
    sd: float
    moving_range: float
    persistence: float

    @property
    def sigma(self) -> float:
        """Spread that limits are made of, > 0: the larger of the two estimates.

        Formula: max(mR/1.128379, sd).
        Source: mR/d2 as Wheeler; sd because neighbours that resemble each other make mR too small.

        >>> round(Baseline(24, 81.0, 1.0, 2.256758, 0.0).sigma, 6), Baseline(24, 81.0, 2.5, 2.256758, 0.0).sigma
        (2.0, 2.5)
        """
        floor = max(ROUNDING * abs(self.mean), SMALLEST)
        return max(self.moving_range / RANGE_TO_SIGMA, self.sd, floor)

    @property
    def natural(self) -> Interval:
        """Natural limits of the picture, between which ordinary values lie.

        Formula: mean -+ 2.66 mR.
        Source: Wheeler, Understanding Variation, 1993.

        >>> Baseline(24, 81.0, 1.0, 2.0, 0.0).natural
        Interval(lo=75.68, hi=86.32)
        """
        return Interval(self.mean - NATURAL * self.moving_range, self.mean + NATURAL * self.moving_range)

    @property
    def largest_range(self) -> float:
        """Upper limit for the distance between neighbours.

        Formula: 3.267 mR.
        Source: Wheeler 1993.

        >>> Baseline(24, 81.0, 1.0, 2.0, 0.0).largest_range
        6.534
        """
        return LARGEST_RANGE * self.moving_range

    def widening(self, smoothing: float) -> float:
        """How much wider the limits of a smoothed series must be because the series remembers itself, >= 1.

        Parameters
        ----------
        smoothing : weight of the newest value, above 0 and at most 1

        Formula: sqrt((1 + r (1 - lambda))/(1 - r (1 - lambda))).
        Source: variance of an EWMA of a first-order autoregression, Schmid 1997; Zhang 1998.

        >>> round(Baseline(40, 0.0, 1.0, 1.0, 0.298174084018292).widening(0.2), 6)
        1.275355
        """
        kept = self.persistence * (1 - smoothing)
        return math.sqrt((1 + kept) / (1 - kept))


def baseline_of(values: Sequence[float]) -> Baseline:
    """Centre, spread and memory of a series.

    Parameters
    ----------
    values : in order of time, at least 2, finite; missing ones left out

    Raises
    ------
    ScoringError : fewer than two values

    Formula: mean; sd with n - 1; mR = mean |x_t - x_(t-1)|; lag-1 autocorrelation cut to 0..0.8.
    Source: XmR chart, Wheeler 1993.

    >>> baseline_of([52, 48, 50, 54])
    Baseline(n=4, mean=51.0, sd=2.581988897471611, moving_range=3.3333333333333335, persistence=0.0)
    """
    n = len(values)
    if n < 2:
        msg = f"a baseline needs at least 2 values, got {n}"
        raise ScoringError(msg)
    away = [value - values[0] for value in values]  # exact zeros for a series that never changes
    centre = math.fsum(away) / n
    sd = math.sqrt(math.fsum((distance - centre) ** 2 for distance in away) / (n - 1))
    moving_range = math.fsum(abs(after - before) for before, after in itertools.pairwise(values)) / (n - 1)
    return Baseline(n, values[0] + centre, sd, moving_range, persistence(autocorrelation(values)))
