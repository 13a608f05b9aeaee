"""Bands of scores between floor, target and stretch, for pages that show many figures at once.

Band          where a score stands
band_of       the band of a score
target_worth  what reaching the target is worth
"""

from enum import StrEnum

from app.scoring.goalposts import DEFAULT_TARGET_SCORE

BEST = 100.0


class Band(StrEnum):
    """Where a score stands between floor, target and stretch; of a soft KPI its red line is the floor."""

    LOW = "low"
    SHORT = "short"
    TARGET = "target"
    STRETCH = "stretch"


def target_worth(*, has_stretch: bool = True) -> float:
    """What reaching the target of a KPI is worth on the common scale.

    Parameters
    ----------
    has_stretch : whether a hard KPI has a stretch beyond its target; soft ones and composites always do

    Returns
    -------
    75 or 100 points.

    Source: docs/scoring.md, section "Goalposts".

    >>> target_worth(), target_worth(has_stretch=False)
    (75.0, 100.0)
    """
    return DEFAULT_TARGET_SCORE if has_stretch else BEST


def band_of(score: float, *, target: float, red_line: float | None = None) -> Band:
    """The band of a score.

    Parameters
    ----------
    score : 0-100
    target : what the target is worth, 0-100
    red_line : of a soft KPI, 0-100; the floor of a hard one is worth 0

    Returns
    -------
    LOW below the red line or at the floor, SHORT below the target, STRETCH at 100 where the target is worth less.

    Source: docs/scoring.md, section "Goalposts".

    >>> [band_of(score, target=75.0, red_line=50.0).value for score in (0, 49.9, 50, 75, 100)]
    ['low', 'low', 'short', 'target', 'stretch']
    >>> band_of(100, target=100.0).value
    'target'
    """
    if score <= 0 or (red_line is not None and score < red_line):
        return Band.LOW
    if score < target:
        return Band.SHORT
    return Band.STRETCH if score >= BEST > target else Band.TARGET
