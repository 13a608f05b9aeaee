"""Pure decisions about recovery: how long an offer stands, when a case is due and when it lapses."""

from datetime import date, datetime, timedelta

from app.errors import Conflict, Expired, NotFound
from app.invitations.hours import working_days_after

OFFER_STANDS = timedelta(hours=2)
LAPSES_AFTER = timedelta(days=60)
WORKING_DAYS = 5


class NotOffered(NotFound):
    """No offer like this was made, or not to whoever asks."""

    code = "contact_not_offered"
    message = "There is nothing to ask for here. Your answers are in."


class OfferOver(Expired):
    """The offer stood for two hours."""

    code = "contact_offer_over"
    message = "The offer to be contacted stood for two hours. Your answers are in."


class CaseClosed(Conflict):
    """The case is closed, and how to reach the customer is gone."""

    code = "case_closed"
    message = "The case is closed already."


def check_offer(made_at: datetime | None, *, now: datetime) -> None:
    """Raise NotOffered for a ticket that is none of ours, OfferOver for one that is too old."""
    if made_at is None:
        raise NotOffered
    if now - made_at > OFFER_STANDS:
        raise OfferOver


def due_on(opened_on: date) -> date:
    """The day by which the customer should have heard: five working days later.

    >>> str(due_on(date(2026, 11, 25)))
    '2026-12-02'
    """
    return working_days_after(opened_on, WORKING_DAYS)


def has_lapsed(opened_on: date, today: date) -> bool:
    """Whether nobody saw to a case for so long that how to reach the customer must go."""
    return today - opened_on > LAPSES_AFTER
