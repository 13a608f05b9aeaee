"""How surprising a difference is, and which of many differences are no chance finds; the differences come from elsewhere.

============  ========================================================
Function      Does
============  ========================================================
two_sided_p   chance of a difference at least as large, if there is none
discoveries   which of many stand, by Benjamini & Hochberg
adjusted_p    the rate of false finds at which each would stand
============  ========================================================

Ten KPIs without any change show one "significant" change in two rounds out of five. A list over many KPIs or
subjects therefore passes through `discoveries` before it is shown.
"""

import math
from collections.abc import Sequence

import scipy

from app.scoring.errors import ScoringError

RATE = 0.1
"""Share of false finds among all finds that a list may hold in the long run."""


def two_sided_p(difference: float, se: float, df: float) -> float:
    """Chance of a difference at least as large in either direction, if there is none.

    Parameters
    ----------
    difference, se : in one unit, se >= 0
    df : degrees of freedom of the standard error, > 0, may be infinite

    Returns
    -------
    0..1; without error 0, or 1 for no difference.

    Formula: 2 (1 - F_t(|difference|/SE; df)).
    Source: Student 1908.

    >>> round(two_sided_p(12.5, 10.400665, 21.873028), 6)
    0.242274
    >>> round(two_sided_p(1.959964, 1, math.inf), 6), two_sided_p(0, 0, 8), two_sided_p(1, 0, math.inf)
    (0.05, 1.0, 0.0)
    """
    if se == 0:
        return 0.0 if difference else 1.0
    t = -abs(difference) / se
    return 2 * float(scipy.special.ndtr(t) if math.isinf(df) else scipy.special.stdtr(df, t))


def discoveries(p_values: Sequence[float], *, rate: float = RATE) -> list[bool]:
    """Which of many findings stand, so that few of those that stand are chance.

    Parameters
    ----------
    p_values : 0..1, in any order
    rate : share of false finds among all finds that is accepted, 0..1

    Returns
    -------
    Whether each stands, in the order given.

    Raises
    ------
    ScoringError : a p value outside 0..1

    Formula: the k smallest stand, k the largest one with p_(k) <= rate k/m.
    Source: Benjamini & Hochberg 1995, for independent findings; the rate is kept as well where findings err together
    in one direction, as KPIs rated by the same people do (Benjamini & Yekutieli 2001, for one-sided ones).

    >>> heart = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719]
    >>> sum(discoveries([*heart, 0.6528, 0.759, 1.0], rate=0.05))
    4
    """
    return [p <= rate for p in adjusted_p(p_values)]


def adjusted_p(p_values: Sequence[float]) -> list[float]:
    """The rate of false finds at which each of many findings would just stand.

    Parameters
    ----------
    p_values : 0..1, in any order

    Returns
    -------
    0..1, in the order given; never below the p value itself.

    Raises
    ------
    ScoringError : a p value outside 0..1

    Formula: q_(k) = min over j >= k of p_(j) m/j.
    Source: Benjamini & Hochberg 1995, as adjusted p values: Yekutieli & Benjamini 1999.

    >>> adjusted_p([0.5, 0.01, 0.5, 0.04])
    [0.5, 0.04, 0.5, 0.08]
    """
    wrong = [p for p in p_values if not 0 <= p <= 1]
    if wrong:
        msg = f"a p value must be from 0 to 1, got {wrong[0]}"
        raise ScoringError(msg)
    m = len(p_values)
    found, least = [1.0] * m, 1.0
    for rank, place in zip(range(m, 0, -1), sorted(range(m), key=p_values.__getitem__, reverse=True), strict=True):
        least = min(least, max(p_values[place], p_values[place] * m / rank))
        found[place] = least
    return found
