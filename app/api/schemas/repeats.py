"""Rounds that repeat, as they are sent and answered."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from app.api.schemas.base import DAY, ID, INSTANT, OTHER_ID, Id, In, Out, Texts, example, one_of
from app.kpis.values import RaterGroup
from app.repeats.values import RepetitionState

_WISH = {"state": "running", "starts_itself": True, "lead_days": 7, "owner_id": OTHER_ID}


class RepetitionIn(In):
    """How a round is asked again by itself; what is left out stays, or is as usual."""

    model_config = example(**_WISH)

    state: Annotated[str, one_of(RepetitionState)] | None = Field(
        None, description="Running, resting until it runs again, or stopped for good"
    )
    starts_itself: bool | None = Field(None, description="Whether the draft starts when it opens; else it waits")
    lead_days: int | None = Field(
        None, description="Days before the opening on which the draft is made and the owner told, 1 to 30"
    )
    owner_id: str | None = Field(None, description="The person who is told")


class RepetitionOut(Out):
    """A round that is asked again for each period that follows."""

    model_config = example(
        **_WISH,
        id=ID,
        company_id=OTHER_ID,
        scope_id=ID,
        round_id=OTHER_ID,
        round_ids=[OTHER_ID, ID],
        name={"nb": "Team Nord, Q4 2026", "en": "Team Nord, Q4 2026"},
        next_from=DAY,
        drafted_on=DAY,
        opens_at=INSTANT,
        missing_groups=["customer"],
        visits_left=False,
        failed_at=None,
        problems=[],
        version=1,
    )

    id: Id
    company_id: Id
    scope_id: Id
    state: RepetitionState
    starts_itself: bool
    lead_days: int
    owner_id: Id | None
    round_id: Id = Field(description="The latest round, which the next one is drafted like")
    round_ids: list[Id] = Field(description="All rounds of it, the latest first")
    name: Texts = Field(description="Of the latest round")
    next_from: date = Field(description="First day of the next period")
    drafted_on: date | None = Field(description="When the next draft is made; null once it is stopped")
    opens_at: datetime | None
    missing_groups: list[RaterGroup] = Field(
        description="Rater groups of the draft in which somebody was asked the last time, and nobody is: it does not start by itself"
    )
    visits_left: bool = Field(
        description="Whether mystery visits of the last time could not be ordered again; told to who may order visits"
    )
    failed_at: datetime | None = Field(description="Since when the next round cannot be drafted or started")
    problems: list[str] = Field(description="Why it cannot, in English")
    version: int


class RepetitionsOut(Out):
    """The rounds that repeat; those that come first are first."""

    model_config = example(items=[])

    items: list[RepetitionOut]
