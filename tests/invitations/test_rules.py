"""What follows from deliveries and answers alone: states, waves, pauses, who is reminded."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.invitations.rules import (
    ResentLately,
    check_resend,
    delivery_state,
    is_token,
    next_step,
    next_wave,
    told_answered,
    told_letters,
    wants_reminder,
)
from app.invitations.values import DeliveryState, NextStep
from app.kpis.values import RaterGroup
from app.mail.values import Delivery, OutboxState, SuppressionReason
from app.rounds.values import Assignment, AssignmentId, AssignmentSource, RoundId

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def delivery(state: OutboxState = OutboxState.SENT, wave: int = 0, at: datetime = NOW) -> Delivery:
    return Delivery("r", wave, state, "a@b.no", at, None)


def asked(group: RaterGroup, *, answered: bool) -> Assignment:
    return Assignment(AssignmentId("a"), RoundId("r"), "p", "s", group, "", AssignmentSource.LIST, True, answered)


@pytest.mark.parametrize(
    ("states", "suppression", "state"),
    [
        ([], None, DeliveryState.QUEUED),
        ([], SuppressionReason.BOUNCE, DeliveryState.BOUNCED),
        ([OutboxState.SENT], SuppressionReason.OPT_OUT, DeliveryState.OPTED_OUT),
        ([OutboxState.SENT], SuppressionReason.COMPLAINT, DeliveryState.OPTED_OUT),
        ([OutboxState.SENT], SuppressionReason.BOUNCE, DeliveryState.SENT),
        ([OutboxState.SENT, OutboxState.BOUNCED], None, DeliveryState.BOUNCED),
        ([OutboxState.BOUNCED, OutboxState.PREPARED], None, DeliveryState.QUEUED),
        ([OutboxState.ATTENTION], None, DeliveryState.ATTENTION),
    ],
)
def test_the_latest_letter_decides(
    states: list[OutboxState], suppression: SuppressionReason | None, state: DeliveryState
) -> None:
    deliveries = [delivery(one) for one in states]
    assert delivery_state(email="a@b.no", deliveries=deliveries, suppression=suppression) is state
    assert delivery_state(email=None, deliveries=deliveries, suppression=suppression) is DeliveryState.NO_ADDRESS


@pytest.mark.parametrize(
    ("delivery_", "reply", "copies", "step"),
    [
        (DeliveryState.QUEUED, None, 0, NextStep.WAIT),
        (DeliveryState.SENT, "250 ok", 1, NextStep.NONE),
        (DeliveryState.SENT, None, 1, NextStep.NONE),
        (DeliveryState.SENT, "450 4.4.1 No answer", 1, NextStep.WAIT),
        (DeliveryState.BOUNCED, "550 5.1.1 No such user", 1, NextStep.CORRECT_ADDRESS),
        (DeliveryState.BOUNCED, "550 5.2.1 Closed", 1, NextStep.ASK_PERSON),
        (DeliveryState.BOUNCED, "552 5.2.2 Full", 1, NextStep.ASK_PERSON),
        (DeliveryState.BOUNCED, "554 5.7.1 Spam", 1, NextStep.ASK_OPERATOR),
        (DeliveryState.BOUNCED, "450 4.4.7 Expired", 1, NextStep.SEND_AGAIN),
        (DeliveryState.BOUNCED, "", 1, NextStep.SEND_AGAIN),
        (DeliveryState.ATTENTION, "451 later", 0, NextStep.SEND_AGAIN),
        (DeliveryState.ATTENTION, None, 2, NextStep.ASK_PERSON),
        (DeliveryState.OPTED_OUT, None, 1, NextStep.ASK_PERSON),
        (DeliveryState.NO_ADDRESS, None, 0, NextStep.ADD_ADDRESS),
    ],
)
def test_each_state_has_a_next_step(delivery_: DeliveryState, reply: str | None, copies: int, step: NextStep) -> None:
    latest = replace(delivery(), reply=reply, copies=copies)
    assert next_step(delivery_, latest) is step


def test_without_a_letter_the_list_tells_what_to_do_and_a_link_taken_back_is_sent_again() -> None:
    assert next_step(DeliveryState.BOUNCED, None, note="550 5.1.1 No such user") is NextStep.CORRECT_ADDRESS
    assert next_step(DeliveryState.ATTENTION, None) is NextStep.ASK_PERSON
    assert {next_step(state, delivery(), is_void=True) for state in (DeliveryState.QUEUED, DeliveryState.SENT)} == {
        NextStep.SEND_AGAIN
    }
    assert next_step(DeliveryState.NO_ADDRESS, None, is_void=True) is NextStep.ADD_ADDRESS


def test_whether_somebody_answered_is_told_only_when_no_group_is_protected() -> None:
    named = {RaterGroup.MANAGER, RaterGroup.SELF}
    both = [asked(RaterGroup.MANAGER, answered=True), asked(RaterGroup.SELF, answered=False)]
    assert told_answered(both, named) is False
    assert told_answered(both[:1], named) is True
    assert told_answered([*both, asked(RaterGroup.COLLEAGUE, answered=True)], named) is None
    assert told_answered([], named) is None


def test_only_what_is_open_in_a_group_that_needs_more_wants_a_reminder() -> None:
    is_open, done = asked(RaterGroup.CUSTOMER, answered=False), asked(RaterGroup.MANAGER, answered=True)
    assert wants_reminder([is_open, done], set())
    assert not wants_reminder([is_open, done], {RaterGroup.CUSTOMER})
    assert not wants_reminder([done], set())


def test_letters_sent_again_have_waves_of_their_own() -> None:
    assert [next_wave([delivery(wave=wave)]) for wave in (0, 2, 3, 7)] == [3, 3, 4, 8]


def test_a_letter_that_failed_may_go_again_at_once_and_one_that_arrived_after_a_pause() -> None:
    check_resend([], pause=DAY, now=NOW)
    check_resend([delivery(OutboxState.BOUNCED)], pause=DAY, now=NOW)
    check_resend([delivery()], pause=DAY, now=NOW + DAY)
    with pytest.raises(ResentLately) as lately:
        check_resend([delivery()], pause=DAY, now=NOW + timedelta(hours=1))
    assert lately.value.retry_after == 23 * 3600
    with pytest.raises(ResentLately) as too_often:
        check_resend([delivery(OutboxState.BOUNCED, wave=11)], pause=DAY, now=NOW + 9 * DAY)
    assert too_often.value.retry_after == 1


def test_nobody_is_written_to_again_shortly_after_a_reminder_whether_reminded_or_not() -> None:
    invited = [delivery(at=NOW - 3 * DAY)]
    check_resend(invited, pause=DAY, now=NOW)
    for sent_too in ([], [delivery(wave=1, at=NOW)]):
        letters = told_letters([*invited, *sent_too])
        with pytest.raises(ResentLately):
            check_resend(letters, pause=DAY, reminded_at=NOW, now=NOW + timedelta(hours=23))
        check_resend(letters, pause=DAY, reminded_at=NOW, now=NOW + DAY)


def test_a_reminder_is_told_of_nowhere_unless_it_failed() -> None:
    invited, again = delivery(), delivery(wave=3)
    queued, arrived = delivery(OutboxState.QUEUED, wave=1), delivery(wave=2)
    came_back = delivery(OutboxState.BOUNCED, wave=2)
    assert told_letters([invited, queued, arrived]) == [invited]
    assert told_letters([invited, queued, came_back, again]) == [invited, came_back, again]


def test_a_token_has_32_signs_of_the_alphabet() -> None:
    assert is_token("aB3-_" + "x" * 27)
    assert not is_token("aB3-_" + "x" * 26)
    assert not is_token("aB3+/" + "x" * 27)
