"""Rater groups that answer less than they did, as they are answered."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Self

from pydantic import Field

from app.api.schemas.base import DAY, Out, example
from app.api.schemas.relations import SUBJECT, WatchedPlaceOut
from app.followup.queries import length_name
from app.followup.values import FallingResponse
from app.kpis.values import RaterGroup

_FALL: dict[str, Any] = {
    "subject": SUBJECT,
    "series": "quarter",
    "rater_group": "customer",
    "since": DAY,
    "before": 0.62,
    "after": 0.31,
}


class FallingResponseOut(Out):
    """A rater group of a unit that answers less than it did; chance does not explain it."""

    model_config = example(**_FALL)

    subject: WatchedPlaceOut
    series: str
    rater_group: RaterGroup
    since: date = Field(description="First day of the first round after the fall")
    before: float = Field(description="Share of those asked who stand in the released rows")
    after: float | None = Field(description="The same since then; null where too few are left for a row")


class FallingResponsesOut(Out):
    """Falls that have not been made up, the latest first."""

    model_config = example(items=[_FALL])

    items: list[FallingResponseOut]

    @classmethod
    def told(cls, found: Iterable[FallingResponse]) -> Self:
        """As they are answered."""
        return cls(
            items=[
                FallingResponseOut(
                    subject=WatchedPlaceOut.of(one.subject),
                    series=length_name(one.length),
                    rater_group=one.rater_group,
                    since=one.since,
                    before=one.before,
                    after=one.after,
                )
                for one in found
            ]
        )
