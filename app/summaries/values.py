"""The nouns of feedback summaries: one value per subject and release, from which page, JSON and print are made.

Figures are as computed; rounding is done where they are shown.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from app.deferred import dataclass
from app.kpis.values import Direction, Form, Practice
from app.organisation.values import SubjectKind
from app.receipts.values import WithheldCount
from app.releases.values import Release, ScoreStatus, Withheld
from app.rounds.values import FrozenKpi, Goalposts, ReleaseMode, RoundState
from app.scoring.reliability import Firmness
from app.scoring.selfview import Uncorrelated, View
from app.scoring.strengths import Unremarkable
from app.scoring.trend import Untrended
from app.words import Words

MISSING = frozenset({Withheld.NOT_ASKED, Withheld.NO_VALUE})
"""The reasons for which there is nothing to withhold."""


@dataclass(frozen=True, slots=True)
class Place:
    """A subject as it was frozen; `is_readable` says whether the viewer may read its results."""

    id: str
    kind: SubjectKind
    name: str
    is_readable: bool = True


@dataclass(frozen=True, slots=True)
class SummarisedRound:
    """The round that the figures come from."""

    id: str
    name: Words
    period_start: date
    period_end: date
    closes_at: datetime
    state: RoundState
    release_mode: ReleaseMode


@dataclass(frozen=True, slots=True)
class Figure:
    """A score 0-100 with its 95 % interval, or why there is none.

    coverage : of a KPI the shown group weight, of a composite the present KPI weight, 0-1
    minimum : what "fewer than" says of a suppressed figure
    se, df : standard error and its degrees of freedom; none unless the viewer analyses and R7 allows it
    """

    status: ScoreStatus
    reason: Withheld | None = None
    score: float | None = None
    lo: float | None = None
    hi: float | None = None
    coverage: float | None = None
    minimum: int | None = None
    se: float | None = None
    df: float | None = None

    @property
    def is_missing(self) -> bool:
        """Nobody was asked, or nothing was measured: there is nothing to withhold."""
        return self.reason in MISSING


@dataclass(frozen=True, slots=True)
class Subtotal:
    """The soft or the hard part of a composite."""

    score: float
    lo: float | None
    hi: float | None


@dataclass(frozen=True, slots=True)
class ChangeFigure:
    """What has changed since the earlier release that this one is compared with, or why there is no change to tell.

    before, after : 0-100, over the rater groups (and KPIs) that both have, hence not always the published scores
    points, lo, hi : after less before with its 95 % interval, -100 to 100
    is_real : beyond chance, also as one of many, and five points or more
    is_unsure : a measured KPI takes part whose error nobody knows
    se, df : as in `Figure`; index : the reliable change index, points/se, beyond chance from 1.96 on, as they are
    """

    reason: Untrended | None
    before: float | None = None
    after: float | None = None
    points: float | None = None
    lo: float | None = None
    hi: float | None = None
    is_real: bool = False
    is_unsure: bool = False
    se: float | None = None
    df: float | None = None
    index: float | None = None


@dataclass(frozen=True, slots=True)
class CompositeFigure:
    """The whole card as one score, with its soft and its hard part.

    form : how its KPIs are put together
    firmness : how firmly the score stands among those of the same card; none where that cannot be told
    unsure : measured KPIs whose error nobody knows; the interval leaves it out
    """

    figure: Figure
    soft: Subtotal | None
    hard: Subtotal | None
    form: Form = Form.ARITHMETIC
    firmness: Firmness | None = None
    unsure: tuple[str, ...] = ()
    change: ChangeFigure | None = None


@dataclass(frozen=True, slots=True)
class Wording:
    """An anchor: the point of the scale and its words."""

    point: str
    words: Words


@dataclass(frozen=True, slots=True)
class ItemFigure:
    """One item as a rater group rated it; `closest` is the anchor nearest to the mean, `asked` as in `GroupFigure`.

    `is_conditional` : only some were asked, so it counts in no score.
    """

    item_id: str
    name: Words
    figure: Figure
    raters: int | None
    asked: int | None
    closest: Wording | None
    is_conditional: bool = False


@dataclass(frozen=True, slots=True)
class GroupFigure:
    """One rater group (or several together) on a soft KPI.

    raters : with a valid rating of this KPI, out of `asked` who handed one in
    not_observed : how many of the others said that they could not observe it
    is_named : the group says who has rated; voice : whose single rating it is, there
    weight, share : nominal weight, and its share of the shown weight 0-1; 0 for self
    view, gap : of self only: how it stands to the others, and own rating less theirs
    """

    rater_groups: tuple[str, ...]
    figure: Figure
    raters: int | None
    asked: int | None
    not_observed: int | None
    is_named: bool
    voice: str
    weight: float
    share: float | None
    view: View | None
    gap: float | None
    items: tuple[ItemFigure, ...]


@dataclass(frozen=True, slots=True)
class ItemScore:
    """One item over the rater groups that may be shown, and what helps to get better at it; self does not count."""

    item_id: str
    code: str
    name: Words
    figure: Figure
    practice: Practice


@dataclass(frozen=True, slots=True)
class NextStep:
    """The one item to work on next, of the development areas the one furthest below the target, and what helps.

    target : what its score is measured against, 0-100
    """

    kpi_id: str
    kpi: Words
    item: ItemScore
    target: float


@dataclass(frozen=True, slots=True)
class SoftKpi:
    """A rated KPI: the combined score (none for competitors, who get group scores only), its groups and its items.

    weight, card_share : on the subject's card, and its share of the whole card 0-1; none for what is not on it
    """

    kpi_id: str
    name: Words
    criterion: Words
    weight: float | None
    card_share: float | None
    figure: Figure | None
    groups: tuple[GroupFigure, ...]
    firmness: Firmness | None = None
    change: ChangeFigure | None = None
    items: tuple[ItemScore, ...] = ()


@dataclass(frozen=True, slots=True)
class HardKpi:
    """A measured KPI against its goalposts.

    value, lo, hi : the measured value and its interval, in `unit`
    is_reached : at or beyond the target, or inside the best range; none without a value or goalposts
    left : distance to the target or to the best range, in `unit`; none when reached
    """

    kpi_id: str
    name: Words
    unit: Words
    decimals: int
    direction: Direction
    weight: float | None
    figure: Figure
    value: float | None
    lo: float | None
    hi: float | None
    certainty: str | None
    readings: int | None
    is_prorated: bool
    posts: Goalposts | None
    is_reached: bool | None
    left: float | None
    change: ChangeFigure | None = None


@dataclass(frozen=True, slots=True)
class StandoutKpi:
    """A soft KPI on which a subject stands out from itself.

    deviation : its score less the mean over the subject's soft KPIs
    is_tentative : chance alone could explain it; is_relative : good or weak only beside the subject's other KPIs
    """

    kpi_id: str
    name: Words
    score: float
    deviation: float
    is_tentative: bool
    is_relative: bool


@dataclass(frozen=True, slots=True)
class Standouts:
    """Strengths and development areas, the sharpest first; or why there are none."""

    reason: Unremarkable | None
    strengths: tuple[StandoutKpi, ...]
    development_areas: tuple[StandoutKpi, ...]


@dataclass(frozen=True, slots=True)
class SelfView:
    """Own ratings and those of the others over all KPIs.

    mean_gap : own less others; correlation : of both over the KPIs, or why there is none
    usual_gap, usual_of : the mean gap of the people of the round and how many they are, for who may read them all
    """

    mean_gap: float | None
    correlation: float | None
    correlation_reason: Uncorrelated | None
    usual_gap: float | None = None
    usual_of: int | None = None


@dataclass(frozen=True, slots=True)
class Since:
    """The earlier release that changes are counted from."""

    release_id: str
    round_id: str
    name: Words
    period_start: date
    period_end: date


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment; `author` only where the rater's name is shown, `is_edited` where somebody's words were taken out."""

    author: str | None
    text: str
    is_edited: bool = False


