"""Comments before their release, and what is decided about them."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field

from app.api.schemas.base import ID, OTHER_ID, WORDS, Id, In, Out, Texts, example, one_of
from app.api.schemas.rounds import MODERATED
from app.kpis.values import RaterGroup
from app.moderation.values import Queue, QueuedComment, QueueSource, Verdict
from app.receipts.values import WithheldReason

_COMMENT = {
    "id": ID,
    "round_id": OTHER_ID,
    "open_code_id": None,
    "subject_id": ID,
    "subject_name": "Sofie Berg",
    "rater_groups": ["colleague"],
    "item": None,
    "text": "Kari i Bergen ringer alltid tilbake samme dag.",
    "verdict": "edited",
    "reason": "names_others",
    "edited_text": "Ringer alltid tilbake samme dag.",
}
_QUEUE = {
    "round_id": OTHER_ID,
    "open_code_id": None,
    "name": WORDS,
    "until": "2026-12-04T15:30:00Z",
    "comments": [_COMMENT],
}


class RulingIn(In):
    """What becomes of a comment at the release."""

    model_config = example(verdict="edited", reason="names_others", text="Ringer alltid tilbake samme dag.")

    verdict: Annotated[str, one_of(Verdict)]
    reason: Annotated[str, one_of(WithheldReason)] | None = Field(
        None, description="Why it is edited or withheld; an edit is for gives_away, names_others or private only"
    )
    text: str | None = Field(None, description="The text of an edited comment: mostly the writer's own words")


class QueuedCommentOut(Out):
    """A comment as whoever moderates reads it."""

    model_config = example(**_COMMENT)

    id: Id
    round_id: Id | None
    open_code_id: Id | None
    subject_id: Id
    subject_name: str
    rater_groups: list[RaterGroup]
    item: Texts | None
    text: str
    verdict: Verdict
    reason: WithheldReason | None
    edited_text: str | None

    @classmethod
    def of(cls, value: object) -> Self:
        """A comment with its ruling laid out beside it."""
        if not isinstance(value, QueuedComment):
            raise TypeError(type(value))
        return cls(
            id=value.id,
            **_place(value.source, value.queue_id),
            subject_id=value.subject_id,
            subject_name=value.subject_name,
            rater_groups=[RaterGroup(group) for group in value.rater_groups],
            item=dict(value.item) if value.item is not None else None,
            text=value.text,
            verdict=value.ruling.verdict,
            reason=value.ruling.reason,
            edited_text=value.ruling.text,
        )


class QueueOut(Out):
    """The comments of a closed round or a QR code, in an order that tells nothing."""

    model_config = example(**_QUEUE)

    round_id: Id | None
    open_code_id: Id | None
    name: Texts
    until: datetime | None = Field(description="When what releases by itself waits no longer")
    comments: list[QueuedCommentOut]

    @classmethod
    def of(cls, value: object) -> Self:
        """A queue with its comments."""
        if not isinstance(value, Queue):
            raise TypeError(type(value))
        comments = [QueuedCommentOut.of(one) for one in value.comments]
        place = _place(value.source, value.id)
        return cls(**place, name=dict(value.name), until=value.until, comments=comments)


class QueueListOut(Out):
    """Every round and QR code in which comments wait."""

    model_config = example(items=[_QUEUE])

    items: list[QueueOut]


class UsualModeratorsIn(In):
    """Who reads comments first in what a company sets up from now on."""

    model_config = example(moderated_by="HR")

    moderated_by: str | None = Field(description=MODERATED)


class UsualModeratorsOut(Out):
    """Who reads comments first in what a company sets up from now on."""

    model_config = example(moderated_by="HR")

    moderated_by: str | None


def _place(source: QueueSource, queue_id: str) -> dict[str, Id | None]:
    is_round = source is QueueSource.ROUND
    return {"round_id": queue_id if is_round else None, "open_code_id": None if is_round else queue_id}
