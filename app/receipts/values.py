"""The nouns of receipts: what can become of a comment, why one is withheld, and what a code tells."""

from enum import StrEnum

from app.deferred import dataclass


class ReceiptState(StrEnum):
    """What became of a comment; `expired` once that is not told any longer."""

    RECEIVED = "received"
    RELEASED = "released"
    EDITED = "edited"
    WITHHELD = "withheld"
    REPLACED = "replaced"
    EXPIRED = "expired"


class WithheldReason(StrEnum):
    """Why a comment is not shown; chosen, not written, so that a reason says nothing of the comment's words.

    `too_few` and `not_looked_at` follow by themselves; the others are given by somebody who has read it. `too_few`
    also stands for a comment whose sheet does not count, since nobody is told that one was parked.
    """

    TOO_FEW = "too_few"
    NOT_LOOKED_AT = "not_looked_at"
    GIVES_AWAY = "gives_away"
    NAMES_OTHERS = "names_others"
    PRIVATE = "private"
    INSULT = "insult"
    OFF_TOPIC = "off_topic"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a code tells: the state, and the reason of a comment that is withheld."""

    state: ReceiptState
    reason: WithheldReason | None = None


NOT_SHOWN = Outcome(ReceiptState.WITHHELD, WithheldReason.TOO_FEW)
"""What became of a comment of which a release knows nothing."""


@dataclass(frozen=True, slots=True)
class WithheldCount:
    """How many comments are withheld beside those that are shown, for one reason."""

    reason: WithheldReason
    comments: int
