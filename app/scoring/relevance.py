"""Does a soft KPI move before a hard one? The link within units, how sure it is, and what speaks against it.

===========  =============================================================
Name         Meaning
===========  =============================================================
Doubt        what speaks against reading much into a link
Lack         why a link cannot be told
Untold       a link that cannot be told
Link         correlation within units at one lag
Relevance    the best of the lags that were tried, with its doubts
relevance    the same from values of both KPIs
Indicator    one of many soft KPIs beside a hard one
indicators   which of many soft KPIs move before a hard one
===========  =============================================================
"""

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import scipy

from app.deferred import dataclass
from app.scoring.columns import Floats
from app.scoring.discoveries import RATE, discoveries
from app.scoring.errors import ScoringError
from app.scoring.panels import Panel, Values, effective_df, memory, panel_of, within_periods, within_units
from app.scoring.results import Interval

LEVEL = 0.05
LEAST_PAIRS = 20
LEAST_DF = 10.0
LARGEST = 1 - 1e-12  # so that a perfect link has an interval, too


class Doubt(StrEnum):
    """What speaks against reading much into a link; the set is closed, pages have one sentence for each.

    chance : the interval holds 0: chance alone explains it
    tried : it is the best of several lags, and its interval allows for that
    one_unit : all of it comes from one unit
    shared : it is not seen once what all units share in a period is taken out: season, prices, a campaign
    not_ahead : the soft KPI does not come first
    """

    CHANCE = "chance"
    TRIED = "tried"
    ONE_UNIT = "one_unit"
    SHARED = "shared"
    NOT_AHEAD = "not_ahead"


class Lack(StrEnum):
    """Why a link cannot be told.

    few : too few pairs, or too few once memory is counted
    constant : one of the KPIs never changes within a unit
    """

    FEW = "few"
    CONSTANT = "constant"


class Untold(NamedTuple):
    """A link that cannot be told.

    lack : why
    n : pairs that were there
    units : units they came from
    """

    lack: Lack
    n: int
    units: int


class Link(NamedTuple):
    """Correlation of two KPIs within units at one lag.

    lag : periods from the soft to the hard value
    r : -1..1; between hard values where more is better and soft ones, positive is what one hopes for
    interval : allows for the number of lags that were tried
    chance : probability of a link at least as strong if there were none, likewise, 0..1
    n, units : pairs and units behind it
    df : degrees of freedom, reduced by memory
    """

    lag: int
    r: float
    interval: Interval
    chance: float
    n: int
    units: int
    df: float

    @property
    def is_beyond_chance(self) -> bool:
        """Whether the interval excludes 0."""
        return self.interval.lo > 0 or self.interval.hi < 0


@dataclass(frozen=True, slots=True)
class Relevance:
    """The link between two KPIs.

    link : of the lag that is hardest to explain by chance
    tried : of every lag that could be told, in the order asked
    doubts : what speaks against reading much into it; that it is no proof of cause goes without saying
    """

    link: Link
    tried: tuple[Link, ...]
    doubts: tuple[Doubt, ...]


class Indicator(NamedTuple):
    """One of many soft KPIs beside a hard one.

    kpi : number
    found : its link, or why there is none to tell
    stands : it comes first and is kept when the number of KPIs looked at is allowed for
    """

    kpi: int
    found: Relevance | Untold
    stands: bool


def relevance(soft: Values, hard: Values, lags: Sequence[int] = (1,), *, level: float = LEVEL) -> Relevance | Untold:
    """Link between a soft KPI and a hard one some periods later, pooled within units.

    Parameters
    ----------
    soft, hard : values by unit and number of the period, equal steps, any unit of measure
    lags : periods from soft to hard; one that was chosen in advance, or all that are tried
    level : probability of finding a link where there is none, over all lags tried

    Returns
    -------
    The link, or why it cannot be told: fewer than 20 pairs in units with at least 3 each, fewer than 10 effective
    degrees of freedom, or a KPI that never changes.

    Raises
    ------
    ScoringError : no lag is asked for, one comes twice, or a value is not finite

    Formula: r = sum x y/sqrt(sum x^2 sum y^2), x and y less the mean of their unit; interval tanh(atanh r -+
    q/sqrt(df - 1)), q = Phi^-1(1 - level/(2 lags)); df = pairs - units - 1, reduced by memory (`panels.effective_df`).
    Source: Bland & Altman 1995 and Bakdash & Marusich 2017 (correlation within units); Fisher 1921 (z); Dutilleul 1993
    (memory); Bonferroni over lags.

    >>> mood = {"Nord": [0, 3, 1, 4, 2, 5, 1, 3, 0, 4, 2, 5], "Sør": [5, 1, 4, 0, 2, 3, 5, 0, 3, 1, 4, 2]}
    >>> soft = {unit: dict(enumerate(map(float, values))) for unit, values in mood.items()}
    >>> hard = {
    ...     unit: {period + 1: 2 * value + period % 3 for period, value in values.items()}
    ...     for unit, values in soft.items()
    ... }
    >>> found = relevance(soft, hard)
    >>> round(found.link.r, 3), found.link.n, found.link.units, found.link.is_beyond_chance, found.doubts
    (0.974, 24, 2, True, ())
    """
    _check(soft, hard, lags)
    told = [_link(panel_of(soft, hard, lag), lag, level / len(lags)) for lag in lags]
    links = [link for link in told if isinstance(link, Link)]
    if not links:
        return max((lacking for lacking in told if isinstance(lacking, Untold)), key=lambda lacking: lacking.n)
    scaled = tuple(link._replace(chance=min(1.0, link.chance * len(lags))) for link in links)
    best = min(scaled, key=lambda link: (link.chance, abs(link.lag)))
    return Relevance(best, scaled, _doubts(panel_of(soft, hard, best.lag), best, len(lags), level))


