"""The nouns of moderation: a comment that waits, what is decided about it, and the queue of a round."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from app.deferred import dataclass
from app.receipts.values import WithheldReason
from app.words import Words


class Verdict(StrEnum):
    """What becomes of a comment at the release; one that still waits then is withheld."""

    WAITING = "waiting"
    RELEASED = "released"
    EDITED = "edited"
    WITHHELD = "withheld"


class QueueSource(StrEnum):
    """Where comments wait: in a closed round, or at a QR code whose period is over."""

    ROUND = "round"
    OPEN_CODE = "open_code"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was decided about a comment: the verdict, why it is edited or withheld, and the text of an edited one."""

    verdict: Verdict = Verdict.WAITING
    reason: WithheldReason | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class PlacedComment:
    """A comment that could be read, by its mark: about whom, from which groups together, on which item or "".

    subjects : everybody whom the comments that stand there together are about; more than one in a unit
    """

    mark: bytes
    subject_id: str
    subjects: tuple[str, ...]
    rater_groups: str
    about: str


@dataclass(frozen=True, slots=True)
class QueuedComment:
    """A comment as whoever moderates reads it: neither rater nor time, and no group that is too small to be named."""

    id: str
    queue_id: str
    source: QueueSource
    subject_id: str
    subject_name: str
    rater_groups: tuple[str, ...]
    item: Words | None
    text: str
    ruling: Ruling


@dataclass(frozen=True, slots=True)
class Queue:
    """The comments of a closed round or of a code that the viewer may moderate, in an order that tells nothing.

    id, name : of the round or the code
    until : when what releases by itself waits no longer; None where somebody releases it
    """

    id: str
    source: QueueSource
    name: Words
    comments: tuple[QueuedComment, ...]
    until: datetime | None

    @property
    def waiting(self) -> int:
        """How many nobody has decided about."""
        return sum(one.ruling.verdict is Verdict.WAITING for one in self.comments)


Rulings = Mapping[bytes, Ruling]
"""What was decided, by the mark of the comment."""
