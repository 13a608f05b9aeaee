"""Pure decisions about invitations: what a link may open, what may be told of its letter, who is reminded."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from app.errors import Conflict, Expired, FieldError, Forbidden, Invalid, NotFound, TooMany
from app.invitations.values import DeliveryState, NextStep
from app.kpis.values import RaterGroup
from app.mail.rules import trouble_of
from app.mail.values import Delivery, OutboxState, Suppression, SuppressionReason, Trouble
from app.rounds.rules import GRACE
from app.rounds.values import Assignment

TOKEN_LENGTH = 32
MOST_WAVES = 12
FIRST_RESEND = 3
REMINDER_WAVES = range(1, FIRST_RESEND)
FAILED = frozenset({OutboxState.BOUNCED, OutboxState.ATTENTION})
BETWEEN_RESENDS = timedelta(hours=24)
BETWEEN_OWN_RESENDS = timedelta(hours=1)
STALE = timedelta(hours=1)
"""How long a reminder may wait before it is asked again whether anybody needs it."""
LONGEST_EXTENSION = timedelta(days=14)

EXTENSION_RANGE = "Choose a time after the round closes, at most 14 days later."

_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
THE_PERSONS_OWN = frozenset({SuppressionReason.OPT_OUT, SuppressionReason.COMPLAINT})
"""Reasons that the person alone can take back."""

_STEPS = {
    DeliveryState.QUEUED: NextStep.WAIT,
    DeliveryState.SENT: NextStep.NONE,
    DeliveryState.ATTENTION: NextStep.ASK_PERSON,
    DeliveryState.OPTED_OUT: NextStep.ASK_PERSON,
    DeliveryState.NO_ADDRESS: NextStep.ADD_ADDRESS,
}
_AFTER_TROUBLE = {
    Trouble.NO_SUCH_ADDRESS: NextStep.CORRECT_ADDRESS,
    Trouble.MAILBOX_CLOSED: NextStep.ASK_PERSON,
    Trouble.MAILBOX_FULL: NextStep.ASK_PERSON,
    Trouble.NOT_ACCEPTED: NextStep.ASK_OPERATOR,
    Trouble.NOT_REACHED: NextStep.SEND_AGAIN,
}
_STATES = {
    OutboxState.SENT: DeliveryState.SENT,
    OutboxState.BOUNCED: DeliveryState.BOUNCED,
    OutboxState.ATTENTION: DeliveryState.ATTENTION,
}


class UnknownLink(NotFound):
    """No such link: mistyped, or never given out; both look alike."""

    code = "unknown_link"
    message = "This link leads nowhere. Open it from the letter once more, or ask for the link again."


class LinkClosed(Expired):
    """The round of the link has closed."""

    code = "link_closed"
    message = "The round closed {closed_at}. What was sent before counts; more is not taken, because results are computed once."

    def __init__(self, closed_at: datetime) -> None:
        self.closed_at = closed_at
        super().__init__(closed_at=closed_at)


class LinkVoid(Expired):
    """The link was replaced or taken back."""

    code = "link_void"
    message = "This link is no longer in use. If a newer letter has come, open the link in that one."


class NotYetOpen(Forbidden):
    """The round of the link has not opened yet."""

    code = "not_yet_open"
    message = "The round opens {opens_at}. Keep the letter and open the link then."

    def __init__(self, opens_at: datetime) -> None:
        self.opens_at = opens_at
        super().__init__(opens_at=opens_at)


class RaterOptedOut(Conflict):
    """The rater wants no letters; nobody sends one all the same."""

    code = "opted_out"
    message = "This person has asked for no more letters."


class NoAddress(Conflict):
    """There is no address to send to."""

    code = "no_address"
    message = "This person has no e-mail address. Add one first."


class AddressLeftAlone(Conflict):
    """Somebody of the company has put the address on the list of those that get no letters."""

    code = "address_left_alone"
    message = "This address is left alone: {note} Take it off the list first."


class AddressBounced(Conflict):
    """Letters to the address came back, and nobody said that it is to be tried again."""

    code = "address_bounced"
    message = "Letters to this address come back: {note} Correct the address, or try this one once more."


class OnlyThePerson(Conflict):
    """The person has stopped the letters, and only the person can start them again."""

    code = "only_the_person"
    message = "The person has stopped the letters, so only the person can take this back: with the link in a letter."


class ResentLately(TooMany):
    """The letter went out a short time ago."""

    code = "resent_lately"
    message = "The letter was sent a short time ago. Wait a day before it goes out again."


def is_token(text: str) -> bool:
    """Whether a text has the shape of a rating link's secret."""
    return len(text) == TOKEN_LENGTH and set(text) <= _ALPHABET


def check_link(
    *, closed_at: datetime | None, opens_at: datetime, closes_at: datetime, voided_at: datetime | None, now: datetime
) -> None:
    """Raise what keeps a known link from opening; `closes_at` is the rater's own time, grace comes on top.

    `closed_at` is when the round was closed, by hand before its time or after the last grace; None while it is not.

    Raises
    ------
    LinkVoid : replaced or taken back
    LinkClosed : the round, or the rater's time in it, is over
    NotYetOpen : before the opening
    """
    if voided_at is not None:
        raise LinkVoid
    if closed_at is not None or closes_at + GRACE <= now:
        raise LinkClosed(min(closes_at, closed_at or closes_at))
    if now < opens_at:
        raise NotYetOpen(opens_at)