@dataclass(frozen=True, slots=True)
class Comments:
    """The comments of a rater group on one item, or on the whole (no item); `withheld` where any may be read at all."""

    rater_groups: tuple[str, ...]
    item_id: str | None
    item_name: Words | None
    comments: tuple[Comment, ...]
    withheld: tuple[WithheldCount, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """All that is fed back about one subject after one release.

    above : the units above it as they were frozen, from the scope of the round down
    composite : none where there is no card: units without one, competitors
    standouts, self_view, since : none for competitors, and in releases that were made before these were told
    step : none without a development area of which an item is published
    """

    release: Release
    round: SummarisedRound
    subject: Place
    above: tuple[Place, ...]
    composite: CompositeFigure | None
    soft: tuple[SoftKpi, ...]
    hard: tuple[HardKpi, ...]
    comments: tuple[Comments, ...]
    standouts: Standouts | None = None
    self_view: SelfView | None = None
    since: Since | None = None
    step: NextStep | None = None

    @property
    def is_empty(self) -> bool:
        """Nobody was asked about the subject and nothing was measured, so that there is nothing to show or withhold."""
        kpis: tuple[SoftKpi | HardKpi, ...] = (*self.soft, *self.hard)
        return all(map(_is_missing, kpis))

    @property
    def withheld(self) -> tuple[SoftKpi | HardKpi, ...]:
        """The KPIs whose combined score may not be told, in the order of the card."""
        return tuple(kpi for kpi in self._without_score() if not _is_missing(kpi))

    @property
    def missing(self) -> tuple[SoftKpi | HardKpi, ...]:
        """The KPIs that were not asked about or not measured, in the order of the card."""
        return tuple(kpi for kpi in self._without_score() if _is_missing(kpi))

    @property
    def gaps(self) -> tuple[tuple[SoftKpi, GroupFigure], ...]:
        """The KPIs on which the subject's own rating is a blind spot or a hidden strength, with that rating."""
        return tuple(
            (kpi, group)
            for kpi in self.soft
            for group in kpi.groups
            if group.view in {View.BLIND_SPOT, View.HIDDEN_STRENGTH}
        )

    @property
    def targets(self) -> tuple[HardKpi, ...]:
        """The measured KPIs that have a value and a target."""
        return tuple(kpi for kpi in self.hard if kpi.is_reached is not None)

    def _without_score(self) -> tuple[SoftKpi | HardKpi, ...]:
        kpis: tuple[SoftKpi | HardKpi, ...] = (*self.soft, *self.hard)
        return tuple(kpi for kpi in kpis if kpi.figure is not None and kpi.figure.status != ScoreStatus.OK)


def _is_missing(kpi: SoftKpi | HardKpi) -> bool:
    return kpi.figure is not None and kpi.figure.is_missing


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """The explanation of a subject with the names that it is read with."""

    release: Release
    round: SummarisedRound
    subject: Place
    above: tuple[Place, ...]
    document: Mapping[str, Any]
    kpis: Mapping[str, FrozenKpi]
