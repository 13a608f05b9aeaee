"""Two KPIs side by side over units and periods: pairs at a lag, levels taken out, memory; no verdict yet.

================  ==================================================================
Name              Meaning
================  ==================================================================
Panel             pairs of values by unit and period
panel_of          the same from two KPIs at a lag
within_units      values less the mean of their unit
within_periods    the same less what all units share in a period
memory            lag-1 autocorrelation within units, for panels of any length
effective_df      degrees of freedom that are left when both KPIs remember
================  ==================================================================
"""

from collections import Counter
from collections.abc import Mapping

import numpy as np

from app.deferred import dataclass
from app.scoring.columns import Floats, Integers, totals_by

LEAST_PER_UNIT = 3
LARGEST_MEMORY = 0.95
ROUNDING = 1e-12
NOTHING = 1e-9  # what is left of a value that units or periods explain
MOST_TURNS = 1000

Values = Mapping[str, Mapping[int, float]]
"""Values of a KPI by unit and by number of the period."""


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Pairs of values, one row each, sorted by unit and period.

    unit : 0..units - 1
    period : number of the first value's period
    first, second : values
    """

    unit: Integers
    period: Integers
    first: Floats
    second: Floats

    @property
    def units(self) -> int:
        """Units with pairs."""
        return int(self.unit[-1]) + 1 if len(self.unit) else 0

    def patterns(self) -> Counter[tuple[int, ...]]:
        """How often each pattern of periods occurs, counted from the first period of a unit."""
        starts = np.flatnonzero(np.diff(self.unit, prepend=-1))
        return Counter(tuple((rows - rows[0]).tolist()) for rows in np.split(self.period, starts[1:]) if len(rows))


def panel_of(first: Values, second: Values, lag: int) -> Panel:
    """Pairs of a KPI with another that many periods later.

    Parameters
    ----------
    first, second : by unit and period; what only one of them has is left out
    lag : periods from the first to the second value; negative: the second comes first

    Returns
    -------
    The pairs of units with at least 3 of them: fewer say nothing once the level of the unit is taken out.

    >>> one, other = {"Nord": {1: 5.0, 2: 6.0, 3: 7.0}}, {"Nord": {2: 1.0, 3: 2.0, 4: 3.0, 5: 4.0}}
    >>> panel_of(one, other, 1).second.tolist(), panel_of(one, other, 0).units
    ([1.0, 2.0, 3.0], 0)
    """
    rows: list[tuple[int, int, float, float]] = []
    unit = 0
    for name in sorted(first):
        later = second.get(name, {})
        pairs = [(period, value) for period, value in sorted(first[name].items()) if period + lag in later]
        if len(pairs) >= LEAST_PER_UNIT:
            rows += [(unit, period, value, later[period + lag]) for period, value in pairs]
            unit += 1
    columns = np.array(rows, np.float64).reshape(-1, 4).T
    return Panel(columns[0].astype(np.int64), columns[1].astype(np.int64), columns[2], columns[3])


def within_units(panel: Panel, values: Floats) -> Floats:
    """Values less the mean of their unit; exact zeros for a unit that never changes.

    >>> one = {"Nord": {1: 5.0, 2: 6.0, 3: 7.0}, "Sør": {1: 80.0, 2: 80.0, 3: 80.0}}
    >>> panel = panel_of(one, one, 0)
    >>> within_units(panel, panel.first).tolist()
    [-1.0, 0.0, 1.0, 0.0, 0.0, 0.0]
    """
    starts = np.flatnonzero(np.diff(panel.unit, prepend=-1))
    away = values - values[starts][panel.unit]
    return _less_mean(away, panel.unit, panel.units)


def within_periods(panel: Panel, values: Floats) -> Floats:
    """Values less the mean of their unit and less what all units share in a period.

    Formula: residuals of values on units and periods, by taking out either mean in turn until nothing changes.
    Source: two-way within transformation; alternating projections, von Neumann 1950.

    >>> one = {"Nord": {1: 1.0, 2: 2.0, 3: 3.0}, "Sør": {1: 11.0, 2: 12.0, 3: 13.0}}
    >>> panel = panel_of(one, one, 0)
    >>> within_periods(panel, panel.first).tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    numbers = np.unique(panel.period, return_inverse=True)[1]
    left, size = within_units(panel, values), np.abs(values).max(initial=0.0)
    for _ in range(MOST_TURNS):
        before = left
        left = _less_mean(_less_mean(left, numbers, int(numbers.max()) + 1), panel.unit, panel.units)
        if np.abs(left - before).max() <= ROUNDING * size:
            break
    return np.where(np.abs(left) <= NOTHING * size, 0.0, left)


