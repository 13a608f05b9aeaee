"""Talks about summaries as they are answered, arranged and replied to."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Self

from pydantic import Field

from app.api.schemas.base import DAY, ID, OTHER_ID, WORDS, GivenDay, Id, In, Out, Texts, example, one_of
from app.api.schemas.relations import WatchedPlaceOut
from app.api.schemas.steps import NextStepOut
from app.talks.values import AgendaPoint, PointKind, Side, Talk, TalkTask

_SUBJECT = {"id": ID, "kind": "person", "name": "Sofie Berg"}
_AGREEMENT = {"text": "Sofie følger med på to befaringer", "side": "person", "due_on": "2026-12-18"}
_POINT: dict[str, Any] = {"kind": "development", "about": [WORDS], "text": "", "due_on": None, "step": None}
_TALK: dict[str, Any] = {
    "release_id": OTHER_ID,
    "subject": _SUBJECT,
    "talk_on": "2026-12-01",
    "opens_on": "2026-12-01",
    "latest_on": "2026-12-07",
    "agenda": "",
    "agreements": [{"id": ID, **_AGREEMENT}],
    "read_on": None,
    "reply": "",
    "replied_on": None,
    "leader_signed_on": None,
    "person_signed_on": None,
    "is_signed": False,
    "version": 1,
}
DUE: dict[str, Any] = {
    "task": "arrange",
    "release_id": OTHER_ID,
    "subject": _SUBJECT,
    "round_name": {"nb": "Høstrunden", "en": "Autumn round"},
    "period_start": "2026-09-01",
    "period_end": DAY,
    "due_on": "2026-12-07",
    "talk_on": None,
    "is_own": False,
}


class AgreementIn(In):
    """What somebody is to do, and by when."""

    model_config = example(**_AGREEMENT)

    text: str
    side: Annotated[str, one_of(Side)]
    due_on: GivenDay


class TalkIn(In):
    """A talk as whoever leads there wants it; what is left out is taken away."""

    model_config = example(talk_on=_TALK["talk_on"], agreements=[_AGREEMENT])

    talk_on: GivenDay | None = Field(None, description="The own summary opens on this day, if it still waits")
    agenda: str | None = Field(None, description="One point on each line; without it, it is proposed from the figures")
    agreements: list[AgreementIn] | None = Field(None, description="Up to five")


class ReplyIn(In):
    """What the person says to the own summary."""

    model_config = example(reply="Jeg kjenner meg igjen.")

    reply: str | None = Field(None, description="Without it, the summary is read and nothing is said to it")


class AgreementOut(Out):
    """What was agreed."""

    model_config = example(id=ID, **_AGREEMENT)

    id: Id
    text: str
    side: Side
    due_on: date


class AgendaPointOut(Out):
    """A point that is proposed for the talk."""

    model_config = example(**_POINT)

    kind: PointKind
    about: list[Texts] = Field(description="The KPIs that it is about")
    text: str
    due_on: date | None
    step: NextStepOut | None


class TalkOut(Out):
    """The talk about the summary of a person; agenda and agreements for the two who talk alone."""

    model_config = example(**_TALK)

    release_id: Id
    subject: WatchedPlaceOut
    talk_on: date | None
    opens_on: date | None = Field(
        description="From this day on the person reads the own summary; null: it never waited"
    )
    latest_on: date | None = Field(description="On this day it opens by itself")
    agenda: str = Field(description="Empty while it is as proposed")
    agreements: list[AgreementOut]
    read_on: date | None
    reply: str = Field(description="For everybody who reads the summary")
    replied_on: date | None
    leader_signed_on: date | None
    person_signed_on: date | None
    is_signed: bool = Field(description="By both: nothing of it changes any more")
    version: int


class PreparedTalkOut(TalkOut):
    """A talk with what is proposed for it."""

    model_config = example(**_TALK, proposed=[_POINT])

    proposed: list[AgendaPointOut]

    @classmethod
    def told(cls, talk: Talk, points: Sequence[AgendaPoint]) -> Self:
        """As it is answered."""
        return cls(**dict(TalkOut.of(talk)), proposed=[AgendaPointOut.of(point) for point in points])


class DueTalkOut(Out):
    """A talk that waits for whoever asks."""

    model_config = example(**DUE)

    task: TalkTask
    release_id: Id
    subject: WatchedPlaceOut
    round_name: Texts
    period_start: date
    period_end: date
    due_on: date
    talk_on: date | None
    is_own: bool


class DueTalksOut(Out):
    """All that wait, the first due first."""

    model_config = example(items=[DUE])

    items: list[DueTalkOut]
