"""What comes back of letters, who gets none, and who asks for a link, as they are sent and answered."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from app.api.schemas.base import ID, INSTANT, Id, In, Out, example, one_of
from app.invitations.values import NextStep
from app.mail.values import ReportKind, SuppressionReason

_REPLY = "550 5.1.1 No such user"


class MailEventIn(In):
    """What a mail provider tells of one letter."""

    model_config = example(kind="bounce", message_id="<5f6c…@kpi.example.org>", reply=_REPLY)

    kind: Annotated[str, one_of(ReportKind)]
    message_id: str | None = Field(default=None, description="Message-ID of the letter; with it no recipient is needed")
    recipient: str | None = Field(
        default=None, description="Address that the letter went to, where no Message-ID is known"
    )
    reply: str | None = Field(default=None, description="What the other side said, its codes first; 5 means for good")


class MailEventOut(Out):
    """Whether the letter or its address is known here."""

    model_config = example(known=True)

    known: bool


class LinkRequestIn(In):
    """Whose links are to be sent again."""

    model_config = example(email="kari.moen@example.org")

    email: str


class LinkRequestOut(Out):
    """The same for every address, known or not."""

    model_config = example(accepted=True)

    accepted: bool


class OptOutOut(Out):
    """Whether the owner of the link gets letters."""

    model_config = example(opted_out=True)

    opted_out: bool


class SuppressionIn(In):
    """Whom to write no more, and why."""

    model_config = example(person_id=ID, reason="Asked us on the phone.")

    person_id: Id
    reason: str


class LiftIn(In):
    """Why an address is written to again."""

    model_config = example(reason="The mailbox was mended.")

    reason: str


class SuppressionOut(Out):
    """An address that gets no letters unasked."""

    model_config = example(
        person_id=ID,
        name="Kari Moen",
        email="kari.moen@example.org",
        reason="bounce",
        since=INSTANT,
        note=_REPLY,
        next_step="correct_address",
    )

    person_id: Id
    name: str | None
    email: str
    reason: Annotated[str, one_of(SuppressionReason)]
    since: datetime
    note: str = Field(description="What the other side said, or who put it on the list")
    next_step: Annotated[str, one_of(NextStep)]
