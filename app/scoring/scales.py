"""Answers of every type to points on 0..100, one at a time and by the column; nothing is clamped.

=================  ===========================================================
Name               Answers
=================  ===========================================================
LinearScale        whole or any numbers from lo to hi, evenly spread
AnchoredScale      listed levels with a value each (BARS)
point_scale        1 to A points (Likert, BARS without values)
yes_partly_no      0 no, 1 partly, 2 yes
recommend          0 to 10
slider             any number from lo to hi
=================  ===========================================================

An answer that was not observed, not applicable or skipped is no number: leave it out, or NaN in a column.
"""

import itertools
import math
from collections.abc import Mapping
from numbers import Real

import numpy as np
import numpy.typing as npt

from app.deferred import dataclass
from app.scoring.errors import ScoringError

NO, PARTLY, YES = 0, 1, 2

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LinearScale:
    """Numbers from lo to hi, evenly spread over 0..100.

    lo, hi : finite, lo < hi
    whole : only whole numbers are answers

    Raises
    ------
    ScoringError : lo and hi are not finite or not in order

    >>> LinearScale(5, 1, whole=True)
    Traceback (most recent call last):
    ...
    app.scoring.errors.ScoringError: a scale needs two finite numbers lo < hi, got 5 and 1
    """

    lo: float
    hi: float
    whole: bool

    def __post_init__(self) -> None:
        """Refuse ends that leave nothing between them."""
        if not (math.isfinite(self.lo) and math.isfinite(self.hi) and 1e-300 < self.hi - self.lo < 1e300):
            msg = f"a scale needs two finite numbers lo < hi, got {self.lo} and {self.hi}"
            raise ScoringError(msg)

    @property
    def allowed(self) -> str:
        """What an answer may be, for messages.

        >>> recommend().allowed
        'a whole number from 0 to 10'
        """
        return f"a {'whole ' if self.whole else ''}number from {self.lo} to {self.hi}"

    def points(self, level: float, *, is_reversed: bool = False) -> float:
        """Points of one answer, 0..100.

        Parameters
        ----------
        level : the answer
        is_reversed : a low answer is the good one

        Raises
        ------
        ScoringError : not an answer of this scale

        Formula: 100 (level - lo)/(hi - lo); reversed 100 - x.

        >>> point_scale(5).points(4), point_scale(5).points(4, is_reversed=True)
        (75.0, 25.0)
        """
        number = _number(level, self.allowed)
        if not self.lo <= number <= self.hi or (self.whole and not number.is_integer()):
            raise _refused(level, self.allowed)
        share = (number - self.lo) / (self.hi - self.lo)  # first: 100 * .69 / .69 is more than 100
        return _turned(100 * share, is_reversed=is_reversed)

    def map(self, levels: npt.ArrayLike, *, is_reversed: bool = False) -> Floats:
        """Points of a column of answers, NaN where there is none; otherwise as `points`.

        >>> slider(0, 50).map([10, float("nan"), 50]).tolist()
        [20.0, nan, 100.0]
        """
        column = _column(levels, self.allowed)
        fits = (column >= self.lo) & (column <= self.hi)
        if self.whole:
            fits &= column == np.floor(column)
        _refuse_first(column, fits, self.allowed)
        return 100 - _spread(column, self) if is_reversed else _spread(column, self)


