"""A what-if as it is wanted: other weights, targets and minimums for a round that is released."""

from collections.abc import Mapping

from app.deferred import dataclass
from app.kpis.values import Level, RaterGroup
from app.rounds.values import Goalposts


@dataclass(frozen=True, slots=True)
class WeightsDraft:
    """Other weights of rater groups on a soft KPI; groups that are not named keep theirs."""

    kpi_id: str
    weights: Mapping[RaterGroup, float]


@dataclass(frozen=True, slots=True)
class CardDraft:
    """Other weights on the cards of a level that count at a subject and below; KPIs that are not named keep theirs.

    A KPI of weight 0 is taken off the card.
    """

    subject_id: str
    level: Level
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class PostsDraft:
    """Other goalposts of a hard KPI at a subject and below, or for all."""

    kpi_id: str
    subject_id: str | None
    posts: Goalposts


@dataclass(frozen=True, slots=True)
class MinimumDraft:
    """Another least number of people for a rater group."""

    rater_group: RaterGroup
    k: int


@dataclass(frozen=True, slots=True)
class WhatIf:
    """All that is changed together."""

    rater_weights: tuple[WeightsDraft, ...] = ()
    scorecards: tuple[CardDraft, ...] = ()
    targets: tuple[PostsDraft, ...] = ()
    minimums: tuple[MinimumDraft, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Nothing is changed."""
        return not (self.rater_weights or self.scorecards or self.targets or self.minimums)

    @property
    def is_lasting(self) -> bool:
        """Something can be adopted from a day on; minimums belong to a round."""
        return bool(self.rater_weights or self.scorecards or self.targets)