def indicators(
    candidates: Mapping[int, Values], hard: Values, lags: Sequence[int] = (1,), *, share: float = RATE
) -> list[Indicator]:
    """Which of many soft KPIs move before a hard one.

    Parameters
    ----------
    candidates : values of each soft KPI by its number
    hard, lags : as for `relevance`
    share : of false ones among those that stand, 0..1

    Returns
    -------
    All of them, the one hardest to explain by chance first, those that cannot be told last.

    Formula: `relevance` of each; Benjamini-Hochberg over all that can be told.
    Source: Benjamini & Hochberg 1995.

    >>> mood = {"Nord": dict(enumerate([0.0, 3, 1, 4, 2, 5, 1, 3, 0, 4, 2, 5, 1, 0, 3, 5, 2, 4, 0, 1, 5, 3]))}
    >>> sales = {"Nord": {period + 1: 2 * value + period % 3 for period, value in mood["Nord"].items()}}
    >>> [(found.kpi, found.stands) for found in indicators({7: mood, 8: sales, 9: {}}, sales)]
    [(7, True), (8, False), (9, False)]
    """
    found = {kpi: relevance(soft, hard, lags) for kpi, soft in candidates.items()}
    told = {kpi: told.link for kpi, told in found.items() if isinstance(told, Relevance)}
    kept = dict(zip(told, discoveries([link.chance for link in told.values()], rate=share), strict=True))
    order = sorted(found, key=lambda kpi: told[kpi].chance if kpi in told else math.inf)
    return [Indicator(kpi, found[kpi], kept.get(kpi, False) and told[kpi].lag > 0) for kpi in order]


def _link(panel: Panel, lag: int, level: float) -> Link | Untold:
    n, units = len(panel.unit), panel.units
    if n < LEAST_PAIRS:
        return Untold(Lack.FEW, n, units)
    one, other = within_units(panel, panel.first), within_units(panel, panel.second)
    r = _correlation(one, other)
    if r is None:
        return Untold(Lack.CONSTANT, n, units)
    df = effective_df(panel, memory(panel, one), memory(panel, other))
    if df < LEAST_DF:
        return Untold(Lack.FEW, n, units)
    z = math.atanh(min(max(r, -LARGEST), LARGEST)) * math.sqrt(df - 1)
    return Link(lag, r, _interval(r, df, level), float(2 * scipy.special.ndtr(-abs(z))), n, units, df)


def _check(soft: Values, hard: Values, lags: Sequence[int]) -> None:
    if not lags or len(set(lags)) < len(lags):
        msg = f"a link needs at least one lag, each once, got {list(lags)}"
        raise ScoringError(msg)
    for values in (*soft.values(), *hard.values()):
        if not all(math.isfinite(value) for value in values.values()):
            msg = "a value must be a finite number"
            raise ScoringError(msg)


def _correlation(one: Floats, other: Floats) -> float | None:
    size = math.sqrt(float(one @ one) * float(other @ other))
    return float(one @ other) / size if size else None


def _interval(r: float, df: float, level: float) -> Interval:
    z = math.atanh(min(max(r, -LARGEST), LARGEST))
    half = float(scipy.special.ndtri(1 - level / 2)) / math.sqrt(df - 1)
    return Interval(math.tanh(z - half), math.tanh(z + half))


def _doubts(panel: Panel, link: Link, n_lags: int, level: float) -> tuple[Doubt, ...]:
    found = []
    if not link.is_beyond_chance:
        found.append(Doubt.CHANCE)
    if n_lags > 1:
        found.append(Doubt.TRIED)
    if link.units == 1:
        found.append(Doubt.ONE_UNIT)
    elif link.is_beyond_chance and not _stands_alone(panel, link, level / n_lags):
        found.append(Doubt.SHARED)
    if link.lag <= 0:
        found.append(Doubt.NOT_AHEAD)
    return tuple(found)


def _stands_alone(panel: Panel, link: Link, level: float) -> bool:
    """Whether a link is still seen once what all units share in a period is taken out."""
    periods = len(np.unique(panel.period))
    free = link.n - link.units - 1
    df = link.df * (free - periods + 1) / free
    r = _correlation(within_periods(panel, panel.first), within_periods(panel, panel.second))
    if r is None or df <= 1:
        return False
    lo, hi = _interval(r, df, level)
    return lo > 0 if link.r > 0 else hi < 0
