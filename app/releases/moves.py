"""The nouns of a what-if: a figure that would be another one, and what moves it."""

from enum import StrEnum

from app.deferred import dataclass
from app.releases.values import Score
from app.rounds.values import FrozenSubject


class Way(StrEnum):
    """Which way a figure goes: up or down, or it is withheld, comes about, or is no longer on the card."""

    UP = "up"
    DOWN = "down"
    WITHHELD = "withheld"
    APPEARS = "appears"
    OFF_CARD = "off_card"


@dataclass(frozen=True, slots=True)
class MovePart:
    """What a KPI, or a rater group of a KPI, adds to a change: through its score, and through its weight.

    by_weight_apart : the same for its distance from the total, so that weight which moves to what is like the total
        adds nothing; these add up to the same as `by_weight`, since shares do not change as a whole
    """

    kpi_id: str
    rater_groups: tuple[str, ...]
    by_score: float
    by_weight: float
    by_weight_apart: float


@dataclass(frozen=True, slots=True)
class Move:
    """A figure that would be another one: the composite of a subject (no KPI), or a KPI.

    before, after : as released, and as it would be; none for a KPI that is not on the card
    parts : add up to the change; none where there is no score on one side, and for hard KPIs
    """

    subject: FrozenSubject
    kpi_id: str | None
    before: Score | None
    after: Score | None
    parts: tuple[MovePart, ...]

    @property
    def change(self) -> float | None:
        """Points after less points before."""
        if self.before is None or self.after is None or self.before.score is None or self.after.score is None:
            return None
        return self.after.score - self.before.score

    @property
    def way(self) -> Way:
        """Which way it goes."""
        if self.change is not None:
            return Way.UP if self.change > 0 else Way.DOWN
        if self.after is None:
            return Way.OFF_CARD
        return Way.APPEARS if self.after.score is not None else Way.WITHHELD
