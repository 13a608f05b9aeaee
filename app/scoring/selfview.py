"""How somebody sees himself against how the others see him, KPI by KPI and over all; no words for it.

==================  =============================================================
Name                Meaning
==================  =============================================================
Gap                 own rating less that of the others, on one KPI
NoGap               why there is none
gap_on              the gap on one KPI
view_of             blind spot, hidden strength or in line, from plain numbers
Profile             the gaps of one subject together
profile_of          the same from its gaps
UsualGaps           what gaps are usual in an organisation
usual_gaps          the same from the profiles of its people
==================  =============================================================
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from app.deferred import dataclass
from app.scoring.results import Interval, KpiScore, NotScored
from app.scoring.soft import SELF
from app.scoring.weights import reaches

LEAST_GAP = 10.0
LEAST_KPIS = 6
LEAST_SUBJECTS = 5


class View(StrEnum):
    """How an own rating stands to that of the others."""

    BLIND_SPOT = "blind_spot"
    HIDDEN_STRENGTH = "hidden_strength"
    IN_LINE = "in_line"


class Ungapped(StrEnum):
    """Why there is no gap; the set is closed.

    others_withheld : the score of the others may not be shown, hence neither may a gap that gives it away
    no_own_rating : the subject did not rate itself on this KPI
    """

    OTHERS_WITHHELD = "others_withheld"
    NO_OWN_RATING = "no_own_rating"


@dataclass(frozen=True, slots=True)
class NoGap:
    """A gap that cannot be told."""

    kpi: int
    reason: Ungapped


@dataclass(frozen=True, slots=True)
class Gap:
    """Own rating less that of the others, on one KPI.

    kpi : number of the KPI
    own : own rating, 0..100
    others : score of the others, 0..100; self is never in it
    gap : -100..100; above 0 if the own rating is the higher one
    view : what that comes to
    """

    kpi: int
    own: float
    others: float
    gap: float
    view: View


class Uncorrelated(StrEnum):
    """Why there is no profile correlation; the set is closed.

    too_few_kpis : fewer than six have a gap
    no_difference : own ratings or scores are the same on all of them
    """

    TOO_FEW_KPIS = "too_few_kpis"
    NO_DIFFERENCE = "no_difference"


@dataclass(frozen=True, slots=True)
class Profile:
    """The gaps of one subject together.

    gaps : one per KPI that has one, in the order given
    mean_gap : mean over those KPIs, -100..100
    correlation : of own ratings and scores over the KPIs, -1..1, or why there is none
    """

    gaps: tuple[Gap, ...]
    mean_gap: float
    correlation: float | Uncorrelated


@dataclass(frozen=True, slots=True)
class UsualGaps:
    """Gaps that are usual in an organisation.

    mean : mean over subjects of their mean gaps, -100..100; none below five subjects
    by_kpi : mean over subjects by KPI, for the KPIs on which five subjects or more have a gap
    """

    mean: float | None
    by_kpi: Mapping[int, float]


def view_of(own: float, others: float, interval: Interval) -> View:
    """How an own rating stands to that of the others.

    Parameters
    ----------
    own : own rating, 0..100; taken as it is, without an interval
    others : score without self, 0..100
    interval : its 95 % interval, as the reader sees it

    Formula: blind spot if own - others >= 10 and own > hi; hidden strength if own - others <= -10 and own < lo.
    Source: half a standard deviation of the gap (Atwater & Yammarino 1992) is 4 to 5 points at five raters, inside
    the noise; hence both conditions. docs/scoring.md, section "Self and others".

    >>> [view_of(own, 58, Interval(44, 71)).value for own in (80, 70, 44, 40)]
    ['blind_spot', 'in_line', 'in_line', 'hidden_strength']
    """
    if reaches(own - others, LEAST_GAP) and own > interval.hi:
        return View.BLIND_SPOT
    if reaches(others - own, LEAST_GAP) and own < interval.lo:
        return View.HIDDEN_STRENGTH
    return View.IN_LINE


def gap_on(kpi: int, score: KpiScore | NotScored, *, interval: Interval | None = None) -> Gap | NoGap:
    """Gap between the own rating and the score of the others on one KPI.

    Parameters
    ----------
    kpi : number of the KPI
    score : of the KPI, with the own rating among its groups
    interval : as the reader sees it, where that is wider than the one of the score

    Returns
    -------
    The gap, or why there is none.

    >>> from app.scoring.results import GroupScore, Reason, Uncertainty
    >>> known, ends = Uncertainty(10, 8, 4), Interval(44, 71)
    >>> groups = [GroupScore((name,), mean, 4, 1, 1, known, ends) for name, mean in (("peer", 58), ("self", 80))]
    >>> gap_on(3, KpiScore(3, 58, 1, 4, known, ends, tuple(groups))).view
    <View.BLIND_SPOT: 'blind_spot'>
    >>> gap_on(3, NotScored(Reason.INSUFFICIENT)).reason
    <Ungapped.OTHERS_WITHHELD: 'others_withheld'>
    """
    if isinstance(score, NotScored):
        return NoGap(kpi, Ungapped.OTHERS_WITHHELD)
    own = next((group.mean for group in score.groups if group.groups == (SELF,)), None)
    if own is None:
        return NoGap(kpi, Ungapped.NO_OWN_RATING)
    seen = score.interval if interval is None else interval
    return Gap(kpi, own, score.score, own - score.score, view_of(own, score.score, seen))


def profile_of(gaps: Sequence[Gap | NoGap]) -> Profile | None:
    """The gaps of one subject together.

    Parameters
    ----------
    gaps : one per KPI

    Returns
    -------
    The profile over the KPIs that have a gap; none if no KPI has.

    Formula: mean gap = mean of own - others; correlation = Pearson's over the KPIs, from six on.
    Source: Atwater & Yammarino 1992. Fewer KPIs make the correlation noise: at six, one of .5 still has a 95 %
    interval of -.52 to .93 (Fisher's z).

    >>> profile_of([Gap(kpi, own, 60, own - 60, View.IN_LINE) for kpi, own in enumerate((65, 70, 60))]).mean_gap
    5.0
    """
    found = tuple(gap for gap in gaps if isinstance(gap, Gap))
    if not found:
        return None
    return Profile(found, math.fsum(gap.gap for gap in found) / len(found), _correlation(found))


def usual_gaps(profiles: Iterable[Profile]) -> UsualGaps:
    """Gaps that are usual in an organisation, to hold one's own against.

    Parameters
    ----------
    profiles : one per subject

    Returns
    -------
    Means over subjects, together and by KPI; none below five subjects.

    Source: people rate themselves above others by about a third of a standard deviation (Heidemeier & Moser 2009), so
    a gap that everybody has says little about one of them.

    >>> five = [profile_of([Gap(2, 60 + gap, 60, gap, View.IN_LINE)]) for gap in (4, 5, 6, 7, 8)]
    >>> usual_gaps(five).mean, usual_gaps(five).by_kpi, usual_gaps(five[1:]).mean
    (6.0, {2: 6.0}, None)
    """
    told = list(profiles)
    by_kpi: defaultdict[int, list[float]] = defaultdict(list)
    for gap in (gap for profile in told for gap in profile.gaps):
        by_kpi[gap.kpi].append(gap.gap)
    enough = {kpi: gaps for kpi, gaps in by_kpi.items() if len(gaps) >= LEAST_SUBJECTS}
    means = [profile.mean_gap for profile in told]
    return UsualGaps(
        math.fsum(means) / len(means) if len(means) >= LEAST_SUBJECTS else None,
        {kpi: math.fsum(gaps) / len(gaps) for kpi, gaps in enough.items()},
    )


def _correlation(gaps: Sequence[Gap]) -> float | Uncorrelated:
    if len(gaps) < LEAST_KPIS:
        return Uncorrelated.TOO_FEW_KPIS
    own, others = _centred([gap.own for gap in gaps]), _centred([gap.others for gap in gaps])
    spread = math.sqrt(math.fsum(x * x for x in own) * math.fsum(x * x for x in others))
    if not spread:
        return Uncorrelated.NO_DIFFERENCE
    return max(-1.0, min(1.0, math.fsum(x * y for x, y in zip(own, others, strict=True)) / spread))


def _centred(values: Sequence[float]) -> list[float]:
    mean = math.fsum(values) / len(values)
    # Under a billionth of a point nobody differs; rounding errors are no profile.
    return [0.0 if abs(value - mean) < 1e-9 else value - mean for value in values]
