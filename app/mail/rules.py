"""Pure decisions about mail: what a relay's reply means, when to try again, when to stop."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from app.mail.values import (
    BUNDLED_LETTERS,
    ROUND_LETTERS,
    Bundle,
    Delivery,
    Letter,
    Mail,
    OutboxMessage,
    OutboxState,
    Outcome,
    Report,
    ReportKind,
    Settlement,
    SuppressionReason,
    Trouble,
    Waiting,
    WaitReason,
)

RETRY_MINUTES = (1, 5, 15, 30)
LATER_MINUTES = 60
MOST_ATTEMPTS = 52
"""After 1, 5, 15, 30 and then every 60 minutes: two days of trying, however long the letter waited before."""

LEASE = timedelta(minutes=15)
MOST_COPIES = 2
MOST_UNRENDERED = 8
BETWEEN_ROUND_LETTERS = timedelta(hours=24)
LONG_REST = timedelta(hours=1)
MOST_BUNDLED = 8
"""Requests of one mail: more would be cut off by mail programs, and by readers."""

_WEIGHT = {
    SuppressionReason.BOUNCE: 0,
    SuppressionReason.BY_HAND: 1,
    SuppressionReason.COMPLAINT: 2,
    SuppressionReason.OPT_OUT: 2,
}
_PASSES_FOR_AN_ADDRESS = re.compile(r'=\?|[@<>"]')
_ENHANCED = re.compile(r"^5\.(\d{1,3})\.\d{1,3}\b")
_BY_STATUS = {
    "5.2.2": Trouble.MAILBOX_FULL,
    "5.2.1": Trouble.MAILBOX_CLOSED,
    "5.2.0": Trouble.MAILBOX_CLOSED,
    "5.1.10": Trouble.NO_SUCH_ADDRESS,
    "5.1.7": Trouble.NOT_ACCEPTED,
    "5.1.8": Trouble.NOT_ACCEPTED,
}
_BY_SUBJECT = {"1": Trouble.NO_SUCH_ADDRESS, "4": Trouble.NOT_REACHED}
_BY_REPLY_CODE = {
    "550": Trouble.NO_SUCH_ADDRESS,
    "551": Trouble.NO_SUCH_ADDRESS,
    "553": Trouble.NO_SUCH_ADDRESS,
    "552": Trouble.MAILBOX_FULL,
}
_ABOUT_THE_MAILBOX = frozenset({"1", "2"})


def outcome_of(code: int | None, *, body_sent: bool) -> Outcome:
    """What a reply means. `code` is None, or no SMTP code, where no reply could be read.

    >>> outcome_of(250, body_sent=True).value, outcome_of(451, body_sent=True).value
    ('taken', 'postponed')
    >>> outcome_of(None, body_sent=False).value, outcome_of(None, body_sent=True).value
    ('postponed', 'unknown')
    """
    kind = code // 100 if code is not None and 200 <= code <= 599 else 0
    if kind == 2 and body_sent:
        return Outcome.TAKEN
    if kind == 5:
        return Outcome.REFUSED
    if kind == 4:
        return Outcome.POSTPONED
    return Outcome.UNKNOWN if body_sent else Outcome.POSTPONED


def next_attempt(attempts: int, *, now: datetime) -> datetime:
    """When to try again after so many attempts: 1, 5, 15, 30, then every 60 minutes (RFC 5321, 4.5.4.1)."""
    minutes = RETRY_MINUTES[attempts - 1] if 1 <= attempts <= len(RETRY_MINUTES) else LATER_MINUTES
    return now + timedelta(minutes=minutes)


def settlement(message: OutboxMessage, outcome: Outcome, reply: str, *, now: datetime) -> Settlement:
    """What an outcome makes of a message that was handed over or offered.

    `message.copies` counts the bodies that may have arrived, this one included.
    """
    if outcome is Outcome.TAKEN:
        return Settlement(OutboxState.SENT, message.copies)
    if outcome is Outcome.UNKNOWN:
        return _after_unknown(message, now=now)
    arrived = message.copies - (message.state is OutboxState.HANDING_OVER)
    if outcome is Outcome.REFUSED:
        return Settlement(OutboxState.BOUNCED, arrived, suppresses=is_about_the_mailbox(reply))
    if outcome is Outcome.WITHDRAWN:
        return Settlement(OutboxState.CANCELLED, arrived)
    again = next_attempt(message.attempts, now=now)
    if _is_hopeless(message, outcome, again):
        return Settlement(OutboxState.ATTENTION, arrived)
    return Settlement(OutboxState.QUEUED, arrived, again, alone=outcome is Outcome.UNRENDERED and not arrived)


def is_older(batches: int, noted: int | None, heard_at: datetime | None, *, now: datetime) -> bool:
    """Whether a database was put back to an earlier state, so that it does not know of letters that have left.

    Parameters
    ----------
    batches : how many batches have left by what the database says
    noted : the most that was noted beside the database on this machine; None where nothing was
    heard_at : when a worker gave its last sign of life by what the database says; None when none is known

    Returns
    -------
    True if more was noted than the database knows. Where nothing was noted, as on a new machine: if letters have left
    and no worker was alive in the last hour, since nobody can tell a backup from a long rest then.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    >>> is_older(7, 9, noon, now=noon), is_older(9, 9, None, now=noon)
    (True, False)
    >>> (
    ...     [is_older(9, None, noon - timedelta(minutes=ago), now=noon) for ago in (5, 90)],
    ...     is_older(0, None, None, now=noon),
    ... )
    ([False, True], False)
    """
    if noted is not None:
        return noted > batches
    return batches > 0 and (heard_at is None or now - heard_at > LONG_REST)


def minute_of(now: datetime) -> datetime:
    """The beginning of a minute, in which a domain gets so many letters and no more."""
    return now.replace(second=0, microsecond=0)


def room_left(counted: int, wanted: int, most: int) -> int:
    """How many of the letters wanted may leave for a domain, when `counted` includes them already.

    >>> room_left(counted=290, wanted=20, most=300), room_left(310, 20, 300), room_left(340, 20, 300)
    (20, 10, 0)
    """
    return max(0, min(wanted, most - (counted - wanted)))


def is_about_the_mailbox(reply: str) -> bool:
    """Whether a permanent refusal says that the mailbox is bad, rather than this message, sender or relay.

    Enhanced status codes 5.1.x (address) and 5.2.x (mailbox) do, and so does a refusal without one; 5.3 to 5.7
    (system, network, protocol, content, policy) do not: one spam verdict must not silence a whole company.
    Source: RFC 3463, section 3.

    >>> is_about_the_mailbox("550 5.1.1 No such user"), is_about_the_mailbox("554 5.7.1 Looks like spam")
    (True, False)
    """
    found = _ENHANCED.match(reply.partition(" ")[2])
    return found is None or found.group(1) in _ABOUT_THE_MAILBOX


def is_permanent(reply: str) -> bool:
    """Whether the other side will say the same again.

    >>> is_permanent("550 5.1.1 No such user"), is_permanent("450 4.4.1 No answer from host")
    (True, False)
    """
    return reply.startswith("5")


def trouble_of(reply: str) -> Trouble:
    """What the other side's words say about why a letter did not arrive.

    Parameters
    ----------
    reply : what was said, its codes first; anything else than a permanent refusal was simply not reached

    Returns
    -------
    By the enhanced status code; without one by the reply code, of which 550 and 551 are about the address.

    Source: RFC 3463, section 3; RFC 5321, section 4.2.3.

    >>> trouble_of("552 5.2.2 Mailbox full").value, trouble_of("554 5.7.1 Spam").value, trouble_of("550 Who?").value
    ('mailbox_full', 'not_accepted', 'no_such_address')
    """
    if not is_permanent(reply):
        return Trouble.NOT_REACHED
    found = _ENHANCED.match(reply.partition(" ")[2])
    if found is None:
        return _BY_REPLY_CODE.get(reply[:3], Trouble.NOT_ACCEPTED)
    return _BY_STATUS.get(found[0], _BY_SUBJECT.get(found[1], Trouble.NOT_ACCEPTED))


def after_report(state: OutboxState, copies: int, report: Report) -> OutboxState:
    """The state of a message after something was told of it; the same where that changes nothing.

    What comes back was sent, whatever the worker knows; of a message that never left nothing can be told.

    >>> after_report(OutboxState.SENT, 1, Report(ReportKind.BOUNCE, "550 5.1.1 No such user")).value
    'bounced'
    """
    has_left = copies > 0 and state not in {OutboxState.BOUNCED, OutboxState.CANCELLED}
    if not has_left or report.kind is ReportKind.DELAY:
        return state
    return OutboxState.BOUNCED if report.kind is ReportKind.BOUNCE else OutboxState.SENT


def suppression_after(report: Report) -> SuppressionReason | None:
    """Whether a report means that the mailbox is to be left alone, and why."""
    if report.kind is ReportKind.COMPLAINT:
        return SuppressionReason.COMPLAINT
    is_for_good = is_permanent(report.reply) and is_about_the_mailbox(report.reply)
    return SuppressionReason.BOUNCE if report.kind is ReportKind.BOUNCE and is_for_good else None


def outweighs(reason: SuppressionReason, other: SuppressionReason) -> bool:
    """Whether one reason for leaving a mailbox alone takes the place of another: a wish of the person weighs most.

    >>> outweighs(SuppressionReason.OPT_OUT, SuppressionReason.BOUNCE)
    True
    >>> outweighs(SuppressionReason.COMPLAINT, SuppressionReason.OPT_OUT)
    False
    """
    return _WEIGHT[reason] > _WEIGHT[other]


def is_unasked(mail: Mail) -> bool:
    """Whether the letter comes without having been wished for just now."""
    return mail.letter in ROUND_LETTERS and not mail.is_asked_for


def may_be_sent(mail: Mail, suppression: SuppressionReason | None) -> bool:
    """What somebody asked for goes out always; the rest only to mailboxes that are not suppressed."""
    return suppression is None or not is_unasked(mail)


def waits_for(letter: Letter) -> frozenset[Letter]:
    """The kinds of letters after which one of this kind waits a day.

    Only reminders wait for reminders: any other letter that waited for one would tell when it left, and so that
    somebody has not answered (R9).
    """
    return frozenset(ROUND_LETTERS) - (frozenset() if letter is Letter.REMINDER else {Letter.REMINDER})


def first_attempt(mail: Mail, latest_round_letter: datetime | None, *, now: datetime) -> datetime:
    """At once, or a day after the latest letter that came unasked: one such letter a day for each mailbox.

    A letter in the place of one that leads nowhere waits for nothing: until it is there nobody can answer.
    """
    if latest_round_letter is None or mail.replaces or not is_unasked(mail):
        return now
    return max(now, latest_round_letter + BETWEEN_ROUND_LETTERS)


def wait_reason(latest: Delivery | None, *, now: datetime) -> WaitReason | None:
    """Why a letter waits; None when it does not, or for no longer than it may take until its domain gets more letters.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    >>> tomorrow = noon + timedelta(days=1)
    >>> waiting = Delivery("", 0, OutboxState.QUEUED, "", noon, None, next_attempt_at=tomorrow)
    >>> wait_reason(waiting, now=noon), wait_reason(waiting, now=tomorrow)
    (<WaitReason.ONE_A_DAY: 'one_a_day'>, None)
    """
    if latest is None or latest.next_attempt_at is None or latest.next_attempt_at <= now:
        return None
    if latest.reply:
        return WaitReason.NOT_TAKEN
    return WaitReason.ONE_A_DAY if latest.next_attempt_at - now > timedelta(minutes=1) else None


def may_join(mail: Mail, waiting: Waiting, *, at: datetime) -> bool:
    """Whether a mail that would leave at `at` may leave as one with those that wait for the same person.

    Not when that is later than it would leave by itself, or too late for it, and never two about the same reference:
    they bring the same link.
    """
    is_in_time = waiting.leaves_at <= at and waiting.leaves_at < mail.deadline
    fits = mail.reference not in waiting.references and len(waiting.references) < MOST_BUNDLED
    return mail.letter in BUNDLED_LETTERS and is_in_time and fits


def bundled(messages: Sequence[OutboxMessage], firsts: Mapping[str, OutboxMessage]) -> list[Bundle]:
    """Messages by the mail that they leave as: those that leave alone, then the others.

    Parameters
    ----------
    messages : claimed together; of each bundle all that may still leave
    firsts : by id, the messages that name a bundle without being among them, as far as they are still there

    Returns
    -------
    What closes first stands first in a mail, the same way each time.
    """
    alone = [Bundle(message, (message,)) for message in messages if message.leaves_with is None]
    several = by_mail(message for message in messages if message.leaves_with is not None)
    return [*alone, *(_bundle(name, parts, firsts) for name, parts in several.items())]


def _bundle(name: str, parts: list[OutboxMessage], firsts: Mapping[str, OutboxMessage]) -> Bundle:
    first = firsts.get(name) or next((one for one in parts if one.id == name), parts[0])
    return Bundle(first, tuple(sorted(parts, key=lambda one: (one.deadline_at, one.dated_at, one.id))))


def by_mail(messages: Iterable[OutboxMessage]) -> dict[str, list[OutboxMessage]]:
    """Messages by the name of the mail that they leave as."""
    found: dict[str, list[OutboxMessage]] = {}
    for message in messages:
        found.setdefault(name_of(message), []).append(message)
    return found


def name_of(message: OutboxMessage) -> str:
    """What the mail that a message leaves as is known by: in the logbook, and by where it comes back."""
    return message.leaves_with or message.id


def is_fit_for_a_header(name: str) -> bool:
    """Whether a name may stand beside an address: nothing that could pass for an address or an encoded word.

    >>> is_fit_for_a_header("Åse O'Brien"), is_fit_for_a_header("boss@firm.example"), is_fit_for_a_header("=?utf-8?q?x")
    (True, False, False)
    """
    return name.isprintable() and not _PASSES_FOR_AN_ADDRESS.search(name)


def subject_line(text: str, longest: int = 50) -> str:
    r"""A subject on one line, cut at a word where it is longer.

    >>> subject_line("Amir Haddad asks:\n three colleagues", 25)
    'Amir Haddad asks: three…'
    """
    line = " ".join(text.split())
    if len(line) <= longest:
        return line
    return line[: longest - 1].rsplit(" ", 1)[0].rstrip(" ,:;") + "…"


def _is_hopeless(message: OutboxMessage, outcome: Outcome, again: datetime) -> bool:
    most = MOST_UNRENDERED if outcome is Outcome.UNRENDERED else MOST_ATTEMPTS
    return message.attempts >= most or again >= message.deadline_at


def _after_unknown(message: OutboxMessage, *, now: datetime) -> Settlement:
    # A reminder twice is a nuisance, an invitation lost is a voice lost; nobody gets a third copy.
    if message.letter is Letter.REMINDER or message.copies >= MOST_COPIES:
        return Settlement(OutboxState.ATTENTION, message.copies)
    return Settlement(OutboxState.QUEUED, message.copies, next_attempt_at=next_attempt(1, now=now))
