"""The nouns of how reliable ratings are: coefficients with their intervals, or why there are none."""

from enum import StrEnum

from app.analysis.values import AnalysedKpi, LeftOut
from app.deferred import dataclass
from app.kpis.values import RaterGroup
from app.releases.values import Release
from app.scoring.agreement import Strength
from app.scoring.generalizability import FacetVariances
from app.scoring.reliability import Gap
from app.words import Words


@dataclass(frozen=True, slots=True)
class Estimate:
    """A coefficient with its 95 % interval, or why there is none."""

    value: float | None = None
    lo: float | None = None
    hi: float | None = None
    reason: Gap | None = None


@dataclass(frozen=True, slots=True)
class RatersNeeded:
    """Raters for the wished reliability, or why it cannot be told.

    fewest, most : by the ends of the interval of the coefficient; no end where no number of raters is enough
    """

    raters: int | None = None
    fewest: int | None = None
    most: int | None = None
    reason: Gap | None = None


@dataclass(frozen=True, slots=True)
class SameRaters:
    """Intraclass correlations of the raters who rated the same subjects.

    subjects, raters : of the full table that was found; 0 where there is none
    drawn_one, drawn_mean : ICC(2) and ICC(2,k), as if these raters were drawn from many: who is strict is chance
    fixed_one, fixed_mean : ICC(3) and ICC(3,k), where no others ever rate: who is strict is so for all alike
    """

    subjects: int
    raters: int
    drawn_one: Estimate
    drawn_mean: Estimate
    fixed_one: Estimate
    fixed_mean: Estimate


@dataclass(frozen=True, slots=True)
class ItemAlpha:
    """What the consistency of the items would be without one of them."""

    item_id: str
    name: Words
    value: float | None = None
    reason: Gap | None = None


@dataclass(frozen=True, slots=True)
class MeanAgreement:
    """Agreement within subjects, on average over some of them, or why there is none.

    spread : standard deviation of an answer within a subject, points of 0..100, root of the mean variance
    """

    value: float | None = None
    strength: Strength | None = None
    spread: float | None = None
    subjects: int = 0
    reason: Gap | None = None


class Unstudied(StrEnum):
    """Why there is no study of items and raters; the set is closed.

    one_item : the KPI has a single item
    not_crossed : no two raters have rated the same five subjects on every item
    no_spread : nobody differs, so that there is nothing to compare
    """

    ONE_ITEM = "one_item"
    NOT_CROSSED = "not_crossed"
    NO_SPREAD = "no_spread"


@dataclass(frozen=True, slots=True)
class Study:
    """Where differences come from, by the raters who rated the same subjects on every item, or why it cannot be told.

    subjects, items, raters : of the full table that was found
    variances : by source in points squared, negative estimates as 0; p subjects, i items, j raters
    g, phi : reliability of the mean of these items and raters, for comparing subjects and for the score itself
    needed : raters for the wished g with these items; none where no number is enough
    """

    subjects: int = 0
    items: int = 0
    raters: int = 0
    variances: FacetVariances | None = None
    g: float | None = None
    phi: float | None = None
    needed: int | None = None
    reason: Unstudied | None = None


@dataclass(frozen=True, slots=True)
class GroupReliability:
    """How reliable the ratings of one rater group are.

    ratings : valid rater scores; typical : the number of raters per subject that `of_mean` stands for
    of_one, of_mean : ICC(1) and ICC(1,k)
    same : ICC(2) and ICC(3) of the raters who rated the same subjects
    needed : raters for the wished reliability
    alpha : internal consistency of the items; without : the same when each of them is left out
    uniform, skewed : rwg against answers that fall on every point alike, and against a slight lean to the upper ones;
        the latter is known for five points only
    study : of items and raters
    """

    rater_group: RaterGroup
    subjects: int
    ratings: int
    typical: float | None
    of_one: Estimate
    of_mean: Estimate
    same: SameRaters
    needed: RatersNeeded
    alpha: Estimate
    without: tuple[ItemAlpha, ...]
    uniform: MeanAgreement
    skewed: MeanAgreement | None
    study: Study


@dataclass(frozen=True, slots=True)
class Reliability:
    """The rater groups of a KPI; `wished` is the reliability for which raters are counted, 0..1."""

    release: Release
    kpi: AnalysedKpi
    kpis: tuple[AnalysedKpi, ...]
    wished: float
    groups: tuple[GroupReliability, ...]
    left_out: tuple[LeftOut, ...]
