"""The nouns of mail: a message waiting, its state, and why an address is left alone."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class OutboxState(StrEnum):
    """Where a message is: queued → prepared → handing_over → sent, bounced, attention or cancelled."""

    QUEUED = "queued"
    PREPARED = "prepared"
    HANDING_OVER = "handing_over"
    SENT = "sent"
    BOUNCED = "bounced"
    ATTENTION = "attention"
    CANCELLED = "cancelled"


class SuppressionReason(StrEnum):
    """Why nothing is sent to a mailbox."""

    OPT_OUT = "opt_out"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """One mail on its way; the text is rendered at sending from letter, parameters, date and boundary."""

    id: str
    letter: str
    recipient: str
    recipient_name: str
    locale: str
    parameters: dict[str, Any]
    reference: str
    wave: int
    state: OutboxState
    attempts: int
    copies: int
    dated_at: datetime
    message_id: str
    boundary: str
    deadline_at: datetime