def memory(panel: Panel, values: Floats) -> float:
    """Lag-1 autocorrelation within units.

    Parameters
    ----------
    values : within units, as from `within_units`

    Returns
    -------
    0..0.95; 0 if no two periods of a unit follow each other.

    Taking out the mean of a short series makes it look as if it turned back at every step; the coefficient is
    therefore the rho whose expected coefficient, under a first-order autoregression, is the one observed.

    Formula: sum of x_t x_(t+1) over neighbours/sum x^2 = sum tr(M R M S)/sum tr(M R) over units; R = rho^|t - u|,
    M takes out the mean, S picks neighbours.
    Source: bias of the within-unit coefficient, Nickell 1981; solved for rho by bisection.

    >>> wave = {"Nord": {period: float(period % 8 > 3) for period in range(40)}}
    >>> panel = panel_of(wave, wave, 0)
    >>> round(memory(panel, within_units(panel, panel.first)), 2)
    0.58
    """
    neighbours = np.flatnonzero((np.diff(panel.unit) == 0) & (np.diff(panel.period) == 1))
    squares = float(values @ values)
    if not len(neighbours) or not squares:
        return 0.0
    seen = float(values[neighbours] @ values[neighbours + 1]) / squares
    patterns = [(np.array(pattern), times) for pattern, times in panel.patterns().items()]
    low, high = 0.0, LARGEST_MEMORY
    if not _expected(patterns, low) < seen < _expected(patterns, high):
        return low if seen <= _expected(patterns, low) else high
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if _expected(patterns, middle) < seen else (low, middle)
    return (low + high) / 2


def effective_df(panel: Panel, one: float, other: float) -> float:
    """Degrees of freedom of a correlation within units when both KPIs remember.

    Parameters
    ----------
    one, other : memory of either, 0..0.95

    Returns
    -------
    At most pairs - units - 1, which it is if one of them does not remember.

    Formula: sum tr(M R_x) sum tr(M R_y)/sum tr(M R_x M R_y) - 1 over units.
    Source: Dutilleul 1993, pooled over units.

    >>> wave = {"Nord": {period: float(period % 8 > 3) for period in range(40)}}
    >>> panel = panel_of(wave, wave, 0)
    >>> round(effective_df(panel, 0.0, 0.9), 6), round(effective_df(panel, 0.5, 0.5), 1)
    (38.0, 23.0)
    """
    first, second, both = 0.0, 0.0, 0.0
    for pattern, times in panel.patterns().items():
        periods = np.array(pattern)
        centred, plain = _centred(_decay(periods, one)), _decay(periods, other)
        first += times * float(np.trace(centred))
        second += times * float(np.trace(_centred(plain)))
        both += times * float((centred * plain).sum())
    return first * second / both - 1


def _expected(patterns: list[tuple[Integers, int]], rho: float) -> float:
    """Coefficient within units to expect from values with that memory."""
    products, squares = 0.0, 0.0
    for periods, times in patterns:
        centred = _centred(_decay(periods, rho))
        products += times * float(np.diag(centred, 1)[np.diff(periods) == 1].sum())
        squares += times * float(np.trace(centred))
    return products / squares


def _decay(periods: Integers, rho: float) -> Floats:
    apart = np.abs(periods[:, None] - periods)
    decay: Floats = (rho ** np.arange(int(apart.max()) + 1, dtype=np.float64))[apart]
    return decay


def _centred(matrix: Floats) -> Floats:
    """Rows and columns less their means."""
    left: Floats = matrix - matrix.mean(axis=0)
    left -= left.mean(axis=1)[:, None]
    return left


def _less_mean(values: Floats, numbers: Integers, length: int) -> Floats:
    counts = np.bincount(numbers, minlength=length)
    return values - (totals_by(numbers, values, length) / counts)[numbers]
