"""When a letter is tried again, given up, or left to a person; nothing is guessed about what nobody knows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.mail.rules import (
    first_attempt,
    is_about_the_mailbox,
    is_fit_for_a_header,
    is_unasked,
    may_be_sent,
    next_attempt,
    outcome_of,
    settlement,
    subject_line,
    trouble_of,
    wait_reason,
    waits_for,
)
from app.mail.values import (
    ROUND_LETTERS,
    Delivery,
    Letter,
    Mail,
    OutboxMessage,
    OutboxState,
    Outcome,
    Settlement,
    SuppressionReason,
    Trouble,
    WaitReason,
)

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MAIL = Mail(Letter.INVITATION, "a@b.no", "A", "nb", {}, "1", 0, NOW + timedelta(days=9))
WAITING = OutboxMessage(
    id="1",
    letter=Letter.INVITATION,
    recipient="a@b.no",
    recipient_name="A",
    locale="nb",
    parameters={},
    reference="1",
    wave=0,
    state=OutboxState.PREPARED,
    attempts=1,
    copies=0,
    dated_at=NOW,
    message_id="m",
    boundary="b",
    deadline_at=NOW + timedelta(days=9),
)
UNDER_WAY = replace(WAITING, state=OutboxState.HANDING_OVER, copies=1)


def test_attempts_follow_the_timetable() -> None:
    waits = [(next_attempt(attempts, now=NOW) - NOW) // MINUTE for attempts in range(1, 8)]
    assert waits == [1, 5, 15, 30, 60, 60, 60]


def test_a_letter_taken_is_sent() -> None:
    assert settlement(UNDER_WAY, Outcome.TAKEN, "250 ok", now=NOW) == Settlement(OutboxState.SENT, 1)


@pytest.mark.parametrize(
    ("reply", "suppresses"),
    [
        ("550 5.1.1 No such user", True),
        ("550 No such user", True),
        ("552 5.2.2 Mailbox full", True),
        ("554 5.7.1 Looks like spam", False),
        ("550 5.6.0 Bad content", False),
    ],
)
def test_a_refusal_bounces_and_only_a_bad_mailbox_is_left_alone(reply: str, suppresses: bool) -> None:
    assert settlement(WAITING, Outcome.REFUSED, reply, now=NOW) == Settlement(
        OutboxState.BOUNCED, 0, suppresses=suppresses
    )
    assert is_about_the_mailbox(reply) is suppresses


def test_a_body_that_was_refused_did_not_arrive() -> None:
    assert settlement(UNDER_WAY, Outcome.REFUSED, "554 no", now=NOW).copies == 0
    assert settlement(UNDER_WAY, Outcome.POSTPONED, "451 no", now=NOW).copies == 0


def test_a_postponed_letter_is_tried_for_two_days_or_until_the_deadline() -> None:
    assert settlement(WAITING, Outcome.POSTPONED, "451", now=NOW) == Settlement(OutboxState.QUEUED, 0, NOW + MINUTE)
    spans = [next_attempt(attempts, now=NOW) - NOW for attempts in range(1, 52)]
    assert timedelta(hours=47) < sum(spans, timedelta()) < timedelta(hours=48)
    late, last = (replace(WAITING, attempts=attempts) for attempts in (51, 52))
    assert settlement(late, Outcome.POSTPONED, "451", now=NOW).state is OutboxState.QUEUED
    assert settlement(last, Outcome.POSTPONED, "451", now=NOW) == Settlement(OutboxState.ATTENTION, 0)
    short = replace(WAITING, deadline_at=NOW + MINUTE)
    assert settlement(short, Outcome.POSTPONED, "451", now=NOW) == Settlement(OutboxState.ATTENTION, 0)


def test_a_letter_that_waited_three_days_is_not_given_up_at_its_first_450() -> None:
    later = NOW + timedelta(days=3)
    found = settlement(WAITING, Outcome.POSTPONED, "450 4.2.0 greylisted", now=later)
    assert found == Settlement(OutboxState.QUEUED, 0, later + MINUTE)


def test_an_invitation_of_unknown_fate_goes_once_more_and_then_to_a_person() -> None:
    again = settlement(UNDER_WAY, Outcome.UNKNOWN, "", now=NOW)
    assert again == Settlement(OutboxState.QUEUED, 1, NOW + MINUTE)
    second = replace(UNDER_WAY, copies=2)
    assert settlement(second, Outcome.UNKNOWN, "", now=NOW) == Settlement(OutboxState.ATTENTION, 2)


def test_a_reminder_of_unknown_fate_is_not_sent_again() -> None:
    reminder = replace(UNDER_WAY, letter=Letter.REMINDER)
    assert settlement(reminder, Outcome.UNKNOWN, "", now=NOW) == Settlement(OutboxState.ATTENTION, 1)


def test_a_letter_that_cannot_be_written_goes_to_a_person_after_eight_tries() -> None:
    states = [
        settlement(replace(WAITING, attempts=attempts), Outcome.UNRENDERED, "KeyError", now=NOW).state
        for attempts in (1, 7, 8)
    ]
    assert states == [OutboxState.QUEUED, OutboxState.QUEUED, OutboxState.ATTENTION]


def test_a_letter_no_longer_wanted_is_cancelled() -> None:
    assert settlement(WAITING, Outcome.WITHDRAWN, "", now=NOW) == Settlement(OutboxState.CANCELLED, 0)


@pytest.mark.parametrize(
    ("reply", "trouble"),
    [
        ("550 5.1.1 No such user", Trouble.NO_SUCH_ADDRESS),
        ("550 5.1.10 Null MX", Trouble.NO_SUCH_ADDRESS),
        ("550 5.1.8 Bad sender", Trouble.NOT_ACCEPTED),
        ("550 5.2.1 Disabled", Trouble.MAILBOX_CLOSED),
        ("552 5.2.2 Full", Trouble.MAILBOX_FULL),
        ("554 5.2.3 Too large", Trouble.NOT_ACCEPTED),
        ("550 5.4.1 No route", Trouble.NOT_REACHED),
        ("554 5.7.1 Spam", Trouble.NOT_ACCEPTED),
        ("550 Who?", Trouble.NO_SUCH_ADDRESS),
        ("552 Full", Trouble.MAILBOX_FULL),
        ("554 Go away", Trouble.NOT_ACCEPTED),
        ("450 4.2.0 Later", Trouble.NOT_REACHED),
        ("", Trouble.NOT_REACHED),
    ],
)
def test_what_the_other_side_said_tells_the_trouble(reply: str, trouble: Trouble) -> None:
    assert trouble_of(reply) is trouble


def test_codes_outside_the_book_say_nothing() -> None:
    for code in (-1, 0, 199, 354, 600):
        assert outcome_of(code, body_sent=True) is Outcome.UNKNOWN
        assert outcome_of(code, body_sent=False) is Outcome.POSTPONED
    assert outcome_of(250, body_sent=False) is Outcome.POSTPONED
    assert {outcome_of(550, body_sent=sent) for sent in (True, False)} == {Outcome.REFUSED}


def test_one_letter_a_day_comes_unasked() -> None:
    yesterday = NOW - timedelta(hours=20)
    assert first_attempt(MAIL, None, now=NOW) == NOW
    assert first_attempt(MAIL, yesterday, now=NOW) == NOW + timedelta(hours=4)
    assert first_attempt(MAIL, NOW - timedelta(days=3), now=NOW) == NOW
    assert first_attempt(replace(MAIL, is_asked_for=True), yesterday, now=NOW) == NOW
    assert first_attempt(replace(MAIL, letter=Letter.SIGN_IN), yesterday, now=NOW) == NOW
    assert first_attempt(replace(MAIL, replaces=True), yesterday, now=NOW) == NOW, "the one before leads nowhere"


def test_no_letter_but_a_reminder_waits_for_a_reminder() -> None:
    assert waits_for(Letter.REMINDER) == set(ROUND_LETTERS)
    assert (
        waits_for(Letter.INVITATION)
        == waits_for(Letter.RELEASE_READY)
        == waits_for(Letter.REMINDER) - {Letter.REMINDER}
    )


def test_a_letter_that_waits_says_why() -> None:
    def waits(late: timedelta, reply: str | None = None) -> WaitReason | None:
        latest = Delivery("r", 0, OutboxState.QUEUED, "a@b.no", NOW, reply, next_attempt_at=NOW + late)
        return wait_reason(latest, now=NOW)

    assert waits(2 * MINUTE) is WaitReason.ONE_A_DAY
    assert waits(MINUTE, "450 4.2.1 Busy") is WaitReason.NOT_TAKEN
    assert {waits(MINUTE), waits(0 * MINUTE), wait_reason(None, now=NOW)} == {None}


def test_suppression_holds_for_what_comes_unasked() -> None:
    for letter in Letter:
        mail = replace(MAIL, letter=letter)
        is_service = letter in {
            *(Letter.SIGN_IN, Letter.DEPUTY, Letter.DOSSIER_REVIEW, Letter.VISIT_READY, Letter.CASE_WAITING),
            *(Letter.DECISIONS_WAITING, Letter.SIGN_IN_RESET, Letter.ROUND_AHEAD),
        }
        assert is_unasked(mail) is not is_service
        assert may_be_sent(mail, SuppressionReason.BOUNCE) is is_service
        assert may_be_sent(mail, None)
    assert may_be_sent(replace(MAIL, is_asked_for=True), SuppressionReason.OPT_OUT)


@pytest.mark.parametrize("name", ["Åse Ødegård", "O'Brien, PhD", "Kari (HR)", "佐藤", ""])
def test_ordinary_names_stand_beside_an_address(name: str) -> None:
    assert is_fit_for_a_header(name)


@pytest.mark.parametrize(
    "name", ["a@b", "x<y", "=?utf-8?q?boss?=", "A\r\nBcc: x", "A\u2028B", "A\u0085B", '"', "\u202egnp"]
)
def test_names_that_could_pass_for_something_else_do_not(name: str) -> None:
    assert not is_fit_for_a_header(name)


def test_a_subject_is_one_line_of_fifty_signs_at_most() -> None:
    assert subject_line(" Amir \n spør ") == "Amir spør"
    cut = subject_line("ord " * 30)
    assert (len(cut) <= 50, cut[-1]) == (True, "…")