@dataclass(frozen=True, slots=True)
class AnchoredScale:
    """Listed levels with a value each, as on a behaviourally anchored scale.

    anchors : value 0..100 of each level, strictly increasing with the level; two levels or more

    Raises
    ------
    ScoringError : fewer than two levels, or values that do not increase within 0..100

    >>> AnchoredScale({1: 0, 2: 60, 3: 40})
    Traceback (most recent call last):
    ...
    app.scoring.errors.ScoringError: anchor values must increase strictly within 0 to 100, got 0, 60, 40
    """

    anchors: Mapping[float, float]

    def __post_init__(self) -> None:
        """Refuse values that are out of order."""
        values = [self.anchors[level] for level in sorted(self.anchors)]
        increasing = all(a < b for a, b in itertools.pairwise(values))
        if len(values) < 2 or not (increasing and values[0] >= 0 and values[-1] <= 100):
            shown = ", ".join(map(str, values))
            msg = f"anchor values must increase strictly within 0 to 100, got {shown or 'none'}"
            raise ScoringError(msg)

    @property
    def allowed(self) -> str:
        """What an answer may be, for messages.

        >>> AnchoredScale({1: 0, 3: 60, 5: 100}).allowed
        'one of 1, 3, 5'
        """
        return f"one of {', '.join(map(str, sorted(self.anchors)))}"

    def points(self, level: float, *, is_reversed: bool = False) -> float:
        """Value of one level, 0..100.

        Parameters
        ----------
        level : the answer
        is_reversed : a low answer is the good one

        Raises
        ------
        ScoringError : the level is not listed

        >>> AnchoredScale({1: 0, 3: 60, 5: 100}).points(3)
        60.0
        """
        number = _number(level, self.allowed)
        if number not in self.anchors:
            raise _refused(level, self.allowed)
        return _turned(float(self.anchors[number]), is_reversed=is_reversed)

    def map(self, levels: npt.ArrayLike, *, is_reversed: bool = False) -> Floats:
        """Values of a column of levels, NaN where there is none; otherwise as `points`.

        >>> AnchoredScale({1: 0, 3: 60, 5: 100}).map([5, 3, float("nan")]).tolist()
        [100.0, 60.0, nan]
        """
        column = _column(levels, self.allowed)
        known = np.array(sorted(self.anchors), np.float64)
        values = np.array([self.anchors[level] for level in sorted(self.anchors)], np.float64)
        places = np.minimum(np.searchsorted(known, column), len(known) - 1)
        _refuse_first(column, known[places] == column, self.allowed)
        found = np.where(np.isnan(column), np.nan, values[places])
        return 100 - found if is_reversed else found


Scale = LinearScale | AnchoredScale


def point_scale(points: int) -> LinearScale:
    """Scale of 1 to A points, 100(a - 1)/(A - 1).

    Parameters
    ----------
    points : A, 2..11

    Raises
    ------
    ScoringError : A is out of range

    >>> [point_scale(5).points(a) for a in range(1, 6)]
    [0.0, 25.0, 50.0, 75.0, 100.0]
    """
    if isinstance(points, bool) or points not in range(2, 12):
        msg = f"a scale has 2 to 11 points, got {points}"
        raise ScoringError(msg)
    return LinearScale(1, points, whole=True)


def yes_partly_no() -> LinearScale:
    """Scale of 0 no, 1 partly, 2 yes.

    >>> [yes_partly_no().points(answer) for answer in (YES, PARTLY, NO)]
    [100.0, 50.0, 0.0]
    """
    return LinearScale(NO, YES, whole=True)


def recommend() -> LinearScale:
    """Scale of 0 to 10, 10a points inside a KPI.

    >>> recommend().points(7)
    70.0
    """
    return LinearScale(0, 10, whole=True)


def slider(lo: float, hi: float) -> LinearScale:
    """Scale of any number from lo to hi.

    >>> slider(-1, 1).points(0.5)
    75.0
    """
    return LinearScale(lo, hi, whole=False)


def _refused(level: object, allowed: str) -> ScoringError:
    return ScoringError(f"an answer must be {allowed}, got {level}")


def _number(level: object, allowed: str) -> float:
    if isinstance(level, bool) or not isinstance(level, Real):
        raise _refused(level, allowed)
    try:
        return float(level)
    except OverflowError:
        raise _refused("a number of that size", allowed) from None


def _turned(points: float, *, is_reversed: bool) -> float:
    return 100 - points if is_reversed else points


def _spread(column: Floats, scale: LinearScale) -> Floats:
    return 100 * ((column - scale.lo) / (scale.hi - scale.lo))


def _column(levels: npt.ArrayLike, allowed: str) -> Floats:
    column = np.asarray(levels)
    if column.dtype.kind not in "iuf":
        msg = f"answers must be {allowed}, got a column of {column.dtype}"
        raise ScoringError(msg)
    return column.astype(np.float64)


def _refuse_first(column: Floats, fits: npt.NDArray[np.bool_], allowed: str) -> None:
    wrong = column[~(fits | np.isnan(column))]
    if len(wrong):
        raise _refused(wrong[0], allowed)