def told_letters(deliveries: Sequence[Delivery]) -> Sequence[Delivery]:
    """The letters to a rater that may be told of: all but the reminders, as long as none has failed (R9).

    Only who has something open is reminded, so a reminder on its way, or one that arrived, would tell it. Where that is
    told anyway it would tell of other rounds: a mailbox gets one letter a day, so that a reminder leaves later where
    another round has reminded the same rater. One that failed says that an address needs mending, and stays.
    """
    return [one for one in deliveries if one.wave not in REMINDER_WAVES or one.state in FAILED]


def delivery_state(
    *, email: str | None, deliveries: Sequence[Delivery], suppression: SuppressionReason | None
) -> DeliveryState:
    """What may be told of the letters to a rater: the latest one decides, an opt-out outweighs it."""
    if email is None:
        return DeliveryState.NO_ADDRESS
    if suppression is not None and suppression is not SuppressionReason.BOUNCE:
        return DeliveryState.OPTED_OUT
    if deliveries:
        return _STATES.get(deliveries[-1].state, DeliveryState.QUEUED)
    return DeliveryState.BOUNCED if suppression else DeliveryState.QUEUED


def next_step(delivery: DeliveryState, latest: Delivery | None, *, note: str = "", is_void: bool = False) -> NextStep:
    """What somebody can do about a letter.

    Parameters
    ----------
    delivery : what may be told of the letter
    latest : the latest letter to the rater, if there was one
    note : what was said about the address when it was put on the list of those left alone
    is_void : whether the link was taken back

    Returns
    -------
    One step; a person reads it in words, another system by its name.

    >>> next_step(DeliveryState.BOUNCED, None, note="550 5.1.1 No such user").value
    'correct_address'
    """
    if delivery is DeliveryState.BOUNCED:
        said = (latest.reply if latest is not None else None) or note
        return _AFTER_TROUBLE[trouble_of(said)]
    if delivery is DeliveryState.ATTENTION and latest is not None and latest.copies == 0:
        return NextStep.SEND_AGAIN
    if is_void and delivery in {DeliveryState.QUEUED, DeliveryState.SENT}:
        return NextStep.SEND_AGAIN
    if delivery is DeliveryState.SENT and latest is not None and (latest.reply or "").startswith("4"):
        return NextStep.WAIT
    return _STEPS[delivery]


def check_address(suppression: Suppression | None, *, despite_bounce: bool) -> None:
    """Raise what keeps a letter from being sent again to an address that is left alone.

    Raises
    ------
    RaterOptedOut : the person wants no letters, or has complained of one
    AddressLeftAlone : somebody of the company has put it on the list
    AddressBounced : letters came back, unless it is to be tried all the same
    """
    if suppression is None:
        return
    if suppression.reason in THE_PERSONS_OWN:
        raise RaterOptedOut
    if suppression.reason is SuppressionReason.BY_HAND:
        raise AddressLeftAlone(note=suppression.note)
    if not despite_bounce:
        raise AddressBounced(note=suppression.note)


def told_answered(assignments: Iterable[Assignment], told: Collection[RaterGroup]) -> bool | None:
    """Whether a rater has answered everything; None where a group of the rater is protected (R9).

    What is declined counts as done, and still as asked: else a decline would show by what is told then.
    """
    of_rater = list(assignments)
    if not of_rater or any(one.rater_group not in told for one in of_rater):
        return None
    return all(one.answered or one.declined for one in of_rater)


def wants_reminder(assignments: Iterable[Assignment], enough: Collection[RaterGroup]) -> bool:
    """Whether a rater has something open in a group that still needs answers."""
    return any(not one.answered and one.rater_group not in enough for one in assignments)


def next_wave(deliveries: Sequence[Delivery]) -> int:
    """The number of the next letter sent again; 0 is the invitation, 1 and 2 its reminders.

    >>> next_wave([])
    3
    """
    return max([FIRST_RESEND, *(delivery.wave + 1 for delivery in deliveries)])


def may_be_resent(deliveries: Sequence[Delivery], *, pause: timedelta, now: datetime) -> bool:
    """Whether `check_resend` lets a letter go out again."""
    return _wait(deliveries, pause=pause, now=now) is None


def check_resend(
    deliveries: Sequence[Delivery], *, pause: timedelta, reminded_at: datetime | None = None, now: datetime
) -> None:
    """Raise ResentLately when the last letter is on its way or arrived within `pause`, or there were too many.

    `reminded_at` is when the round last reminded: nobody is written to again shortly after, reminded or not, since
    the difference would tell who has answered (R9).
    """
    wait = _wait(deliveries, pause=pause, reminded_at=reminded_at, now=now)
    if wait is not None:
        raise ResentLately(max(1, int(wait.total_seconds())))


def _wait(
    deliveries: Sequence[Delivery], *, pause: timedelta, reminded_at: datetime | None = None, now: datetime
) -> timedelta | None:
    """How long until a letter may go out again; None when it may now."""
    if not deliveries:
        return None
    latest = deliveries[-1]
    failed = latest.state in FAILED
    wait = max(latest.dated_at, reminded_at or latest.dated_at) + pause - now
    return wait if latest.wave + 1 >= MOST_WAVES or (not failed and wait > timedelta(0)) else None


def check_extension(until: datetime, *, closes_at: datetime) -> None:
    """Raise Invalid unless an extension lies after the closing time, at most two weeks later."""
    if not closes_at < until <= closes_at + LONGEST_EXTENSION:
        raise Invalid([FieldError("until", EXTENSION_RANGE, "<= 14 d")])
