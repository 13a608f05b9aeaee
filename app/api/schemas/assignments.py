"""Who rates whom, and the links they got, as they are sent and answered."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from app.api.schemas.base import ID, OTHER_ID, Id, In, Instant, Out, example, one_of
from app.invitations.values import DeliveryState, NextStep
from app.kpis.values import RaterGroup
from app.mail.values import SuppressionReason, WaitReason
from app.rounds.values import AssignmentSource, DeclineReason


class AssignmentOut(Out):
    """Who rates whom in which group."""

    model_config = example(
        id=ID,
        rater_id=OTHER_ID,
        rater_name="Kari Moen",
        rater_email="kari.moen@example.org",
        subject_id=ID,
        subject_name="Sofie Dahl",
        rater_group="customer",
        occasion="",
        source="list",
        needs_approval=False,
        answered=None,
        declined=None,
    )

    id: Id
    rater_id: Id | None = Field(description="None for a mystery visit where you read the results of the visited")
    rater_name: str | None
    rater_email: str | None
    subject_id: Id
    subject_name: str
    rater_group: Annotated[str, one_of(RaterGroup)]
    occasion: str = Field(
        description="The visit, of mystery shoppers; an id of `/visits` where `source` is `encounter`"
    )
    source: Annotated[str, one_of(AssignmentSource)] = Field(
        description="`encounter`: a customer who was met, or a mystery visit that came in at the close"
    )
    needs_approval: bool = Field(description="Added by a reader: does not count until a second person approves")
    answered: bool | None = Field(description="Told for `named` and `report` groups only")
    declined: Annotated[str | None, one_of(DeclineReason)] = Field(
        description="Why the rater does not rate; of protected groups told only to who reads no results there"
    )


class InvitationOut(Out):
    """One rater in one round: how far the letter has come, never what was answered."""

    model_config = example(
        id=ID,
        round_id=OTHER_ID,
        person_id=ID,
        name="Kari Moen",
        email="kari.moen@example.org",
        locale="nb",
        delivery="sent",
        reply=None,
        next_step="none",
        left_alone=None,
        leaves_at=None,
        waits_because=None,
        answered=None,
        reminded=0,
        is_void=False,
        extended_until=None,
        version=1,
    )

    id: Id
    round_id: Id
    person_id: Id
    name: str | None
    email: str | None
    locale: str
    delivery: DeliveryState
    reply: str | None = Field(description="What the mail server said, where something needs mending")
    next_step: Annotated[str, one_of(NextStep)] = Field(description="What somebody can do about the letter")
    left_alone: Annotated[str, one_of(SuppressionReason)] | None = Field(description="Why the address gets no letters")
    leaves_at: datetime | None = Field(description="When a letter that waits leaves at the earliest")
    waits_because: Annotated[str, one_of(WaitReason)] | None = Field(
        description="Why it waits: an address gets one letter a day, or the mail server did not take it when it was tried"
    )
    answered: bool | None = Field(description="Told only where all of the rater's groups allow it")
    reminded: int
    is_void: bool
    extended_until: datetime | None
    version: int


class ExtendIn(In):
    """Until when one rater may answer, at most 14 days after the others."""

    model_config = example(until="2026-11-30T15:00:00Z")

    until: Instant
