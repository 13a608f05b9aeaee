"""Weights and shares: checked, rescaled and compared with the least share that is asked for.

=============  ======================================================
Name           Meaning
=============  ======================================================
check_weights  refuse weights that cannot be used
normalise      weights divided by their sum
reaches        inclusive comparison of a share, forgiving rounding
=============  ======================================================
"""

import math
from collections.abc import Mapping, Sequence

from app.scoring.errors import ScoringError

TOLERANCE = 1e-9  # 1 - .3 - .2 is 0.49999999999999994 in floating point
LARGEST_WEIGHT = 1e9


def check_weights(weights: Mapping[str, float], what: str) -> None:
    """Refuse weights that cannot be used.

    Parameters
    ----------
    weights : 0..1e9 in any unit, by name
    what : what is weighted, for the message

    Raises
    ------
    ScoringError : a weight is not a number in 0..1e9, or all are 0

    >>> check_weights({"manager": 2, "customer": 0}, "rater group")
    >>> check_weights({"manager": 0}, "rater group")
    Traceback (most recent call last):
    ...
    app.scoring.errors.ScoringError: at least one rater group needs a weight above 0
    """
    for name, weight in weights.items():
        if isinstance(weight, bool) or not 0 <= weight <= LARGEST_WEIGHT:
            msg = f"weight of {what} {name} must be a number from 0 to 1e9, got {weight}"
            raise ScoringError(msg)
    if not math.fsum(weights.values()) > 0:
        msg = f"at least one {what} needs a weight above 0"
        raise ScoringError(msg)


def normalise(weights: Sequence[float]) -> list[float]:
    """Weights divided by their sum.

    Parameters
    ----------
    weights : >= 0 with a sum above 0, any unit

    Returns
    -------
    0..1, adding up to 1.

    >>> normalise([25, 25, 50])
    [0.25, 0.25, 0.5]
    """
    total = math.fsum(weights)
    return [weight / total for weight in weights]


def reaches(share: float, least: float) -> bool:
    """Whether a share is at least the limit, rounding errors of sums forgiven.

    Parameters
    ----------
    share, least : 0..1

    Formula: share >= least - 1e-9.

    >>> reaches(1 - 0.3 - 0.2, 0.5)
    True
    >>> reaches(0.499, 0.5)
    False
    """
    return share >= least - TOLERANCE
